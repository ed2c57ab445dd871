import { type CalendarDate, compareDates, formatDate } from '../../../core/date.ts';
import { compareVersions, type FourPartVersion, formatVersion } from '../../../core/version.ts';
import { formatRank, idPlaces, matchPlaces, rankOf } from '../../guest/rank.ts';
import type { FleetLabel } from '../label.ts';
import type { MachineDevice, MachineDriver } from '../machines/machine.ts';
import type { FleetPackage, PackageEntry } from './package.ts';
import type { FleetReasonCode } from './reasons.ts';

/** A package that a label brings to a device. */
export interface FleetCandidate {
  readonly label: FleetLabel;
  readonly package: FleetPackage;
  readonly rank: number;
  readonly date: CalendarDate | undefined;
  readonly version: FourPartVersion | undefined;
}

const DAY_ZERO: CalendarDate = { year: 0, month: 1, day: 1 };
const VERSION_ZERO: FourPartVersion = [0, 0, 0, 0];

type Worth = Pick<FleetCandidate, 'rank' | 'date' | 'version'>;

/** Lower rank, then later date, then higher version (spec windows-update 3.2). */
export const compareWorth = (a: Worth, b: Worth): number =>
  a.rank - b.rank ||
  compareDates(b.date ?? DAY_ZERO, a.date ?? DAY_ZERO) ||
  compareVersions(b.version ?? VERSION_ZERO, a.version ?? VERSION_ZERO);

/** The best line of an INF for a device, of those that a label publishes: an id that it does not publish is not offered by it. */
export const bestEntry = (
  device: MachineDevice,
  entries: readonly PackageEntry[],
  published: Pick<ReadonlySet<string>, 'has'>,
): (Worth & { readonly entry: PackageEntry }) | undefined => {
  const places = idPlaces({ hardware: device.hardwareIds, compatible: device.compatibleIds });
  let best: (Worth & { readonly entry: PackageEntry }) | undefined;
  for (const entry of entries) {
    // Ids keep their places: what stands further back on a line fits less.
    const match = matchPlaces(
      places,
      entry.ids.map((id) => (published.has(id) ? id : '')),
    );
    if (match === undefined) continue;
    const { date, version } = entry;
    const worth = { rank: rankOf('any-signer', entry.featureScore, match.score), date, version, entry };
    if (best === undefined || compareWorth(worth, best) < 0) best = worth;
  }
  return best;
};

export interface Verdict {
  readonly code: FleetReasonCode;
  readonly message: string;
}

const versionText = (version: FourPartVersion | undefined): string =>
  version === undefined ? 'no version' : formatVersion(version);
const dateText = (date: CalendarDate | undefined): string => (date === undefined ? 'no date' : formatDate(date));

const sameNumbers = (a: Pick<Worth, 'date' | 'version'>, b: Pick<Worth, 'date' | 'version'>): boolean =>
  compareWorth({ ...a, rank: 0 }, { ...b, rank: 0 }) === 0;

/** Whether a driver is of Windows itself: such a one is generic (spec windows-update 7.7). */
export const isInbox = ({ inf, provider, isInbox: given }: MachineDriver): boolean =>
  given === true || (/^microsoft\b/i.test(provider.trim()) && !/^oem\d+\.inf$/i.test(inf));

/** CM_PROB_FAILED_INSTALL: the device has no driver. */
const NO_DRIVER = 28;

/** Nobody serves the device, or only Windows itself does. */
export const isGenericOrMissing = ({ driver, problem }: MachineDevice): boolean =>
  driver === null || problem === NO_DRIVER || isInbox(driver);

/** The service's own test is not published (spec windows-update 9). */
const ASSUMED = '(assumed: the test of the service is not published)';

/**
 * Why a candidate is no better than what the device has; undefined when it is (spec windows-update 3.2: rank, then date, then
 * version; that the service asks the same is assumed). A record without a rank is compared by date and version.
 */
export const notBetter = (candidate: Omit<FleetCandidate, 'label'>, { driver }: MachineDevice): Verdict | undefined => {
  if (driver === null) return undefined;
  const { rank, date, version } = candidate;
  const own = `${driver.inf} (${driver.provider})`;
  if (driver.provider === candidate.package.provider && sameNumbers(candidate, driver) && rank >= (driver.rank ?? 0))
    return { code: 'same-driver', message: `The device has ${versionText(version)} of ${dateText(date)} already.` };
  if (driver.rank !== undefined && rank !== driver.rank) {
    if (rank < driver.rank) return undefined;
    return {
      code: 'worse-rank',
      message: `Rank ${formatRank(rank)} is worse than ${formatRank(driver.rank)} of ${own}.`,
    };
  }
  const dates = compareDates(date ?? DAY_ZERO, driver.date ?? DAY_ZERO);
  const versions = compareVersions(version ?? VERSION_ZERO, driver.version ?? VERSION_ZERO);
  if (dates > 0 || (dates === 0 && versions > 0)) return undefined;
  if (dates < 0)
    return {
      code: 'older-date',
      message: `Equal rank, and ${dateText(date)} is before ${dateText(driver.date)} of ${own}: the date decides before the version ${ASSUMED}.`,
    };
  return {
    code: 'lower-version',
    message: `Equal rank and date, and ${versionText(version)} is not above ${versionText(driver.version)} of ${own} ${ASSUMED}.`,
  };
};

/** A better candidate that has the lower version. */
export const downgrade = (
  { version, package: pack }: FleetCandidate,
  { driver }: MachineDevice,
): Verdict | undefined => {
  if (driver?.version === undefined || version === undefined || isInbox(driver)) return undefined;
  if (compareVersions(version, driver.version) >= 0) return undefined;
  return {
    code: 'downgrade',
    message: `${pack.infName} ${versionText(version)} replaces ${versionText(driver.version)} of ${driver.provider}.`,
  };
};
