import type { DriverModel } from '../model.ts';

/** `undecided`: the day of the change is not known to the year, and the build is of a time in which both can be. */
export type HasTrait = 'yes' | 'no' | 'undecided';

/**
 * A page that is no memory is replaced by one of zeros, 01a1170. Its day is not in the specification: the sources of 2015 do
 * not have it, those of 2023-02 do.
 */
const ZERO_PAGES = { notBefore: '2015-09-08', by: '2023-02-23' } as const;

export const replacesLostPages = ({ built }: DriverModel): HasTrait =>
  built < ZERO_PAGES.notBefore ? 'no' : built >= ZERO_PAGES.by ? 'yes' : 'undecided';

/** A flush where the backend has it, else a barrier, 054c2e5; before, always a barrier. */
export const FLUSHES_SINCE = '2024-11-08';

/** The number of queues is written as 1: as long as the driver of the running system has several (2018 in its INF). */
export const ONE_QUEUE_SINCE = '2018-08-03';

/** Last days of the lines before master became 9.0 (spec xen-pv, conventions). */
const LINES: readonly (readonly [before: number, day: string])[] = [
  [8.0, '2014-06-30'],
  [8.1, '2015-09-07'],
  [8.2, '2016-07-07'],
  [9.0, '2018-03-21'],
];

const lineOf = ({ version: [major, minor] = [0, 0, 0, 0] }: DriverModel): number => major + Math.min(minor, 9) / 10;

/**
 * The library as it is: one whose version is of an earlier line than that of the driver beside it was not built with it,
 * whatever day the package has (F37). Numbers alone say nothing, as vendors have their own.
 */
export const libraryBeside = (library: DriverModel, driver: DriverModel): DriverModel => {
  if (library.version === undefined || driver.version === undefined || lineOf(library) >= lineOf(driver))
    return library;
  const last = LINES.find(([before]) => lineOf(library) < before)?.[1];
  return last === undefined || last >= library.built ? library : { ...library, built: last };
};
