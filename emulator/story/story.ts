import type { GuestOutput } from '../guest/events.ts';
import type { World } from '../guest/world.ts';
import type { RunResult } from '../scenarios/contract.ts';
import type { Run, Step } from '../scenarios/run.ts';
import { eventWords } from '../words.ts';
import { type MachinePicture, pictureOf } from './device-tree.ts';
import { type StoryLine, storyLine } from './output-lines.ts';
import { type RequestPath, requestPaths } from './request-path.ts';

/** Something done to the machine, and what came of it. */
export interface StoryStep {
  readonly stage: string;
  readonly what: string;
  readonly lines: readonly StoryLine[];
}

/** A time that the machine was switched on. */
export interface StoryBoot {
  readonly boot: number;
  readonly mode: 'normal' | 'safe';
  readonly end: 'running' | 'stopped' | 'unfinished';
  /** Of one that stopped. */
  readonly code?: string;
  readonly stage: string;
  /** Number of the step that it belongs to, from 1. */
  readonly step: number;
  /** Who wanted a restart while it ran. */
  readonly wanted: readonly string[];
}

/** Where the machine was looked at, and what of its disks and cards was there. */
export interface StoryLook {
  readonly stage: string;
  /** Steps taken before it. */
  readonly after: number;
  readonly running: boolean;
  readonly restartWanted: boolean;
  readonly reached: readonly { readonly of: 'disk' | 'nic'; readonly id: number; readonly via: string | undefined }[];
}

/** A line that a finding comes from, by position: steps and lines from 1; line 0 is the step itself. */
export interface StoryMark {
  readonly finding: number;
  readonly step: number;
  readonly line: number;
}

/** A run as people follow it. Plain data, of which equal runs have equal parts. */
export interface RunStory {
  readonly machine: { readonly windows: string; readonly switches: readonly string[] };
  readonly before: MachinePicture;
  readonly after: MachinePicture;
  readonly steps: readonly StoryStep[];
  readonly boots: readonly StoryBoot[];
  readonly looks: readonly StoryLook[];
  readonly paths: readonly RequestPath[];
  readonly marks: readonly StoryMark[];
}

const bootsOf = (steps: readonly Step[]): readonly StoryBoot[] => {
  const boots: StoryBoot[] = [];
  for (const [index, { stage, outputs }] of steps.entries()) {
    for (const output of outputs) {
      const last = boots.at(-1);
      if (output.kind === 'boot.started') {
        const { boot, mode } = output;
        boots.push({ boot, mode, end: 'unfinished', stage, step: index + 1, wanted: [] });
      } else if (last !== undefined) boots[boots.length - 1] = after(last, output);
    }
  }
  return boots;
};

const after = (boot: StoryBoot, output: GuestOutput): StoryBoot => {
  switch (output.kind) {
    case 'boot.running':
      return { ...boot, end: 'running' };
    case 'boot.stopped':
      return { ...boot, end: 'stopped', code: output.code };
    case 'restart.wanted':
    case 'restart.automatic':
      return boot.wanted.includes(output.by) ? boot : { ...boot, wanted: [...boot.wanted, output.by] };
    case 'driver.note':
      return output.note.kind === 'xen.reboot-requested' && !boot.wanted.includes(output.note.by)
        ? { ...boot, wanted: [...boot.wanted, output.note.by] }
        : boot;
    default:
      return boot;
  }
};

const switchesOf = ({ guest }: World): readonly string[] => [
  ...(guest.secureBoot ? ['Secure Boot'] : []),
  ...(guest.testSigning ? ['test signing'] : []),
  ...(guest.hvci ? ['memory integrity'] : []),
  ...(guest.upgraded ? ['upgraded from an earlier Windows'] : []),
];

const looksOf = ({ checkpoints }: Run): readonly StoryLook[] =>
  checkpoints.map(({ stage, after: steps, survey: { running, restartWanted, disks, nics } }) => ({
    ...{ stage, after: steps, running, restartWanted },
    reached: [
      ...disks.map(({ id, path }) => ({ of: 'disk' as const, id, via: path })),
      ...nics.map(({ id, path }) => ({ of: 'nic' as const, id, via: path })),
    ],
  }));

const marksOf = ({ steps }: Run, { findings }: RunResult): readonly StoryMark[] =>
  findings.flatMap(({ step, event }, finding) => {
    if (step === undefined) return [];
    const index = event === undefined ? -1 : (steps[step.number - 1]?.outputs.indexOf(event) ?? -1);
    return [{ finding, step: step.number, line: index + 1 }];
  });

/** The machine as it was last seen switched on: at the end, or where it was looked at before. */
const lastSeen = ({ world, checkpoints }: Run): World =>
  world.session !== undefined
    ? world
    : (checkpoints.findLast((one) => one.world.session !== undefined)?.world ?? world);

/** Tells a run that was played. */
export const storyOf = (run: Run, result: RunResult): RunStory => {
  const { begin, world, steps } = run;
  const seen = lastSeen(run);
  return {
    machine: { windows: `${world.guest.windows.title}, ${world.guest.arch}`, switches: switchesOf(world) },
    before: pictureOf(begin),
    after: pictureOf(seen),
    steps: steps.map(({ stage, event, outputs }) => ({
      ...{ stage, what: eventWords(event), lines: outputs.map(storyLine) },
    })),
    boots: bootsOf(steps),
    looks: looksOf(run),
    paths: requestPaths(seen),
    marks: marksOf(run, result),
  };
};
