import { SERVICES } from '../../../emulator/guest/machine.ts';
import type { Scenario } from '../../../emulator/scenarios/contract.ts';
import { PV } from '../../../emulator/scenarios/expectations.ts';
import { fromStable } from '../../../emulator/scenarios/stable.ts';
import { WITH_EVERYTHING } from '../../drivers/render.ts';
import { editedRelease, replacing, without } from '../../support/edited-release.ts';
import { describeProofs } from '../../support/failure-proof.ts';
import { releaseFiles } from '../../support/rehearsal.ts';

const STALE = 'PCI\\VEN_5853&DEV_C000&SUBSYS_C0005853&REV_01';

/** An image that was prepared on a host with another platform function. */
const fromElsewhere = (stored: string): Scenario => ({
  id: 'sysprep-from-another-host',
  summary: 'starts an image that remembers another platform function',
  applies: () => true,
  runs: (input) => [
    fromStable(input, {
      variant: '',
      play: (run) => {
        run.play({ kind: 'power.off' });
        const key = `${SERVICES}\\xenfilt\\Parameters`;
        if (stored !== '')
          run.play({ kind: 'registry.set', key, name: 'ActiveDeviceID', type: 'REG_SZ', data: stored });
        run.play({ kind: 'power.on' });
        run.untilStable(PV);
      },
    }),
  ],
});

describeProofs('the active platform function is one that the host does not have', [
  {
    mode: 'F22',
    what: 'the INF writes it',
    caught: ['static', 'emulated'],
    bad: () =>
      editedRelease({
        infs: {
          xenbus: replacing(
            'HKR,"Parameters","*PNP0A03"',
            `HKR,"Parameters","ActiveDeviceID",0x00000000,"${STALE}"\nHKR,"Parameters","*PNP0A03"`,
          ),
        },
      }),
    scenarios: ['fresh-install', 'fresh-install-nvme', 'sysprep'],
  },
  {
    mode: 'F22',
    what: 'an image remembers it',
    caught: ['emulated'],
    bad: releaseFiles,
    scenarios: [fromElsewhere(STALE)],
    goodScenarios: [fromElsewhere(''), 'platform-switch'],
  },
  {
    mode: 'F22',
    what: 'the order of precedence leaves 0001 out',
    caught: ['emulated'],
    bad: () =>
      editedRelease({ brand: WITH_EVERYTHING, infs: { xenbus: without('Precedence","PCI\\VEN_5853&DEV_0001"') } }),
    good: () => editedRelease({ brand: WITH_EVERYTHING }),
    scenarios: ['fresh-install', 'platform-switch'],
  },
]);
