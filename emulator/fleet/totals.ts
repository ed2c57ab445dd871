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

/** A fleet in numbers. */
export interface FleetSummary {
  readonly machines: number;
  /** Machines that are offered something. */
  readonly offered: number;
  readonly outcomes: Readonly<Record<FleetVerdict, number>>;
  readonly badLines: number;
  readonly labels: readonly LabelTotals[];
}

export const VERDICTS: readonly FleetVerdict[] = ['boots', 'restart', 'degraded', 'brand-flip', 'no-boot'];

const noOutcomes = (): Record<FleetVerdict, number> => ({
  boots: 0,
  restart: 0,
  degraded: 0,
  'brand-flip': 0,
  'no-boot': 0,
});

/** A kind of machines, and how many of it there are. */
export interface Counted {
  machines: number;
  readonly group: GroupTotals;
}

interface LabelSums {
  offered: number;
  readonly by: Record<FleetOffer['channel'], number>;
  readonly outcomes: Record<FleetVerdict, number>;
  readonly reasons: Partial<Record<FleetReasonCode, number>>;
}

/** Sums over machines, and over those of each label. */
interface Sums {
  machines: number;
  offered: number;
  readonly outcomes: Record<FleetVerdict, number>;
  readonly labels: ReadonlyMap<string, LabelSums>;
}

const noSums = (labels: readonly FleetLabel[]): Sums => ({
  ...{ machines: 0, offered: 0, outcomes: noOutcomes() },
  labels: new Map(
    labels.map(({ id }) => [
      id,
      { offered: 0, by: { automatic: 0, optional: 0, upgrade: 0 }, outcomes: noOutcomes(), reasons: {} },
    ]),
  ),
});

/** Adds so many machines of a kind. */
const count = (sums: Sums, { offers, reasons, outcome }: GroupTotals, machines: number): void => {
  sums.machines += machines;
  if (offers.length > 0) sums.offered += machines;
  sums.outcomes[outcome.outcome] += machines;
  const heard = new Set<string>();
  for (const { label, channel } of offers) {
    const own = sums.labels.get(label.id);
    if (own === undefined || heard.has(label.id)) continue;
    heard.add(label.id);
    own.offered += machines;
    own.by[channel] += machines;
    own.outcomes[outcome.outcome] += machines;
  }
  const told = new Set<string>();
  for (const { label, code } of reasons) {
    const own = label === null ? undefined : sums.labels.get(label);
    if (own === undefined || told.has(`${label} ${code}`)) continue;
    told.add(`${label} ${code}`);
    own.reasons[code] = (own.reasons[code] ?? 0) + machines;
  }
};

/** Kinds of machines that are kept to be shown; those beyond are only counted. */
const MAX_GROUPS = 20_000;

/** Counts machines by what they are told. Memory is bounded: a fleet without two alike is counted all the same. */
export class FleetTotals {
  badLines = 0;
  readonly #labels: readonly FleetLabel[];
  readonly #kept = new Set<Counted>();
  /** Of the machines whose kinds are not kept. */
  readonly #others: Sums;

  constructor(labels: readonly FleetLabel[]) {
    this.#labels = labels;
    this.#others = noSums(labels);
  }

  /** A kind of machines that was not there before; none is counted yet. */
  begin(group: GroupTotals): Counted {
    const counted: Counted = { machines: 0, group };
    if (this.#kept.size < MAX_GROUPS) this.#kept.add(counted);
    return counted;
  }

  /** Counts one more machine of a kind. */
  add(counted: Counted): void {
    counted.machines += 1;
    if (this.#kept.size === MAX_GROUPS && !this.#kept.has(counted)) count(this.#others, counted.group, 1);
  }

  /** Kinds of machines, most frequent first. */
  groups(): readonly Readonly<Counted>[] {
    return [...this.#kept].sort((a, b) => b.machines - a.machines);
  }

  /** What all of it comes to. */
  summary(): FleetSummary {
    const sums = structuredClone(this.#others);
    for (const { group, machines } of this.#kept) count(sums, group, machines);
    const { machines, offered, outcomes } = sums;
    const labels = this.#labels.flatMap(({ id, brand, driver }): readonly LabelTotals[] => {
      const own = sums.labels.get(id);
      return own === undefined
        ? []
        : [{ id, brand, driver, offered: own.offered, ...own.by, outcomes: own.outcomes, reasons: own.reasons }];
    });
    return { machines, offered, outcomes, badLines: this.badLines, labels };
  }
}
