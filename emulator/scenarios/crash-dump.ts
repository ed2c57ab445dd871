import { CRASH_CONTROL, POWER } from '../guest/dump-stack.ts';
import type { HostSettings } from '../xen/host.ts';
import type { Scenario, ScenarioInput, ScenarioRun } from './contract.ts';
import { PV } from './expectations.ts';
import { asFarAs, hasBus, hasDriver, isFirstOfKind } from './input.ts';
import type { Run } from './run.ts';
import { fromStable } from './stable.ts';

/** With the header: two transfers of the largest size, which shows that grants come back. */
const PAGES = 42;

/** 127 is the last target that the crash dump library knows: bit 28, and the number of the disk times 256. */
const LAST_TARGET = (1 << 28) | (127 << 8);

const hasDisks = (input: ScenarioInput): boolean => hasBus(input) && hasDriver(input, input.bundle, 'xenvbd');

/** A crash, and the start after it. */
const crashOnce = (run: Run): void => {
  run.stage = 'crash';
  run.play({ kind: 'crash', pages: PAGES });
  run.stage = 'after the crash';
  run.restart();
  run.expect(asFarAs(run.input, run.input.bundle, PV));
};

interface Variant {
  readonly variant: string;
  readonly host?: Partial<HostSettings>;
  readonly before?: (run: Run) => void;
}

/** As many pages of one transfer as the library can put something in the place of. */
const giveBack = (run: Run): void => {
  run.stage = 'memory is given back';
  run.play({ kind: 'memory.balloon', first: 12, pages: 5 });
};

const dumpToDisk = (run: Run): void => {
  run.stage = 'another disk for dumps';
  run.play({
    kind: 'registry.set',
    ...{ key: CRASH_CONTROL, name: 'DedicatedDumpFile', type: 'REG_SZ', data: 'D:\\dumpfile.sys' },
  });
  run.restart();
};

const VARIANTS: readonly Variant[] = [
  { variant: '' },
  { variant: 'ballooned', before: giveBack },
  {
    variant: 'target-127',
    host: {
      disks: [
        { vbd: 768, system: true },
        { vbd: LAST_TARGET, system: false },
      ],
    },
    before: dumpToDisk,
  },
];

const runOf = (input: ScenarioInput, { variant, host, before }: Variant): ScenarioRun =>
  fromStable(input, {
    variant,
    ...(host === undefined ? {} : { host }),
    play: (run) => {
      before?.(run);
      crashOnce(run);
    },
  });

/** The machine crashes, and a dump has to be there after the start that follows (F52, F53). */
export const crashDump: Scenario = {
  id: 'crash-dump',
  summary:
    'crashes the machine and looks for its dump after the next start: as it is, with memory given back, on another disk',
  applies: hasDisks,
  runs: (input) =>
    VARIANTS.filter(({ variant }) => variant === '' || isFirstOfKind(input.guest, input.guests)).map((one) =>
      runOf(input, one),
    ),
};

/** The machine hibernates and comes back (F52). */
export const hibernation: Scenario = {
  id: 'hibernation',
  summary: 'hibernates the machine, switches it on and looks whether it goes on',
  applies: (input) => hasDisks(input) && isFirstOfKind(input.guest, input.guests),
  runs: (input) => [
    fromStable(input, {
      variant: '',
      play: (run) => {
        run.stage = 'hibernation is allowed';
        const key = { key: POWER, name: 'HibernateEnabled', type: 'REG_DWORD', data: 1 } as const;
        run.play({ kind: 'registry.set', ...key });
        run.restart();
        run.stage = 'hibernation';
        run.play({ kind: 'hibernate', pages: PAGES });
        run.stage = 'after hibernation';
        run.play({ kind: 'resume' });
        run.expect({ ...asFarAs(input, input.bundle, PV), settled: false });
      },
    }),
  ],
};
