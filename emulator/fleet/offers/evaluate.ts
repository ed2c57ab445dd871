import { parsePvId } from '../../../packaging/formats/inf/pv/ids.ts';
import { labelAvailability, stagesOf } from '../../cloud/windows-update/availability.ts';
import type { FleetLabel } from '../label.ts';
import type { MachineConfiguration, MachineDevice } from '../machines/machine.ts';
import type { MachineWindows } from '../machines/windows-release.ts';
import { type Asking, keptFrom, type LabelNow } from './admission.ts';
import { DeviceAnswers } from './answers.ts';
import type { FleetCandidate, Verdict } from './candidates.ts';
import type { Channel } from './channels.ts';
import { contest, type DeviceAnswer, type FleetOffer, reasonFor } from './contest.ts';
import { candidateOf, isVerdict, rowsFor } from './fitting.ts';
import { type InboxBinding, withInbox } from './inbox.ts';
import { type NewNodes, nodesAfterBus, nodesAfterVif } from './nodes.ts';
import type { FleetPackage } from './package.ts';
import { FLEET_REASONS, type FleetReason } from './reasons.ts';

export type { FleetOffer } from './contest.ts';

/** What is asked of a fleet: the labels, what they bring, and when. */
export interface FleetQuestion {
  readonly labels: readonly FleetLabel[];
  /** Packages that a label brings, one for each processor or several. */
  packagesOf(label: FleetLabel): readonly FleetPackage[];
  /** Packages that are taken to come with Windows itself. */
  readonly inbox?: readonly FleetPackage[];
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly channel: Channel;
  /** Where an upgrade of Windows goes. */
  readonly upgradeTo?: MachineWindows;
}

/** What machines of one configuration are offered. */
export interface Offered {
  readonly offers: readonly FleetOffer[];
  /** What they have of Windows itself by then. */
  readonly inbox: readonly InboxBinding[];
  readonly reasons: readonly FleetReason[];
}

type Judged = readonly (readonly [label: FleetLabel, kept: Verdict | undefined])[];

/** What one device is offered of the labels that have an id of it. */
const answerDevice = (question: FleetQuestion, device: MachineDevice, labels: Judged, asking: Asking): DeviceAnswer => {
  const kept: FleetReason[] = [];
  const candidates: FleetCandidate[] = [];
  for (const [label, verdict] of labels) {
    const answer = verdict ?? candidateOf(label, question.packagesOf(label), device, asking);
    if (isVerdict(answer)) kept.push(reasonFor(device, label, answer));
    else candidates.push(answer);
  }
  const { offer, reasons } = contest(device, candidates, asking);
  return { offer, reasons: [...kept, ...reasons] };
};

/** A bus makes the functions of its children anew, at most as often as there are buses one below the other. */
const MAX_ROUNDS = 4;

interface Installed {
  readonly device: string;
  readonly package: FleetPackage;
  /** Undefined for what comes with Windows. */
  readonly label?: FleetLabel;
}

/** The devices after a bus was installed on one; undefined for a package that is no bus, or a device that is none of its. */
const nodesAfter = (
  devices: readonly MachineDevice[],
  { device: id, package: pack }: Installed,
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
  const { labels, at, channel } = question;
  const now: readonly LabelNow[] = labels.map((label) => ({
    label,
    availability: label.times === undefined ? undefined : labelAvailability(label.times, at),
  }));
  /** Labels that come, or came, to machines one after the other: they make a difference by machine. */
  const rolling = now.flatMap(({ label, availability }) => {
    if (label.times === undefined || availability === undefined || availability.share === 0) return [];
    const stages = stagesOf(label.times);
    return stages.length > 1 ? [{ label, share: availability.share, stages }] : [];
  });

  const offersFor = (machine: MachineConfiguration, isIn: (label: FleetLabel) => boolean): Offered => {
    const asking: Asking = { machine, windows: question.upgradeTo ?? machine.windows, channel, isIn, at };
    return rounds(
      question,
      now.map((one) => [one.label, keptFrom(one, asking)] as const),
      asking,
    );
  };
  /** Since when machines are offered a label; undefined for one whose life is not told. */
  const sinceOf = (label: FleetLabel): number | undefined =>
    now.find((one) => one.label === label)?.availability?.since ?? label.goLive;
  return { rolling, offersFor, sinceOf };
};

/** Devices that have what they were offered. */
const withOffers = (devices: readonly MachineDevice[], offers: readonly FleetOffer[]): readonly MachineDevice[] => {
  if (offers.length === 0) return devices;
  return devices.map((device) => {
    const offer = offers.find((one) => one.device === device.id);
    if (offer === undefined) return device;
    const { package: pack, rank, date, version } = offer;
    const driver = { inf: pack.infName, provider: pack.provider, date, version, rank, prefix: undefined };
    return { ...device, driver, problem: 0 };
  });
};

/** Step 9: asks again for the devices that a bus made otherwise, until there are no more. */
const rounds = (question: FleetQuestion, judged: Judged, asking: Asking): Offered => {
  const inbox: InboxBinding[] = [];
  const reasons: FleetReason[] = [];
  const answers = new DeviceAnswers();
  let { devices } = asking.machine;
  let asked: ReadonlySet<string> = new Set(devices.map(({ id }) => id));
  for (let round = 0; round < MAX_ROUNDS && asked.size > 0; round += 1) {
    const own = inboxRounds(question, devices, asking, asked);
    inbox.push(...own.bindings);
    reasons.push(...own.reasons);
    const offers = own.devices.flatMap((device): readonly FleetOffer[] => {
      if (!own.asked.has(device.id)) return [];
      const about = judged.filter(([label]) => rowsFor(label, device).length > 0);
      const heard = about.map(([label]) => label);
      const offer = answers.tell(device, heard, answerDevice(question, device, about, asking));
      return offer === undefined ? [] : [offer];
    });
    const next = afterBuses(withOffers(own.devices, offers), offers, (reason) => answers.orphan(reason));
    devices = next.devices;
    asked = next.asked;
  }
  reasons.push(...answers.reasons());
  for (const [label, kept] of judged) {
    if (!answers.isHeard(label))
      reasons.push(reasonFor(null, label, kept ?? { code: 'no-device', message: FLEET_REASONS['no-device'] }));
  }
  return { offers: answers.offers(), inbox, reasons };
};

interface InboxRounds {
  readonly devices: readonly MachineDevice[];
  readonly asked: ReadonlySet<string>;
  readonly bindings: readonly InboxBinding[];
  readonly reasons: readonly FleetReason[];
}

/** What comes with Windows is there before anything is offered, with the devices that its buses make. */
const inboxRounds = (
  { inbox = [] }: FleetQuestion,
  before: readonly MachineDevice[],
  asking: Asking,
  first: ReadonlySet<string>,
): InboxRounds => {
  const bindings: InboxBinding[] = [];
  const reasons: FleetReason[] = [];
  let [devices, asked, looked] = [before, new Set(first), first];
  for (let round = 0; round < MAX_ROUNDS && inbox.length > 0 && looked.size > 0; round += 1) {
    const bound = withInbox(devices, inbox, asking, looked);
    bindings.push(...bound.bindings);
    for (const { device, message } of bound.bindings) reasons.push({ device, label: null, code: 'inbox', message });
    const next = afterBuses(bound.devices, bound.bindings, (reason) => reasons.push(reason));
    devices = next.devices;
    looked = next.asked;
    asked = new Set([...asked, ...looked]);
  }
  return { devices, asked, bindings, reasons };
};

/** The devices after the buses among some packages were installed, and which have to be asked again. */
const afterBuses = (
  before: readonly MachineDevice[],
  installed: readonly Installed[],
  orphan: (reason: FleetReason) => void,
): { readonly devices: readonly MachineDevice[]; readonly asked: Set<string> } => {
  let devices = before;
  const asked = new Set<string>();
  for (const one of installed) {
    const { package: pack, label } = one;
    const nodes = nodesAfter(devices, one);
    if (nodes === undefined) continue;
    devices = nodes.devices;
    for (const path of nodes.changed) asked.add(path);
    for (const { id: path, driver } of nodes.orphaned) {
      const message = `${pack.infName} of ${pack.provider} lists this device by ids that ${driver?.inf} of ${driver?.provider} does not bind.`;
      orphan({ device: path, label: label?.id ?? null, code: 'orphaned', message });
    }
  }
  return { devices, asked };
};
