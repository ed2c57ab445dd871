import { parsePvId } from '../../packaging/formats/inf/pv/ids.ts';
import { labelAvailability } from '../cloud/windows-update/availability.ts';
import { formatRank } from '../guest/rank.ts';
import { type Asking, keptFrom, type LabelNow, worseChid } from './admission.ts';
import {
  bestEntry,
  compareWorth,
  downgrade,
  type FleetCandidate,
  isGenericOrMissing,
  notBetter,
  type Verdict,
} from './candidates.ts';
import { type Channel, channelFor, type OfferChannel } from './channels.ts';
import type { FleetLabel, LabelRow } from './label.ts';
import type { MachineConfiguration, MachineDevice } from './machine.ts';
import { type NewNodes, nodesAfterBus, nodesAfterVif } from './nodes.ts';
import { ROW_NEARNESS, type RowVerdict, rowReaches, rowWindows } from './os-rows.ts';
import type { FleetPackage } from './package.ts';
import { FLEET_REASONS, type FleetReason } from './reasons.ts';
import type { MachineWindows } from './windows-release.ts';

/** What is asked of a fleet: the labels, what they bring, and when. */
export interface FleetQuestion {
  readonly labels: readonly FleetLabel[];
  /** Packages that a label brings, one for each processor or several. */
  packagesOf(label: FleetLabel): readonly FleetPackage[];
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly channel: Channel;
  /** Where an upgrade of Windows goes. */
  readonly upgradeTo?: MachineWindows;
}

export interface FleetOffer {
  readonly device: string;
  readonly label: FleetLabel;
  readonly package: FleetPackage;
  readonly channel: OfferChannel;
  readonly rank: number;
}

/** What machines of one configuration are offered. */
export interface Offered {
  readonly offers: readonly FleetOffer[];
  readonly reasons: readonly FleetReason[];
}

/** A device, and what keeps labels from it or brings them. */
interface DeviceAnswer {
  readonly offer: FleetOffer | undefined;
  readonly reasons: readonly FleetReason[];
}

interface Fitting extends FleetCandidate {
  readonly by: OfferChannel;
  readonly onlyWithoutAutomatic: boolean;
}

const idsOf = ({ hardwareIds, compatibleIds }: MachineDevice): ReadonlySet<string> =>
  new Set([...hardwareIds, ...compatibleIds].map((id) => id.toLowerCase()));

/** Step 5: the rows of a label that have an id of the device; the others say nothing of it. */
const rowsFor = (label: FleetLabel, device: MachineDevice): readonly LabelRow[] => {
  const ids = idsOf(device);
  return label.rows.filter(({ pnp }) => ids.has(pnp));
};

const verdictOfRows = (
  rows: readonly LabelRow[],
  { machine, windows }: Asking,
): { readonly rows: readonly LabelRow[]; readonly nearest: RowVerdict } => {
  const target = { windows, arch: machine.arch, server: machine.type !== 'workstation' };
  const verdicts = rows.map((row) => {
    const known = rowWindows(row.osCode);
    return known === undefined ? ('later-windows' as const) : rowReaches(known, target);
  });
  const nearest = Math.max(...verdicts.map((verdict) => ROW_NEARNESS.indexOf(verdict)));
  return {
    rows: rows.filter((_row, index) => verdicts[index] === 'offered'),
    nearest: ROW_NEARNESS[nearest] ?? 'other-architecture',
  };
};

const isVerdict = (answer: Verdict | Fitting): answer is Verdict => 'code' in answer;

/** Steps 5 to 7 for one label and one device. */
const fitting = (
  question: FleetQuestion,
  label: FleetLabel,
  device: MachineDevice,
  asking: Asking,
): Verdict | Fitting => {
  const { rows, nearest } = verdictOfRows(rowsFor(label, device), asking);
  if (nearest !== 'offered') return { code: nearest, message: FLEET_REASONS[nearest] };
  const { machine, windows } = asking;
  const infs = new Set(rows.map(({ infId }) => infId.toLowerCase()));
  const own = question.packagesOf(label).filter(({ infName }) => infs.has(infName.toLowerCase()));
  const published = new Set(rows.map(({ pnp }) => pnp));
  let best: FleetCandidate | undefined;
  let hasModels = false;
  for (const one of own) {
    const entries = one.entriesFor(windows, machine.arch, machine.type);
    hasModels ||= entries.length > 0;
    const entry = bestEntry(device, entries, published);
    if (entry === undefined) continue;
    const candidate = { label, package: one, rank: entry.rank, date: entry.date, version: entry.version };
    if (best === undefined || compareWorth(candidate, best) < 0) best = candidate;
  }
  if (best === undefined) {
    const code = hasModels ? 'id-not-in-inf' : 'no-models';
    return { code, message: FLEET_REASONS[code] };
  }
  const { channel } = question;
  const answer = channelFor(label, { channel, windows, genericOrMissing: isGenericOrMissing(device) });
  return 'kept' in answer ? answer.kept : { ...best, ...answer };
};

const CLASS_ORDER: readonly OfferChannel[] = ['automatic', 'upgrade', 'optional'];

/** Step 8: class, then rank, date, version. */
const compareFitting = (a: Fitting, b: Fitting): number =>
  CLASS_ORDER.indexOf(a.by) - CLASS_ORDER.indexOf(b.by) || compareWorth(a, b);

const reasonFor = (device: MachineDevice | null, label: FleetLabel, { code, message }: Verdict): FleetReason => ({
  ...{ device: device?.id ?? null, label: label.id, code, message },
});

/** What one device is offered of the labels that reach the machine. */
const answerDevice = (
  question: FleetQuestion,
  device: MachineDevice,
  labels: readonly (readonly [label: FleetLabel, kept: Verdict | undefined])[],
  asking: Asking,
): DeviceAnswer => {
  const reasons: FleetReason[] = [];
  const fits: Fitting[] = [];
  for (const [label, kept] of labels) {
    const answer = kept ?? fitting(question, label, device, asking);
    if (isVerdict(answer)) reasons.push(reasonFor(device, label, answer));
    else fits.push(answer);
  }
  const better = fits.sort(compareFitting).filter((one) => {
    const why = notBetter(one, device);
    if (why !== undefined) reasons.push(reasonFor(device, one.label, why));
    return why === undefined;
  });
  const [best, ...others] = better;
  if (best === undefined) return { offer: undefined, reasons };
  for (const other of others) reasons.push(reasonFor(device, other.label, lostTo(best, other)));
  const down = downgrade(best, device);
  if (down !== undefined) reasons.push(reasonFor(device, best.label, down));
  const { label, package: pack, by: channel, rank } = best;
  return { offer: { device: device.id, label, package: pack, channel, rank }, reasons };
};

/** Why the second is not offered. */
const lostTo = (best: Fitting, other: Fitting): Verdict => {
  if (best.by !== other.by)
    return {
      code: 'automatic-first',
      message: `Label ${best.label.id} comes by itself, and goes before optional ones.`,
    };
  if (compareWorth(best, other) === 0)
    return {
      code: 'tie',
      message: `Label ${best.label.id} has the same rank, date and version: which one comes cannot be told.`,
    };
  const better =
    best.rank === other.rank
      ? 'a later date or version'
      : `rank ${formatRank(best.rank)}, this one ${formatRank(other.rank)}`;
  return { code: 'beaten', message: `Label ${best.label.id} has ${better}.` };
};

const MAX_ROUNDS = 4;

/** The devices after a bus was installed on one; undefined for a package that is no bus, or a device that is none of its. */
const nodesAfter = (
  devices: readonly MachineDevice[],
  { device: id, package: pack }: FleetOffer,
): NewNodes | undefined => {
  const place = devices.find((device) => device.id === id);
  if (pack.bus === undefined || place === undefined) return undefined;
  for (const one of [...place.hardwareIds, ...place.compatibleIds]) {
    const { bus, platform, prefix = '', deviceClass } = parsePvId(one) ?? {};
    if (platform === undefined) continue;
    if (bus === 'PCI') return nodesAfterBus(devices, pack.bus, platform);
    if (bus === 'XENBUS' && deviceClass === 'VIF') return nodesAfterVif(devices, pack.bus, `${prefix}${platform}`);
  }
  return undefined;
};

/** Prepares a question that is asked of many machines. */
export const fleetEvaluation = (question: FleetQuestion) => {
  const { labels, at } = question;
  const now: readonly LabelNow[] = labels.map((label) => ({
    label,
    availability: label.times === undefined ? undefined : labelAvailability(label.times, at),
  }));
  /** Labels that some machines are offered and others not: they make a difference by machine. */
  const rolling = now.flatMap(({ label, availability }) =>
    availability?.state === 'rolling-out' ? [{ label, share: availability.share }] : [],
  );

  const offersFor = (machine: MachineConfiguration, isIn: (label: FleetLabel) => boolean): Offered => {
    const asking: Asking = { machine, windows: question.upgradeTo ?? machine.windows, isIn, at };
    const kept = now.map((one) => [one.label, keptFrom(one, asking)] as const);
    const reaching = kept.flatMap(([label, verdict]) => (verdict === undefined ? [label] : []));
    const worse = worseChid(reaching, asking);
    const judged = kept.map(
      ([label, verdict]) =>
        [
          label,
          verdict ??
            (worse.has(label) ? ({ code: 'worse-chid', message: FLEET_REASONS['worse-chid'] } as const) : undefined),
        ] as const,
    );
    return rounds(question, machine, judged, asking);
  };
  /** Since when machines are offered a label; undefined for one whose life is not told. */
  const sinceOf = (label: FleetLabel): number | undefined =>
    now.find((one) => one.label === label)?.availability?.since ?? label.goLive;
  return { rolling, offersFor, sinceOf };
};

const rounds = (
  question: FleetQuestion,
  machine: MachineConfiguration,
  judged: readonly (readonly [label: FleetLabel, kept: Verdict | undefined])[],
  asking: Asking,
): Offered => {
  const offers: FleetOffer[] = [];
  const reasons: FleetReason[] = [];
  const heard = new Set<FleetLabel>();
  let { devices } = machine;
  let asked = new Set(devices.map(({ id }) => id));
  for (let round = 0; round < MAX_ROUNDS && asked.size > 0; round += 1) {
    const before = offers.length;
    for (const device of devices) {
      if (!asked.has(device.id)) continue;
      const about = judged.filter(([label]) => rowsFor(label, device).length > 0);
      for (const [label] of about) heard.add(label);
      const answer = answerDevice(question, device, about, asking);
      reasons.push(...answer.reasons);
      if (answer.offer !== undefined) offers.push(answer.offer);
    }
    const next = afterBuses(devices, offers.slice(before), reasons);
    devices = next.devices;
    asked = next.asked;
  }
  for (const [label, kept] of judged) {
    if (!heard.has(label))
      reasons.push(reasonFor(null, label, kept ?? { code: 'no-device', message: FLEET_REASONS['no-device'] }));
  }
  return { offers, reasons };
};

/** The devices after the buses among some offers were installed, and which have to be asked again. */
const afterBuses = (
  before: readonly MachineDevice[],
  offers: readonly FleetOffer[],
  reasons: FleetReason[],
): { readonly devices: readonly MachineDevice[]; readonly asked: Set<string> } => {
  let devices = before;
  const asked = new Set<string>();
  for (const offer of offers) {
    const { package: pack, label } = offer;
    const nodes = nodesAfter(devices, offer);
    if (nodes === undefined) continue;
    devices = nodes.devices;
    for (const one of nodes.changed) asked.add(one);
    for (const { id: path, driver } of nodes.orphaned) {
      const message = `${pack.infName} of ${pack.provider} lists this device by ids that ${driver?.inf} of ${driver?.provider} does not bind.`;
      reasons.push({ device: path, label: label.id, code: 'orphaned', message });
    }
  }
  return { devices, asked };
};
