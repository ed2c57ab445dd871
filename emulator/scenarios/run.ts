import type { GuestEvent, GuestOutput } from '../guest/events.ts';
import type { World } from '../guest/world.ts';
import { type Transition, transition } from '../transition.ts';
import type { RehearsedBundle, ScenarioInput } from './contract.ts';
import { packagesFor } from './input.ts';
import { type Survey, survey } from './survey.ts';

/** An event of a run and what it led to. */
export interface Step {
  readonly event: GuestEvent;
  readonly outputs: readonly GuestOutput[];
  /** Which part of the scenario it belongs to: what is expected of a boot depends on it. */
  readonly stage: string;
}

/** A machine that is surveyed at a point of a scenario, and what it was expected to be there. */
export interface Checkpoint {
  readonly stage: string;
  readonly survey: Survey;
  readonly expected: Expectation;
  /** Number of steps taken before it. */
  readonly after: number;
  /** Platform functions of Xen on the PCI bus. */
  readonly functions: readonly { readonly path: string; readonly driven: boolean }[];
  readonly world: World;
}

/** What a scenario demands of the machine at a point. */
export interface Expectation {
  readonly disks: WantedPath;
  readonly nics: WantedPath;
  /** Nobody wants a restart any more. */
  readonly settled: boolean;
  /** Devices with problems are no news: the scenario broke something. */
  readonly broken?: boolean;
  /**
   * The release replaces what was there: a device that keeps an earlier package is news. Versions and days of releases that
   * winpv knows are made up: only their scores count.
   */
  readonly replaces?: 'all' | 'better-scores';
  /** Nothing of the release stays. */
  readonly removed?: boolean;
  /** Devices are looked for under their names from before. */
  readonly keepsNames?: boolean;
  /** Static addresses that were given in the run are still those of the cards. */
  readonly keepsAddresses?: boolean;
  /** Windows knows the sizes that the host gave its disks. */
  readonly sized?: boolean;
  /** The host cannot make volumes smaller: that they stay as large is no news (F40). */
  readonly noDiscard?: boolean;
  /** A disk or card that the host has back. */
  readonly gone?: { readonly kind: 'disk' | 'nic'; readonly id: number };
  /** A storage filter of another vendor that was there before, and has to stay out of the release's way. */
  readonly beside?: string;
  /** What goes wrong here does so with every release of the kind: it is told as advice, and fails nothing. */
  readonly advice?: string;
}

/** On that path; `any`: there, whatever the path. */
export type WantedPath = 'pv' | 'emulated' | 'any' | 'not-asked';

/** Restarts that a machine may need until it is stable (issue text; F47). */
export const MAX_RESTARTS = 3;

/** The cursor of one run: plays events, and keeps the transcript. */
export class Run {
  readonly input: ScenarioInput;
  /** The machine that it began with. */
  readonly begin: World;
  readonly steps: Step[] = [];
  readonly checkpoints: Checkpoint[] = [];
  world: World;
  /** Where in the scenario it is, for people: `install`, `first boot`. */
  stage = 'start';

  constructor(input: ScenarioInput, world: World) {
    this.input = input;
    this.begin = world;
    this.world = world;
  }

  play(event: GuestEvent): readonly GuestOutput[] {
    const [world, outputs]: Transition = transition(this.world, event, this.input.library);
    this.world = world;
    this.steps.push({ event, outputs, stage: this.stage });
    return outputs;
  }

  /** Goes on from where another run of the same scenario stands. */
  adopt({ world, steps }: Pick<Run, 'world' | 'steps'>): void {
    this.world = world;
    this.steps.splice(0, this.steps.length, ...steps);
  }

  /** Does what another run did from the same beginning, and looks at the machine then. */
  goOnFrom(other: Run, expected: Expectation): void {
    this.adopt(other);
    this.stage = other.stage;
    this.expect(expected);
  }

  get survey(): Survey {
    return survey(this.world);
  }

  get stopped(): boolean {
    return this.world.session?.phase === 'stopped';
  }

  /** Installs packages as a setup program does: all staged first, so that each device finds its driver. */
  install(bundle: RehearsedBundle): void {
    const packages = packagesFor(this.input, bundle).map(({ key }) => key);
    for (const key of packages) this.play({ kind: 'package.stage', package: key });
    for (const key of packages) this.play({ kind: 'package.install', package: key });
  }

  restart(): void {
    this.play({ kind: 'restart' });
  }

  /**
   * Restarts as long as someone wants it, or what is expected has not come yet; no more than a user would, and once at least
   * after something was changed.
   */
  untilStable(expected: Expectation): void {
    const last = this.steps.at(-1)?.event.kind;
    const started = last === 'power.on' || last === 'restart';
    for (let count = 0; count < MAX_RESTARTS && !this.stopped; count += 1) {
      if ((count > 0 || started) && !this.survey.restartWanted && meets(this.survey, expected)) break;
      this.stage = count === 0 ? 'first boot' : `boot ${count + 1}`;
      this.restart();
    }
    this.expect(expected);
  }

  /** Looks at the machine, to be judged when the run is over. */
  expect(expected: Expectation): void {
    const { world, stage, survey: now, steps } = this;
    this.checkpoints.push({ stage, survey: now, expected, after: steps.length, functions: functionsOf(world), world });
  }
}

const functionsOf = ({ session }: World): Checkpoint['functions'] =>
  Object.values(session?.devices ?? {})
    .filter(({ facts }) => facts.kind === 'pci' && facts.vendor === '5853')
    .map(({ path, stack }) => ({ path, driven: stack.length > 0 }));

/** Whether a machine is as it is expected, restarts apart. */
export const meets = ({ running, disks, nics }: Survey, expected: Expectation): boolean =>
  running &&
  disks.every(({ path }) => fits(path, expected.disks)) &&
  nics.every(({ path }) => fits(path, expected.nics));

/** Whether a device that is on a path, or on none, is where it is wanted. */
export const fits = (path: string | undefined, wanted: WantedPath): boolean =>
  wanted === 'not-asked' || (path !== undefined && (wanted === 'any' || path === wanted));
