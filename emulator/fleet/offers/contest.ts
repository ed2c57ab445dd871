import { type CalendarDate, formatDate } from '../../../core/date.ts';
import { type FourPartVersion, formatVersion } from '../../../core/version.ts';
import { formatRank } from '../../guest/rank.ts';
import type { FleetLabel } from '../label.ts';
import type { MachineDevice } from '../machines/machine.ts';
import { type Asking, chidLevel, isByChidLevel } from './admission.ts';
import {
  compareWorth,
  downgrade,
  type FleetCandidate,
  isGenericOrMissing,
  notBetter,
  type Verdict,
} from './candidates.ts';
import { channelFor, type OfferChannel } from './channels.ts';
import type { FleetPackage } from './package.ts';
import type { FleetReason } from './reasons.ts';

export interface FleetOffer {
  readonly device: string;
  readonly label: FleetLabel;
  readonly package: FleetPackage;
  readonly channel: OfferChannel;
  readonly rank: number;
  readonly date: CalendarDate | undefined;
  readonly version: FourPartVersion | undefined;
}

/** What one device is offered, and what is to be known of it. */
export interface DeviceAnswer {
  readonly offer: FleetOffer | undefined;
  readonly reasons: readonly FleetReason[];
}

/** A candidate that the channel brings. */
interface Contestant extends FleetCandidate {
  readonly by: OfferChannel;
  readonly onlyWithoutAutomatic: boolean;
}

export const reasonFor = (
  device: MachineDevice | null,
  label: FleetLabel | null,
  { code, message }: Verdict,
): FleetReason => ({ device: device?.id ?? null, label: label?.id ?? null, code, message });

/** Automatic labels go before others; during an upgrade all are alike (spec windows-update 2). */
const classOrder = ({ by, label }: Contestant): number => (by === 'upgrade' || label.class === 'automatic' ? 0 : 1);

const compareText = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** Step 8: class, then rank, date, version. What is equal is told as a tie; its order is that of the labels' ids. */
const compareContestants = (a: Contestant, b: Contestant): number =>
  classOrder(a) - classOrder(b) || compareWorth(a, b) || compareText(a.label.id, b.label.id);

/** Why the second is not offered. */
const lostTo = (best: Contestant, other: Contestant): Verdict => {
  const { id } = best.label;
  if (classOrder(best) !== classOrder(other))
    return { code: 'automatic-first', message: `Label ${id} comes by itself, and goes before optional ones.` };
  if (best.package.key === other.package.key)
    return { code: 'same-package', message: `Label ${id} brings the same package.` };
  if (compareWorth(best, other) === 0)
    return { code: 'tie', message: `Label ${id} has the same rank, date and version: which one comes cannot be told.` };
  return { code: 'beaten', message: `Label ${id} has ${betterIn(best, other)}.` };
};

/** The first field in which one is better than another. */
const betterIn = (best: FleetCandidate, other: FleetCandidate): string => {
  if (best.rank !== other.rank) return `rank ${formatRank(best.rank)}, this one ${formatRank(other.rank)}`;
  const dates = [best, other].map(({ date }) => (date === undefined ? 'no date' : formatDate(date)));
  if (dates[0] !== dates[1]) return `the later date ${dates[0]}, this one ${dates[1]}`;
  const versions = [best, other].map(({ version }) => (version === undefined ? 'none' : formatVersion(version)));
  return `the higher version ${versions[0]}, this one ${versions[1]}`;
};

/** Step 4 again, for Windows before 1709: of what fits a device, only that of the closest computer id stays. */
const closest = (
  candidates: readonly FleetCandidate[],
  device: MachineDevice,
  asking: Asking,
  reasons: FleetReason[],
): readonly FleetCandidate[] => {
  if (!isByChidLevel(asking) || candidates.length < 2) return candidates;
  const levelOf = ({ label }: FleetCandidate): number => chidLevel(label, asking.machine) ?? Number.POSITIVE_INFINITY;
  const best = candidates.reduce((a, b) => (levelOf(b) < levelOf(a) ? b : a));
  return candidates.filter((one) => {
    if (levelOf(one) <= levelOf(best)) return true;
    const message = `Before 1709 label ${best.label.id} goes before it: it fits the computer by CHID-${levelOf(best)}.`;
    reasons.push(reasonFor(device, one.label, { code: 'worse-chid', message }));
    return false;
  });
};

/** Step 7: those that the channel brings to a device. */
const throughChannel = (
  candidates: readonly FleetCandidate[],
  device: MachineDevice,
  { channel, windows }: Asking,
  reasons: FleetReason[],
): readonly Contestant[] => {
  const genericOrMissing = isGenericOrMissing(device);
  const coming = candidates.flatMap((one): readonly Contestant[] => {
    const answer = channelFor(one.label, { channel, windows, genericOrMissing });
    if (!('kept' in answer)) return [{ ...one, ...answer }];
    reasons.push(reasonFor(device, one.label, answer.kept));
    return [];
  });
  const automatic = coming.find(({ label }) => label.class === 'automatic');
  if (automatic === undefined) return coming;
  return coming.filter((one) => {
    if (!one.onlyWithoutAutomatic) return true;
    const message = `Label ${automatic.label.id} comes by itself, and this only where no such label fits.`;
    reasons.push(reasonFor(device, one.label, { code: 'automatic-first', message }));
    return false;
  });
};

/** Steps 7 and 8: what one device is offered of the candidates for it. */
export const contest = (device: MachineDevice, candidates: readonly FleetCandidate[], asking: Asking): DeviceAnswer => {
  const reasons: FleetReason[] = [];
  const coming = throughChannel(closest(candidates, device, asking, reasons), device, asking, reasons);
  const better = coming.toSorted(compareContestants).filter((one) => {
    const why = notBetter(one, device);
    if (why !== undefined) reasons.push(reasonFor(device, one.label, why));
    return why === undefined;
  });
  const [best, ...others] = better;
  if (best === undefined) return { offer: undefined, reasons };
  for (const other of others) reasons.push(reasonFor(device, other.label, lostTo(best, other)));
  const down = downgrade(best, device);
  if (down !== undefined) reasons.push(reasonFor(device, best.label, down));
  const { label, package: pack, by: channel, rank, date, version } = best;
  return { offer: { device: device.id, label, package: pack, channel, rank, date, version }, reasons };
};
