import { SERVICES } from '../../../emulator/guest/machine.ts';
import type { Scenario } from '../../../emulator/scenarios/contract.ts';
import { enumPathOf } from '../../../emulator/scenarios/devices.ts';
import { PV } from '../../../emulator/scenarios/expectations.ts';
import { fromStable } from '../../../emulator/scenarios/stable.ts';
import { describeProofs } from '../../support/failure-proof.ts';
import { releaseFiles } from '../../support/rehearsal.ts';

/** An image whose devices are forgotten, and that has to work at its first start. */
const image = (forgotten: boolean): Scenario => ({
  id: 'sysprep-one-start',
  summary: 'starts an image once',
  applies: () => true,
  runs: (input) => [
    fromStable(input, {
      variant: '',
      play: (run) => {
        if (forgotten) run.play({ kind: 'registry.delete', key: enumPathOf('XENBUS') });
        // The counters of the running system, as they are in a copy of its disk.
        for (const name of ['DISKS', 'NICS']) {
          run.play({ kind: 'registry.set', key: `${SERVICES}\\XEN\\Unplug`, name, type: 'REG_DWORD', data: 1 });
        }
        run.play({ kind: 'power.off' });
        run.play({ kind: 'power.on' });
        run.expect({ ...PV, settled: false });
      },
    }),
  ],
});

describeProofs('Windows has forgotten the devices of the bus', [
  {
    mode: 'F16',
    what: 'the first start of an image stays emulated; restarts mend it',
    caught: ['emulated'],
    bad: releaseFiles,
    scenarios: [image(true)],
    goodScenarios: [image(false), 'sysprep'],
  },
]);
