import type { World } from '../../guest/world.ts';
import type { PackageFacts } from '../../package/facts.ts';
import type { ScenarioInput } from '../../scenarios/contract.ts';
import { ALL_THERE } from '../../scenarios/expectations.ts';
import { type Expectation, meets, Run } from '../../scenarios/run.ts';
import type { Survey } from '../../scenarios/survey.ts';

/** One way in which what is offered may come to a machine. */
export interface Arrival {
  /** Names of drivers, with `restart` between them. */
  readonly names: readonly string[];
  readonly run: Run;
  /** Everything came, and the machine was restarted until it was stable; else it is on its way, or goes on as another did. */
  readonly complete: boolean;
  /** Restarts that it took after the last had come. */
  readonly restarts: number;
  /** Somebody wanted a restart, or what was expected had not come, before the first of them. */
  readonly neededRestart: boolean;
}

/** These can cost a machine its disk or its card; what the others meet makes no difference to that. */
const VITAL = ['xenbus', 'xenvif', 'xenvbd', 'xennet'];

const RESTART = 'restart';

/** Nothing is lost; drivers whose parts are yet to come, or wait for a restart, may have problems. */
const ON_THE_WAY: Expectation = { ...ALL_THERE, settled: false, broken: true };

/** Packages that come with no restart between them. */
type Group = readonly PackageFacts[];

const of = (packages: readonly PackageFacts[], drivers: readonly string[]): Group =>
  drivers.flatMap((name) => packages.filter(({ driver }) => driver === name));

/**
 * The orders that differ in what meets what (spec windows-update 7.4): bus before children and after them, all at once and with a
 * restart in between. xenvbd and xenvif know nothing of each other, so that each pair of a driver and what it hangs on is met
 * in all its mixtures.
 */
const ordersOf = (packages: readonly PackageFacts[]): readonly (readonly Group[])[] => {
  const others = packages.filter(({ driver }) => !VITAL.includes(driver));
  const down = of(packages, VITAL);
  const up = down.toReversed();
  if (down.length < 2) return [[[...down, ...others]]];
  const [bus, middle, top] = [of(packages, ['xenbus']), of(packages, ['xenvif', 'xenvbd']), of(packages, ['xennet'])];
  const steps = (groups: readonly Group[]): readonly Group[] => [...groups.filter((group) => group.length > 0), others];
  const all = [[[...down, ...others]], [[...up, ...others]], steps([bus, middle, top]), steps([top, middle, bus])];
  // Where there are no two to be separated, the ways are the same.
  return all.filter((groups) => groups.length === 1 || groups.filter((group) => group.length > 0).length > 1);
};

interface Reached {
  readonly world: World;
  readonly steps: Run['steps'];
}

/** Plays the arrivals of what is offered, each that is asked for; those that begin alike share it. */
export class Arrivals {
  private readonly input: ScenarioInput;
  private readonly base: World;
  private readonly packages: readonly PackageFacts[];
  private readonly known = new Map<string, Reached>();

  constructor(input: ScenarioInput, base: World, packages: readonly PackageFacts[]) {
    this.input = input;
    this.base = base;
    this.packages = packages;
  }

  /** Each stop on the way is one, and so is each end. */
  *all(expected: Expectation): Generator<Arrival, undefined> {
    let reaches: boolean | undefined;
    for (const groups of ordersOf(this.packages)) {
      const names: string[] = [];
      let run = new Run(this.input, this.base);
      for (const [index, group] of groups.entries()) {
        const isLast = groups.slice(index + 1).every((later) => later.length === 0);
        names.push(...group.map(({ driver }) => driver));
        run = this.grown(run, names.join(' '), group);
        if (isLast) {
          const end =
            reaches === undefined ? finished(run, names, expected) : this.comparedEnd(run, names, expected, reaches);
          reaches ??= meets(end.run.survey, expected);
          yield end;
          break;
        }
        if (!this.changes(run)) continue;
        names.push(RESTART);
        run = this.restarted(run, names.join(' '));
        const stop = forked(run);
        stop.expect(ON_THE_WAY);
        yield { names: [...names], run: stop, complete: false, restarts: 0, neededRestart: false };
        if (run.stopped) break;
      }
    }
  }

  /**
   * The end of another order. What the first came to is what all of them come to, unless a restart shows otherwise: then it is
   * followed to its end as the first was.
   * @param reaches whether the first came to what is expected
   */
  private comparedEnd(run: Run, names: readonly string[], expected: Expectation, reaches: boolean): Arrival {
    const restarted = this.changes(run) ? this.restarted(run, [...names, RESTART].join(' ')) : run;
    const now = restarted.survey;
    const isAlike = reaches ? meets(now, expected) : now.running && now.disks.every(isThere) && now.nics.every(isThere);
    if (!isAlike) return finished(run, names, expected);
    restarted.expect(ON_THE_WAY);
    return { names: [...names], run: restarted, complete: false, restarts: 1, neededRestart: false };
  }

  /** What is only staged changes nothing that a restart would show. */
  private changes({ steps }: Run): boolean {
    const last = steps.findLastIndex(({ event }) => event.kind === 'restart');
    return steps.slice(last + 1).some(({ outputs }) => outputs.some(({ kind }) => kind === 'device.bound'));
  }

  private grown(run: Run, name: string, group: Group): Run {
    return this.once(run, name, (next) => {
      next.stage = `after ${name}`;
      for (const { key } of group) next.play({ kind: 'package.install', package: key });
    });
  }

  private restarted(run: Run, name: string): Run {
    return this.once(run, name, (next) => {
      next.stage = `after ${name}`;
      next.restart();
    });
  }

  private once(run: Run, name: string, play: (next: Run) => void): Run {
    const next = forked(run);
    const before = this.known.get(name);
    if (before === undefined) {
      play(next);
      this.known.set(name, { world: next.world, steps: [...next.steps] });
    } else next.adopt(before);
    return next;
  }
}

const isThere = ({ path }: Survey['disks'][number]): boolean => path !== undefined;

const forked = (run: Run): Run => {
  const next = new Run(run.input, run.begin);
  next.adopt(run);
  next.stage = run.stage;
  return next;
};

const finished = (run: Run, names: readonly string[], expected: Expectation): Arrival => {
  const before = run.steps.length;
  const asked = run.survey.restartWanted || !meets(run.survey, expected);
  if (asked || run.steps.some(({ outputs }) => outputs.some(({ kind }) => kind === 'device.bound'))) {
    run.untilStable(expected);
  } else run.expect(expected);
  const restarts = run.steps.slice(before).filter(({ event }) => event.kind === 'restart').length;
  return { names: [...names], run, complete: true, restarts, neededRestart: asked };
};
