import { equalBytes, toHex } from '../../core/bytes.ts';
import type { ErrorCode } from '../../core/error-codes.ts';
import { WinpvError } from '../../core/errors.ts';
import type { TokenInfo, TokenKey, TokenLibrary } from '../../core/tokens.ts';
import type { KeyUri, TokenText } from './key-uri.ts';

/** Text of a token, for messages: it may hold anything. */
export const shown = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
  `"${text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\ufffd')}"`;

const tokenTexts = (library: TokenLibrary, token: TokenInfo): Readonly<Partial<Record<TokenText, string>>> => ({
  token: token.label,
  manufacturer: token.manufacturer,
  model: token.model,
  serial: token.serial,
  'slot-description': token.slotDescription,
  'slot-manufacturer': token.slotManufacturer,
  'library-description': library.description,
  'library-manufacturer': library.manufacturer,
  'library-version': library.version,
});

/** The only token that is as described; never the first of several. @throws WinpvError SIGN_TOKEN_NOT_FOUND, TokenFailure */
export const chooseToken = (library: TokenLibrary, { texts, slotId }: KeyUri): TokenInfo => {
  const present = library.tokens();
  const fitting = present.filter((token) => {
    const has = tokenTexts(library, token);
    const wanted = Object.entries(texts).filter(([name]) => name !== 'object');
    const same = wanted.every(([name, text]) => has[name as TokenText] === text);
    return same && (slotId === undefined || token.slotId === slotId);
  });
  const list = present.map(({ label, serial }) => `${shown(label)} (serial ${shown(serial)})`);
  return only(fitting, { code: 'SIGN_TOKEN_NOT_FOUND', what: 'token', where: 'there', list });
};

/** The only private key that is as described. @throws WinpvError SIGN_TOKEN_KEY */
export const chooseKey = (keys: readonly TokenKey[], { texts, id }: KeyUri, token: TokenInfo): TokenKey => {
  const fitting = keys.filter(
    (key) => (texts.object === undefined || key.label === texts.object) && (id === undefined || equalBytes(key.id, id)),
  );
  const list = keys.map(({ label, id: octets }) => `${shown(label)} (id ${toHex(octets) || 'none'})`);
  return only(fitting, { code: 'SIGN_TOKEN_KEY', what: 'private key', where: `on token ${shown(token.label)}`, list });
};

interface Asked {
  readonly code: ErrorCode;
  readonly what: string;
  readonly where: string;
  /** Everything there is, for the hint. */
  readonly list: readonly string[];
}

const only = <T>(fitting: readonly T[], { code, what, where, list }: Asked): T => {
  const [one, second] = fitting;
  if (one !== undefined && second === undefined) return one;
  const count = one === undefined ? `No ${what}` : `More than one ${what}`;
  throw new WinpvError(code, `${count} ${where} is as described.`, {
    hint: list.length === 0 ? `There is none at all.` : `There are ${list.slice(0, 20).join(', ')}.`,
  });
};
