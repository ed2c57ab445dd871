import { type Diagnostic, WinpvError } from '../../core/errors.ts';

/**
 * What findings about signing advise names options of the command line. A release takes its key from winpv.yaml, so the
 * advice is put into its words.
 */

/** Advice that is another one in a project. */
const HINTS: Readonly<Partial<Record<Diagnostic['code'], string>>> = {
  SIGN_ALREADY_SIGNED:
    'Write `signing: { existing: replace }` to have source files signed anew, or remove their signatures with `winpv pe strip`.',
  SIGN_KEY_TEST:
    'Name a key that was issued to you in `signing`, or write `testSigning: true` there for test machines.',
};

/** Options and the settings that say the same; the longer name first. */
const WORDS: readonly (readonly [option: RegExp, setting: string])[] = [
  [/--no-timestamp\b/g, '`signing.timestamp: none`'],
  [/--timestamp-ca\b/g, '`signing.timestampCa`'],
  [/--timestamp\b(?! URL)/g, '`signing.timestamp`'],
  [/--timestamp URL\b/g, '`signing.timestamp`'],
  [/--test-signing\b/g, '`signing.testSigning: true`'],
  [/--passin\b/g, '`signing.passin`'],
  [/--pin\b/g, '`signing.pin`'],
  [/--cloud-url (https:\S+?)(?=[,.]?(?:\s|$))/g, '`signing.cloudUrl: $1`'],
  [/--cloud-url\b/g, '`signing.cloudUrl`'],
  [/--cloud\b/g, '`signing.cloud`'],
  [/--key-name (\S+?)(?=[,.]?(?:\s|$))/g, '`signing.keyName: $1`'],
  [/--key-name\b/g, '`signing.keyName`'],
  [/--key-uri\b/g, '`signing.keyUri`'],
  [/--pkcs11\b/g, '`signing.pkcs11`'],
  [/--cert\b(?!-)/g, '`signing.cert`'],
];

/** The finding with advice that can be followed in a project; findings that are not about signing stay as they are. */
export const inProjectWords = (finding: Diagnostic): Diagnostic => {
  const { code, hint } = finding;
  if (hint === undefined || !/^(SIGN|TS)_/.test(code)) return finding;
  const own = HINTS[code];
  return { ...finding, hint: own ?? WORDS.reduce((text, [option, setting]) => text.replace(option, setting), hint) };
};

/** The same for an error and all that led to it; anything but a WinpvError comes back as it is. */
export const errorInProjectWords = (error: unknown): unknown =>
  error instanceof WinpvError && error.diagnostics.some((finding) => inProjectWords(finding) !== finding)
    ? WinpvError.of(error.diagnostics.map(inProjectWords), error.cause)
    : error;
