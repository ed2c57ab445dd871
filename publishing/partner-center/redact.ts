import type { Secret } from '../../packaging/signing/secret.ts';

const LINK = /\bhttps?:\/\/[^\s"'<>]+/gi;
const TOKEN = /\bBearer\s+[\w.~+/=-]+|\beyJ[\w-]+\.[\w-]+\.[\w-]*/g;

/**
 * Text of a server, fit to be shown and kept: links lose their query, in which the signature of a blob link stands, tokens
 * and the secrets that are known go, and so do control characters.
 */
export const redact = (text: string, secrets: readonly Secret[] = []): string =>
  secrets
    .reduce((shown, secret) => secret.redact(shown), text)
    .replace(LINK, (link) => link.replace(/\?.*$/s, '?[secret]'))
    .replace(/\bsig=[^\s&"'<>]+/gi, 'sig=[secret]')
    .replace(TOKEN, '[secret]')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what they are taken out with
    .replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]+/g, ' ')
    .trim();

/** The host of a link: all that may be told of one. */
export const hostOf = (link: string): string => {
  try {
    return new URL(link).host;
  } catch {
    return 'an address that is none';
  }
};
