import { type Diagnostic, problem, stopOnErrors } from '../../core/errors.ts';
import type { LabelInTime } from '../../emulator/cloud/windows-update/in-time.ts';
import { type BrandRelease, labelComplaints, packagesOf, readReleases } from '../../emulator/fleet/offers/releases.ts';
import type { FleetVerdict } from '../../emulator/fleet/outcome/model.ts';
import { fleetRehearsal } from '../../emulator/fleet/outcome/outcome.ts';
import { labelRollouts } from '../../emulator/fleet/outcome/rollouts.ts';
import { FleetSimulation } from '../../emulator/fleet/simulate.ts';
import type { FleetSummary, FleetTotals } from '../../emulator/fleet/totals.ts';
import type { Templates } from '../../emulator/history/historic-package.ts';

/** Labels in time, held against machines: what `winpv release` and `winpv publish --to emulator` tell. */

/** A settings file by the path that people know. */
export interface NamedBytes {
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface HeldFleetRequest {
  readonly labels: readonly LabelInTime[];
  /** When everything has come to its end. */
  readonly at: number;
  /** Packages as they will be shipped. */
  readonly brands: readonly BrandRelease[];
  readonly fleet: NamedBytes;
  /** The day of the release. */
  readonly nowMs: number;
  readonly templates: Templates;
}

/** A machine that is offered something, or that it hurts. */
export interface ToldMachine {
  readonly id: string;
  readonly outcome: FleetVerdict;
  /** What is offered, each with the day since when. */
  readonly offers: readonly { readonly label: string; readonly driver: string; readonly since: string }[];
  /** What the rehearsal saw of it, where it does not end well. */
  readonly why?: readonly string[];
}

/** How far a label comes, and what it does. */
export interface ForecastLabel {
  readonly id: string;
  readonly brand: string;
  readonly driver: string;
  /** Where it stands in the end: `live`, when it has come to everyone that it is for. */
  readonly state: LabelInTime['rollout']['state'];
  /** Days: when Microsoft approves, and when the first machines are offered it; null for never. */
  readonly approved: string | null;
  readonly since: string | null;
  readonly why: string;
  readonly offered: number;
  /** Machines that are offered it and end otherwise than before or after a restart. */
  readonly troubled: number;
  /** Where Microsoft's measures would stop it; null when nothing does. */
  readonly stop: { readonly day: string; readonly machines: number; readonly reason: string } | null;
}

export interface HeldFleet {
  readonly machines: number;
  /** Machines that are offered something. */
  readonly offered: number;
  readonly outcomes: Readonly<Record<FleetVerdict, number>>;
  readonly perLabel: readonly ForecastLabel[];
  /** Those that are offered something, when they are few. */
  readonly who?: readonly ToldMachine[];
  /** The first of those that do not end well. */
  readonly hurt: readonly ToldMachine[];
}

const DAY_MS = 86_400_000;
const MAX_TOLD = 20;
/** So many machines are named; of more only the number is told. */
export const MAX_NAMED = 10;
export const TROUBLES = ['degraded', 'brand-flip', 'no-boot'] as const satisfies readonly FleetVerdict[];

const isTrouble = (outcome: FleetVerdict): boolean => TROUBLES.some((one) => one === outcome);
const troubled = (outcomes: Readonly<Record<FleetVerdict, number>>): number =>
  TROUBLES.reduce((sum, verdict) => sum + outcomes[verdict], 0);
const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

interface ResultLine {
  readonly id: string;
  readonly offers: readonly { readonly label: string; readonly driver: string; readonly when: string }[];
  readonly outcome: FleetVerdict;
  readonly findings?: readonly { readonly message: string }[];
}

/** Result lines of machines that are told by name; decoding ends with the last that is wanted. */
class Told {
  readonly who: ResultLine[] = [];
  readonly hurt: ResultLine[] = [];

  note(part: Uint8Array): void {
    if (this.who.length > MAX_NAMED && this.hurt.length >= MAX_NAMED) return;
    for (const text of new TextDecoder().decode(part).split('\n')) {
      if (text === '') continue;
      const line = JSON.parse(text) as ResultLine;
      if (line.offers.length === 0) continue;
      if (this.who.length <= MAX_NAMED) this.who.push(line);
      if (isTrouble(line.outcome) && this.hurt.length < MAX_NAMED) this.hurt.push(line);
    }
  }
}

const shownMachine = ({ id, outcome, offers, findings = [] }: ResultLine): ToldMachine => ({
  ...{ id, outcome },
  offers: offers.map(({ label, driver, when }) => ({ label, driver, since: when.slice(0, 10) })),
  ...(isTrouble(outcome) ? { why: [...new Set(findings.map(({ message }) => message))] } : {}),
});

const forecastLabels = (
  { labels }: HeldFleetRequest,
  totals: FleetTotals,
  summary: FleetSummary,
): readonly ForecastLabel[] => {
  const stops = new Map(
    labelRollouts(
      labels.map(({ label }) => label),
      totals.groups(),
    ).map(({ label, stop }) => [label, stop]),
  );
  const sums = new Map(summary.labels.map((one) => [one.id, one]));
  return labels.map(({ label: { id, brand, driver, times }, rollout }): ForecastLabel => {
    const { state, since, why, messages } = rollout;
    const { offered = 0, outcomes } = sums.get(id) ?? {};
    const approved = state === 'rejected' ? undefined : times?.approved;
    const stop = stops.get(id);
    return {
      ...{ id, brand, driver, state, offered, troubled: outcomes === undefined ? 0 : troubled(outcomes) },
      why: [why, ...messages].join(' '),
      approved: approved === undefined ? null : dayOf(approved),
      since: since?.slice(0, 10) ?? null,
      stop:
        stop === undefined || since === null
          ? null
          : { day: dayOf(Date.parse(since) + stop.day * DAY_MS), machines: stop.machines, reason: stop.reason },
    };
  });
};

async function* blocksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** What is wrong with machines, told as warnings: a fleet is a sample. */
const complaintsInto =
  (bad: Diagnostic[], file: string) =>
  (line: number, message: string): void => {
    if (bad.length < MAX_TOLD) bad.push(problem('FLEET_LINE', message, { severity: 'warning', at: { file, line } }));
  };

/**
 * Says who would be offered what and since when, and rehearses what that does to each kind of machine.
 * @throws WinpvError FLEET_LABEL_REFUSED, and what keeps a package from being read
 */
export const holdFleet = async (
  request: HeldFleetRequest,
): Promise<{ readonly held: HeldFleet; readonly bad: readonly Diagnostic[] }> => {
  const { at, fleet, nowMs, templates } = request;
  // One that was rejected has come to nobody, and never will.
  const offered = request.labels.filter(({ rollout }) => rollout.state !== 'rejected');
  const labels = request.labels.map(({ label }) => label);
  const labelled = new Set(labels.map(({ brand }) => brand));
  const brands = request.brands.filter(({ brand }) => labelled.has(brand));
  const { packages, stock } = readReleases(brands, { nowMs, templates });
  stopOnErrors(labelComplaints(packages, labels));
  const bad: Diagnostic[] = [];
  const brought = new Map(offered.map(({ label }) => [label, packagesOf(packages, label)]));
  const simulation = new FleetSimulation({
    question: { labels: [...brought.keys()], packagesOf: (label) => brought.get(label) ?? [], at, channel: 'any' },
    rehearsal: fleetRehearsal(stock),
    bad: complaintsInto(bad, fleet.path),
  });
  const told = new Told();
  for await (const part of simulation.run(blocksOf(fleet.bytes))) told.note(part);
  const { totals } = simulation;
  const summary = totals.summary();
  const held: HeldFleet = {
    ...{ machines: summary.machines, offered: summary.offered, outcomes: summary.outcomes },
    perLabel: forecastLabels(request, totals, summary),
    ...(told.who.length > MAX_NAMED ? {} : { who: told.who.map(shownMachine) }),
    hurt: told.hurt.map(shownMachine),
  };
  return { held, bad };
};
