import type { Diagnostic, Severity, SourcePosition } from '../../core/errors.ts';
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
  const shown = excerpt.replace(/\t/g, ' ').slice(0, 160);
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

/** A finding for people: severity, code, position, message, code frame, hint. */
export const renderDiagnostic = (diagnostic: Diagnostic, paint: Paint = plain): readonly string[] => {
  const { severity, code, at, message, hint } = diagnostic;
  const head = `${paint(severityStyle[severity], severity)} ${paint('bold', code)}`;
  const extra = notes(diagnostic);
  return [
    [head, ...(at === undefined ? [] : [formatPosition(at)])].join('  '),
    `  ${message}${extra.length === 0 ? '' : ` (${extra.join(', ')})`}`,
    ...codeFrame(diagnostic, paint),
    ...(hint === undefined ? [] : hint.split('\n').map((line, i) => `  ${i === 0 ? 'hint: ' : '      '}${line}`)),
  ];
};
