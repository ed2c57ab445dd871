import { closestName } from '../../core/spelling.ts';
import {
  Build,
  CROSS_SIGNING_CUTOFF,
  DriverEku,
  type Loads,
  POLICY_RULES,
  POLICY_SOURCES,
  type PolicyArch,
  type PolicyFacts,
  type PolicyRule,
  SHA1_CUTOFF,
  type SignerClass,
  UNPROVEN,
  WINDOWS_RELEASES,
  type WindowsRelease,
} from './policy-data.ts';
import type { AuthorityPath, CatalogScope, FileVerdict, SignatureReport, VerifyCode } from './verdict.ts';
import { MICROSOFT_NAMES, RootThumbprint } from './windows-roots.ts';

/** The state of a machine that decides what its kernel loads. */
export interface MachineState {
  /** One of `WINDOWS_RELEASES`. */
  readonly windows: string;
  readonly arch: PolicyArch;
  readonly secureBoot: boolean;
  readonly testSigning: boolean;
  /** Memory integrity. */
  readonly hvci: boolean;
  /** Upgraded from a Windows before 10 version 1607. */
  readonly upgraded: boolean;
}

export interface PolicyAnswer {
  readonly loads: Loads;
  /** What it depends on. */
  readonly on?: string;
  readonly reason: string;
  /** Where the rule comes from. */
  readonly source: string;
}

export interface PolicyRow extends MachineState, PolicyAnswer {}

/** Roots by their SHA-1 thumbprints; an emulator names its own. */
export interface PolicyAuthorities {
  /** Those that sign drivers for Windows (spec signing-formats 6.3: 2010, 2001, 1997). */
  readonly microsoft: readonly string[];
  /** Those under which other authorities were cross-certified. */
  readonly crossSigning: readonly string[];
}

export const WINDOWS_AUTHORITIES: PolicyAuthorities = {
  microsoft: [RootThumbprint.microsoft2010, RootThumbprint.microsoft2001, RootThumbprint.microsoft1997],
  crossSigning: [RootThumbprint.codeVerification],
};

/** The names of systems; `all` stands for every one. */
export const WINDOWS_NAMES: readonly string[] = WINDOWS_RELEASES.map(({ name }) => name);

/** The systems that a list of names stands for, in the table's order; or the first name that is none, with the nearest. */
export const selectWindows = (
  names: readonly string[],
): { readonly releases: readonly WindowsRelease[] } | { readonly unknown: string; readonly nearest?: string } => {
  const wanted = new Set(names.map((name) => name.toLowerCase()));
  const all = wanted.delete('all');
  for (const name of wanted) {
    if (WINDOWS_NAMES.includes(name)) continue;
    const nearest = closestName(name, [...WINDOWS_NAMES, 'all']);
    return nearest === undefined ? { unknown: name } : { unknown: name, nearest };
  }
  return { releases: WINDOWS_RELEASES.filter(({ name }) => all || wanted.has(name)) };
};

const EITHER = [false, true];

/**
 * Every state of a machine that exists with this Windows: no Secure Boot before Windows 8, no memory integrity before 10
 * version 1607 or on 32 bits, and an upgrade from before 1607 only where there was something to upgrade from.
 */
export const machineStates = ({ name, build, role, archs }: WindowsRelease): readonly MachineState[] =>
  archs.flatMap((arch) => {
    const recent = build >= Build.version1607;
    const secureBoots = build >= Build.windows8 ? EITHER : [false];
    const integrities = recent && arch !== 'x86' ? EITHER : [false];
    const upgrades = recent && role === 'client' && arch !== 'arm64' ? EITHER : [false];
    return secureBoots.flatMap((secureBoot) =>
      EITHER.flatMap((testSigning) =>
        integrities.flatMap((hvci) =>
          upgrades.map((upgraded) => ({ windows: name, arch, secureBoot, testSigning, hvci, upgraded })),
        ),
      ),
    );
  });

/** The table of one file: a row for every state of every system asked for. Empty for what no kernel loads. */
export const policyRows = (
  file: FileVerdict,
  releases: readonly WindowsRelease[],
  authorities: PolicyAuthorities = WINDOWS_AUTHORITIES,
): readonly PolicyRow[] => {
  const subject = subjectOf(file, authorities);
  if (subject === undefined) return [];
  return releases.flatMap((windows) =>
    machineStates(windows).map((state) => ({ ...state, ...answerFor(subject, windows, state) })),
  );
};

/**
 * Whether one machine loads one file.
 * @returns undefined for a file that no kernel loads, or a Windows that the table does not know
 */
export const policyAnswer = (
  file: FileVerdict,
  state: MachineState,
  authorities: PolicyAuthorities = WINDOWS_AUTHORITIES,
): PolicyAnswer | undefined => {
  const windows = WINDOWS_RELEASES.find(({ name }) => name === state.windows);
  const subject = subjectOf(file, authorities);
  return windows === undefined || subject === undefined ? undefined : answerFor(subject, windows, state);
};

/** A signature as the rules see it. */
interface PolicySignature {
  readonly signer: SignerClass;
  /** False when the root is named by the last certificate but cannot be checked. */
  readonly proven: boolean;
  readonly needsSha2: boolean;
  readonly lateSha1: boolean;
  readonly issuedEarly: boolean;
  readonly scope?: CatalogScope;
}

interface PolicySubject {
  readonly kind: PolicyFacts['subject'];
  readonly machine?: string;
  readonly mappable: boolean;
  readonly broken: boolean;
  readonly signatures: readonly PolicySignature[];
}

const NO_SIGNATURE: PolicySignature = {
  signer: 'none',
  proven: true,
  needsSha2: false,
  lateSha1: false,
  issuedEarly: false,
};

const DAMAGED: PolicySignature = { ...NO_SIGNATURE, signer: 'damaged' };

/** Errors around a signature, after which it cannot count. */
const UNSOUND: ReadonlySet<string> = new Set<VerifyCode>(['VERIFY_CERTIFICATE_TABLE', 'VERIFY_TRAILING_DATA']);
/** Errors after which an image does not load, whatever its signature. */
const BROKEN: ReadonlySet<string> = new Set<VerifyCode>(['VERIFY_SECTIONS_OVERLAP', 'VERIFY_CHECKSUM_WRONG']);

const hasError = ({ diagnostics }: FileVerdict, codes: ReadonlySet<string>): boolean =>
  diagnostics.some(({ severity, code }) => severity === 'error' && codes.has(code));

const subjectOf = (file: FileVerdict, authorities: PolicyAuthorities): PolicySubject | undefined => {
  const { kind, image, scope } = file;
  if (kind !== 'pe' && kind !== 'cat') return undefined;
  const of = (reports: readonly SignatureReport[], within?: CatalogScope) =>
    reports.flatMap((report) => signaturesOf(report, authorities, within));
  const own = of(file.signatures, scope);
  const unsound = hasError(file, UNSOUND) || (kind === 'cat' && scope === undefined);
  const signatures = [...(unsound ? [DAMAGED] : own), ...file.catalogs.flatMap((match) => of(match.signatures, match))];
  const runsIn = image?.runsIn ?? 'kernel';
  return {
    kind: kind === 'cat' ? 'catalog' : runsIn,
    ...(image === undefined ? {} : { machine: image.machine }),
    mappable: image === undefined || (image.pageAligned && image.writableCode === undefined),
    broken: kind === 'pe' && (image === undefined || (runsIn === 'kernel' && hasError(file, BROKEN))),
    signatures: signatures.length === 0 ? [NO_SIGNATURE] : signatures,
  };
};

/** One for each way up: a cross-signed signature has two, and the kernel takes the one that it believes. */
const signaturesOf = (
  report: SignatureReport,
  authorities: PolicyAuthorities,
  scope: CatalogScope | undefined,
): readonly PolicySignature[] => {
  const stampedMs = report.timestamp?.time === undefined ? undefined : Date.parse(report.timestamp.time);
  const stamped = report.timestamp?.verdict === 'invalid' ? undefined : stampedMs;
  const common = {
    lateSha1: report.digestAlgorithm === 'sha1' && (stamped === undefined || stamped >= SHA1_CUTOFF),
    ...(scope === undefined ? {} : { scope }),
  };
  const paths = report.authorityPaths;
  if (report.verdict === 'invalid' || paths.length === 0) {
    return [DAMAGED];
  }
  return paths.map((path) => ({
    ...common,
    ...classify(path, authorities),
    needsSha2: [report.digestAlgorithm, ...hashesOf(path)].some((hash) => hash !== 'sha1' && hash !== 'md5'),
    issuedEarly: Date.parse(path.certificates[0]?.notBefore ?? '') < CROSS_SIGNING_CUTOFF,
  }));
};

/** Hashes that have to be computed to follow the way; a root's signature on itself is never looked at. */
const hashesOf = ({ certificates }: AuthorityPath) =>
  certificates.filter(({ selfIssued }, depth) => depth === 0 || !selfIssued).map(({ hash }) => hash);

const classify = (
  path: AuthorityPath,
  { microsoft, crossSigning }: PolicyAuthorities,
): { readonly signer: SignerClass; readonly proven: boolean } => {
  const last = path.certificates.at(-1);
  const { root, fault } = path;
  const named = root === undefined ? MICROSOFT_NAMES[last?.issuer ?? ''] : undefined;
  const proven = root !== undefined || named === undefined;
  const isMicrosoft = root === undefined ? named === 'microsoft' : microsoft.includes(root);
  const isCrossed = root === undefined ? named === 'cross-signing' : crossSigning.includes(root);
  if (!isMicrosoft && !isCrossed) return { signer: 'private', proven };
  if (fault !== undefined) return { signer: 'faulty', proven };
  return { signer: isCrossed ? 'cross-signed' : microsoftClass(path.ekus), proven };
};

/** Attested files have the purpose of tested ones as well (spec 6.2). */
const microsoftClass = (ekus: readonly string[]): SignerClass => {
  if (ekus.includes(DriverEku.attested)) return 'attested';
  if (ekus.includes(DriverEku.extended)) return 'extended';
  if (ekus.includes(DriverEku.whql)) return 'whql';
  return ekus.includes(DriverEku.systemComponent) ? 'system' : 'microsoft';
};

const BEST: readonly Loads[] = ['yes', 'depends', 'no'];

/** The signature that serves best decides: Windows looks at all of them. */
const answerFor = (subject: PolicySubject, windows: WindowsRelease, state: MachineState): PolicyAnswer => {
  const answers = subject.signatures.map((signature) =>
    ask(signature, factsOf(subject, signature, windows, state), windows),
  );
  for (const loads of BEST) {
    const found = answers.find((answer) => answer.loads === loads);
    if (found !== undefined) return found;
  }
  throw new RangeError('no signature was asked about');
};

const factsOf = (
  subject: PolicySubject,
  signature: PolicySignature,
  windows: WindowsRelease,
  state: MachineState,
): PolicyFacts => {
  const versions = signature.scope?.osVersions ?? [];
  return {
    ...state,
    role: windows.role,
    sha2: windows.sha2,
    subject: subject.kind,
    archFits: subject.machine === undefined || subject.machine === state.arch,
    mappable: subject.mappable,
    broken: subject.broken,
    signer: signature.signer,
    needsSha2: signature.needsSha2,
    lateSha1: signature.lateSha1,
    issuedEarly: signature.issuedEarly,
    catalogV2: signature.scope?.version === 2,
    versionListed: versions.length === 0 || versions.includes(windows.version),
  };
};

const ask = ({ proven }: PolicySignature, facts: PolicyFacts, { build }: WindowsRelease): PolicyAnswer => {
  const rule = CONDITIONS.find((candidate) => applies(candidate, facts, build))?.rule;
  if (rule === undefined) throw new RangeError(`no rule for ${JSON.stringify(facts)}`);
  const { loads, on, reason } = rule;
  const source = POLICY_SOURCES[rule.source];
  if (loads === 'yes' && !proven && asksForSigner(rule)) {
    return { loads: UNPROVEN.loads, on: UNPROVEN.on, reason, source: POLICY_SOURCES[UNPROVEN.source] };
  }
  return { loads, ...(on === undefined ? {} : { on }), reason, source };
};

const asksForSigner = ({ when }: PolicyRule): boolean => when.signer !== undefined;

interface Conditions {
  readonly rule: PolicyRule;
  readonly builds: readonly [from: number, before: number];
  readonly wanted: readonly (readonly [fact: keyof PolicyFacts, values: readonly unknown[]])[];
}

/** The rules in the form in which they are asked many thousand times. */
const CONDITIONS: readonly Conditions[] = POLICY_RULES.map((rule) => ({
  rule,
  builds: rule.builds ?? [0, Number.MAX_SAFE_INTEGER],
  wanted: (Object.keys(rule.when) as (keyof PolicyFacts)[]).map((fact) => {
    const value: unknown = rule.when[fact];
    return [fact, Array.isArray(value) ? value : [value]];
  }),
}));

const applies = ({ builds: [from, before], wanted }: Conditions, facts: PolicyFacts, build: number): boolean =>
  build >= from && build < before && wanted.every(([fact, values]) => values.includes(facts[fact]));
