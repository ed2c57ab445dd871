import type { ModelFacts, PackageFacts } from '../package/facts.ts';
import { INBOX_DATE, inboxDriver, inboxVersion } from './inbox.ts';
import type { GuestMachine } from './machine.ts';
import {
  compareRanked,
  type DeviceIds,
  type IdMatch,
  type IdPlaces,
  idPlaces,
  isTie,
  matchIds,
  matchPlaces,
  type Ranked,
  rankOf,
} from './rank.ts';

/** A package that matches a device, with the line that matches best. */
export interface Candidate extends Ranked {
  /** Key of the package; undefined for a driver of Windows itself. */
  readonly package: string | undefined;
  /** `oem3.inf`, or the name of Windows' own INF. */
  readonly name: string;
  readonly match: IdMatch;
  readonly model: ModelFacts | undefined;
}

const isExcluded = ({ excluded }: ModelFacts, { hardware, compatible }: DeviceIds): boolean =>
  [...hardware, ...compatible].some((id) => excluded.includes(id.toLowerCase()));

/** A device, and its ids as they are looked up. */
interface Subject {
  readonly device: DeviceIds;
  readonly places: IdPlaces;
}

/** One of a package's entries, as a candidate; undefined when it does not match or its section excludes the device. */
const entryOf = (
  machine: GuestMachine,
  { facts, published, model }: { readonly facts: PackageFacts; readonly published: string; readonly model: ModelFacts },
  { device, places }: Subject,
): Candidate | undefined => {
  const match = matchPlaces(places, model.ids);
  if (match === undefined || (model.excluded.length > 0 && isExcluded(model, device))) return undefined;
  const install = model.install === undefined ? undefined : machine.targetOf(facts)?.installs[model.install];
  const score = facts.signatures[machine.signing]?.score ?? 'any-signer';
  // A section may have a DriverVer of its own.
  const { date, version } = install?.driverVer ?? facts;
  const rank = rankOf(score, install?.featureScore, match.score);
  return { package: facts.key, name: published, rank, date, version, match, model };
};

/** The entry of a package that is chosen before its others; of equal ones the first. */
const candidateOf = (
  machine: GuestMachine,
  facts: PackageFacts,
  published: string,
  subject: Subject,
): Candidate | undefined => {
  let best: Candidate | undefined;
  for (const model of machine.targetOf(facts)?.models ?? []) {
    const candidate = entryOf(machine, { facts, published, model }, subject);
    if (candidate !== undefined && (best === undefined || compareRanked(candidate, best) < 0)) best = candidate;
  }
  return best;
};

const inboxCandidate = ({ guest }: GuestMachine, device: DeviceIds): Candidate | undefined => {
  const own = inboxDriver({ hardwareIds: device.hardware, compatibleIds: device.compatible }, guest);
  if (own === undefined) return undefined;
  const match = matchIds(device, [own.rankId]) ?? { id: own.rankId, score: 0x3000 };
  const rank = rankOf('any-signer', undefined, match.score);
  return {
    package: undefined,
    name: own.inf,
    rank,
    date: INBOX_DATE,
    version: inboxVersion(guest),
    match,
    model: undefined,
  };
};

/** Whether a package has an entry for a device at all, whatever its rank. */
export const matchesPackage = (machine: GuestMachine, key: string, device: DeviceIds): boolean => {
  const facts = machine.package(key);
  const target = facts === undefined ? undefined : machine.targetOf(facts);
  const places = idPlaces(device);
  return target?.models.some(({ ids }) => matchPlaces(places, ids) !== undefined) ?? false;
};

/** Base drivers of the store and of Windows that match a device, best first (spec pnp-install 2, 3). */
export const candidatesFor = (machine: GuestMachine, device: DeviceIds): readonly Candidate[] => {
  const found: Candidate[] = [];
  const subject = { device, places: idPlaces(device) };
  for (const { published, package: key } of machine.store) {
    const facts = machine.package(key);
    if (facts === undefined || facts.extensionId !== undefined) continue;
    const candidate = candidateOf(machine, facts, published, subject);
    if (candidate !== undefined) found.push(candidate);
  }
  const inbox = inboxCandidate(machine, device);
  if (inbox !== undefined) found.push(inbox);
  return found.sort(compareRanked);
};

/** Extension INFs that apply to a device: of each ExtensionId the newest (spec pnp-install 5). */
export const extensionsFor = (machine: GuestMachine, device: DeviceIds): readonly Candidate[] => {
  const newest = new Map<string, Candidate>();
  const subject = { device, places: idPlaces(device) };
  for (const { published, package: key } of machine.store) {
    const facts = machine.package(key);
    if (facts?.extensionId === undefined) continue;
    const candidate = candidateOf(machine, facts, published, subject);
    if (candidate === undefined) continue;
    const before = newest.get(facts.extensionId);
    const later = before === undefined || compareRanked({ ...candidate, rank: 0 }, { ...before, rank: 0 }) < 0;
    if (later) newest.set(facts.extensionId, candidate);
  }
  return [...newest.values()];
};

/** Whether Windows promises no order between the two best. */
export const tied = ([first, second]: readonly Candidate[]): boolean =>
  first !== undefined && second !== undefined && isTie(first, second);
