import { WinpvError } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import { textOf } from './latin1.ts';

/** Who wrote or signed: `Ada <ada@example.org>`. */
export interface Person {
  readonly name: string;
  readonly address: string;
}

/** `Signed-off-by: Ada <ada@example.org>` and its like, at the end of a message. */
export interface Trailer {
  readonly name: string;
  readonly value: string;
}

/** A patch file: the mail that `git format-patch` writes, or a diff with a text before it. */
export interface PatchMail {
  /** Without `[PATCH 2/7]`. */
  readonly subject: string;
  readonly author: Person | undefined;
  /** As the mail has it, RFC 2822. */
  readonly date: string | undefined;
  /** The message below the subject, trailers included, up to the `---` line. */
  readonly message: string;
  readonly trailers: readonly Trailer[];
  /** What holds the diff: bytes as Latin-1 characters, decoded from its transfer encoding. */
  readonly body: string;
  /** Line of the patch file in which `body` begins, from 1; after decoding, lines below count from there. */
  readonly bodyLine: number;
}

const MAX_HEADER_LINES = 500;
const MBOX_LINE = /^From [0-9a-f]{40,64} \w{3} \w{3} /;
const HEADER = /^([!-9;-~]+):[ \t]?(.*)$/;

/** Bytes as Latin-1 characters to text; bytes that do not fit the character set are kept visible. */
const decoded = (latin1: string, charset: string): string => {
  const bytes = Uint8Array.from(latin1, (character) => character.charCodeAt(0) & 0xff);
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return latin1;
  }
};

const fromQuotedPrintable = (text: string): string =>
  text
    .replace(/[ \t]+(?=\r?\n|$)/g, '')
    .replace(/=\r?\n/g, '')
    .replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

const fromBase64 = (text: string): string | undefined => {
  const packed = text.replace(/[\r\n\t ]/g, '');
  return BASE64.test(packed) ? Buffer.from(packed, 'base64').toString('latin1') : undefined;
};

/** `=?UTF-8?q?J=C3=B6rg?=` (RFC 2047); blanks between two such words do not count. */
const decodedWords = (text: string): string =>
  textOf(text)
    .replace(/(\?=)\s+(?==\?)/g, '$1')
    .replace(/=\?([^?\s]+)\?([bBqQ])\?([^?\s]*)\?=/g, (whole, charset: string, how: string, word: string) => {
      const bytes = how.toLowerCase() === 'b' ? fromBase64(word) : fromQuotedPrintable(word.replaceAll('_', ' '));
      return bytes === undefined ? whole : decoded(bytes, charset.replace(/\*.*$/, ''));
    });

/** `Ada <ada@example.org>`; quotation marks around the name go. */
export const parsePerson = (text: string): Person | undefined => {
  const [, name = '', address = ''] = /^\s*(.*?)\s*<([^<>\s]+@[^<>\s]+)>/.exec(text) ?? [];
  if (address === '') return undefined;
  return { name: name.replace(/^"(.*)"$/, '$1').replace(/\\(.)/g, '$1'), address };
};

interface Headers {
  readonly values: ReadonlyMap<string, string>;
  /** Index of the first line after the blank one. */
  readonly end: number;
}

const withoutReturn = (line: string): string => line.replace(/\r$/, '');

/** Header lines from an index, continued lines joined; undefined where no header stands. */
const readHeaders = (lines: readonly string[], start: number): Headers | undefined => {
  const values = new Map<string, string>();
  let last: string | undefined;
  let index = start;
  for (; index < lines.length && index - start < MAX_HEADER_LINES; index += 1) {
    const line = withoutReturn(lines[index] ?? '');
    if (line === '') return values.size === 0 ? undefined : { values, end: index + 1 };
    if (/^[ \t]/.test(line) && last !== undefined) values.set(last, `${values.get(last) ?? ''} ${line.trim()}`);
    else {
      const [, name, value = ''] = HEADER.exec(line) ?? [];
      if (name === undefined) return undefined;
      last = name.toLowerCase();
      values.set(last, value);
    }
  }
  return undefined;
};

/** Trailers are the last paragraph of a message, when each of its lines is one or continues one. */
const trailersOf = (message: string): readonly Trailer[] => {
  const last =
    message
      .trimEnd()
      .split(/\n[ \t]*\n/)
      .at(-1) ?? '';
  const lines = last.split('\n');
  const found = lines.map((line) => /^([A-Za-z][A-Za-z0-9-]*): +(\S.*)$/.exec(line));
  if (!lines.every((line, index) => found[index] !== null || /^[ \t([]/.test(line))) return [];
  return found.flatMap((match) => (match === null ? [] : [{ name: match[1] ?? '', value: (match[2] ?? '').trim() }]));
};

const BODY_START = /^(diff --git |--- |Index: |@@ -)/;

/** The message above a diff: up to `---`, or up to the diff itself. */
const messageOf = (body: string): string => {
  const lines = body.split('\n').map(withoutReturn);
  const end = lines.findIndex((line, index) => {
    if (line === '---') return true;
    return BODY_START.test(line) && (!line.startsWith('--- ') || (lines[index + 1] ?? '').startsWith('+++ '));
  });
  return (end < 0 ? lines : lines.slice(0, end)).join('\n').trim();
};

const decodedBody = (raw: string, headers: ReadonlyMap<string, string>, fail: (message: string) => never): string => {
  const encoding = (headers.get('content-transfer-encoding') ?? '8bit').trim().toLowerCase();
  if (/^multipart\//i.test(headers.get('content-type') ?? '')) fail('The patch is an attachment of a mail.');
  if (encoding === 'quoted-printable') return fromQuotedPrintable(raw);
  if (encoding === 'base64') return fromBase64(raw) ?? fail('The patch says that it is Base64, and is not.');
  if (!['7bit', '8bit', 'binary'].includes(encoding)) fail(`The patch is in the encoding "${shownText(encoding)}".`);
  return raw;
};

const SUBJECT_MARK = /^\s*(?:\[[^\]]*\]\s*)+/;

/**
 * Reads a patch file as a mail; a file without headers is a text followed by a diff, as quilt writes it.
 *
 * @param latin1 the bytes of the file, one character each
 * @throws WinpvError PATCH_SYNTAX when the mail is an attachment, several mails, or in an encoding that is not there
 */
export const parsePatchMail = (latin1: string, file: string): PatchMail => {
  const lines = latin1.split('\n');
  const fail =
    (line: number) =>
    (message: string): never => {
      throw new WinpvError('PATCH_SYNTAX', message, {
        at: { file, line },
        hint: 'Write it with `git format-patch`, one patch a file.',
      });
    };
  const start = MBOX_LINE.test(lines[0] ?? '') ? 1 : 0;
  const headers = readHeaders(lines, start);
  const values = headers?.values ?? new Map<string, string>();
  const isMail = headers !== undefined && (values.has('from') || values.has('subject'));
  const bodyIndex = isMail ? headers.end : 0;
  const raw = lines.slice(bodyIndex).join('\n');
  const second = lines.findIndex((line, index) => index > 0 && MBOX_LINE.test(line));
  if (isMail && second > 0) fail(second + 1)('A second mail begins here.');
  const body = isMail ? decodedBody(raw, values, fail(bodyIndex + 1)) : raw;
  const charset = /charset="?([^";\s]+)/i.exec(values.get('content-type') ?? '')?.[1];
  const text = messageOf(body);
  const message = charset === undefined ? textOf(text) : decoded(text, charset);
  // git puts the author into the body where the sender of the mail is another.
  const [, named] = /^From: (.+)\n\n?/.exec(message) ?? [];
  const inBody = named === undefined || parsePerson(named) === undefined ? undefined : named;
  const from = inBody ?? (isMail ? decodedWords(values.get('from') ?? '') : '');
  const rest = inBody === undefined ? message : message.replace(/^From: .+\n+/, '');
  const subject = isMail ? decodedWords(values.get('subject') ?? '').replace(SUBJECT_MARK, '') : '';
  return {
    subject: subject === '' ? (rest.split('\n')[0] ?? '') : subject,
    author: parsePerson(from),
    date: isMail ? values.get('date') : undefined,
    message: rest,
    trailers: trailersOf(rest),
    ...{ body, bodyLine: bodyIndex + 1 },
  };
};
