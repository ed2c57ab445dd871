import type { Scenario, ScenarioInput } from './contract.ts';
import { PV } from './expectations.ts';
import { asFarAs, hasBus, hasDriver } from './input.ts';
import type { Expectation, Run } from './run.ts';
import { fromStable } from './stable.ts';

/** The fifth disk of Xen's own numbers: one that no controller of a device model has. */
const DISK = { vbd: 51_776, system: false, sectors: 2_097_152 } as const;
const LARGER = 4_194_304;

const CARD = { vif: 1, mac: '00:16:3e:00:00:02' } as const;

const hasDisks = (input: ScenarioInput): boolean => hasBus(input) && hasDriver(input, input.bundle, 'xenvbd');

const settled = (input: ScenarioInput): Expectation => asFarAs(input, input.bundle, PV);

const plug = (run: Run, input: ScenarioInput): void => {
  run.stage = 'with another disk';
  run.play({ kind: 'disk.plug', disk: DISK });
  run.expect(settled(input));
};

export const plugADisk: Scenario = {
  id: 'hot-plug-disk',
  summary: 'gives the running machine another disk, and restarts it',
  applies: hasDisks,
  runs: (input) => [
    fromStable(input, {
      variant: '',
      play: (run) => {
        plug(run, input);
        run.stage = 'after a restart';
        run.restart();
        run.untilStable(settled(input));
      },
    }),
  ],
};

export const ejectADisk: Scenario = {
  id: 'hot-plug-eject',
  summary: 'gives the running machine a disk and asks for it back; asks for the system disk, which must stay',
  applies: hasDisks,
  runs: (input) => [
    fromStable(input, {
      variant: '',
      play: (run) => {
        plug(run, input);
        run.stage = 'without it';
        run.play({ kind: 'disk.eject', vbd: DISK.vbd });
        run.expect({ ...settled(input), gone: { kind: 'disk', id: DISK.vbd } });
        run.stage = 'asked for the system disk';
        run.play({ kind: 'disk.eject', vbd: 768 });
        run.expect(settled(input));
      },
    }),
  ],
};

export const resize: Scenario = {
  id: 'resize',
  summary: 'makes a data disk of the running machine larger, then the system disk',
  applies: hasDisks,
  runs: (input) => [
    fromStable(input, {
      variant: '',
      play: (run) => {
        plug(run, input);
        run.stage = 'resized';
        run.play({ kind: 'disk.resize', vbd: DISK.vbd, sectors: LARGER });
        run.play({ kind: 'disk.resize', vbd: 768, sectors: 100_663_296 });
        run.expect({ ...settled(input), sized: true });
      },
    }),
  ],
};

export const plugACard: Scenario = {
  id: 'hot-plug-network-card',
  summary: 'gives the running machine another network card and takes it away again',
  applies: (input) => hasBus(input) && ['xenvif', 'xennet'].every((one) => hasDriver(input, input.bundle, one)),
  runs: (input) => [
    fromStable(input, {
      variant: '',
      play: (run) => {
        run.stage = 'with another card';
        run.play({ kind: 'nic.plug', nic: CARD });
        // Co-installers of long ago want a restart for every card that is new.
        run.expect({ ...settled(input), settled: false });
        run.stage = 'without it';
        run.play({ kind: 'nic.unplug', vif: CARD.vif });
        run.expect({ ...settled(input), settled: false, gone: { kind: 'nic', id: CARD.vif } });
        run.restart();
        run.untilStable(settled(input));
      },
    }),
  ],
};
