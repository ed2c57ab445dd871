/** Digits of a number and whether it is negative; undefined when the text is no number of an INF. */
const numberOf = (text: string): bigint | undefined => {
  const match = /^(-?)(0x[0-9a-f]{1,64}|[0-9]{1,64})$/i.exec(text.trim());
  if (match === null) return undefined;
  const value = BigInt(match[2] ?? '0');
  return match[1] === '-' ? -value : value;
};

const fits = (text: string, bits: bigint): boolean => {
  if (text.trim() === '') return true;
  const value = numberOf(text);
  return value !== undefined && value >= -(1n << (bits - 1n)) && value < 1n << bits;
};

/** A number of 32 bits, signed or not; empty is 0. */
export const isDword = (text: string): boolean => fits(text, 32n);

/** A number of 64 bits, signed or not; empty is 0. */
export const isQword = (text: string): boolean => fits(text, 64n);

/** Two hexadecimal digits; `0x` and zeros before them are accepted. */
export const isByte = (text: string): boolean => /^(0x)?0*[0-9a-f]{1,2}$/i.test(text.trim());
