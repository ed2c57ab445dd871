/**
 * A number of an INF: decimal, or hexadecimal with `0x`, with an optional minus sign; empty is 0 (spec inf.md 2.12).
 * Undefined when the text is no number.
 */
export const parseInfNumber = (text: string): number | undefined => {
  const trimmed = text.trim();
  if (trimmed === '') return 0;
  const match = /^(-?)(?:0x([0-9a-f]{1,16})|([0-9]{1,15}))$/i.exec(trimmed);
  if (match === null) return undefined;
  const [, sign, hex, decimal] = match;
  const value = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  return sign === '-' ? -value : value;
};

/** The number as an unsigned one of 32 bits: -1 is FFFFFFFF. */
export const parseInfFlags = (text: string | undefined): number => (parseInfNumber(text ?? '') ?? 0) >>> 0;
