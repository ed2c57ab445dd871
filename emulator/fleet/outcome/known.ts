import { type CalendarDate, compareDates, dateToEpochMs, parseDate } from '../../../core/date.ts';
import type { FourPartVersion } from '../../../core/version.ts';
import { formatRevision } from '../../../drivers/ids.ts';
import { type HistoricVendor, isVendorsOwn } from '../../history/historic-model.ts';
import { type RegisteredBuild, registeredBuild } from '../../history/register.ts';
import { buildVersion, KNOWN_RELEASES } from '../../history/releases.ts';

/** What a machine says of a driver, as far as it tells which build it is. */
export interface BuildTraces {
  readonly driver: string;
  readonly version: FourPartVersion | undefined;
  readonly date: CalendarDate | undefined;
  /** Revisions of which a child binds one, eight hex digits. */
  readonly revisions: readonly string[];
  /** Revisions that a bus lists of its children, in any order. */
  readonly lists: readonly string[];
}

export interface KnownChoice {
  readonly commit: string;
  readonly label: string;
  /** The release has these very numbers, and a name of its own. */
  readonly exact: boolean;
}

/** A registered build, with what is asked of it for every machine. */
interface KnownBuild extends RegisteredBuild {
  readonly version: FourPartVersion;
  readonly built: CalendarDate | undefined;
  /** Revisions that a bus lists, eight hex digits. */
  readonly rows: readonly string[];
}

const builds = new Map<string, readonly KnownBuild[]>();

/** All of a driver, worked out once. */
const buildsOf = (driver: string): readonly KnownBuild[] => {
  const before = builds.get(driver);
  if (before !== undefined) return before;
  const commits = KNOWN_RELEASES.flatMap((release) => release.builds.filter((one) => one.driver === driver));
  const known = [...new Set(commits.map(({ commit }) => commit))]
    .flatMap((commit) => registeredBuild(driver, commit) ?? [])
    .map((registered) => ({
      ...registered,
      version: buildVersion(registered.release, registered.build),
      built: parseDate(registered.build.built),
      rows: registered.state?.table.rows.map(({ revision }) => formatRevision(revision)) ?? [],
    }));
  builds.set(driver, known);
  return known;
};

const sameNumbers = ({ version: own }: KnownBuild, version: FourPartVersion | undefined): boolean =>
  version !== undefined && own.slice(0, 3).every((part, index) => part === version[index]);

/** Year's ends of master share their numbers. */
const isNamed = ({ release }: RegisteredBuild): boolean => !release.label.startsWith('master@');

/** How badly a build goes with what a machine lists: 0 for entirely. A list that leaves rows out says less than a whole one. */
const disagreement = ({ need, rows }: KnownBuild, { revisions, lists }: BuildTraces): number => {
  const isUnlike = !lists.every((revision) => rows.includes(revision));
  const isUnbound = revisions.length > 0 && need !== undefined && !revisions.includes(need.binds);
  return Number(isUnlike) * 2 + Number(isUnbound) * 2 + Number(lists.length > 0 && rows.length !== lists.length);
};

const DAY_MS = 86_400_000;

/** How far apart build and driver are, in days; what the same vendor's numbers are apart where there is no date. */
const distance = ({ built, version: own }: KnownBuild, { date, version }: BuildTraces): number => {
  if (date !== undefined && built !== undefined) {
    const days = (dateToEpochMs(date) - dateToEpochMs(built)) / DAY_MS;
    // A package is made after its source.
    return compareDates(date, built) >= 0 ? days : 1e6 - days;
  }
  return (version ?? own).slice(0, 3).reduce((sum, part, index) => sum * 1000 + Math.abs(part - (own[index] ?? 0)), 0);
};

/**
 * The build that winpv knows and that is nearest to what a machine has: of the vendor's own, with the revisions that the machine
 * lists, the same numbers, and the latest that is no later. Undefined for a driver of which none is known.
 */
export const nearestBuild = (traces: BuildTraces, vendor: HistoricVendor): KnownChoice | undefined => {
  const ranked = buildsOf(traces.driver).map((registered) => ({
    registered,
    score: [
      Number(!isVendorsOwn(vendor, registered)),
      disagreement(registered, traces),
      Number(!sameNumbers(registered, traces.version)),
      distance(registered, traces),
    ],
  }));
  const [best] = ranked.sort((a, b) => compareScores(a.score, b.score));
  if (best === undefined) return undefined;
  const { build, release } = best.registered;
  const exact = isNamed(best.registered) && sameNumbers(best.registered, traces.version);
  return { commit: build.commit, label: release.label, exact };
};

const compareScores = (a: readonly number[], b: readonly number[]): number => {
  for (let i = 0; i < a.length; i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
};
