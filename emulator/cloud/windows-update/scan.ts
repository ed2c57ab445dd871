import { formatDate } from '../../../core/date.ts';
import { formatVersion } from '../../../core/version.ts';
import type { FleetLabel } from '../../fleet/label.ts';
import { isInsider, type Machine } from '../../fleet/machines/machine.ts';
import type { MachineWindows } from '../../fleet/machines/windows-release.ts';
import type { Channel } from '../../fleet/offers/channels.ts';
import { type FleetOffer, fleetEvaluation, type Offered } from '../../fleet/offers/evaluate.ts';
import type { FleetPackage } from '../../fleet/offers/package.ts';
import type { FleetReason } from '../../fleet/offers/reasons.ts';
import { formatRank } from '../../guest/rank.ts';
import { isOn } from '../partner-center/faults.ts';
import type { CloudState, LabelRow } from '../partner-center/state.ts';
import { isInShare, labelAvailability } from './availability.ts';
import { isForOthers, isInFlight, offeredLabel } from './offered-labels.ts';
import type { StoredPackages } from './packages.ts';

/** A machine asks Windows Update what it has for it. */
export interface ScanQuestion {
  readonly machine: Machine;
  readonly channel: Channel;
  readonly upgradeTo?: MachineWindows | undefined;
}

export interface ScanOffer {
  readonly device: string;
  readonly label: string;
  readonly driver: string;
  readonly inf: string;
  readonly provider: string;
  readonly version: string | null;
  readonly date: string | null;
  readonly rank: string;
  readonly channel: FleetOffer['channel'];
  /** Since when machines are offered the label. */
  readonly when: string;
  /** Among Insiders, before Microsoft approved it. */
  readonly flight: boolean;
}

export interface ScanAnswer {
  readonly id: string;
  readonly offers: readonly ScanOffer[];
  readonly reasons: readonly FleetReason[];
}

export interface Service {
  readonly state: CloudState;
  readonly now: number;
  readonly stored: StoredPackages;
}

/** Labels that never came to Windows Update. */
const isRefused = ({ published, run }: LabelRow): boolean => published === undefined && run.state === 'failed';

const labelRows = ({ labels }: CloudState): readonly LabelRow[] =>
  [...labels.values()].filter(({ settings }) => settings.destination === 'windowsUpdate');

const packagesOf = ({ state, stored }: Service, label: FleetLabel): readonly FleetPackage[] => {
  const bundles = new Set(label.rows.map(({ bundleId }) => bundleId.toLowerCase()));
  const submission = state.labels.get(label.id)?.submissionId ?? '';
  return (stored.get(submission) ?? [])
    .filter(({ bundleId }) => bundles.has(bundleId.toLowerCase()))
    .map((one) => one.package);
};

/** A fault: some other package in the place of the one that belongs to the label. */
const packageIn = (service: Service, { label, package: own }: FleetOffer): FleetPackage => {
  if (!isOn(service.state, 'wrong-offer')) return own;
  const submission = service.state.labels.get(label.id)?.submissionId;
  const others = [...service.stored].flatMap(([id, packages]) => (id === submission ? [] : packages));
  const sameInf = others.find((one) => one.package.infName.toLowerCase() === own.infName.toLowerCase());
  return (sameInf ?? others[0])?.package ?? own;
};

const shownOffer = (service: Service, offer: FleetOffer): ScanOffer => {
  const { device, label, channel, rank } = offer;
  const { driver, infName, provider, version, date } = packageIn(service, offer);
  const row = service.state.labels.get(label.id);
  const since = label.times === undefined ? service.now : labelAvailability(label.times, service.now).since;
  return {
    ...{ device, label: label.id, driver, inf: infName, provider },
    version: version === undefined ? null : formatVersion(version),
    date: date === undefined ? null : formatDate(date),
    ...{ rank: formatRank(rank), channel, when: new Date(since).toISOString() },
    flight: row !== undefined && isInFlight(row),
  };
};

type Evaluation = (machine: Machine['configuration'], isIn: (label: FleetLabel) => boolean) => Offered;

/** Machines that ask one after the other, at one instant. */
export const openScan = (service: Service): ((question: ScanQuestion) => ScanAnswer) => {
  const { state, now } = service;
  const rows = labelRows(state);
  const evaluations = new Map<string, Evaluation>();

  const evaluationFor = ({ machine, channel, upgradeTo }: ScanQuestion): Evaluation => {
    const { ring } = machine.configuration;
    const key = JSON.stringify([isInsider(ring), ring, channel, upgradeTo]);
    const known = evaluations.get(key);
    if (known !== undefined) return known;
    const labels = rows
      .filter((row) => !isRefused(row))
      .map((row) => offeredLabel(row, { state, now, insider: isInsider(ring) }))
      .filter((label) => !isForOthers(label, ring));
    const packages = new Map(labels.map((label) => [label, packagesOf(service, label)]));
    const { offersFor } = fleetEvaluation({
      ...{ labels, at: now, channel },
      packagesOf: (label) => packages.get(label) ?? [],
      ...(upgradeTo === undefined ? {} : { upgradeTo }),
    });
    evaluations.set(key, offersFor);
    return offersFor;
  };

  const isIn =
    ({ id }: Machine) =>
    (label: FleetLabel): boolean =>
      label.times === undefined || isInShare(id, label.id, labelAvailability(label.times, now).share);

  return (question) => {
    const { machine } = question;
    const { offers, reasons } = evaluationFor(question)(machine.configuration, isIn(machine));
    return {
      id: machine.id,
      offers: offers.map((offer) => shownOffer(service, offer)),
      reasons: [...reasons, ...refusals(service, machine)],
    };
  };
};

/** Labels that are not for machines like this whatever it has. */
const refusals = ({ state, now }: Service, { configuration: { ring } }: Machine): readonly FleetReason[] =>
  labelRows(state).flatMap((row): readonly FleetReason[] => {
    if (isRefused(row)) {
      const message = `The workflow of the label failed in ${row.run.step}: ${row.run.messages.join(' ')}`;
      return [{ device: null, label: row.id, code: 'stopped', message }];
    }
    const label = offeredLabel(row, { state, now, insider: false });
    if (!isForOthers(label, ring)) return [];
    const message = `The label is for the audience ${label.audiences.join(', ')}.`;
    return [{ device: null, label: row.id, code: 'other-audience', message }];
  });
