import type { PatchKind } from '../branding/patches/series-meta.ts';
import { toHex } from '../core/bytes.ts';
import { formatVersion } from '../core/version.ts';
import type { AssembledInf } from '../packaging/bundle/assemble.ts';
import type { ShippedFile } from '../packaging/bundle/bundle.ts';
import { type Bundle, infOf, packageFolder } from '../packaging/bundle/bundle.ts';
import type { PatchState } from '../packaging/bundle/patches/apply-queue.ts';
import type { PatchedTarget } from '../packaging/bundle/patches/patch-template.ts';
import { parseInf } from '../packaging/formats/inf/document.ts';
import { infModel } from '../packaging/formats/inf/model.ts';
import type { InfMode } from '../packaging/formats/inf/rules/contract.ts';
import { peDigest } from '../packaging/formats/pe/digest.ts';
import { isPe, parsePe } from '../packaging/formats/pe/parse.ts';
import type { RecordedRevocation } from './making/revocation.ts';
import { type OutputFile, sha256Hex } from './output.ts';
import type { PLAN_FORMAT, Plan, PlannedBrand } from './plan.ts';
import type { Waiver } from './project/waivers.ts';
import type { RecordedRehearsal } from './rehearsal/rehearse-brand.ts';

export interface RecordedFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** SHA-256 Authenticode hash: the same before and after signing. PE images only. */
  readonly authenticode?: string;
  readonly standIn?: true;
  /** Where the signed file is from that took the built one's place, from the project's folder. */
  readonly prebuilt?: string;
}

export interface RecordedPackage {
  readonly driver: string;
  readonly architecture: string;
  readonly version: string;
  readonly folder: string;
  readonly source: string;
  /** The commit that the source says it was built from. */
  readonly sourceRevision?: string;
  readonly windows: readonly string[];
  readonly hardwareIds: readonly string[];
  /** The sets of INF rules (`inf verify --mode`) in which the INF has no error; `none` is syntax. */
  readonly infModes: readonly InfMode[];
  /** The brand's patches that are in the INF, or would have been if it had not been so already; in their order. */
  readonly patches?: readonly RecordedPatch[];
  readonly files: readonly RecordedFile[];
}

export interface RecordedPatch {
  readonly name: string;
  /** Of the patch file. */
  readonly sha256: string;
  readonly state: PatchState;
  readonly kind: PatchKind;
  /** What it changed: hashes before and after, and the lines of the result. */
  readonly files: readonly {
    readonly path: string;
    readonly before: string;
    readonly after: string;
    readonly lines: readonly (readonly [first: number, last: number])[];
  }[];
}

export interface RecordedBrand {
  readonly id: string;
  readonly packages: readonly RecordedPackage[];
  readonly cabinets: readonly RecordedFile[];
  readonly zip: RecordedFile;
  /** Absent when it was switched off. */
  readonly rehearsal?: RecordedRehearsal;
}

/** `release.json`: what was made, from what, and how. No times of day, no paths of the machine: same input, same record. */
export interface ReleaseRecord {
  readonly formatVersion: typeof PLAN_FORMAT;
  readonly tool: { readonly name: 'winpv'; readonly version: string };
  readonly date: string;
  readonly signing: Plan['signing'] & { readonly subject: string; readonly thumbprint: string };
  /** What told whether certificates were revoked, and is kept in the release; absent when nothing did. */
  readonly revocation?: readonly RecordedRevocation[];
  readonly rehearsal: Plan['rehearsal'];
  /** Findings that the project accepts, and why; absent when there are none. */
  readonly waivers?: readonly Waiver[];
  /** True when some binary is a stand-in: such a release is never published. */
  readonly standIns: boolean;
  readonly inputs: Plan['inputs'];
  readonly brands: readonly RecordedBrand[];
}

export const recordFile = (path: string, bytes: Uint8Array): RecordedFile => ({
  path,
  bytes: bytes.length,
  sha256: sha256Hex(bytes),
});

const recordShipped = (folder: string, file: ShippedFile): RecordedFile => ({
  ...recordFile(`${folder}/${file.name}`, file.bytes),
  ...(isPe(file.bytes) ? { authenticode: toHex(peDigest(parsePe(file.bytes, file.name), 'sha256')) } : {}),
  ...(file.standIn ? { standIn: true as const } : {}),
  ...(file.prebuilt === undefined ? {} : { prebuilt: file.prebuilt }),
});

/** Hardware and compatible ids of an INF, each once, as written. */
const idsOf = (inf: ShippedFile): readonly string[] => {
  const { devices } = infModel(parseInf(inf.bytes, inf.name));
  return [...new Set(devices.flatMap((device) => device.ids))];
};

const recordPatches = (patched: PatchedTarget | undefined): Pick<RecordedPackage, 'patches'> => {
  const about = (patched?.outcomes ?? []).filter(({ state }) => state === 'applied' || state === 'droppable');
  if (about.length === 0) return {};
  return {
    patches: about.map(({ patch, state, files }) => ({
      ...{ name: patch.name, sha256: patch.sha256, state, kind: patch.meta.kind },
      files: files.map(({ path, before = '', after = '', lines }) => ({ path, before, after, lines })),
    })),
  };
};

const recordSource = (
  planned: PlannedBrand['packages'][number] | undefined,
): Pick<RecordedPackage, 'source' | 'sourceRevision'> => ({
  source: planned?.source ?? 'template',
  ...(planned?.sourceRevision === undefined ? {} : { sourceRevision: planned.sourceRevision }),
});

/** What is known of packages as soon as they are signed. */
export interface PackageFacts {
  /** By folder of the package below the brand. */
  readonly modes: ReadonlyMap<string, readonly InfMode[]>;
  readonly origins: ReadonlyMap<string, AssembledInf>;
}

export const recordPackages = (
  plan: PlannedBrand,
  bundle: Bundle<'signed'>,
  { modes, origins }: PackageFacts,
): readonly RecordedPackage[] =>
  bundle.packages.map((pack) => ({
    driver: pack.driver,
    architecture: pack.architecture,
    version: formatVersion(pack.version),
    folder: `${plan.id}/${packageFolder(pack)}`,
    ...recordSource(plan.packages.find((one) => one.folder === packageFolder(pack))),
    windows: pack.windows,
    hardwareIds: idsOf(infOf(pack)),
    infModes: modes.get(packageFolder(pack)) ?? [],
    ...recordPatches(origins.get(packageFolder(pack))?.patched),
    files: pack.files.map((file) => recordShipped(`${plan.id}/${packageFolder(pack)}`, file)),
  }));

export const recordBrand = (
  id: string,
  packages: readonly RecordedPackage[],
  made: {
    readonly cabinets: readonly OutputFile[];
    readonly zip: OutputFile;
    readonly rehearsal: RecordedRehearsal | undefined;
  },
): RecordedBrand => ({
  ...{ id, packages },
  cabinets: made.cabinets.map(({ path, bytes }) => recordFile(path, bytes)),
  zip: recordFile(made.zip.path, made.zip.bytes),
  ...(made.rehearsal === undefined ? {} : { rehearsal: made.rehearsal }),
});

export const encodeRecord = (record: ReleaseRecord): Uint8Array =>
  new TextEncoder().encode(`${JSON.stringify(record, undefined, 2)}\n`);
