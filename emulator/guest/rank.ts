import { type CalendarDate, compareDates } from '../../core/date.ts';
import { compareVersions, type FourPartVersion } from '../../core/version.ts';

/** The ids that a bus reports for a device, most specific first (spec pnp-install 1). */
export interface DeviceIds {
  readonly hardware: readonly string[];
  readonly compatible: readonly string[];
}

/**
 * How far a package's signature is trusted when it is ranked. With the policy that treats all signers alike, which is
 * on since Windows 7, everything that is validly signed counts the same.
 */
export type SignatureScore = 'any-signer' | 'microsoft' | 'authenticode' | 'unsigned' | 'unsigned-no-nt' | 'unknown';

/** The top byte of a rank (spec pnp-install 3, signature scores). */
const SIGNATURE_BYTES: Readonly<Record<SignatureScore, number>> = {
  'any-signer': 0x00,
  microsoft: 0x0d,
  authenticode: 0x0f,
  unsigned: 0x80,
  'unsigned-no-nt': 0xc0,
  unknown: 0xff,
};

/** A driver whose INF says nothing. */
const NO_FEATURE_SCORE = 0xff;
/** Positions count up to here in their range. */
const LAST_POSITION = 0xfff;

/** Places of a device's ids in their lists, by id in lower case; the first place counts. */
export interface IdPlaces {
  readonly hardware: ReadonlyMap<string, number>;
  readonly compatible: ReadonlyMap<string, number>;
}

const placesIn = (ids: readonly string[]): ReadonlyMap<string, number> => {
  const before = knownPlaces.get(ids);
  if (before !== undefined) return before;
  const places = new Map<string, number>();
  for (const [index, id] of ids.entries()) {
    const name = id.toLowerCase();
    if (!places.has(name)) places.set(name, index);
  }
  knownPlaces.set(ids, places);
  return places;
};
const knownPlaces = new WeakMap<readonly string[], ReadonlyMap<string, number>>();

export const idPlaces = ({ hardware, compatible }: DeviceIds): IdPlaces => ({
  hardware: placesIn(hardware),
  compatible: placesIn(compatible),
});

/** The score of one id of an INF entry, in lower case; `compatibleIndex` is undefined for the entry's hardware id. */
const idScore = (places: IdPlaces, id: string, compatibleIndex: number | undefined): number | undefined => {
  const hardware = places.hardware.get(id);
  if (hardware !== undefined) return (compatibleIndex === undefined ? 0 : 0x1000) + Math.min(hardware, LAST_POSITION);
  const compatible = places.compatible.get(id);
  if (compatible === undefined) return undefined;
  if (compatibleIndex === undefined) return 0x2000 + Math.min(compatible, LAST_POSITION);
  return 0x3000 + Math.min(compatible + compatibleIndex * 0x100, LAST_POSITION);
};

export interface IdMatch {
  /** As the INF has it: what becomes MatchingDeviceId. */
  readonly id: string;
  readonly score: number;
}

/**
 * The best match of a Models entry with a device; undefined when none of its ids is one of the device's.
 * @param ids the entry's hardware id, then its compatible ids
 */
export const matchIds = (device: DeviceIds, ids: readonly string[]): IdMatch | undefined =>
  matchPlaces(idPlaces(device), ids);

const lowered = new WeakMap<readonly string[], readonly string[]>();
const lowerCase = (ids: readonly string[]): readonly string[] => {
  const known = lowered.get(ids);
  if (known !== undefined) return known;
  const lower = ids.map((id) => id.toLowerCase());
  lowered.set(ids, lower);
  return lower;
};

/** The same for a device whose ids are compared with many entries. */
export const matchPlaces = (places: IdPlaces, ids: readonly string[]): IdMatch | undefined => {
  let best: IdMatch | undefined;
  const lower = lowerCase(ids);
  for (let index = 0; index < ids.length; index += 1) {
    const score = idScore(places, lower[index] ?? '', index === 0 ? undefined : index - 1);
    if (score !== undefined && (best === undefined || score < best.score)) best = { id: ids[index] ?? '', score };
  }
  return best;
};

/**
 * `0xSSGGTHHH`: signature, feature and identifier score. The lowest wins.
 * @param featureScore the byte that the install section sets; undefined when it sets none
 */
export const rankOf = (signature: SignatureScore, featureScore: number | undefined, idMatchScore: number): number =>
  ((SIGNATURE_BYTES[signature] << 24) | ((featureScore ?? NO_FEATURE_SCORE) << 16) | idMatchScore) >>> 0;

/** As Windows logs write a rank: eight hex digits. */
export const formatRank = (rank: number): string => rank.toString(16).toUpperCase().padStart(8, '0');

/** What decides between the candidates for a device. */
export interface Ranked {
  readonly rank: number;
  /** Undefined counts as the oldest. */
  readonly date: CalendarDate | undefined;
  readonly version: FourPartVersion | undefined;
  /** The published name, for an order where Windows has none. */
  readonly name: string;
}

const DAY_ZERO: CalendarDate = { year: 0, month: 1, day: 1 };
const VERSION_ZERO: FourPartVersion = [0, 0, 0, 0];

/** Negative when `a` is chosen before `b`: lower rank, then later date, then higher version (spec pnp-install 3). */
export const compareRanked = (a: Ranked, b: Ranked): number =>
  a.rank - b.rank ||
  compareDates(b.date ?? DAY_ZERO, a.date ?? DAY_ZERO) ||
  compareVersions(b.version ?? VERSION_ZERO, a.version ?? VERSION_ZERO) ||
  (a.name < b.name ? -1 : Number(a.name > b.name));

/** Whether nothing but the name decides between two: Windows promises no order then. */
export const isTie = (a: Ranked, b: Ranked): boolean => compareRanked({ ...a, name: '' }, { ...b, name: '' }) === 0;
