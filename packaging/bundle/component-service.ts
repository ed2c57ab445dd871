import { createHash } from 'node:crypto';
import type { Brand } from '../../branding/brand.ts';
import { infArchitecture } from '../../core/architecture.ts';
import { fromHex, toHex, utf8 } from '../../core/bytes.ts';
import { formatInfDate } from '../../core/date.ts';
import { type Diagnostic, problem, stopOnErrors } from '../../core/errors.ts';
import { formatVersion } from '../../core/version.ts';
import { parseOsList } from '../formats/cat/os.ts';
import { parseInf, printInf } from '../formats/inf/document.ts';
import { infModel } from '../formats/inf/model.ts';
import { parseTargetOs } from '../formats/inf/target-os.ts';
import { encodeInfText } from '../formats/inf/text.ts';
import type { AssembledPackage } from './assemble.ts';
import { type DriverPackage, infOf, type ShippedFile } from './bundle.ts';
import { type InfAddition, quotedText } from './inf-additions.ts';
import { addLocalisedStrings } from './localised-strings.ts';
import { missingServiceFile, serviceStandIns } from './service-files.ts';
import {
  addServiceLine,
  eventSections,
  type PlacedService,
  serviceFiles,
  serviceSection,
  serviceTexts,
  serviceToken,
} from './services.ts';
import type { SourceFile } from './source.ts';
import { branded, checkBinary, filesAt, type PackageRequest, shippedFile } from './take-files.ts';

/** What a software component is made of: an extension INF that adds it to devices, and the INF that installs it. */
export const COMPONENT_PARTS = ['extension', 'component'] as const;
export type ComponentPart = (typeof COMPONENT_PARTS)[number];

/** `acmeagent-extension`: the package's name in the release, its folder and its INF. */
export const componentPackageName = (service: { readonly name: string }, part: ComponentPart): string =>
  `${service.name.toLowerCase()}-${part}`;

/** The first Windows that installs files to the driver store from a component, 1709 (spec infverif 2: 1199). */
export const FIRST_COMPONENT_BUILD = 16299;

/** The Windows versions of a base package that install components too. */
export const componentWindows = (windows: readonly string[]): readonly string[] =>
  parseOsList(windows)
    .filter(({ major, builds }) => major >= 10 && builds[1] >= FIRST_COMPONENT_BUILD)
    .flatMap(({ name }) => name ?? []);

/** winpv's own name space for the ids below. It must never change: a new ExtensionId is another extension to Windows. */
const NAME_SPACE = fromHex('5b8f0c9a4e1d4f7ab3c26d90e8a7f154');

/** A name-based UUID (RFC 9562, version 5), upper case, in braces. */
const nameUuid = (name: string): string => {
  const digest = createHash('sha1').update(NAME_SPACE).update(utf8(name)).digest().subarray(0, 16);
  const bytes = Uint8Array.from(digest);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = toHex(bytes).toUpperCase();
  return `{${[hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')}}`;
};

/** The ExtensionId of a brand's service: of the two names alone, so that every release has the same. */
export const extensionId = (brandId: string, service: string): string =>
  nameUuid(`extension:${brandId}/${service.toLowerCase()}`);

/** What follows `SWC\` in the id of the component's device. */
const componentId = ({ vendorPrefix }: Pick<Brand, 'vendorPrefix'>, service: string): string =>
  `VEN_${vendorPrefix}&SVC_${service}`;

export interface ComponentRequest {
  readonly placed: PlacedService;
  /** How the package that it goes with is made; the version is the component's. */
  readonly request: PackageRequest;
  /** That package. */
  readonly base: DriverPackage;
}

type Section = readonly [name: string, lines: readonly string[]];

const infText = (comment: string, sections: readonly Section[]): Uint8Array => {
  const parts = sections.map(([name, lines]) => [`[${name}]`, ...lines, ''].join('\r\n'));
  const text = [`; ${comment}`, '', ...parts].join('\r\n');
  return encodeInfText(text, /[^\0-\x7f]/.test(text) ? 'utf-16le' : 'ansi', 'component.inf');
};

const version = (request: PackageRequest, name: string, entries: readonly string[]): Section => [
  'Version',
  [
    'Signature = "$Windows NT$"',
    ...entries,
    'Provider = %Vendor%',
    `CatalogFile = ${name}.cat`,
    `DriverVer = ${formatInfDate(request.date)},${formatVersion(request.version)}`,
    'PnpLockdown = 1',
  ],
];

const modelsFor = (request: PackageRequest, install: string, ids: readonly string[]): readonly Section[] => {
  const os = `NT${infArchitecture(request.architecture)}.10.0...${FIRST_COMPONENT_BUILD}`;
  return [
    ['Manufacturer', [`%Vendor% = Devices,${os}`]],
    [`Devices.${os}`, ids.map((id) => `%Component% = ${install},${id}`)],
  ];
};

/** The strings: each text of the brand is one, and stands nowhere else in the INF. */
const strings = ({ placed, request }: ComponentRequest, more: readonly string[] = []): Section => [
  'Strings',
  [
    `Vendor = ${quotedText(request.brand.brand.vendorName)}`,
    `Component = ${quotedText(placed.service.displayName)}`,
    ...more,
  ],
];

/** Ids of the devices that a package installs on an architecture, each once, in the order of its INF. */
const idsOf = ({ request, base }: ComponentRequest): readonly string[] => {
  const inf = infOf(base);
  const { devices } = infModel(parseInf(inf.bytes, inf.name));
  const arch = infArchitecture(request.architecture);
  const own = devices.filter(({ os }) => (os === '' ? 'x86' : (parseTargetOs(os).arch ?? arch)) === arch);
  return [...new Map(own.flatMap(({ ids }) => ids.map((id) => [id.toLowerCase(), id] as const))).values()];
};

/** An id as a field of a line; one with an unusual character in quotation marks. */
const idField = (id: string): string => (/^[\w*\\&.{}-]+$/.test(id) ? id : quotedText(id.replaceAll('%', '%%')));

const extensionInf = (made: ComponentRequest, ids: readonly string[]): Uint8Array => {
  const { placed, request } = made;
  const { service } = placed;
  const { brand } = request.brand;
  const name = componentPackageName(service, 'extension');
  return infText(`Adds the software component ${service.name} to the devices of ${request.driver.name}.`, [
    version(request, name, [
      'Class = Extension',
      'ClassGuid = {e2f84ce7-8efa-411c-aa69-97454ca4cb57}',
      `ExtensionId = ${extensionId(brand.id, service.name)}`,
    ]),
    ...modelsFor(request, 'Extension', ids.map(idField)),
    ['Extension.NT', []],
    ['Extension.NT.Components', [`AddComponent = ${service.name},,VendorComponent_${serviceToken(service)}`]],
    [`VendorComponent_${serviceToken(service)}`, [`ComponentIDs = ${componentId(brand, service.name)}`]],
    strings(made),
  ]);
};

/** Additions are lines of sections. */
const asSections = (additions: readonly InfAddition[]): readonly Section[] => {
  const sections = new Map<string, string[]>();
  for (const { section, text } of additions) sections.set(section, [...(sections.get(section) ?? []), text]);
  return [...sections];
};

const DRIVER_STORE = 13;

const componentInf = (made: ComponentRequest): Uint8Array => {
  const { placed, request } = made;
  const { service } = placed;
  const name = componentPackageName(service, 'component');
  const files = serviceFiles([placed]).map((file) => file.name);
  const binary = `%${DRIVER_STORE}%\\${service.program}`;
  return infText(`The software component ${service.name}, a service.`, [
    version(request, name, ['Class = SoftwareComponent', 'ClassGuid = {5c4c3332-344d-483c-8739-259e934c9cc8}']),
    ...modelsFor(request, 'Component', [`SWC\\${componentId(request.brand.brand, service.name)}`]),
    ['Component.NT', ['CopyFiles = ComponentFiles']],
    ['Component.NT.Services', ['AddService = ,0x00000002 ; the device has no driver', addServiceLine(placed)]],
    ['SourceDisksNames', ['1 = %Component%']],
    ['SourceDisksFiles', files.map((file) => `${file} = 1`)],
    ['DestinationDirs', [`ComponentFiles = ${DRIVER_STORE}`]],
    ['ComponentFiles', files],
    ...asSections(serviceSection(placed, `VendorService_${serviceToken(service)}`, binary)),
    ...asSections(eventSections(placed, binary)),
    strings(
      made,
      serviceTexts(placed).map((text) => `${text.name} = ${quotedText(text.text)}`),
    ),
  ]);
};

interface TakenFiles {
  readonly files: readonly SourceFile[];
  readonly shipped: readonly ShippedFile[];
}

/** The service's files from the source of the package it goes with, beside its binaries. */
const takeFiles = ({ placed, request }: ComponentRequest): TakenFiles => {
  const { architecture, brand, driver, source } = request;
  const context = { driver: driver.name, version: request.version, date: request.date, arch: architecture };
  const there = source.kind === 'stand-in' ? serviceStandIns([placed], brand.brand, context) : filesAt(request);
  const found: Diagnostic[] = [];
  const files = serviceFiles([placed]).flatMap((file): SourceFile[] => {
    const own = there.find(({ name }) => name.toLowerCase() === file.name.toLowerCase());
    if (own === undefined) found.push(missingServiceFile(file, driver.name, `${architecture}/${file.name}`));
    return own === undefined ? [] : [own];
  });
  stopOnErrors([...found, ...files.flatMap((file) => checkBinary(file, architecture))]);
  const names = new Map(serviceFiles([placed]).map(({ name }) => [name.toLowerCase(), name]));
  const shipped = files.map((file) => {
    const { bytes, path } = branded(file, request);
    return shippedFile({ name: names.get(file.name.toLowerCase()) ?? file.name, path, bytes }, 'binary');
  });
  return { files, shipped };
};

const packageOf = (
  { placed, request, base }: ComponentRequest,
  part: ComponentPart,
  inf: Uint8Array,
  taken: TakenFiles = { files: [], shipped: [] },
): AssembledPackage => {
  const name = componentPackageName(placed.service, part);
  const { architecture } = request;
  const infName = `${name}.inf`;
  const path = `${request.brand.brand.id}/${name}/${architecture}/${infName}`;
  const spoken = addLocalisedStrings(parseInf(inf, path), request.brand).document;
  return {
    pack: {
      driver: name,
      ...{ architecture, infName, version: request.version },
      windows: componentWindows(base.windows),
      files: [{ name: infName, bytes: printInf(spoken), role: 'inf', standIn: false }, ...taken.shipped],
      symbols: [],
    },
    used: taken.files.map(({ path }) => path),
    inf: { path, dropped: [], own: true },
  };
};

/**
 * A service as a software component (spec inf 13): the package of an extension INF, which gives every device of the base
 * package a child device, and the package of the INF that installs the service on that one. Files stay in the driver
 * store under their own names, each version beside the others.
 * @throws WinpvError BUNDLE_SERVICE_*, BUNDLE_ARCHITECTURE, BUNDLE_NOT_A_BINARY, PE_*
 */
export const assembleComponent = (made: ComponentRequest): Readonly<Record<ComponentPart, AssembledPackage>> => {
  const { placed, request } = made;
  const ids = idsOf(made);
  if (ids.length === 0) {
    const message = `${request.driver.name} installs on no device that a component could be added to.`;
    const hint = 'Name another package, or ship the service `as: driver`.';
    stopOnErrors([problem('BUNDLE_SERVICE_CLASH', message, { ...placed.point('package'), hint })]);
  }
  return {
    extension: packageOf(made, 'extension', extensionInf(made, ids)),
    component: packageOf(made, 'component', componentInf(made), takeFiles(made)),
  };
};
