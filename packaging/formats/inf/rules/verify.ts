import { type Diagnostic, problem, type Severity, WinpvError } from '../../../../core/errors.ts';
import type { InfRuleCode } from '../../../../core/inf-rule-codes.ts';
import { type InfDocument, parseInf, parseInfText, physicalLine } from '../document.ts';
import { infModel } from '../model.ts';
import { buildNumber, ruleContext } from './context.ts';
import type { InfMode, RuleFinding, RuleOptions, RuleRow } from './contract.ts';
import { RULE_GROUPS } from './groups.ts';
import { RULE_ROWS } from './table.ts';

export interface VerifyInfOptions {
  /** Which rules; `none` when not given. */
  readonly mode?: InfMode;
  /** Name of the file in findings, for bytes. */
  readonly file?: string;
  /** INFs that may be included, by file name in any case. */
  readonly library?: ReadonlyMap<string, InfDocument>;
  /** Rules of this build of Windows (`10.0.22621`), or `vnext`; the newest when not given. */
  readonly ruleVersion?: string;
  /** Mode w: isolation counts for targets of this build and later; 10.0.17763 when not given. */
  readonly wbuild?: string;
  /** Accept `$ARCH$`. */
  readonly stampinf?: boolean;
  /** Judge for one decoration of [Manufacturer] only. */
  readonly osver?: string;
  /** What Provider must be. */
  readonly provider?: string;
}

export interface InfVerification {
  /** In the order of the lines; findings of the whole file first. */
  readonly findings: readonly Diagnostic[];
  /** Invalid when there is an error. */
  readonly verdict: 'valid' | 'invalid';
}

const DEFAULT_ISOLATION_BUILD = 17763;
const STAMP_TOKEN = '$ARCH$';
const SEVERITY = { E: 'error', W: 'warning' } as const;

/** What stops the reading, by the documented code that says so. */
const READING_RULES: Readonly<Record<string, number>> = {
  INF_UTF16BE: 1003,
  INF_TEXT_BROKEN: 1003,
  INF_SECTION_LINE: 1002,
  INF_SECTION_NAME_LENGTH: 1002,
  INF_TEXT_BEFORE_SECTION: 1002,
  INF_TOO_LARGE: 1002,
  INF_WRONG_STYLE: 1001,
};

const ruleOptions = (options: VerifyInfOptions): RuleOptions => ({
  mode: options.mode ?? 'none',
  ruleBuild: options.ruleVersion === undefined ? undefined : buildNumber(options.ruleVersion),
  isolationBuild: buildNumber(options.wbuild ?? '') ?? DEFAULT_ISOLATION_BUILD,
  stampinf: options.stampinf ?? false,
  osver: options.osver,
  provider: options.provider,
});

/** The document with `$ARCH$` replaced, so that its sections can be found; its lines stay where they are. */
const stamped = (document: InfDocument): InfDocument => {
  const { text } = document.table;
  if (!text.includes(STAMP_TOKEN)) return document;
  return parseInfText({ text: text.replaceAll(STAMP_TOKEN, 'amd64'), encoding: document.encoding }, document.file);
};

/** Lines that hold `$ARCH$` outside comments. */
const unstampedLines = (document: InfDocument): readonly number[] => {
  if (!document.table.text.includes(STAMP_TOKEN)) return [];
  const has = (text: string | null): boolean => text?.includes(STAMP_TOKEN) ?? false;
  const lines = document.sections.flatMap(({ name, headers, lines: own }) => [
    ...(has(name) ? headers : []),
    ...own.filter(({ rawKey, raw }) => has(rawKey) || raw.some(has)).map(({ line }) => line),
  ]);
  return lines.sort((a, b) => a - b);
};

const severityOf = (finding: RuleFinding, row: RuleRow, options: RuleOptions): Severity | undefined => {
  const level = row.level[options.mode];
  if (level === '-') return undefined;
  if (row.since !== undefined && options.ruleBuild !== undefined && options.ruleBuild < row.since) return undefined;
  return finding.atMost === 'W' ? 'warning' : SEVERITY[level];
};

const columnOf = (excerpt: string, token: string | undefined): number => {
  const found = token === undefined || token === '' ? -1 : excerpt.toLowerCase().indexOf(token.toLowerCase());
  return (found < 0 ? excerpt.length - excerpt.trimStart().length : found) + 1;
};

const position = (document: InfDocument, finding: RuleFinding): Pick<Diagnostic, 'at' | 'excerpt'> => {
  const { file } = document;
  const { line, token } = finding;
  if (line === undefined) return { at: { file } };
  const excerpt = physicalLine(document, line);
  return { at: { file, line, column: columnOf(excerpt, token) }, excerpt };
};

const diagnosticOf = (document: InfDocument, finding: RuleFinding, row: RuleRow, severity: Severity): Diagnostic => {
  const { code, message, hint, target } = finding;
  const text = target === undefined ? message : `${message} (Target ${target}.)`;
  return problem(`INF_${code}` as InfRuleCode, text, {
    severity,
    ...position(document, finding),
    hint: hint ?? row.fix,
    rule: code,
  });
};

/** Drops what the mode does not report, and what was said before about the same line. */
const reported = (
  document: InfDocument,
  findings: readonly RuleFinding[],
  options: RuleOptions,
): readonly Diagnostic[] => {
  const seen = new Set<string>();
  const out: Diagnostic[] = [];
  for (const finding of findings) {
    const row = RULE_ROWS.get(finding.code);
    if (row === undefined) throw new TypeError(`There is no INF rule ${finding.code}.`);
    const severity = severityOf(finding, row, options);
    const key = `${finding.code} ${finding.line ?? 0} ${finding.message}`;
    if (severity === undefined || seen.has(key)) continue;
    seen.add(key);
    out.push(diagnosticOf(document, finding, row, severity));
  }
  return out.sort((a, b) => (a.at?.line ?? 0) - (b.at?.line ?? 0) || (a.rule ?? 0) - (b.rule ?? 0));
};

const verification = (findings: readonly Diagnostic[]): InfVerification => ({
  findings,
  verdict: findings.some(({ severity }) => severity === 'error') ? 'invalid' : 'valid',
});

/** Judges a document by the rules of some modes; it is read once. */
const verifyDocument = (
  document: InfDocument,
  modes: readonly InfMode[],
  options: VerifyInfOptions,
): ReadonlyMap<InfMode, InfVerification> => {
  const read = stamped(document);
  const model = infModel(read);
  const library = new Map([...(options.library ?? [])].map(([name, inf]) => [name.toLowerCase(), inf]));
  const given = { library, unstampedLines: unstampedLines(document) };
  const warnings = document.warnings.filter(({ rule }) => rule === undefined);
  return new Map(
    modes.map((mode) => {
      const settings = ruleOptions({ ...options, mode });
      const context = ruleContext(read, model, settings, given);
      const findings = RULE_GROUPS.flatMap((group) => group(context));
      return [mode, verification([...warnings, ...reported(document, findings, settings)])];
    }),
  );
};

/** The verdict on an INF that cannot be read. */
const unread = (error: WinpvError): InfVerification => {
  const rule = READING_RULES[error.code];
  const found = error.diagnostics.map((own) => (rule === undefined ? own : { rule, ...own }));
  const file = error.at?.file;
  const skipped = problem('INF_1299', 'The other rules were not tried, because the INF cannot be read.', {
    severity: 'info',
    ...(file === undefined ? {} : { at: { file } }),
    rule: 1299,
  });
  return verification([...found, skipped]);
};

/**
 * Judges an INF as Microsoft's checker does (spec infverif.md): each finding carries the number of its rule, its line and
 * what to do. An INF that cannot be read is invalid, with the error that stopped the reading.
 */
export const verifyInf = (inf: Uint8Array | InfDocument, options: VerifyInfOptions = {}): InfVerification => {
  const { mode = 'none' } = options;
  return verifyInfModes(inf, [mode], options).get(mode) ?? verification([]);
};

/** The same for several modes, in less time than one by one. */
export const verifyInfModes = (
  inf: Uint8Array | InfDocument,
  modes: readonly InfMode[],
  options: Omit<VerifyInfOptions, 'mode'> = {},
): ReadonlyMap<InfMode, InfVerification> => {
  try {
    const document = inf instanceof Uint8Array ? parseInf(inf, options.file ?? 'driver.inf') : inf;
    return verifyDocument(document, modes, options);
  } catch (error) {
    if (!(error instanceof WinpvError)) throw error;
    const verdict = unread(error);
    return new Map(modes.map((mode) => [mode, verdict]));
  }
};
