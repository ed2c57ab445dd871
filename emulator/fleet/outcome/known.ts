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

const buildsOf = (driver: string): readonly RegisteredBuild[] => {
  const commits = KNOWN_RELEASES.flatMap(({ builds }) => builds.filter((one) => one.driver === driver));
  return [...new Set(commits.map(({ commit }) => commit))].flatMap((commit) => registeredBuild(driver, commit) ?? []);
};

const sameNumbers = ({ release, build }: RegisteredBuild, version: FourPartVersion | undefined): boolean =>
  version !== undefined &&
  buildVersion(release, build)
    .slice(0, 3)
    .every((part, index) => part === version[index]);

/** Year's ends of master share their numbers. */
const isNamed = ({ release }: RegisteredBuild): boolean => !release.label.startsWith('master@');

/** How badly a build goes with what a machine lists: 0 for entirely. A list that leaves rows out says less than a whole one. */
const disagreement = ({ state, need }: RegisteredBuild, { revisions, lists }: BuildTraces): number => {
  const rows = state?.table.rows.map(({ revision }) => formatRevision(revision)) ?? [];
  const isUnlike = !lists.every((revision) => rows.includes(revision));
  const isUnbound = revisions.length > 0 && need !== undefined && !revisions.includes(need.binds);
  return Number(isUnlike) * 2 + Number(isUnbound) * 2 + Number(lists.length > 0 && rows.length !== lists.length);
};

const DAY_MS = 86_400_000;

/** How far apart build and driver are, in days; what the same vendor's numbers are apart where there is no date. */
const distance = (registered: RegisteredBuild, { date, version }: BuildTraces): number => {
  const built = parseDate(registered.build.built);
  if (date !== undefined && built !== undefined) {
    const days = (dateToEpochMs(date) - dateToEpochMs(built)) / DAY_MS;
    // A package is made after its source.
    return compareDates(date, built) >= 0 ? days : 1e6 - days;
  }
  const own = buildVersion(registered.release, registered.build);
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
