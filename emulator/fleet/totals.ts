import type { FleetLabel } from './label.ts';
import type { FleetOffer } from './offers/evaluate.ts';
import type { FleetReason, FleetReasonCode } from './offers/reasons.ts';
import type { FleetOutcome, FleetVerdict } from './outcome/model.ts';

/** What counts of machines that are alike. */
export interface GroupTotals {
  readonly offers: readonly FleetOffer[];
  readonly reasons: readonly FleetReason[];
  readonly outcome: FleetOutcome;
  readonly affected: boolean;
  /** Of the machines: `10.0.19045 workstation x64`. */
  readonly windows: string;
}

/** How a label does in a fleet, in machines. */
export interface LabelTotals {
  readonly id: string;
  readonly brand: string;
  readonly driver: string;
  readonly offered: number;
  readonly automatic: number;
  readonly optional: number;
  readonly upgrade: number;
  /** Outcomes of the machines that are offered it, with whatever else they are offered. */
  readonly outcomes: Readonly<Record<FleetVerdict, number>>;
  /** Machines by the reason why they are not offered it, or what is to be known of the offer. */
  readonly reasons: Readonly<Partial<Record<FleetReasonCode, number>>>;
}

export const VERDICTS: readonly FleetVerdict[] = ['boots', 'restart', 'degraded', 'brand-flip', 'no-boot'];

const noOutcomes = (): Record<FleetVerdict, number> => ({
  boots: 0,
  restart: 0,
  degraded: 0,
  'brand-flip': 0,
  'no-boot': 0,
});

interface Counted {
  machines: number;
  readonly group: GroupTotals;
}

interface LabelSums {
  offered: number;
  readonly by: Record<FleetOffer['channel'], number>;
  readonly outcomes: Record<FleetVerdict, number>;
  readonly reasons: Partial<Record<FleetReasonCode, number>>;
}

/** Kinds of machines that are kept to be shown; those beyond are only counted. */
const MAX_GROUPS = 20_000;

/** Counts machines by what they are told. Memory is bounded: a fleet without two alike is counted all the same. */
export class FleetTotals {
  machines = 0;
  offered = 0;
  badLines = 0;
  readonly outcomes = noOutcomes();
  readonly #labels: readonly FleetLabel[];
  readonly #sums: ReadonlyMap<string, LabelSums>;
  readonly #groups = new Map<GroupTotals, Counted>();
  /** Machines that are alike often follow each other. */
  #last: Counted | undefined;

  constructor(labels: readonly FleetLabel[]) {
    this.#labels = labels;
    this.#sums = new Map(
      labels.map(({ id }) => [
        id,
        { offered: 0, by: { automatic: 0, optional: 0, upgrade: 0 }, outcomes: noOutcomes(), reasons: {} },
      ]),
    );
  }

  add(group: GroupTotals): void {
    this.machines += 1;
    if (group.offers.length > 0) this.offered += 1;
    this.outcomes[group.outcome.outcome] += 1;
    if (this.#last?.group === group) {
      this.#last.machines += 1;
      return;
    }
    let counted = this.#groups.get(group);
    if (counted === undefined && this.#groups.size >= MAX_GROUPS) {
      this.#count(group, 1);
      return;
    }
    counted ??= { machines: 0, group };
    counted.machines += 1;
    this.#groups.set(group, counted);
    this.#last = counted;
  }

  /** Kinds of machines, most frequent first. */
  groups(): readonly Readonly<Counted>[] {
    return [...this.#groups.values()].sort((a, b) => b.machines - a.machines);
  }

  /** How each label does; to be asked once, at the end. */
  labels(): readonly LabelTotals[] {
    for (const { group, machines } of this.#groups.values()) this.#count(group, machines);
    return this.#labels.flatMap(({ id, brand, driver }) => {
      const sums = this.#sums.get(id);
      if (sums === undefined) return [];
      const { offered, by, outcomes, reasons } = sums;
      return [{ id, brand, driver, offered, ...by, outcomes, reasons }];
    });
  }

  #count({ offers, reasons, outcome }: GroupTotals, machines: number): void {
    const heard = new Set<string>();
    for (const { label, channel } of offers) {
      const sums = this.#sums.get(label.id);
      if (sums === undefined || heard.has(label.id)) continue;
      heard.add(label.id);
      sums.offered += machines;
      sums.by[channel] += machines;
      sums.outcomes[outcome.outcome] += machines;
    }
    const told = new Set<string>();
    for (const { label, code } of reasons) {
      const sums = label === null ? undefined : this.#sums.get(label);
      if (sums === undefined || told.has(`${label} ${code}`)) continue;
      told.add(`${label} ${code}`);
      sums.reasons[code] = (sums.reasons[code] ?? 0) + machines;
    }
  }
}
