import type { Diagnostic } from '../../core/errors.ts';
import { WinpvError } from '../../core/errors.ts';
import { type InfDocument, parseInf } from '../formats/inf/document.ts';
import { infModel } from '../formats/inf/model.ts';
import { checkPvInf } from '../formats/inf/pv-rules.ts';
import type { InfMode } from '../formats/inf/rules/contract.ts';
import { INF_MODES } from '../formats/inf/rules/modes.ts';
import { type VerifyInfOptions, verifyInfModes } from '../formats/inf/rules/verify.ts';
import { decodeInfText } from '../formats/inf/text.ts';
import { checkPackage } from './check.ts';

export interface FindingCount {
  readonly errors: number;
  readonly warnings: number;
}

/** An INF and everything that was found in it. */
export interface InfReport extends FindingCount {
  /** As it was named, or below the folder that was. */
  readonly path: string;
  readonly verdict: 'valid' | 'invalid';
  readonly findings: readonly Diagnostic[];
  /** Its physical lines; none when the text cannot be decoded. */
  readonly lines: readonly string[];
  /** What each set of rules says, for a table; winpv's own rules and the package are not in it. */
  readonly modes?: Readonly<Record<InfMode, FindingCount>>;
}

/** The rules that decide: those of one set, or of every one. */
export type JudgedMode = InfMode | 'all';

/** What `inf verify` found in all. */
export interface InfVerdict {
  readonly mode: JudgedMode;
  readonly verdict: 'valid' | 'invalid';
  readonly infs: readonly InfReport[];
  /** About other files of the packages, or none in particular. */
  readonly others: readonly Diagnostic[];
}

/** A file, or a folder with everything below it. */
export interface InfSubject {
  /** As given. */
  readonly path: string;
  readonly kind: 'file' | 'folder';
  /** The file itself, or those below the folder. */
  readonly files: readonly {
    /** Path below the folder, `/` between the parts. */
    readonly name: string;
    /** As findings show it. */
    readonly path: string;
    readonly bytes: Uint8Array;
  }[];
}

export interface InfJudgement extends Omit<VerifyInfOptions, 'mode'> {
  /** Which rules decide; `none` when not given. */
  readonly mode?: JudgedMode;
  /** Milliseconds since 1970, to tell what comes from the future. */
  readonly nowMs: number;
}

export const countFindings = (findings: readonly Diagnostic[]): FindingCount => ({
  errors: findings.filter(({ severity }) => severity === 'error').length,
  warnings: findings.filter(({ severity }) => severity === 'warning').length,
});

const parsed = (bytes: Uint8Array, file: string): InfDocument | undefined => {
  try {
    return parseInf(bytes, file);
  } catch (error) {
    if (error instanceof WinpvError) return undefined;
    throw error;
  }
};

const physicalLines = (bytes: Uint8Array, file: string): readonly string[] => {
  try {
    const { text } = decodeInfText(bytes, file);
    return text.split(text.includes('\n') ? /\r?\n/ : '\r');
  } catch (error) {
    if (error instanceof WinpvError) return [];
    throw error;
  }
};

/** Errors of the model (a file from outside the folder, for one) are findings like others. */
const pvFindings = (document: InfDocument | undefined, stampinf: boolean): readonly Diagnostic[] => {
  if (document === undefined) return [];
  try {
    return checkPvInf(document, infModel(document), { stampinf });
  } catch (error) {
    if (error instanceof WinpvError) return error.diagnostics;
    throw error;
  }
};

const identity = ({ code, at, message }: Diagnostic): string => JSON.stringify([code, at?.file, at?.line, message]);

const distinct = (findings: readonly Diagnostic[]): readonly Diagnostic[] => {
  const seen = new Set<string>();
  return findings.filter((finding) => {
    const key = identity(finding);
    return !seen.has(key) && seen.add(key);
  });
};

/** Each finding once, in the order of the lines; those of the whole file first. */
const inOrder = (findings: readonly Diagnostic[]): readonly Diagnostic[] =>
  [...distinct(findings)].sort((a, b) => (a.at?.line ?? 0) - (b.at?.line ?? 0));

type SubjectFile = InfSubject['files'][number];

type ByMode = ReadonlyMap<InfMode, readonly Diagnostic[]>;

const rulesByMode = (
  inf: InfDocument | Uint8Array,
  file: string,
  { mode: _mode, ...options }: InfJudgement,
  modes: readonly InfMode[],
): ByMode => {
  const judged = verifyInfModes(inf, modes, { ...options, file });
  return new Map([...judged].map(([mode, { findings }]) => [mode, findings] as const));
};

/** The findings of every set of rules: each once, as an error where one set says so, with the sets named. */
const inAnyMode = (found: ByMode): readonly Diagnostic[] => {
  const groups = new Map<string, { finding: Diagnostic; readonly modes: InfMode[] }>();
  for (const [mode, findings] of found) {
    for (const finding of findings) {
      const group = groups.get(identity(finding));
      if (group === undefined) groups.set(identity(finding), { finding, modes: [mode] });
      else if (group.finding.severity === finding.severity) group.modes.push(mode);
      else if (finding.severity === 'error') groups.set(identity(finding), { finding, modes: [mode] });
    }
  }
  return [...groups.values()].map(({ finding, modes }) => {
    const everywhere = modes.includes('none') || modes.length === found.size;
    return everywhere ? finding : { ...finding, message: `${finding.message} (By /${modes.join(', /')}.)` };
  });
};

const reportOf = (
  { path, bytes }: SubjectFile,
  closure: readonly Diagnostic[],
  options: InfJudgement,
  kind: InfSubject['kind'],
): InfReport => {
  const document = parsed(bytes, path);
  const { mode = 'none' } = options;
  const tabled = kind === 'folder' || mode === 'all';
  const found = rulesByMode(document ?? bytes, path, options, mode === 'all' || tabled ? INF_MODES : [mode]);
  const own = mode === 'all' ? inAnyMode(found) : (found.get(mode) ?? []);
  const findings = inOrder([...own, ...pvFindings(document, options.stampinf ?? false), ...closure]);
  const count = countFindings(findings);
  const modeCount = (one: InfMode): FindingCount => countFindings(found.get(one) ?? []);
  return {
    path,
    ...count,
    verdict: count.errors > 0 ? 'invalid' : 'valid',
    findings,
    lines: physicalLines(bytes, path),
    ...(!tabled
      ? {}
      : {
          modes: {
            none: modeCount('none'),
            k: modeCount('k'),
            u: modeCount('u'),
            w: modeCount('w'),
            h: modeCount('h'),
          },
        }),
  };
};

/**
 * The folders whose packages must fit each other. A release's folder holds one bundle a brand, which have nothing in
 * common; any other folder is one bundle.
 */
const bundlesOf = (files: readonly SubjectFile[]): readonly (readonly SubjectFile[])[] => {
  if (!files.some(({ name }) => name === 'release.json')) return [files];
  const bundles = new Map<string, SubjectFile[]>();
  for (const file of files) {
    const [brand = '', ...rest] = file.name.split('/');
    if (rest.length === 0) continue;
    const bundle = bundles.get(brand);
    if (bundle === undefined) bundles.set(brand, [file]);
    else bundle.push(file);
  }
  return [...bundles.values()];
};

/** A folder is judged as packages too: what its INFs name, ship and need (check.ts). */
const closureOf = ({ kind, files }: InfSubject, nowMs: number): readonly Diagnostic[] => {
  if (kind === 'file') return [];
  const shown = new Map(files.map(({ name, path }) => [name, path]));
  return bundlesOf(files).flatMap((bundle) =>
    checkPackage({
      files: bundle.map(({ name, bytes }) => ({ path: name, bytes })),
      shown: (path) => shown.get(path) ?? path,
      nowMs,
    }),
  );
};

const INF_NAME = /\.inf$/i;
/** Files that become INFs by stamping. */
const STAMPED_NAME = /\.(inf|inx)$/i;

const judgeSubject = (subject: InfSubject, options: InfJudgement): Pick<InfVerdict, 'infs' | 'others'> => {
  const name = options.stampinf === true ? STAMPED_NAME : INF_NAME;
  const files = subject.kind === 'file' ? subject.files : subject.files.filter((file) => name.test(file.name));
  const closure = closureOf(subject, options.nowMs);
  const known = new Set(files.map(({ path }) => path));
  const infs = files.map((file) => {
    const own = closure.filter(({ at }) => at?.file === file.path);
    return reportOf(file, own, options, subject.kind);
  });
  const others = closure.filter(({ at }) => at === undefined || !known.has(at.file));
  return { infs, others: others.map((finding) => ({ at: { file: subject.path }, ...finding })) };
};

/** An INF that was named twice, or beside its folder, is judged once; the report that knows more counts. */
const distinctReports = (reports: readonly InfReport[]): readonly InfReport[] => {
  const byPath = new Map<string, InfReport>();
  for (const report of reports) {
    const before = byPath.get(report.path);
    if (before === undefined || before.findings.length < report.findings.length) byPath.set(report.path, report);
  }
  return [...byPath.values()];
};

/**
 * Judges INFs, and folders of packages: by Microsoft's rules of a mode, by winpv's own, and folders by their closure. Of
 * a folder, and for `all`, every mode is asked, for the table; the verdict is that of `options.mode`.
 */
export const judgeInfs = (subjects: readonly InfSubject[], options: InfJudgement): InfVerdict => {
  const judged = subjects.map((subject) => judgeSubject(subject, options));
  const infs = distinctReports(judged.flatMap((one) => one.infs));
  const others = distinct(judged.flatMap((one) => one.others));
  const invalid = infs.some(({ verdict }) => verdict === 'invalid') || countFindings(others).errors > 0;
  return { mode: options.mode ?? 'none', verdict: invalid ? 'invalid' : 'valid', infs, others };
};
