import { SERVICES } from '../../../emulator/guest/machine.ts';
import { newWorld } from '../../../emulator/new-world.ts';
import type { Scenario } from '../../../emulator/scenarios/contract.ts';
import { ALL_THERE } from '../../../emulator/scenarios/expectations.ts';
import { transition } from '../../../emulator/transition.ts';
import { describeProofs } from '../../support/failure-proof.ts';
import { releaseFiles } from '../../support/rehearsal.ts';

/** A machine whose owner forbade updates of a service, as co-installers understood it. */
const forbidden = (service: string | undefined): Scenario => ({
  id: 'upgrade-forbidden',
  summary: 'installs where AllowUpdate is 0',
  applies: () => true,
  runs: (input) => {
    const before = newWorld(input.guest);
    const key = `${SERVICES}\\${service}`;
    const [begin] =
      service === undefined
        ? [before]
        : transition(
            before,
            { kind: 'registry.set', key, name: 'AllowUpdate', type: 'REG_DWORD', data: 0 },
            input.library,
          );
    return [
      {
        variant: '',
        begin,
        play: (run) => {
          run.install(input.bundle);
          run.untilStable(ALL_THERE);
        },
      },
    ];
  },
});

describeProofs('an update that co-installers would have refused', [
  ...['XEN', 'XENBUS', 'XENFILT'].map((service) => ({
    mode: 'F26',
    what: `AllowUpdate of ${service} is 0, and the release has nothing that asks`,
    caught: ['emulated'] as const,
    bad: releaseFiles,
    scenarios: [forbidden(service)],
    goodScenarios: [forbidden(undefined)],
  })),
]);
