import { z } from 'zod';
import { parseSettings, type Settings } from '../../branding/settings.ts';
import { webAddress } from '../../branding/text-rules.ts';
import { ARCHITECTURES, type Architecture } from '../../core/architecture.ts';
import { type Diagnostic, problem, stopOnErrors, WinpvError } from '../../core/errors.ts';
import type { Files } from '../../core/ports.ts';
import { closestName } from '../../core/spelling.ts';
import { DRIVERS } from '../../drivers/index.ts';
import type { SourceSettings } from '../../packaging/bundle/source.ts';
import { CATALOG_OSES, osByName } from '../../packaging/formats/cat/os.ts';
import type { InfMode } from '../../packaging/formats/inf/rules/contract.ts';
import { INF_MODES } from '../../packaging/formats/inf/rules/modes.ts';
import { CLOUD_SERVICES } from '../../packaging/signing/cloud/service.ts';
import type { RevocationSettings } from '../making/revocation.ts';
import { type PublicationSettings, publicationOf } from './publication.ts';
import { type RehearsalSettings, rehearsalOf } from './rehearsal.ts';
import { type SigningSettings, signingOf } from './signing.ts';
import { binariesOnly, sourceFlaws, sourceSchema, sourceSettings } from './sources.ts';
import { type Waiver, waiverFlaws } from './waivers.ts';

/** The project file's name; it stands in the project's folder. */
export const PROJECT_FILE = 'winpv.yaml';
const MAX_PROJECT_BYTES = 1024 * 1024;

const driverNames = DRIVERS.map((driver) => driver.name);

const secretSource = z
  .string()
  .regex(/^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+|stdin)$/, 'has to be env:NAME, file:PATH or stdin');

const hexDigits = (count: number) =>
  z.string().regex(new RegExp(`^[0-9a-f]{${count}}$`), `has to be ${count} lower-case hex digits`);

/** What the signer's certificate has to be. */
const certificatePin = z.strictObject({
  sha1: hexDigits(40).optional(),
  sha256: hexDigits(64).optional(),
  issuer: z.string().min(1).optional(),
  subject: z.string().min(1).optional(),
  eku: z
    .string()
    .regex(/^\d+(\.\d+)+$/, 'has to be an object identifier like 1.3.6.1.5.5.7.3.3')
    .optional(),
});

/** Where it is to be known from whether certificates were revoked. */
const revocationSchema = z
  .strictObject({
    fetch: z.literal(true).optional(),
    files: z.array(z.string().min(1)).min(1).optional(),
    require: z.literal(true).optional(),
  })
  .refine(({ fetch, files }) => fetch === true || files !== undefined, 'needs `fetch: true`, or `files`');

const signingSchema = z.strictObject({
  test: z.literal(true).optional(),
  pfx: z.string().min(1).optional(),
  passin: secretSource.optional(),
  key: z.string().min(1).optional(),
  cert: z.array(z.string().min(1)).min(1).optional(),
  timestamp: z.union([z.literal('none'), z.array(webAddress).min(1).max(16)]).optional(),
  timestampCa: z.array(z.string().min(1)).min(1).optional(),
  pkcs11: z.string().min(1).optional(),
  keyUri: z.string().min(1).optional(),
  pin: secretSource.optional(),
  command: z.string().min(1).optional(),
  fileCommand: z.string().min(1).optional(),
  existing: z.enum(['refuse', 'replace']).optional(),
  testSigning: z.literal(true).optional(),
  certificate: certificatePin.optional(),
  cloud: z.enum(CLOUD_SERVICES).optional(),
  cloudUrl: webAddress.optional(),
  keyName: z.string().min(1).optional(),
  revocation: revocationSchema.optional(),
});

export const projectSchema = z
  .strictObject({
    brands: z.array(z.string().min(1)).min(1),
    sources: z.record(z.string(), sourceSchema),
    drivers: z.array(z.enum(driverNames)).min(1).optional(),
    architectures: z.array(z.enum(ARCHITECTURES)).min(1).optional(),
    windows: z.array(z.string().min(1)).min(1).optional(),
    signing: signingSchema.optional(),
    rehearse: z
      .union([
        z.literal(false),
        z.strictObject({
          guests: z.array(z.string().min(1)).min(1).optional(),
          scenarios: z.array(z.string().min(1)).min(1).optional(),
          from: z.array(z.string().min(1)).min(1).optional(),
        }),
      ])
      .optional(),
    publish: z
      .strictObject({ rehearse: z.boolean().optional(), fleet: z.string().min(1), labels: z.string().min(1) })
      .optional(),
    patches: z.string().min(1).optional(),
    waivers: z
      .array(z.strictObject({ finding: z.string(), failureMode: z.string().optional(), reason: z.string().min(1) }))
      .optional(),
    submission: z.array(z.enum(driverNames)).min(1).optional(),
    infMode: z.enum(INF_MODES).optional(),
  })
  .meta({ title: 'project' });

export type ProjectSettings = z.output<typeof projectSchema>;

/** Who confirms the time. Test time stamps state the release date and prove nothing. */
export type TimestampSettings =
  | { readonly kind: 'test' }
  | { readonly kind: 'none' }
  /** The tool that signs asks for them, and winpv wants to see them; files as below. */
  | { readonly kind: 'tool'; readonly authorities: readonly string[] }
  | {
      readonly kind: 'servers';
      /** RFC 3161; tried in order, after those of the brand. */
      readonly urls: readonly string[];
      /** Files with the certificates that an authority must come from; may be empty. */
      readonly authorities: readonly string[];
    };

/** A project as loaded: settings with places, every path resolved against the project's folder. */
export interface Project {
  readonly folder: string;
  readonly settings: Settings<ProjectSettings>;
  readonly brands: readonly string[];
  readonly drivers: readonly string[];
  readonly architectures: readonly Architecture[];
  readonly windows?: readonly string[];
  readonly signing: SigningSettings;
  readonly timestamps: TimestampSettings;
  /** Undefined when nothing is asked about revocation. */
  readonly revocation: RevocationSettings | undefined;
  /** Drivers that the submission cabinets hold; undefined for all that are not part of another package. */
  readonly submission?: readonly string[];
  /** The INF rules that every package has to pass without an error; undefined when the project does not say. */
  readonly infMode: InfMode | undefined;
  readonly rehearsal: RehearsalSettings;
  readonly publication: PublicationSettings;
  /** Findings that are accepted. */
  readonly waivers: readonly Waiver[];
  /** The folder with a queue for each brand. */
  readonly patches?: string;
  sourceOf(driver: string): SourceSettings | undefined;
}

/** Makes relative paths of a settings file start from its folder. */
const resolver =
  (files: Files, folder: string) =>
  (path: string): string =>
    files.isAbsolute(path) ? path : files.join(folder, path);

const unknownWindows = (settings: Settings<ProjectSettings>): readonly Diagnostic[] =>
  (settings.value.windows ?? []).flatMap((name, index) => {
    if (osByName(name) !== undefined) return [];
    const meant = closestName(
      name,
      CATALOG_OSES.flatMap((os) => os.name ?? []),
    );
    return [
      problem('CONFIG_INVALID', `"${name}" is not a system of Inf2Cat's list.`, {
        ...settings.point(['windows', index]),
        hint: meant === undefined ? 'For example 10_X64 or SERVER2016_X64.' : `Did you mean \`${meant}\`?`,
      }),
    ];
  });

const unknownSources = (settings: Settings<ProjectSettings>): readonly Diagnostic[] =>
  Object.keys(settings.value.sources)
    .filter((name) => name !== 'default' && !driverNames.includes(name))
    .map((name) => {
      const meant = closestName(name, driverNames);
      return problem('CONFIG_UNKNOWN_KEY', `"${name}" is not a driver that winpv knows.`, {
        ...settings.keyPoint(['sources', name]),
        hint: meant === undefined ? `The drivers are ${driverNames.join(', ')}.` : `Did you mean \`${meant}\`?`,
      });
    });

const timestampsOf = (settings: Settings<ProjectSettings>, path: (path: string) => string): TimestampSettings => {
  const { timestamp, timestampCa = [], fileCommand } = settings.value.signing ?? {};
  if (fileCommand !== undefined && timestamp === undefined) return { kind: 'tool', authorities: timestampCa.map(path) };
  if (Array.isArray(timestamp)) return { kind: 'servers', urls: timestamp, authorities: timestampCa.map(path) };
  if (timestampCa.length > 0) {
    throw new WinpvError(
      'CONFIG_CONFLICT',
      '`signing.timestampCa` needs time stamps: servers in `signing.timestamp`.',
      {
        ...settings.keyPoint(['signing', 'timestampCa']),
      },
    );
  }
  return { kind: timestamp ?? 'test' };
};

const revocationOf = (
  written: z.output<typeof revocationSchema> | undefined,
  path: (path: string) => string,
): RevocationSettings | undefined =>
  written === undefined
    ? undefined
    : { fetch: written.fetch === true, files: (written.files ?? []).map(path), require: written.require === true };

/** A brand is a shipped one's id, or a file. */
export const isBrandFile = (brand: string): boolean => /[\\/]|\.(ya?ml|json)$/i.test(brand);

/**
 * Reads `winpv.yaml` of a project's folder.
 * @throws WinpvError FILE_NOT_FOUND, CONFIG_* with every complaint, positioned
 */
export const loadProject = async (files: Files, folder: string): Promise<Project> => {
  const file = files.join(folder, PROJECT_FILE);
  if ((await files.stat(file)) === undefined) {
    throw new WinpvError('FILE_NOT_FOUND', `${folder} has no ${PROJECT_FILE}.`, {
      at: { file },
      hint: 'Name the project with -C, for example `winpv release -C examples/quickstart`.',
    });
  }
  return parseProject(await files.read(file, { maxBytes: MAX_PROJECT_BYTES }), file, { files, folder });
};

/** The same from bytes. */
export const parseProject = async (
  bytes: Uint8Array,
  file: string,
  place: { readonly files: Files; readonly folder: string },
): Promise<Project> => {
  const settings = parseSettings(bytes, file, projectSchema);
  const path = resolver(place.files, place.folder);
  const { rehearsal, flaws } = await rehearsalOf(settings, path);
  stopOnErrors([
    ...unknownSources(settings),
    ...unknownWindows(settings),
    ...sourceFlaws(settings),
    ...flaws,
    ...waiverFlaws(settings),
  ]);
  const { value } = settings;
  const sourceOf = (driver: string): SourceSettings | undefined => {
    const own = sourceSettings(settings, driver, path);
    if (own !== undefined) return own;
    const carrier = DRIVERS.find((one) => one.name === driver)?.partOf;
    const common = sourceSettings(settings, 'default', path);
    if (carrier === undefined) return common;
    const carried = sourceSettings(settings, carrier, path) ?? common;
    return carried === undefined ? undefined : binariesOnly(carried);
  };
  return {
    folder: place.folder,
    settings,
    brands: value.brands.map((brand) => (isBrandFile(brand) ? path(brand) : brand)),
    drivers: value.drivers ?? driverNames.filter((name) => sourceOf(name) !== undefined),
    architectures: value.architectures ?? ['x64', 'x86'],
    ...(value.windows === undefined ? {} : { windows: value.windows }),
    signing: signingOf(settings, place),
    timestamps: timestampsOf(settings, path),
    revocation: revocationOf(value.signing?.revocation, path),
    ...(value.patches === undefined ? {} : { patches: path(value.patches) }),
    ...(value.submission === undefined ? {} : { submission: value.submission }),
    infMode: value.infMode,
    rehearsal,
    publication: publicationOf(settings, path),
    waivers: (value.waivers ?? []).map(({ failureMode, ...rest }) =>
      failureMode === undefined ? rest : { ...rest, failureMode },
    ),
    sourceOf,
  };
};
