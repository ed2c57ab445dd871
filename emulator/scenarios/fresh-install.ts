import { newWorld } from '../new-world.ts';
import type { Scenario, ScenarioInput } from './contract.ts';
import { PV } from './expectations.ts';
import { asFarAs, hasBus } from './input.ts';

const applies = (input: ScenarioInput): boolean => hasBus(input);

/** A machine on emulated hardware gets the drivers from a setup program, and is restarted until it is stable. */
export const freshInstall: Scenario = {
  id: 'fresh-install',
  summary: 'installs on emulated hardware and restarts until the machine is stable',
  applies,
  runs: (input) => [
    {
      variant: '',
      begin: newWorld(input.guest),
      play: (run) => {
        run.stage = 'install';
        run.install(input.bundle);
        run.untilStable(asFarAs(input, input.bundle, PV));
      },
    },
  ],
};
