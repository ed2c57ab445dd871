import { shownText } from '../../../core/spelling.ts';
import { type NameValue, NameValueFlag, textAttribute } from './model.ts';

/** Flag bits whose stored form is known; what Windows stores for the others is not (spec signing-formats 1.4). */
const KNOWN = 0x3003_0001;
const AUTHENTICATED = 0x1000_0000;
const UNAUTHENTICATED = 0x2000_0000;

const FLAGS = /^0x[0-9a-f]{1,8}$/i;
const BASE64 = /^(?:[a-z0-9+/]{4})*(?:[a-z0-9+/]{2}==|[a-z0-9+/]{3}=)?$/i;

const flagsProblem = (written: string): string | undefined => {
  if (!FLAGS.test(written)) return `The attribute's type "${shownText(written)}" is not a number like 0x10010001.`;
  const flags = Number(written);
  const has = (bits: number): boolean => (flags & bits) !== 0;
  if (has(NameValueFlag.nameIsOid))
    return 'The attribute is named by an object identifier; winpv writes attributes that are named by text.';
  if ((flags & ~KNOWN) !== 0)
    return `The attribute's type ${written} has bits of which it is not known how Windows stores them.`;
  if (!has(NameValueFlag.nameIsText))
    return `The attribute's type ${written} does not say that its name is text (0x1).`;
  if (has(NameValueFlag.dataIsText) === has(NameValueFlag.dataIsBase64))
    return `The attribute's type ${written} says not whether its value is text (0x10000) or base64 (0x20000).`;
  if (has(AUTHENTICATED) && has(UNAUTHENTICATED))
    return `The attribute's type ${written} says both authenticated and unauthenticated.`;
  return undefined;
};

/** `0xflags:name:value` as an attribute (the value may hold colons), or what is wrong with it. */
export const parseCdfAttribute = (text: string): NameValue | string => {
  const first = text.indexOf(':');
  const second = text.indexOf(':', first + 1);
  if (first < 0 || second < 0) return `"${shownText(text)}" is not of the form type:name:value.`;
  const written = text.slice(0, first).trim();
  const wrong = flagsProblem(written);
  if (wrong !== undefined) return wrong;
  const flags = Number(written);
  const name = text.slice(first + 1, second).trim();
  const value = text.slice(second + 1);
  if (name === '') return 'The attribute has no name.';
  if ((flags & NameValueFlag.dataIsText) !== 0) return textAttribute(name, value, flags);
  if (!BASE64.test(value)) return `The value of "${shownText(name)}" is not base64.`;
  return { name, flags, value: new Uint8Array(Buffer.from(value, 'base64')) };
};
