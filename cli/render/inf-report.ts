import type { Diagnostic } from '../../core/errors.ts';
import { shownLine } from '../../core/spelling.ts';
import type { FindingCount, InfReport, InfVerdict } from '../../packaging/bundle/inf-report.ts';
import { INF_MODES } from '../../packaging/formats/inf/rules/modes.ts';
import { renderDiagnostics } from './diagnostics.ts';
import { type Paint, plain } from './style.ts';

const count = (n: number, one: string): string => `${n} ${one}${n === 1 ? '' : 's'}`;

const countText = ({ errors, warnings }: FindingCount): string =>
  [errors > 0 ? count(errors, 'error') : '', warnings > 0 ? count(warnings, 'warning') : '']
    .filter((text) => text !== '')
    .join(', ');

/** `xenbus.inf: valid (2 warnings)` */
const verdictLine = (report: InfReport, paint: Paint): string => {
  const verdict = report.verdict === 'valid' ? paint('green', 'valid') : paint('red', 'NOT valid');
  const counts = countText(report);
  return `${shownLine(report.path)}: ${verdict}${counts === '' ? '' : ` (${counts})`}`;
};

const cell = (found: FindingCount | undefined): string =>
  found === undefined ? '' : found.errors > 0 ? countText(found) : found.warnings > 0 ? countText(found) : 'ok';

/** One row an INF, one column a set of rules: what each of them would say. */
const modeTable = (reports: readonly InfReport[]): readonly string[] => {
  const rows = reports.map((report) => [
    shownLine(report.path),
    ...INF_MODES.map((mode) => cell(report.modes?.[mode])),
  ]);
  const head = ['', 'syntax', ...INF_MODES.slice(1).map((mode) => `/${mode}`)];
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  return [head, ...rows].map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
};

/** How a sentence names the rules that decided. */
export const rulesText = (mode: InfVerdict['mode']): string => {
  if (mode === 'all') return 'rules of every mode';
  return mode === 'none' ? 'syntax rules' : `rules /${mode}`;
};

interface TextOptions {
  readonly paint?: Paint;
  /** Notes too, not only errors and warnings. */
  readonly notes: 'shown' | 'hidden';
}

/** What was found, for people: findings with their source lines, a verdict an INF, and the table for folders. */
export const infReportLines = (
  { infs, others, verdict, mode }: InfVerdict,
  { paint = plain, notes }: TextOptions,
): readonly string[] => {
  const shown = (findings: readonly Diagnostic[]): readonly string[] =>
    renderDiagnostics(
      findings.filter(({ severity }) => notes === 'shown' || severity !== 'info'),
      paint,
    );
  const tabled = infs.filter(({ modes }) => modes !== undefined);
  const valid = infs.filter((report) => report.verdict === 'valid').length;
  const rules = rulesText(mode);
  return [
    ...infs.flatMap((report) => [...shown(report.findings), verdictLine(report, paint)]),
    ...shown(others),
    ...(tabled.length === 0 ? [] : ['', ...modeTable(tabled), '']),
    ...(infs.length === 1 && others.length === 0
      ? []
      : [`${valid} of ${count(infs.length, 'INF')} valid by the ${rules}; in all ${verdict}.`]),
  ];
};
