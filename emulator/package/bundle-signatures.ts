import type { Diagnostic } from '../../core/errors.ts';
import { catalogNameFor } from '../../packaging/bundle/catalog-scope.ts';
import { placedFiles } from '../../packaging/bundle/check-files.ts';
import {
  type CheckedFile,
  type PackageInf,
  type PackageView,
  sourceFile,
} from '../../packaging/bundle/package-view.ts';
import type { InfArch } from '../../packaging/formats/inf/target-os.ts';
import { trustOf } from '../../packaging/signing/chain.ts';
import type { JudgeContext } from '../../packaging/signing/check-signature.ts';
import { fileKind } from '../../packaging/signing/file-kind.ts';
import { type MachineState, policyAnswer } from '../../packaging/signing/policy.ts';
import type { FileVerdict } from '../../packaging/signing/verdict.ts';
import { catalogVerdict, judgeFile } from '../../packaging/signing/verify.ts';
import { type JudgedCatalog, judgeCatalog } from '../../packaging/signing/verify-catalog.ts';
import type { GuestSpec } from '../guest/guest.ts';
import type { ImageFacts, PackageSignature } from './facts.ts';
import { imageLoads } from './image-loads.ts';

/** What the signatures of a bundle are worth in each guest. */
export interface BundleSignatures {
  /** By `policyKey`; empty for what no kernel loads. */
  readonly loads: (file: CheckedFile) => ImageFacts['loads'];
  readonly ofPackage: (inf: PackageInf, guest: GuestSpec) => PackageSignature;
  /** No catalog of the bundle is signed, or there is none: packages are not ready for a guest, whatever their images are. */
  readonly nothingSigned: () => boolean;
  /** F45: keys that everybody has, behind signatures of the bundle. */
  readonly publicKeys: () => readonly Diagnostic[];
}

export interface SignatureRequest {
  readonly guests: readonly GuestSpec[];
  readonly trust: readonly Uint8Array[];
  readonly nowMs: number;
}

/** Judges each file once. @throws WinpvError DER_* when a certificate of `trust` cannot be read */
export const bundleSignatures = (view: PackageView, request: SignatureRequest): BundleSignatures => {
  const context: JudgeContext = { trust: trustOf(request.trust), atMs: request.nowMs };
  const catalogs = new Map<CheckedFile, JudgedCatalog>();
  for (const file of view.files) {
    if (fileKind(file.path, file.bytes) === 'cat') catalogs.set(file, judgeCatalog(file.bytes, file.path, context));
  }
  const all = [...catalogs.values()];
  const verdicts = new Map<CheckedFile, FileVerdict>();
  const verdictOf = (file: CheckedFile): FileVerdict => {
    const known = verdicts.get(file);
    if (known !== undefined) return known;
    const verdict = judgeFile({ ...file, ...context, catalogs: all });
    verdicts.set(file, verdict);
    return verdict;
  };
  const loadsOf = imageLoads(request.guests);
  const judge: Judge = { view, catalogs, verdictOf, unlisted: new Map() };
  return {
    loads: (file) => loadsOf(verdictOf(file)),
    ofPackage: (inf, guest) => packageSignature(judge, inf, guest),
    nothingSigned: () => all.every(({ signatures }) => signatures.length === 0),
    publicKeys: () =>
      once(
        [
          ...all.flatMap(({ findings }) => findings),
          ...[...verdicts.values()].flatMap(({ diagnostics }) => diagnostics),
        ].filter(({ code }) => code === 'VERIFY_KEY_PUBLIC'),
      ),
  };
};

/** One finding for each key. */
const once = (found: readonly Diagnostic[]): readonly Diagnostic[] => [
  ...new Map(found.map((one) => [one.message, one])).values(),
];

const stateOf = ({ windows, arch, secureBoot, testSigning, hvci, upgraded }: GuestSpec): MachineState => ({
  ...{ windows: windows.name, arch, secureBoot, testSigning, hvci, upgraded },
});

interface Judge {
  readonly view: PackageView;
  readonly catalogs: ReadonlyMap<CheckedFile, JudgedCatalog>;
  readonly verdictOf: (file: CheckedFile) => FileVerdict;
  /** By INF and architecture: the files that its catalog does not list. */
  readonly unlisted: Map<string, readonly string[]>;
}

const unsigned = (reason: string, score: PackageSignature['score'] = 'unsigned'): PackageSignature => ({
  ...{ state: 'unsigned', score, reason },
});

const ARCH_OF: Readonly<Record<GuestSpec['arch'], InfArch>> = { x64: 'amd64', x86: 'x86', arm64: 'arm64' };

/** How Windows takes the package when it is brought into the driver store (spec pnp-install 4). */
const packageSignature = (judge: Judge, inf: PackageInf, guest: GuestSpec): PackageSignature => {
  const arch = ARCH_OF[guest.arch];
  const name = catalogNameFor(inf, arch);
  if (name === undefined) return unsigned('The INF names no catalog.', unsignedScore(inf));
  const file = sourceFile(judge.view, inf, name);
  const catalog = file === undefined ? undefined : judge.catalogs.get(file);
  if (file === undefined || catalog === undefined) {
    return unsigned(`${name}, the catalog of the INF, is not in the folder.`, unsignedScore(inf));
  }
  if (catalog.signatures.length === 0) return unsigned(`${name} is not signed.`, unsignedScore(inf));
  const fault = catalogFault(catalog, guest);
  if (fault !== undefined) return fault;
  const unlisted = unlistedFiles(judge, inf, catalog, arch);
  if (unlisted.length > 0) {
    return { state: 'altered', score: 'unsigned', reason: `${name} does not list ${unlisted.join(', ')} as it is.` };
  }
  const { major, minor } = guest.windows;
  const versions = listedVersions(judge, inf, catalog);
  if (versions.length > 0 && !versions.includes(`${major}.${minor}`)) {
    const reason = `${name} is for Windows ${versions.join(', ')}.`;
    return { state: 'not-for-this-windows', score: 'unsigned', reason };
  }
  // Since Windows 7 the policy is on that ranks all signers alike (spec pnp-install 3).
  return { state: 'trusted', score: 'any-signer', reason: `${name} is signed by ${signerOf(catalog)}.` };
};

const unsignedScore = ({ installs }: PackageInf): PackageSignature['score'] =>
  installs.length > 0 && installs.every(({ section }) => !/\.nt/i.test(section.name)) ? 'unsigned-no-nt' : 'unsigned';

const signerOf = ({ signatures }: JudgedCatalog): string => signatures[0]?.subject ?? 'nobody';

/** What is wrong with the catalog itself on this Windows. */
const catalogFault = (catalog: JudgedCatalog, guest: GuestSpec): PackageSignature | undefined => {
  const because = catalog.findings.find(({ severity, code }) => severity === 'error' && code === catalog.reason);
  const reason = `${catalog.path}: ${because?.message ?? `the signature is ${catalog.verdict}.`}`;
  if (catalog.verdict === 'invalid') return { state: 'altered', score: 'unsigned', reason };
  if (catalog.verdict === 'untrusted' && !isKnownToWindows(catalog)) {
    return { state: 'untrusted', score: 'unsigned', reason };
  }
  // A machine that takes every signature refuses only what it cannot read.
  const lenient = { ...stateOf(guest), arch: 'x64', secureBoot: false, testSigning: true, hvci: false } as const;
  const answer = policyAnswer(catalogVerdict(catalog), lenient);
  return answer?.loads === 'no' ? { state: 'untrusted', score: 'unsigned', reason: answer.reason } : undefined;
};

/**
 * Roots that Windows itself trusts need not be given. Somebody else than Microsoft below one of them is a publisher that an
 * administrator is asked about.
 */
const isKnownToWindows = ({ reason, signatures }: JudgedCatalog): boolean =>
  (reason === 'VERIFY_CHAIN_UNTRUSTED' || reason === 'VERIFY_CHAIN_INCOMPLETE') &&
  signatures.some(({ root }) => root?.standing === 'known');

const unlistedFiles = (judge: Judge, inf: PackageInf, catalog: JudgedCatalog, arch: InfArch): readonly string[] => {
  const key = `${arch} ${inf.path}`;
  const known = judge.unlisted.get(key);
  if (known !== undefined) return known;
  const own = judge.view.byPath.get(inf.path.toLowerCase());
  const installed = placedFiles(judge.view, inf).filter(({ install }) => install.arch === arch);
  const files = new Set([...(own === undefined ? [] : [own]), ...installed.map(({ file }) => file)]);
  const unlisted = [...files].filter((file) => !isListed(judge.verdictOf(file), catalog));
  const names = unlisted.map(({ path }) => path.slice(path.lastIndexOf('/') + 1));
  judge.unlisted.set(key, names);
  return names;
};

/** A member that takes the file for another kind of file is about other bytes. */
const isListed = ({ catalogs, diagnostics }: FileVerdict, { path }: JudgedCatalog): boolean =>
  catalogs.some((match) => match.path === path) &&
  !diagnostics.some(({ code, message }) => code === 'VERIFY_CONTENT_MISMATCH' && message.startsWith(path));

const listedVersions = (judge: Judge, inf: PackageInf, { path }: JudgedCatalog): readonly string[] => {
  const own = judge.view.byPath.get(inf.path.toLowerCase());
  const match = own === undefined ? undefined : judge.verdictOf(own).catalogs.find((one) => one.path === path);
  return match?.osVersions ?? [];
};
