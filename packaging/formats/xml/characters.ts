/** Entities that need no declaration (XML 1.0, 4.6). */
export const PREDEFINED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', apos: "'", quot: '"' };

const NAME_START =
  'A-Z_a-z\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u02ff\\u0370-\\u037d\\u037f-\\u1fff\\u200c\\u200d\\u2070-\\u218f\\u2c00-\\u2fef\\u3001-\\ud7ff\\uf900-\\ufdcf\\ufdf0-\\ufffd\\u{10000}-\\u{effff}';
const NAME_PART = `${NAME_START}\\-.0-9\\u00b7\\u0300-\\u036f\\u203f\\u2040`;
const NC_NAME = `[${NAME_START}][${NAME_PART}]*`;
/** A qualified name: prefix and local part. */
export const QNAME = new RegExp(`(?:(${NC_NAME}):)?(${NC_NAME})(?!:)`, 'uy');
export const SPACE = /[ \t\n]+/y;
export const REFERENCE = /&(?:#([0-9]{1,8})|#x([0-9A-Fa-f]{1,8})|([^;&<\s]{1,64}));|&/g;
// Everything that XML 1.0, 2.2 does not allow.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that the format refuses
export const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff\p{Cs}]/u;
