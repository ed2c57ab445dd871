import { createHash } from 'node:crypto';

/** Numbers from 0 on and below 1, the same ones for the same seed. */
export interface FleetRandom {
  next(): number;
}

/** Xoroshiro-like mixing of 32-bit words (mulberry32, public domain), begun by a hash of the seed. */
export const seededRandom = (seed: string): FleetRandom => {
  let state = createHash('sha256').update(seed).digest().readUInt32LE(0);
  return {
    next: () => {
      state = (state + 0x6d2b_79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
    },
  };
};

/** Sums of shares, so that one of many is found quickly; by list, which never changes. */
const sums = new WeakMap<readonly { readonly share: number }[], Float64Array>();

const sumsOf = (rows: readonly { readonly share: number }[]): Float64Array => {
  const known = sums.get(rows);
  if (known !== undefined) return known;
  const made = new Float64Array(rows.length);
  let sum = 0;
  for (const [index, { share }] of rows.entries()) {
    sum += share;
    made[index] = sum;
  }
  sums.set(rows, made);
  return made;
};

/** One of several, each as often as its share. @throws TypeError for none at all */
export const pick = <T extends { readonly share: number }>(random: FleetRandom, rows: readonly T[]): T => {
  const upTo = sumsOf(rows);
  const wanted = random.next() * (upTo.at(-1) ?? 0);
  let [low, high] = [0, rows.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((upTo[middle] ?? 0) > wanted) high = middle;
    else low = middle + 1;
  }
  const found = rows[low];
  if (found === undefined) throw new TypeError('nothing to choose from');
  return found;
};
