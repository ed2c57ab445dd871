import { type TokenBrand, tokenTable } from '../../branding/tokens.ts';
import type { Architecture } from '../../core/architecture.ts';
import { utf8 } from '../../core/bytes.ts';
import { parseDate } from '../../core/date.ts';
import type { DriverFile } from '../../drivers/contract.ts';
import { driverNamed, generationOf } from '../../drivers/index.ts';
import type { CheckedFile, PackageInf, PackageView } from '../../packaging/bundle/package-view.ts';
import { renderTemplate } from '../../packaging/bundle/render-template.ts';
import { parseInf } from '../../packaging/formats/inf/document.ts';
import { infModel } from '../../packaging/formats/inf/model.ts';
import { decodeInfText } from '../../packaging/formats/inf/text.ts';
import type { GuestSpec } from '../guest/guest.ts';
import { guestSpecs } from '../guest/windows.ts';
import type { ImageFacts, PackageFacts, PackageSignature } from '../package/facts.ts';
import { packageFacts } from '../package/package-facts.ts';
import { type HistoricVendor, historicModel, vendorAt } from './historic-model.ts';
import { generationFor, inForm } from './inf-form.ts';
import { type RegisteredBuild, registeredBuild } from './register.ts';
import { buildVersion } from './releases.ts';
import type { InfForm } from './template-edits.ts';

/** winpv's own INF templates by their paths in the package, `drivers/xenvbd/8.2.inf`. */
export type Templates = ReadonlyMap<string, Uint8Array>;

export interface HistoricRequest {
  readonly driver: string;
  /** Seven digits. */
  readonly commit: string;
  readonly vendor: HistoricVendor;
  readonly arch: Exclude<Architecture, 'arm64'>;
  readonly templates: Templates;
}

/** A build that winpv knows, as if its package were there. */
export interface HistoricPackage {
  readonly facts: PackageFacts;
  readonly images: readonly ImageFacts[];
}

/** Last days of master that the INFs of a maintenance branch have all of (observed: the templates of 8.1.0 and 8.2.1). */
const BRANCHED: Readonly<Record<string, string>> = { '8.1': '2015-09-10', '8.2': '2016-12-08' };

/** The form of the INF of a build: a branch has no more of master than it began with. */
export const formOf = ({ build, release: { line } }: RegisteredBuild): InfForm => {
  const last = BRANCHED[line];
  return { day: last !== undefined && last < build.built ? last : build.built, line };
};

/** Since when upstream's builds run on Windows 10 and later only (spec xen-pv 8, F46: not exact). */
const WINDOWS_10_ONLY_SINCE = '2023-09-13';

const guestsOf = ({ build }: RegisteredBuild, arch: Architecture): readonly GuestSpec[] =>
  guestSpecs().filter(
    (guest) => guest.arch === arch && (build.built < WINDOWS_10_ONLY_SINCE || guest.windows.major >= 10),
  );

const TRUSTED: PackageSignature = { state: 'trusted', score: 'any-signer', reason: '' };

/** The templates that known releases are made from. */
export const historicTemplates = (drivers: readonly string[]): readonly string[] =>
  drivers.flatMap((driver) => driverNamed(driver).generations.map(({ template }) => template));

const brandOf = (vendor: HistoricVendor, registered: RegisteredBuild): TokenBrand => ({
  ...vendorAt(vendor, registered),
  // observed: the INFs of XCP-ng 9.1.100 have the lines of both.
  forceActivate: registered.release.brand === 'xcp-ng-9',
  forceUnplug: registered.release.brand === 'xcp-ng-9',
  version: buildVersion(registered.release, registered.build),
  versions: {},
});

const renderInf = (request: HistoricRequest, registered: RegisteredBuild): Uint8Array => {
  const { driver, arch, templates, vendor } = request;
  const form = formOf(registered);
  const wanted = generationFor(driver, form);
  const generation = generationOf(driverNamed(driver), wanted) ?? generationOf(driverNamed(driver), '9.1');
  const template = templates.get(generation?.template ?? '');
  const date = parseDate(registered.build.built);
  if (generation === undefined || template === undefined || date === undefined) {
    throw new TypeError(`no template of ${driver} ${wanted}`);
  }
  const { text } = decodeInfText(template, generation.template);
  const binds = registered.need?.binds;
  const edited = inForm(text, { driver, form, generation: generation.name === '8.2' ? '8.2' : '9.1', binds });
  const tokens = tokenTable(brandOf(vendor, registered), { driver, date, arch });
  return renderTemplate(utf8(edited), generation.template, tokens).bytes;
};

const nameOf = (file: string): string => file.replace(/\.[^.]*$/, '').toLowerCase();

const imageFactsOf = (
  file: DriverFile,
  key: string,
  request: HistoricRequest,
  registered: RegisteredBuild,
): ImageFacts => ({
  key: `${key}/${file.name}`,
  name: file.name,
  machine: request.arch,
  imports: file.standIn.imports,
  exports: file.standIn.exports,
  loads: {},
  model: historicModel(nameOf(file.name), registered, request.vendor),
});

/** Every file that some generation of the driver has, as its form may name any of them. */
const filesOf = (driver: string): readonly DriverFile[] => {
  const files = new Map<string, DriverFile>();
  for (const generation of driverNamed(driver).generations) {
    for (const file of generation.files) files.set(file.name.toLowerCase(), file);
  }
  return [...files.values()];
};

const absent = (): never => {
  throw new TypeError('a known build has no bytes');
};

/** The package's folder: its INF, and in the place of each file one that stands for what is known of it. */
const viewOf = (inf: CheckedFile, known: ReadonlyMap<CheckedFile, ImageFacts>, shown: string): PackageView => {
  const files = [inf, ...known.keys()];
  return {
    files,
    byPath: new Map(files.map((file) => [file.path.toLowerCase(), file])),
    infs: [],
    unreadable: [],
    shown: () => shown,
    imageOf: absent,
    catalogOf: absent,
  };
};

const compile = (request: HistoricRequest, registered: RegisteredBuild, key: string): HistoricPackage => {
  const { driver, arch } = request;
  const folder = `${driver}/`;
  const path = `${folder}${driver}.inf`;
  const bytes = renderInf(request, registered);
  const document = parseInf(bytes, path);
  const inf: PackageInf = { path, folder, document, model: infModel(document), installs: [], pv: undefined };
  const known = new Map<CheckedFile, ImageFacts>();
  for (const file of filesOf(driver)) {
    const facts = imageFactsOf(file, key, request, registered);
    known.set({ path: `${folder}${file.name}`, bytes: utf8(facts.key) }, facts);
  }
  const used = new Map<string, ImageFacts>();
  const of = (file: CheckedFile): ImageFacts => {
    const facts = known.get(file) ?? absent();
    used.set(facts.key, facts);
    return facts;
  };
  const facts = packageFacts(inf, {
    key,
    view: viewOf({ path, bytes }, known, `${registered.release.label}: ${driver}.inf`),
    images: { of, all: () => [...used.values()] },
    guests: guestsOf(registered, arch),
    signatureOf: () => TRUSTED,
  });
  return { facts, images: [...used.values()] };
};

const compiled = new WeakMap<Templates, Map<string, HistoricPackage>>();

/**
 * A build of a release that winpv knows: the package of winpv's own template in the form of its day, with images that are
 * told by the register. Made once for each vendor and architecture.
 * @returns undefined for a build of no known release
 */
export const historicPackage = (request: HistoricRequest): HistoricPackage | undefined => {
  const { driver, commit, arch, templates } = request;
  const registered = registeredBuild(driver, commit);
  if (registered === undefined) return undefined;
  const { vendorName, productName, vendorPrefix, vendorDeviceId = '' } = request.vendor;
  const vendor = JSON.stringify([vendorName, productName, vendorPrefix, vendorDeviceId]);
  const packages = compiled.get(templates) ?? new Map<string, HistoricPackage>();
  compiled.set(templates, packages);
  const key = `known:${driver}@${commit}/${arch}`;
  const before = packages.get(`${key} ${vendor}`);
  if (before !== undefined) return before;
  const made = compile(request, registered, key);
  packages.set(`${key} ${vendor}`, made);
  return made;
};
