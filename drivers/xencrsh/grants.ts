import { XENCRSH } from './limits.ts';

/** Grants that the library may take, the next one first: a stack, as it is kept in the library. */
export type FreeGrants = readonly number[];

/** 8, 9, ... 31. */
export const freshGrants: FreeGrants = Array.from(
  { length: XENCRSH.lastGrant - XENCRSH.firstGrant + 1 },
  (_, index) => XENCRSH.firstGrant + index,
);

/** @returns the grants taken and those that are left; undefined when there are not so many */
export const takeGrants = (
  free: FreeGrants,
  count: number,
): { readonly taken: readonly number[]; readonly free: FreeGrants } | undefined =>
  count > free.length ? undefined : { taken: free.slice(0, count), free: free.slice(count) };

/** Each that is given back is the next to be taken. */
export const giveBack = (free: FreeGrants, references: readonly number[]): FreeGrants => [
  ...[...references].reverse(),
  ...free,
];
