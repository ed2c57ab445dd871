import { z } from 'zod';
import { shownText } from '../core/spelling.ts';
import type { RuleParams } from './settings.ts';

/** Most characters of a text: UTF-16 units, as Windows counts. */
const MAX_TEXT = 255;

interface TextRule {
  readonly pattern: RegExp;
  readonly why: string;
}

/** The two joiners are left out: Persian and the scripts of India write with them. */
const INVISIBLE = /(?![\u200c\u200d])\p{Default_Ignorable_Code_Point}/u;

const visible = (text: string): string => text.replace(/\p{Default_Ignorable_Code_Point}/gu, '');

/**
 * What a brand text may not hold, because some place it ends up in would act on it: an INF string (quotes, percent
 * signs), a template (`@NAME@`), a build script of the vendor's (back-ticks, `$(`), or the eye of a reader. A dollar
 * sign, an ampersand, an apostrophe or a backslash alone is an ordinary character (contract 2).
 */
const TEXT_RULES: readonly TextRule[] = [
  { pattern: /\p{Cc}|[\u2028\u2029]/u, why: 'a control character or a line break' },
  { pattern: /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u, why: 'a character that changes the writing direction' },
  { pattern: INVISIBLE, why: 'a character that nobody can see' },
  { pattern: /\p{Cs}/u, why: 'a character that is no text' },
  { pattern: /"/, why: 'a quotation mark, which would end the string of an INF' },
  { pattern: /%/, why: 'a percent sign, which starts a string or folder reference in an INF' },
  { pattern: /`/, why: 'a back-tick' },
  { pattern: /\$\(/, why: 'a command substitution' },
  { pattern: /@[A-Za-z0-9_]+@/, why: 'a template token' },
];

/** The same for editors that read the JSON schema: one pattern, so without the reasons. */
const EDITOR_PATTERN =
  '^(?!.*(?:\\$\\(|@[A-Za-z0-9_]+@))(?:[\\u200c\\u200d]|[^"%`\\p{Cc}\\u2028-\\u202e\\p{Default_Ignorable_Code_Point}])+$';

export type RuleContext = z.core.$RefinementCtx;

/** Adds a complaint of our own; the message goes on after the name of the key. */
export const complain = (
  context: RuleContext,
  message: string,
  params: RuleParams = {},
  path: readonly PropertyKey[] = [],
): void => {
  context.addIssue({ code: 'custom', message, path: [...path], params: { ...params } });
};

const checkText = (text: string, context: RuleContext): void => {
  for (const { pattern, why } of TEXT_RULES) {
    const match = pattern.exec(text);
    if (match === null) continue;
    const message = `holds ${why}: "${shownText(match[0])}" at character ${match.index + 1}`;
    complain(context, message, { code: 'BRAND_TEXT_REFUSED', hint: 'Write the text without it.' });
    return;
  }
  if (text.length > 0 && visible(text).trim() === '') complain(context, 'is blank', { code: 'BRAND_TEXT_REFUSED' });
};

/** A text that people read: 1–255 characters, none of which means something to an INF, a template or a shell. */
export const brandText = z.string().min(1).max(MAX_TEXT).superRefine(checkText).meta({ pattern: EDITOR_PATTERN });

/** Names that Windows claims for itself; compared as an eye would, without joiners and with wide forms folded. */
const isMicrosoft = (text: string): boolean => /^\s*microsoft/i.test(visible(text.normalize('NFKC')));

/** Letters of Cyrillic and Greek that look like Latin ones (Unicode TR 39, confusables). */
const LOOK_ALIKES = 'АВЕЅІЈКМНОРСТХҮԌԚԜаеѕіјорсухһԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧοιναρκ';

const WORD = /\p{L}+/gu;
const OF_TWO_SCRIPTS = /^(?=.*\p{Script=Latin})(?=.*[\p{Script=Cyrillic}\p{Script=Greek}])/u;

/**
 * A word as a forged name has it: letters of two scripts, the foreign ones all in disguise. A word such as kΩ shows that
 * it is mixed.
 */
const forgedWord = (text: string): string | undefined =>
  text
    .match(WORD)
    ?.find(
      (word) =>
        OF_TWO_SCRIPTS.test(word) &&
        [...word].every((letter) => /\p{Script=Latin}/u.test(letter) || LOOK_ALIKES.includes(letter)),
    );

/** The name of the one who ships: a text, and not Microsoft. */
export const vendorText = brandText.superRefine((text, context) => {
  const forged = forgedWord(text);
  if (forged !== undefined) {
    const message = `has a word of letters from two scripts: "${shownText(forged)}"`;
    complain(context, message, { code: 'BRAND_TEXT_REFUSED', hint: 'Write each word in one script.' });
  }
  if (!isMicrosoft(text)) return;
  complain(context, 'is a name that only Microsoft may ship under', {
    code: 'BRAND_VENDOR_RESERVED',
    hint: 'Name the company that signs and supports these drivers.',
  });
});

/** An absolute http or https address without a user name or a password in it. */
export const webAddress = z
  .string()
  .max(2048)
  .superRefine((text, context) => {
    if (!/^https?:\/\/[^\s"<>`\\^{|}]+$/i.test(text) || !URL.canParse(text)) {
      complain(context, 'has to be a web address, for example https://example.com/support');
      return;
    }
    const { username, password } = new URL(text);
    if (username !== '' || password !== '') complain(context, 'has a user name or a password in the address');
    const acted = TEXT_RULES.find(({ pattern }) => pattern.source !== '%' && pattern.test(text));
    if (acted !== undefined) complain(context, `holds ${acted.why}`, { code: 'BRAND_TEXT_REFUSED' });
  })
  .meta({ format: 'uri' });

/** A name of one file in a package folder: no folders, nothing that Windows forbids in names. */
export const fileName = z
  .string()
  .max(MAX_TEXT)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/, 'has to be a file name of letters, digits and _ . + -');

/** A path relative to the file that names it, or absolute; `/` or `\` between folders. */
export const filePath = z
  .string()
  .min(1)
  .max(1024)
  .regex(/^[^\p{Cc}"*<>?|]+$/u, 'has to be a path');
