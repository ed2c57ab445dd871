import type { Diagnostic, Severity, SourcePosition } from '../../core/errors.ts';
import { shownLine } from '../../core/spelling.ts';
import { type Paint, plain } from './style.ts';

const severityStyle = { error: 'red', warning: 'yellow', info: 'cyan' } as const satisfies Record<Severity, string>;

const LONGEST_LINE = 600;
const ELLIPSIS = '…';

/** `file:line:column`, or the file and a byte offset. Names of files come from outside too. */
export const formatPosition = ({ file, line, column, offset }: SourcePosition): string => {
  const name = shownLine(file.length > LONGEST_LINE ? `${file.slice(0, LONGEST_LINE)}${ELLIPSIS}` : file);
  if (line !== undefined) return `${name}:${line}${column === undefined ? '' : `:${column}`}`;
  return offset === undefined ? name : `${name} at byte ${offset} (0x${offset.toString(16)})`;
};

const FRAME_WIDTH = 160;

/** The part of a source line that is shown, and where in it the column stands, from 0. Half a character is none. */
const frameOf = (line: string, column: number | undefined): { readonly text: string; readonly caret?: number } => {
  const at = column === undefined ? 0 : column - 1;
  const from = at < FRAME_WIDTH ? 0 : at - FRAME_WIDTH / 2;
  const before = from > 0 ? ELLIPSIS : '';
  const after = line.length > from + FRAME_WIDTH ? ELLIPSIS : '';
  const text = `${before}${shownLine(line.slice(from, from + FRAME_WIDTH))}${after}`;
  const caret = at - from + before.length;
  return column === undefined || caret > text.length ? { text } : { text, caret };
};

/** Text of a finding: lines that a terminal shows as they are, and not one that fills it. */
const shownLines = (text: string): readonly string[] =>
  text
    .split('\n')
    .map((line) =>
      line.length > LONGEST_LINE ? `${shownLine(line.slice(0, LONGEST_LINE))}${ELLIPSIS}` : shownLine(line),
    );

const codeFrame = (diagnostic: Diagnostic, paint: Paint): readonly string[] => {
  const { excerpt, at } = diagnostic;
  if (excerpt === undefined || at?.line === undefined) return [];
  const gutter = String(at.line);
  const blank = ' '.repeat(gutter.length);
  const { text, caret } = frameOf(excerpt, at.column);
  const lines = ['', `  ${paint('dim', `${gutter} |`)} ${text}`];
  if (caret !== undefined) lines.push(`  ${paint('dim', `${blank} |`)} ${' '.repeat(caret)}${paint('red', '^')}`);
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
    `  ${shownLines(message).join('\n')}${extra.length === 0 ? '' : ` (${extra.join(', ')})`}`,
    ...codeFrame(diagnostic, paint),
    ...(hint === undefined ? [] : shownLines(hint).map((line, i) => `  ${i === 0 ? 'hint: ' : '      '}${line}`)),
  ];
};
