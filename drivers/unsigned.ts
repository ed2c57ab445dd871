const LARGEST = 0xffff_ffff;

/**
 * A number of xenstore as drivers read it, with strtoul to base 10: blanks before it and what follows it do not count, a text
 * that is no number is 0, a negative one wraps round, and what is too large is the largest there is (C11 7.22.1.4).
 */
export const unsigned = (text: string): number => {
  const [, sign = '', digits = ''] = /^[\t-\r ]*([+-]?)(\d+)/.exec(text) ?? [];
  if (digits === '') return 0;
  const value = Number(digits);
  if (value > LARGEST) return LARGEST;
  return sign === '-' && value > 0 ? LARGEST + 1 - value : value;
};
