import { type Diagnostic, problem, stopOnErrors } from '../../core/errors.ts';
import { decodeInfText, encodeInfText } from '../formats/inf/text.ts';

/** One row of the ordered token table: `{ name: 'VENDOR_NAME', value: 'Xen Project', key: 'vendorName' }`. */
export interface TemplateToken {
  readonly name: string;
  /** Literal text, nothing in it is special; empty means "not set". */
  readonly value: string;
  /** The setting that feeds it, for hints. */
  readonly key?: string;
}

export interface RenderedText {
  readonly text: string;
  /** The lines that fell away, numbered from 1 in the template. */
  readonly dropped: readonly number[];
}

export interface RenderedTemplate {
  /** In the template's encoding and with its line ends. */
  readonly bytes: Uint8Array;
  readonly dropped: readonly number[];
}

export interface RenderOptions {
  /** `crlf` for winpv's own templates, which are stored with LF; otherwise the template's line ends are kept. */
  readonly lineEnds?: 'kept' | 'crlf';
}

/** What is still a token after rendering. Placeholders of other tools (`$ARCH$`, `#X#`) are not ours. */
const UNRESOLVED = /@[A-Z_]+@/g;

/** The only token whose absence dropped lines in the years of `build.py`, 2013 to 2019 (spec xen-pv 3.3.3). */
const VENDOR_DEVICE_ID = 'VENDOR_DEVICE_ID';

/** Whether a template is of those years: it leaves its architecture, its DriverVer or both to a stamping tool (inf/stamp.ts). */
export const leavesStampingToTool = (text: string): boolean =>
  text.includes('$ARCH$') || /^[ \t]*DriverVer[ \t]*=[ \t]*01\/01\/1900\b/im.test(text);

interface TokenRule {
  readonly token: TemplateToken;
  readonly pattern: RegExp;
  /** How the template spells it when its absence drops the line. */
  readonly dropsLine?: string;
}

const rulesOf = (text: string, tokens: readonly TemplateToken[]): readonly TokenRule[] => {
  const onlyDeviceId = leavesStampingToTool(text);
  return tokens.map((token) => {
    const pattern = new RegExp(`@${token.name.replace(/[^A-Za-z0-9_]/g, '\\$&')}@`, 'gi');
    const drops = token.value === '' && (!onlyDeviceId || token.name === VENDOR_DEVICE_ID);
    return drops ? { token, pattern, dropsLine: `@${token.name}@` } : { token, pattern };
  });
};

/** A text in pieces of one physical line each, line end included. */
const physicalLines = (text: string): readonly string[] => text.match(/[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+$/g) ?? [];

const withoutLineEnd = (line: string): string => line.replace(/[\r\n]+$/, '');

const isDropped = (line: string, rules: readonly TokenRule[]): boolean =>
  rules.some(({ dropsLine }) => dropsLine !== undefined && line.includes(dropsLine));

/** A function as replacement: `$1`, `$&` and `\1` in a value are plain text, which upstream's script gets wrong. */
const substitute = (line: string, rules: readonly TokenRule[]): string =>
  line.includes('@')
    ? rules.reduce((current, { token, pattern }) => current.replace(pattern, () => token.value), line)
    : line;

/** So many findings are told; a template with more is not a template. */
const MAX_FINDINGS = 100;
const MAX_EXCERPT = 400;

/** Findings for what is left in a rendered line, at its place in the template when it stands there. */
const unresolvedIn = (file: string, template: string, rendered: string, line: number): readonly Diagnostic[] => {
  const found: Diagnostic[] = [];
  let from = 0;
  for (const match of rendered.matchAll(UNRESOLVED)) {
    if (found.length === MAX_FINDINGS) break;
    const place = template.indexOf(match[0], from);
    if (place >= 0) from = place + 1;
    found.push(
      problem('TOKEN_UNRESOLVED', `The token ${match[0]} has no value.`, {
        at: { file, line, column: (place >= 0 ? place : match.index) + 1 },
        excerpt: withoutLineEnd(template).slice(0, MAX_EXCERPT),
        hint: 'Correct its spelling in the template, or remove it.',
      }),
    );
  }
  return found;
};

/**
 * Fills the tokens of a template by upstream's rule (spec xen-pv 3.3): first, every physical line that spells a token
 * whose value is empty falls away, its trailing comment included and by exact case; then each token of the table, in
 * the table's order and by any case, becomes its value. Templates of 2013 to 2019 drop lines for VENDOR_DEVICE_ID only.
 *
 * A continued line is several physical lines, and only those that name the token go. When the last of them goes, the
 * backslash before it stays, as upstream's scripts leave it, and joins whatever line follows: name optional ids first.
 *
 * @throws WinpvError TOKEN_UNRESOLVED with every `@NAME@` that is left, positioned in the template
 */
export const renderText = (text: string, file: string, tokens: readonly TemplateToken[]): RenderedText => {
  const rules = rulesOf(text, tokens);
  const kept: string[] = [];
  const dropped: number[] = [];
  const unresolved: Diagnostic[] = [];
  for (const [index, line] of physicalLines(text).entries()) {
    if (isDropped(line, rules)) {
      dropped.push(index + 1);
      continue;
    }
    const rendered = substitute(line, rules);
    if (unresolved.length < MAX_FINDINGS && rendered.includes('@'))
      unresolved.push(...unresolvedIn(file, line, rendered, index + 1));
    kept.push(rendered);
  }
  stopOnErrors(unresolved);
  return { text: kept.join(''), dropped };
};

const isAsciiText = (text: string): boolean => !/[^\0-\x7f]/.test(text);

/**
 * The same for a file. Line ends stay unless asked otherwise, and so does the encoding, with one exception: an ASCII
 * template that receives other characters becomes UTF-16 with a byte order mark, because Windows would read ANSI
 * bytes in the code page of the machine (spec inf 1).
 *
 * @throws WinpvError TOKEN_UNRESOLVED, INF_TEXT_UNENCODABLE
 */
export const renderTemplate = (
  bytes: Uint8Array,
  file: string,
  tokens: readonly TemplateToken[],
  options: RenderOptions = {},
): RenderedTemplate => {
  const template = decodeInfText(bytes, file);
  const { text, dropped } = renderText(template.text, file, tokens);
  const outgrown = template.encoding === 'ansi' && isAsciiText(template.text) && !isAsciiText(text);
  const lines = options.lineEnds === 'crlf' ? text.replace(/\r\n|\n|\r/g, '\r\n') : text;
  return { bytes: encodeInfText(lines, outgrown ? 'utf-16le' : template.encoding, file), dropped };
};
