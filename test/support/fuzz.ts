import fc from 'fast-check';

/**
 * How often a property over mutated input runs: a few seconds' worth in a normal run; with WINPV_FUZZ_RUNS set, that many
 * times, and no time limit.
 */
export const fuzzRuns = (normally: number): number => {
  const asked = Number(process.env.WINPV_FUZZ_RUNS ?? '');
  return Number.isInteger(asked) && asked > 0 ? asked : normally;
};

/** For a test's own time limit: ten minutes for every thousand runs when more are asked for. */
export const fuzzTimeout = (normallyMs: number): number =>
  Math.max(normallyMs, Math.ceil(fuzzRuns(0) / 1000) * 600_000);

type Mutation =
  | { readonly kind: 'flip'; readonly at: number; readonly bit: number }
  | { readonly kind: 'set'; readonly at: number; readonly bytes: readonly number[] }
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'drop' | 'double'; readonly at: number; readonly length: number };

/** Counts, sizes and offsets of the kind that readers stumble over. */
const EXTREMES: readonly (readonly number[])[] = [
  [0, 0, 0, 0],
  [0xff, 0xff],
  [0xff, 0xff, 0xff, 0xff],
  [0xff, 0xff, 0xff, 0x7f],
  [0, 0, 0, 0x80],
  [0x84, 0xff, 0xff, 0xff, 0xff],
  [0x80],
  [0xfe, 0xff, 0, 0],
];

/** Places are parts of the whole, with the first bytes, where headers are, hit more often. */
const place = (): fc.Arbitrary<number> =>
  fc.oneof(fc.double({ min: 0, max: 0.02, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }));

const mutation = (): fc.Arbitrary<Mutation> =>
  fc.oneof(
    fc.record({ kind: fc.constant('flip' as const), at: place(), bit: fc.nat(7) }),
    fc.record({ kind: fc.constant('set' as const), at: place(), bytes: fc.constantFrom(...EXTREMES) }),
    fc.record({ kind: fc.constant('cut' as const), at: place() }),
    fc.record({ kind: fc.constantFrom('drop' as const, 'double' as const), at: place(), length: fc.nat(64) }),
  );

const applied = (bytes: Uint8Array, change: Mutation): Uint8Array => {
  const at = Math.min(Math.floor(change.at * bytes.length), Math.max(bytes.length - 1, 0));
  if (change.kind === 'cut') return bytes.slice(0, at);
  if (change.kind === 'drop') return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + change.length)]);
  if (change.kind === 'double')
    return Uint8Array.from([...bytes.subarray(0, at + change.length), ...bytes.subarray(at)]);
  const copy = Uint8Array.from(bytes);
  if (change.kind === 'flip') copy[at] = (copy[at] ?? 0) ^ (1 << change.bit);
  else if (change.kind === 'set') copy.set(change.bytes.slice(0, copy.length - at), at);
  return copy;
};

/** One of the samples with one to four changes. */
export const mutated = (samples: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(fc.constantFrom(...samples), fc.array(mutation(), { minLength: 1, maxLength: 4 }))
    .map(([sample, changes]) => changes.reduce(applied, sample));
