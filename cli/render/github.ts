import type { Diagnostic, Severity } from '../../core/errors.ts';
import { shownLine } from '../../core/spelling.ts';

const COMMANDS: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', info: 'notice' };

/** A log obeys what a terminal obeys; line ends are told in percent form. */
const shown = (text: string): string => text.replace(/[^\r\n]+/g, shownLine);

/** Text of a workflow command: what would end or split it is written in percent form. */
const data = (text: string): string => shown(text).replace(/[%\r\n]/g, (one) => PERCENT[one] ?? one);

const property = (text: string): string => shown(text).replace(/[%\r\n:,]/g, (one) => PERCENT[one] ?? one);

const PERCENT: Readonly<Record<string, string>> = { '%': '%25', '\r': '%0D', '\n': '%0A', ':': '%3A', ',': '%2C' };

/** A finding as a workflow command that GitHub shows beside the line. */
export const githubAnnotation = ({ severity, code, message, hint, at }: Diagnostic): string => {
  const place = at === undefined ? {} : { file: at.file.replaceAll('\\', '/'), line: at.line, col: at.column };
  const properties = Object.entries({ ...place, title: code }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${property(String(value))}`],
  );
  const text = hint === undefined ? message : `${message}\n${hint}`;
  return `::${COMMANDS[severity]} ${properties.join(',')}::${data(text)}`;
};

/** Findings as GitHub annotations, one a line. */
export const githubAnnotations = (findings: readonly Diagnostic[]): readonly string[] => findings.map(githubAnnotation);
