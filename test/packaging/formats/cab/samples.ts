import type { WinpvError } from '../../../../core/errors.ts';
import type { CabInput } from '../../../../packaging/formats/cab/encode.ts';

/** 2026-11-24 12:34:56 UTC, a whole number of the format's two-second steps. */
export const MODIFIED = Date.UTC(2026, 10, 24, 12, 34, 56);

export const input = (name: string, bytes: Uint8Array): CabInput => ({ name, bytes, modified: MODIFIED });

/** Bytes that no compressor shrinks, the same in every run (xorshift32). */
export const noise = (length: number, seed = 1): Uint8Array => {
  const out = new Uint8Array(length);
  let state = seed;
  for (let i = 0; i < length; i += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    out[i] = state;
  }
  return out;
};

/** Text that repeats over a distance of more than one block, as drivers and symbols do. */
export const prose = (length: number): Uint8Array => {
  const phrase = noise(20_000, 7);
  const out = new Uint8Array(length);
  for (let at = 0; at < length; at += phrase.length) out.set(phrase.subarray(0, length - at), at);
  return out;
};

/** A copy with some bytes replaced. */
export const patched = (bytes: Uint8Array, offset: number, ...values: readonly number[]): Uint8Array => {
  const out = Uint8Array.from(bytes);
  out.set(values, offset);
  return out;
};

/** The code of the WinpvError that the body throws; anything else that is thrown goes on. */
export const codeOf = (body: () => unknown): string => {
  try {
    body();
  } catch (error) {
    if ((error as Error).name === 'WinpvError') return (error as WinpvError).code;
    throw error;
  }
  return 'no error';
};
