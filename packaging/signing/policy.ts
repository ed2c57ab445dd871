import { closestName } from '../../core/spelling.ts';
import {
  Build,
  type Loads,
  POLICY_RULES,
  POLICY_SOURCES,
  type PolicyArch,
  type PolicyFacts,
  type PolicyRule,
  UNPROVEN,
  WINDOWS_RELEASES,
  type WindowsRelease,
} from './policy-data.ts';
import {
  type PolicyAuthorities,
  type PolicySignature,
  type PolicySubject,
  subjectOf,
  WINDOWS_AUTHORITIES,
} from './policy-subject.ts';
import type { FileVerdict } from './verdict.ts';

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

/** What decides on a file, without the file: files with the same have the same table. Undefined for what no kernel loads. */
export const policyKey = (file: FileVerdict): string | undefined => {
  const subject = subjectOf(file, WINDOWS_AUTHORITIES);
  if (subject === undefined) return undefined;
  const signatures = subject.signatures.map(({ report: _report, catalog: _catalog, scope, ...facts }) => ({
    ...facts,
    ...(scope === undefined ? {} : { catalogs: [scope.version, ...scope.osVersions] }),
  }));
  return JSON.stringify({ ...subject, signatures });
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

const BEST: readonly Loads[] = ['yes', 'depends', 'no'];

/** What a machine makes of each signature by itself, one for each way up. */
export const signatureAnswers = (
  subject: PolicySubject,
  windows: WindowsRelease,
  state: MachineState,
): readonly PolicyAnswer[] =>
  subject.signatures.map((signature) => ask(signature, factsOf(subject, signature, windows, state), windows));

/** The signature that serves best decides: Windows looks at all of them. */
const answerFor = (subject: PolicySubject, windows: WindowsRelease, state: MachineState): PolicyAnswer => {
  const answers = signatureAnswers(subject, windows, state);
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
    arch: state.arch,
    secureBoot: state.secureBoot,
    testSigning: state.testSigning,
    hvci: state.hvci,
    upgraded: state.upgraded,
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
