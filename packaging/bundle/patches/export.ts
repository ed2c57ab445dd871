import type { Person } from '../../../branding/patches/mail.ts';
import { parsePerson } from '../../../branding/patches/mail.ts';
import type { Patch } from '../../../branding/patches/queue.ts';
import { type Diagnostic, problem } from '../../../core/errors.ts';
import type { PatchOutcome } from './apply-queue.ts';
import { changesOf, writtenDiff } from './written-diff.ts';

export interface ExportedMail {
  /** `0001-fix-the-filter.patch` */
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface ExportOptions {
  /** Words in the brackets of the subject: `PATCH`. */
  readonly prefix: string;
  /** For patches that have no date of their own; milliseconds since 1970. */
  readonly dateMs: number;
}

/** Every byte that is not printable ASCII, and what the form gives a meaning (RFC 2047 4.2). */
const encodedWord = (bytes: Buffer): string =>
  `=?UTF-8?q?${[...bytes]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      if (/[A-Za-z0-9!*+/-]/.test(character)) return character;
      return character === ' ' ? '_' : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('')}?=`;

/** Characters in one encoded word: at most 75 with its frame, each character whole. */
const WORD_BYTES = 18;

/** A text for a header: as it is when it is plain, else in words of UTF-8, folded. */
const headerText = (text: string): string => {
  if (/^[\x20-\x7e]*$/.test(text) && !text.includes('=?')) return text;
  const words: Buffer[] = [];
  let open: string[] = [];
  for (const character of text) {
    if (Buffer.byteLength([...open, character].join('')) > WORD_BYTES) {
      words.push(Buffer.from(open.join('')));
      open = [];
    }
    open.push(character);
  }
  return [...words, Buffer.from(open.join(''))].map(encodedWord).join('\n ');
};

const headerPerson = ({ name, address }: Person): string => {
  const plain = /^[A-Za-z0-9 _.-]*$/.test(name) && !/^[\s.]|\.\s*$/.test(name);
  const quoted = /^[\x20-\x7e]*$/.test(name) ? `"${name.replace(/["\\]/g, '\\$&')}"` : headerText(name);
  return `${plain ? name : quoted} <${address}>`;
};

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (value: number): string => String(value).padStart(2, '0');

/** RFC 2822, in UTC. */
const mailDate = (epochMs: number): string => {
  const date = new Date(epochMs);
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(':');
  return `${DAYS[date.getUTCDay()]}, ${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()} ${time} +0000`;
};

const slug = (subject: string): string =>
  subject
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9._]+/g, '-')
    .replace(/\.+/g, '.')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, 52)
    .replace(/[-.]+$/, '') || 'patch';

const authorOf = ({ content, meta }: Patch): Person | undefined =>
  (content.kind === 'diff' ? content.mail.author : undefined) ??
  (meta.author === undefined ? undefined : parsePerson(meta.author));

/** What the message says when the patch file has none: the reason it is carried. */
const messageOf = ({ content, meta, subject }: Patch): string => {
  const message = content.kind === 'diff' ? content.mail.message : '';
  const own =
    message === subject || message.startsWith(`${subject}\n`) ? message.slice(subject.length).trim() : message;
  return own === '' ? meta.reason : own;
};

/** What a maintainer would send back. */
const complaints = (patch: Patch): readonly Diagnostic[] => {
  const { name, content, metaPoint } = patch;
  const signed = content.kind === 'diff' ? content.mail.trailers : [];
  return [
    ...(authorOf(patch) === undefined
      ? [
          problem('PATCH_NOT_READY', `${name} has no author.`, {
            ...metaPoint,
            hint: 'Add `author: Name <address>` to series.yaml, or a From line to the patch.',
          }),
        ]
      : []),
    ...(signed.some((trailer) => trailer.name.toLowerCase() === 'signed-off-by')
      ? []
      : [
          problem('PATCH_NOT_READY', `${name} is not signed off.`, {
            ...metaPoint,
            severity: 'warning',
            hint: 'Upstream takes patches with a Signed-off-by line of their author.',
          }),
        ]),
  ];
};

/** Carriage returns, other controls and long lines do not survive every way of a mail (RFC 5322 2.1.1, RFC 2045 2.8). */
const isPlain = (body: Buffer): boolean =>
  body.every((byte) => byte === 0x09 || byte === 0x0a || byte >= 0x20) && !/[^\n]{999}/.test(body.toString('latin1'));

/** RFC 2045 6.7, lines of at most 76; a blank at the end of a line and a `From` at its beginning are codes too. */
const quotedPrintable = (body: Buffer): Buffer => {
  const lines = body
    .toString('latin1')
    .split('\n')
    .map((line) =>
      line
        .replace(/[^\t\x20-\x3c\x3e-\x7e]|[\t ]$|^F(?=rom )/g, (character) => {
          return `=${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
        })
        // No code is cut in two.
        .match(/.{1,73}(?<!=.?)/gs)
        ?.join('=\n'),
    );
  return Buffer.from(lines.join('\n'), 'latin1');
};

const mailOf = (outcome: PatchOutcome, mark: string, { dateMs }: ExportOptions): Uint8Array => {
  const { patch } = outcome;
  const author = authorOf(patch) ?? { name: '', address: '' };
  const date = (patch.content.kind === 'diff' ? patch.content.mail.date : undefined) ?? mailDate(dateMs);
  const message = messageOf(patch);
  // git takes such lines at the beginning for headers; after one of its own it does not.
  const guard = /^(From|Date|Subject):/i.test(message) ? `From: ${headerPerson(author)}\n\n` : '';
  const body = Buffer.concat([
    Buffer.from(`${guard}${message}\n---\n\n`, 'utf8'),
    Buffer.from(writtenDiff(changesOf(outcome)), 'latin1'),
    Buffer.from('-- \nwinpv\n\n'),
  ]);
  const plain = isPlain(body);
  const head = [
    `From ${'0'.repeat(40)} Mon Sep 17 00:00:00 2001`,
    `From: ${headerPerson(author)}`,
    `Date: ${date}`,
    `Subject: [${mark}] ${headerText(patch.subject)}`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=UTF-8',
    `Content-Transfer-Encoding: ${plain ? '8bit' : 'quoted-printable'}`,
    '',
    '',
  ].join('\n');
  return Buffer.concat([Buffer.from(head, 'utf8'), plain ? body : quotedPrintable(body)]);
};

export interface Exported {
  readonly mails: readonly ExportedMail[];
  /** A patch without an author is an error: no list takes it. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Mails for a project's list, as `git am` takes them: one a patch that was applied, in the order of the queue. Typed
 * edits become diffs of what they did.
 */
export const exportMails = (outcomes: readonly PatchOutcome[], options: ExportOptions): Exported => {
  const ready = outcomes.filter(({ state }) => state === 'applied');
  const width = String(ready.length).length;
  const mails = ready.map((outcome, index) => {
    const number = String(index + 1);
    const count = ready.length === 1 ? '' : ` ${number.padStart(width, '0')}/${ready.length}`;
    const name = `${number.padStart(4, '0')}-${slug(outcome.patch.subject)}.patch`;
    return { name, bytes: mailOf(outcome, `${options.prefix}${count}`, options) };
  });
  return { mails, diagnostics: ready.flatMap(({ patch }) => complaints(patch)) };
};
