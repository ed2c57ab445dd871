/**
 * Windows code page 1252, the ANSI code page of western systems, as Windows maps it: total, because the five bytes
 * without a character (81 8D 8F 90 9D) stand for the control characters of the same number.
 * `TextDecoder('windows-1252')` is not used: it is wrong on some versions of Node 20.
 */
const HIGH_CONTROLS =
  '\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f' +
  '\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178';

const byteOf: ReadonlyMap<number, number> = new Map(
  [...HIGH_CONTROLS].map((character, index) => [character.charCodeAt(0), 0x80 + index]),
);

/** Bytes to text; every byte has a character. */
export const decodeCp1252 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString('latin1')
    .replace(/[\u0080-\u009f]/g, (character) => HIGH_CONTROLS.charAt(character.charCodeAt(0) - 0x80));

/** Text to bytes; the index of the first character that the code page lacks, when there is one. */
export const encodeCp1252 = (text: string): Uint8Array | { readonly unencodableAt: number } => {
  const out = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    const byte = code < 0x80 || (code >= 0xa0 && code <= 0xff) ? code : byteOf.get(code);
    if (byte === undefined) return { unencodableAt: i };
    out[i] = byte;
  }
  return out;
};
