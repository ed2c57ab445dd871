import { featuresOf } from '../guest/windows.ts';
import type { HostDisk, HostSettings } from '../xen/host.ts';
import type { Scenario, ScenarioInput } from './contract.ts';
import { PV } from './expectations.ts';
import { asFarAs, hasBus, hasDriver, isFirstOfKind } from './input.ts';
import type { Expectation, Run } from './run.ts';
import { fromStable } from './stable.ts';

/** Of 64 GiB, where nothing else is: the fifth disk of Xen's own numbers. */
const VBD = 51_776;
const PAGES = 16;
const START = 1 << 21;

const hasDisks = (input: ScenarioInput): boolean =>
  hasBus(input) && hasDriver(input, input.bundle, 'xenvbd') && isFirstOfKind(input.guest, input.guests);

const hostWith = (keys: HostDisk['keys'], more: Partial<HostSettings> = {}): Partial<HostSettings> => ({
  disks: [
    { vbd: 768, system: true },
    { vbd: VBD, system: false, ...(keys === undefined ? {} : { keys }) },
  ],
  ...more,
});

const DISCARD = { 'feature-discard': '1', 'discard-granularity': '4096', 'discard-alignment': '0' } as const;

/** Blocks of the disk in each page. */
const SMALL = 8;
const LARGE = 1;

const file = (part: number, perPage: number) => ({
  block: START + (part * PAGES * perPage) / 4,
  blocks: (PAGES * perPage) / 4,
});

/** Writes what a file has, deletes a quarter and looks at the rest; then all that is free is told once more. */
const deleteAndRetrim = (run: Run, input: ScenarioInput, more: Partial<Expectation> = {}): void => {
  run.stage = 'with a file';
  run.play({ kind: 'io.write', vbd: VBD, block: START, blocks: PAGES * SMALL, fill: 0x5eed });
  run.play({ kind: 'io.flush', vbd: VBD });
  run.stage = 'deleted';
  run.play({ kind: 'io.delete', vbd: VBD, ranges: [file(1, SMALL)] });
  run.play({ kind: 'io.read', vbd: VBD, ...file(0, SMALL) });
  run.play({ kind: 'io.read', vbd: VBD, block: file(2, SMALL).block, blocks: (PAGES * SMALL) / 2 });
  if (featuresOf(input.guest.windows).retrim) {
    run.stage = 'optimised';
    run.play({ kind: 'io.retrim', vbd: VBD, ranges: [file(1, SMALL), file(3, SMALL)] });
    run.play({ kind: 'io.read', vbd: VBD, ...file(0, SMALL) });
    run.play({ kind: 'io.read', vbd: VBD, ...file(2, SMALL) });
  }
  run.expect({ ...asFarAs(input, input.bundle, PV), ...more });
};

/** Each is written in its place, read back, flushed, and read again after the host lost its power. */
const flushInOrder = (run: Run, input: ScenarioInput, perPage: number): void => {
  run.stage = 'written';
  for (const [part, fill] of [1, 2, 3, 4].entries())
    run.play({ kind: 'io.write', vbd: VBD, ...file(part, perPage), fill });
  run.play({ kind: 'io.write', vbd: VBD, ...file(1, perPage), fill: 5 });
  run.play({ kind: 'io.read', vbd: VBD, block: START, blocks: PAGES * perPage });
  run.stage = 'flushed';
  run.play({ kind: 'io.flush', vbd: VBD });
  run.play({ kind: 'io.write', vbd: VBD, ...file(3, perPage), fill: 6 });
  run.play({ kind: 'io.power-loss' });
  run.stage = 'after the host lost its power';
  run.play({ kind: 'power.on' });
  for (const part of [0, 1, 2]) run.play({ kind: 'io.read', vbd: VBD, ...file(part, perPage) });
  run.expect(asFarAs(input, input.bundle, PV));
};

interface DiskRun {
  readonly id: string;
  readonly summary: string;
  readonly host: Partial<HostSettings>;
  readonly play: (run: Run, input: ScenarioInput) => void;
}

const RUNS: readonly DiskRun[] = [
  {
    id: 'trim',
    summary: 'deletes a file on a thin volume, and optimises the disk: the volume shrinks, and the rest stays',
    host: hostWith(DISCARD),
    play: (run, input) => deleteAndRetrim(run, input),
  },
  {
    id: 'trim-without-discard',
    summary: 'the same where the backend has no discard, so that no volume shrinks (F40): what is kept is kept',
    host: hostWith(undefined),
    play: (run, input) => deleteAndRetrim(run, input, { noDiscard: true }),
  },
  {
    id: 'flush-order',
    summary: 'writes, flushes, and takes the power from the host: what was flushed is there',
    host: hostWith(undefined),
    play: (run, input) => flushInOrder(run, input, SMALL),
  },
  {
    id: 'flush-order-large-sectors',
    summary: 'the same with sectors of 4096 bytes, on a backend that counts in them (F41)',
    host: hostWith({ 'sector-size': '4096' }, { backends: 'qemu-4' }),
    play: (run, input) => flushInOrder(run, input, LARGE),
  },
];

/** What comes to disks, from file systems down to the volume on the host. */
export const diskIoScenarios: readonly Scenario[] = RUNS.map(({ id, summary, host, play }) => ({
  id,
  summary,
  applies: hasDisks,
  runs: (input) => [fromStable(input, { variant: '', host, play: (run) => play(run, input) })],
}));
