import { cleanUp } from './cleaner.ts';
import type { Scenario } from './contract.ts';
import { ALL_THERE, EMULATED } from './expectations.ts';
import { hasBus, packagesFor } from './input.ts';
import { fromStable } from './stable.ts';

/** Back to emulated disks and network cards, as a vendor's cleaner does it. */
export const uninstall: Scenario = {
  id: 'uninstall',
  summary: 'removes the drivers as a cleaner does: the machine has to come up on emulated devices',
  applies: hasBus,
  runs: (input) => [
    fromStable(input, {
      variant: '',
      play: (run) => {
        run.stage = 'removal';
        cleanUp(run, input.bundle);
        run.stage = 'after the removal';
        run.untilStable({ ...EMULATED, broken: true, removed: true });
      },
    }),
  ],
};

/** What people do in Device Manager: devices one by one, nothing else. The machine must not be lost. */
export const uninstallDevices: Scenario = {
  id: 'uninstall-devices-only',
  summary: 'uninstalls the devices and nothing else: the machine has to come up',
  applies: hasBus,
  runs: (input) => [
    fromStable(input, {
      variant: '',
      play: (run) => {
        const drivers = packagesFor(input, input.bundle).map(({ driver }) => driver);
        for (const { path, stack } of Object.values(run.world.session?.devices ?? {})) {
          const own = stack.find(({ role }) => role === 'function')?.service.toLowerCase();
          if (own !== undefined && drivers.includes(own)) run.play({ kind: 'device.uninstall', path });
        }
        run.stage = 'after the removal';
        run.untilStable({ ...ALL_THERE, broken: true });
      },
    }),
  ],
};
