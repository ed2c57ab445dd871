import { formatVersion } from '../../core/version.ts';
import { type RolloutStage, reachedAt, rolloutPosition, stagesOf } from '../cloud/windows-update/availability.ts';
import { formatRank } from '../guest/rank.ts';
import type { FleetLabel } from './label.ts';
import { IdSet } from './machines/id-set.ts';
import { KnownBytes } from './machines/known-bytes.ts';
import { type FleetLine, fleetLines, isTooLong, parsedJson, splitLine } from './machines/lines.ts';
import { checkedId, configurationFrom, type MachineConfiguration, NoMachine } from './machines/machine.ts';
import { isGradual } from './offers/admission.ts';
import { type FleetQuestion, fleetEvaluation, type Offered } from './offers/evaluate.ts';
import type { FleetOutcome, FleetState } from './outcome/model.ts';
import type { FleetRehearsal } from './outcome/outcome.ts';
import { type Counted, FleetTotals } from './totals.ts';

/** What machines of one configuration, in one stage of every roll-out, are told. */
interface Group {
  readonly counted: Counted;
  /** All of the result line but the id, as bytes. */
  readonly tail: Buffer;
}

interface Known {
  readonly configuration: MachineConfiguration;
  /** By how far each roll-out has come to a machine. */
  readonly groups: Map<string, Group>;
}

export interface SimulationRequest {
  readonly question: FleetQuestion;
  /** Rehearses what a machine is offered. */
  readonly rehearsal: FleetRehearsal;
  /** Told of each line that is no machine. */
  bad(line: number, message: string): void;
  /** Machines that nothing is offered and nothing happens to are left out of the result. */
  readonly affectedOnly?: boolean;
}

/** Distinct machines beyond these are worked out each time: a fleet without two alike fits into memory all the same. */
const MAX_KNOWN = 20_000;

/** Results are handed on in parts of about so many bytes. */
const PART_BYTES = 1024 * 1024;
/** Of a UTF-16 unit in UTF-8. */
const MOST_BYTES_A_UNIT = 3;

/** The state that a rehearsal is made from. */
const stateOf = ({ os, arch, type, devices }: MachineConfiguration, { offers, inbox }: Offered): FleetState => ({
  ...{ os, arch, type },
  devices,
  // What comes with Windows arrives as well, as far as it serves a device.
  offered: [...new Set([...offers, ...inbox].map(({ package: pack }) => pack.key))].sort(),
});

const isAffected = ({ offers, inbox }: Offered, outcome: FleetOutcome): boolean =>
  offers.length > 0 || inbox.length > 0 || outcome.outcome !== 'boots';

/**
 * Holds a fleet against labels, machine by machine. Machines that are alike are worked out once.
 */
export class FleetSimulation {
  readonly totals: FleetTotals;
  readonly #request: SimulationRequest;
  readonly #evaluation: ReturnType<typeof fleetEvaluation>;
  readonly #known = new KnownBytes<Known>();
  readonly #ids = new IdSet();
  #configurations = 0;

  constructor(request: SimulationRequest) {
    this.#request = request;
    this.#evaluation = fleetEvaluation(request.question);
    this.totals = new FleetTotals(request.question.labels);
  }

  /** How many machines were told apart, and states rehearsed. */
  counts(): { readonly configurations: number; readonly rehearsed: number } {
    return { configurations: this.#configurations, rehearsed: this.#request.rehearsal.rehearsed() };
  }

  /** The result lines of a fleet, in its order, in parts. */
  async *run(blocks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
    let part = Buffer.allocUnsafe(PART_BYTES);
    let size = 0;
    for await (const lines of fleetLines(blocks)) {
      for (const line of lines) {
        const result = this.#resultOf(line);
        if (result === undefined) continue;
        const { head, tail } = result;
        const most = head.length * MOST_BYTES_A_UNIT + tail.length;
        if (size + most > part.length) {
          if (size > 0) yield part.subarray(0, size);
          part = Buffer.allocUnsafe(Math.max(PART_BYTES, most));
          size = 0;
        }
        size += part.write(head, size);
        size += tail.copy(part, size);
      }
    }
    if (size > 0) yield part.subarray(0, size);
  }

  /** A line's result; undefined for a line that is no machine, or that nobody wants to see. */
  #resultOf(line: FleetLine): { readonly head: string; readonly tail: Buffer } | undefined {
    try {
      if (isTooLong(line)) throw new NoMachine('The line is longer than 1 MiB.');
      const { id, known } = this.#machineOf(line);
      if (!this.#ids.add(id)) throw new NoMachine(`A machine ${JSON.stringify(id)} is there twice.`);
      const { counted, tail } = this.#groupFor(id, known);
      this.totals.add(counted);
      if (this.#request.affectedOnly === true && !counted.group.affected) return undefined;
      return { head: `{"id":${JSON.stringify(id)}`, tail };
    } catch (error) {
      if (!(error instanceof NoMachine)) throw error;
      this.totals.badLines += 1;
      this.#request.bad(line.line, error.message);
      return undefined;
    }
  }

  #machineOf(line: FleetLine): { readonly id: string; readonly known: Known } {
    const split = splitLine(line);
    if (split === undefined) return this.#wholeMachine(line);
    const { id, bytes, start, end, before: brace } = split;
    const before = this.#known.find(bytes, start, end);
    if (before !== undefined) return { id, known: before };
    const rest = bytes.subarray(start, end);
    const value = parsedJson(rest, brace);
    if (typeof value !== 'object' || value === null || !('id' in value))
      return { id, known: this.#remember(rest, value) };
    if (brace !== '') return this.#wholeMachine(line);
    const { id: _empty, ...machine } = value;
    return { id, known: this.#remember(rest, machine) };
  }

  #wholeMachine({ bytes, start, end }: FleetLine): { readonly id: string; readonly known: Known } {
    const value = parsedJson(bytes.subarray(start, end));
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new NoMachine('The line is no JSON object.');
    const { id, ...rest } = value as Readonly<Record<string, unknown>>;
    const name = checkedId(id);
    const key = Buffer.from(JSON.stringify(rest).slice(1));
    return { id: name, known: this.#known.find(key, 0, key.length) ?? this.#remember(key, rest) };
  }

  #remember(key: Buffer, value: unknown): Known {
    const known: Known = { configuration: configurationFrom(value), groups: new Map() };
    this.#configurations += 1;
    if (this.#known.size < MAX_KNOWN) this.#known.add(key, known);
    return known;
  }

  #groupFor(id: string, { configuration, groups }: Known): Group {
    const { rolling } = this.#evaluation;
    const reached = rolling.map(({ label, share, stages }) => {
      const position = rolloutPosition(id, label.id);
      return position < share ? stages.findIndex((stage) => position < stage.share) : -1;
    });
    const key = reached.join(' ');
    const before = groups.get(key);
    if (before !== undefined) return before;
    const stages = rolling.map((one, index) => [one.label, one.stages[reached[index] ?? -1]] as const);
    const group = this.#work(configuration, new Map(stages));
    groups.set(key, group);
    return group;
  }

  /** @param stages of labels that come to machines one after the other; undefined where it is not the machine's turn */
  #work(configuration: MachineConfiguration, stages: ReadonlyMap<FleetLabel, RolloutStage | undefined>): Group {
    const isIn = (label: FleetLabel): boolean => !stages.has(label) || stages.get(label) !== undefined;
    const offered = this.#evaluation.offersFor(configuration, isIn);
    const outcome = this.#request.rehearsal.outcomeOf(stateOf(configuration, offered));
    const offers = offered.offers.map(({ device, label, package: pack, channel }) => ({
      ...{ device, label: label.id, driver: pack.driver },
      version: pack.version === undefined ? null : formatVersion(pack.version),
      ...{ channel, when: new Date(this.#offeredAt(label, stages.get(label), configuration)).toISOString() },
    }));
    const { findings, assumed, arrival, restarts } = outcome;
    const line = {
      ...{ offers, reasons: offered.reasons, outcome: outcome.outcome },
      ...(offered.inbox.length === 0 ? {} : { inbox: offered.inbox.map(shownInbox) }),
      ...(findings.length === 0 ? {} : { findings: findings.map(shownFinding) }),
      ...(assumed.length === 0 ? {} : { assumed }),
      ...(arrival.length === 0 ? {} : { arrival, restarts }),
    };
    return {
      tail: Buffer.from(`,${JSON.stringify(line).slice(1)}\n`),
      counted: this.totals.begin({
        ...{ offers: offered.offers, reasons: offered.reasons, outcome, affected: isAffected(offered, outcome) },
        windows: `${configuration.os} ${configuration.type} ${configuration.arch}`,
      }),
    };
  }

  /** Since when a machine is offered a label: since its turn came, or since anybody is where Device Manager did not wait. */
  #offeredAt(label: FleetLabel, stage: RolloutStage | undefined, { windows }: MachineConfiguration): number {
    const { at, upgradeTo } = this.#request.question;
    const since = this.#evaluation.sinceOf(label);
    if (since === undefined) return at;
    if (label.times === undefined) return since;
    const first = stage ?? stagesOf(label.times)[0];
    const reached = reachedAt(label.times, first, !isGradual(upgradeTo ?? windows));
    return reached > at ? since : reached;
  }
}

const shownInbox = ({ device, package: pack, rank }: Offered['inbox'][number]) => ({
  ...{ device, driver: pack.driver, rank: formatRank(rank) },
  version: pack.version === undefined ? null : formatVersion(pack.version),
});

const shownFinding = ({ code, severity, message, failureMode, device }: FleetOutcome['findings'][number]) => ({
  ...{ code, severity, message },
  ...(failureMode === undefined ? {} : { failureMode }),
  ...(device === undefined ? {} : { device }),
});
