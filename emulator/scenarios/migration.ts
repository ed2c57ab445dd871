import { has } from '../../drivers/xenbus/traits.ts';
import { newWorld } from '../new-world.ts';
import type { BackendKind } from '../xen/backend-kinds.ts';
import type { HostChange, HostSettings } from '../xen/host.ts';
import type { Scenario, ScenarioInput } from './contract.ts';
import { ALL_THERE, PV } from './expectations.ts';
import { asFarAs, hasBus, hasDriver, imageModel, vendorFunctionOf } from './input.ts';
import { bindsNewFunctions, choosesFunction, forcesOnPurpose } from './platform-choice.ts';
import type { Expectation, Run } from './run.ts';
import { fromStable } from './stable.ts';

/** Whether disks or cards of the release go the paravirtual way at all. */
const hasDevices = (input: ScenarioInput): boolean =>
  hasBus(input) && (hasDriver(input, input.bundle, 'xenvbd') || hasDriver(input, input.bundle, 'xennet'));

/** A guest that runs is where it was, and its cards have the addresses that they were given. */
const moved = (input: ScenarioInput): Expectation => ({ ...asFarAs(input, input.bundle, PV), keepsAddresses: true });

/** Some blocks of the system disk, far from where Windows writes. */
const BLOCKS = { vbd: 768, block: 1_000_000, blocks: 24 } as const;

const ADDRESS = '192.0.2.10';

/** From the newest backends to those of long ago, to a device model's, and back. */
const HOSTS: readonly BackendKind[] = ['linux-3.2', 'qemu-4', 'linux-3.16', 'qemu-2', 'linux-6'];

export const migrate: Scenario = {
  id: 'migrate',
  summary: 'moves the running machine to hosts with older and other backends, and back; then restarts it',
  applies: hasDevices,
  runs: (input) => [
    fromStable(input, {
      variant: '',
      play: (run) => {
        run.play({ kind: 'nic.address', vif: 0, address: ADDRESS });
        run.play({ kind: 'io.write', ...BLOCKS, fill: 0x5eed });
        run.play({ kind: 'io.flush', vbd: BLOCKS.vbd });
        for (const backends of HOSTS) {
          run.stage = `on ${backends}`;
          run.play({ kind: 'domain.migrate', change: { backends } });
          run.expect(moved(input));
          if (run.stopped) return;
        }
        run.play({ kind: 'io.read', ...BLOCKS });
        run.stage = 'after a restart';
        run.restart();
        run.untilStable(moved(input));
        run.play({ kind: 'io.read', ...BLOCKS });
      },
    }),
  ],
};

/** Longer than Windows waits by itself, and shorter than what the family sets (F51). */
const SLOW_SECONDS = 90;

export const migrateSlowly: Scenario = {
  id: 'migrate-slow-backends',
  summary: `moves the running machine to a host whose backends answer after ${SLOW_SECONDS} seconds (F51)`,
  applies: (input) => hasBus(input) && hasDriver(input, input.bundle, 'xenvbd'),
  runs: (input) => [
    fromStable(input, {
      variant: '',
      play: (run) => {
        run.stage = 'on the slow host';
        run.play({ kind: 'domain.migrate', backendsAfterSeconds: SLOW_SECONDS });
        run.expect(moved(input));
      },
    }),
  ],
};

/** Drivers are in memory, and every device is still emulated: the new host must not take away what has no driver yet. */
export const migrateEarly: Scenario = {
  id: 'migrate-before-restart',
  summary: 'moves the machine between the installation and the restart',
  applies: hasDevices,
  runs: (input) => [
    {
      variant: '',
      begin: newWorld(input.guest),
      play: (run) => {
        run.stage = 'install';
        run.install(input.bundle);
        run.stage = 'on another host';
        run.play({ kind: 'domain.migrate', change: { backends: 'linux-3.16' } });
        // What waits for the restart goes on waiting.
        run.expect({ ...ALL_THERE, settled: false, broken: true });
        if (!run.stopped) run.untilStable(asFarAs(input, input.bundle, PV));
      },
    },
  ],
};

/** Device ids of the release say nothing of the platform function: cards stay the same devices (df761e9). */
const keepsIds = (input: ScenarioInput): boolean =>
  ['xenbus', 'xenvif'].every((image) => {
    const model = imageModel(input, input.bundle, image);
    return model === undefined || has(model, 'deviceIdWithoutPciId');
  });

const AGE = 'Device ids of these drivers hold the platform function: set addresses again after such a move (df761e9).';

export const migrateToOtherPlatform: Scenario = {
  id: 'migrate-other-platform',
  summary: 'moves the running machine to a host with the other platform function, and restarts it there',
  applies: (input) =>
    hasDevices(input) && (bindsNewFunctions(input) || !(choosesFunction(input) || forcesOnPurpose(input))),
  runs: (input) => {
    const vendorDevice = vendorFunctionOf(input, input.bundle);
    const moves: readonly Move[] = [
      { variant: '', host: {}, change: { platform: '0002' } },
      ...(vendorDevice === undefined
        ? []
        : [{ variant: 'vendor-function-removed', host: { vendorDevice }, change: { vendorDevice: '' } }]),
    ];
    return moves.map(({ variant, host, change }) =>
      fromStable(input, { variant, host, play: (run) => toOtherPlatform(run, input, change) }),
    );
  },
};

interface Move {
  readonly variant: string;
  readonly host: Partial<HostSettings>;
  readonly change: HostChange;
}

const toOtherPlatform = (run: Run, input: ScenarioInput, change: HostChange): void => {
  run.play({ kind: 'nic.address', vif: 0, address: ADDRESS });
  run.stage = 'on the other host';
  run.play({ kind: 'domain.migrate', change });
  run.expect(moved(input));
  if (run.stopped) return;
  run.stage = 'after a restart';
  run.restart();
  const expected = choosesFunction(input) ? asFarAs(input, input.bundle, PV) : ALL_THERE;
  run.untilStable(expected);
  run.expect({ ...expected, keepsAddresses: true, ...(keepsIds(input) ? {} : { advice: AGE }) });
};

/** A card takes over from its emulated twin what a user set on that (F12, F58). */
export const staticAddress: Scenario = {
  id: 'fresh-install-static-address',
  summary: 'installs on a machine whose network card has a static address, which has to stay',
  applies: (input) => hasBus(input) && ['xenvif', 'xennet'].every((one) => hasDriver(input, input.bundle, one)),
  runs: (input) => [
    {
      variant: '',
      begin: newWorld(input.guest),
      play: (run) => {
        run.play({ kind: 'nic.address', vif: 0, address: ADDRESS });
        run.stage = 'install';
        run.install(input.bundle);
        run.untilStable(moved(input));
      },
    },
  ],
};
