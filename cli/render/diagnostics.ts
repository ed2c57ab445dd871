import type { Diagnostic, Severity, SourcePosition } from '../../core/errors.ts';
import { shownLine } from '../../core/spelling.ts';
import { type Paint, plain } from './style.ts';

const severityStyle = { error: 'red', warning: 'yellow', info: 'cyan' } as const satisfies Record<Severity, string>;

/** `file:line:column`, or the file and a byte offset. */
export const formatPosition = (at: SourcePosition): string => {
  if (at.line !== undefined) return `${at.file}:${at.line}${at.column === undefined ? '' : `:${at.column}`}`;
  return at.offset === undefined ? at.file : `${at.file} at byte ${at.offset} (0x${at.offset.toString(16)})`;
};

const codeFrame = (diagnostic: Diagnostic, paint: Paint): readonly string[] => {
  const { excerpt, at } = diagnostic;
  if (excerpt === undefined || at?.line === undefined) return [];
  const gutter = String(at.line);
  const blank = ' '.repeat(gutter.length);
  const shown = shownLine(excerpt).slice(0, 160);
  const lines = ['', `  ${paint('dim', `${gutter} |`)} ${shown}`];
  if (at.column !== undefined && at.column <= shown.length + 1) {
    lines.push(`  ${paint('dim', `${blank} |`)} ${' '.repeat(at.column - 1)}${paint('red', '^')}`);
  }
  return lines;
};

const notes = (diagnostic: Diagnostic): readonly string[] => [
  ...(diagnostic.failureMode === undefined ? [] : [`failure mode ${diagnostic.failureMode}`]),
  ...(diagnostic.rule === undefined ? [] : [`InfVerif ${diagnostic.rule}`]),
];

/** Findings that say the same of several places are shown once; the first places are named, the rest are counted. */
export const renderDiagnostics = (diagnostics: readonly Diagnostic[], paint: Paint = plain): readonly string[] => {
  const groups = new Map<string, Diagnostic[]>();
  for (const diagnostic of diagnostics) {
    const { code, severity, message, hint = '', excerpt = '' } = diagnostic;
    const key = JSON.stringify([severity, code, message, hint, excerpt]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [diagnostic]);
    else group.push(diagnostic);
  }
  return [...groups.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const places = others.flatMap(({ at }) => (at === undefined ? [] : [formatPosition(at)]));
    if (places.length === 0) return renderDiagnostic(first, paint);
    const named = places.slice(0, MAX_PLACES).map((place) => `  also ${place}`);
    const rest = places.length - named.length;
    return [...renderDiagnostic(first, paint), ...named, ...(rest > 0 ? [`  and at ${rest} more places`] : [])];
  });
};
const MAX_PLACES = 5;

/** A finding for people: severity, code, position, message, code frame, hint. */
export const renderDiagnostic = (diagnostic: Diagnostic, paint: Paint = plain): readonly string[] => {
  const { severity, code, at, message, hint } = diagnostic;
  const head = `${paint(severityStyle[severity], severity)} ${paint('bold', code)}`;
  const extra = notes(diagnostic);
  return [
    [head, ...(at === undefined ? [] : [formatPosition(at)])].join('  '),
    `  ${message.split('\n').map(shownLine).join('\n')}${extra.length === 0 ? '' : ` (${extra.join(', ')})`}`,
    ...codeFrame(diagnostic, paint),
    ...(hint === undefined ? [] : hint.split('\n').map((line, i) => `  ${i === 0 ? 'hint: ' : '      '}${line}`)),
  ];
};
