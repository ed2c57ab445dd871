import { SERVICES } from '../../../emulator/guest/machine.ts';
import type { Scenario } from '../../../emulator/scenarios/contract.ts';
import { PV } from '../../../emulator/scenarios/expectations.ts';
import { fromStable } from '../../../emulator/scenarios/stable.ts';
import { editedRelease } from '../../support/edited-release.ts';
import { describeProofs } from '../../support/failure-proof.ts';
import { releaseFiles } from '../../support/rehearsal.ts';

const REQUEST = `${SERVICES}\\xenbus_monitor\\Request`;
const asked = 'HKR,"Parameters","RequestKey",0x00000000,%RestartRequestKey%';
const elsewhere = (key: string) => asked.replace('%RestartRequestKey%', `"${key}"`);

/** A request of a build whose key outlives the restart. */
const left = (reboot: number): Scenario => ({
  id: 'upgrade-left-request',
  summary: 'starts a machine with a request that outlives restarts',
  applies: () => true,
  runs: (input) => [
    fromStable(input, {
      variant: '',
      play: (run) => {
        run.play({ kind: 'registry.set', key: `${REQUEST}\\xenvbd`, name: 'Reboot', type: 'REG_DWORD', data: reboot });
        run.untilStable(PV);
      },
    }),
  ],
});

describeProofs('a restart that is asked for ever, or never', [
  {
    mode: 'F29',
    what: 'the bus asks under another key than the monitor watches',
    caught: ['static', 'emulated'],
    bad: () =>
      editedRelease({
        infs: {
          xenbus: (text) =>
            text.replace(asked, elsewhere('SYSTEM\\CurrentControlSet\\Services\\xenbus_monitor\\Requests')),
        },
      }),
    severity: 'warning',
  },
  {
    mode: 'F29',
    what: 'the bus asks under SOFTWARE',
    caught: ['static', 'emulated'],
    bad: () =>
      editedRelease({ infs: { xenbus: (text) => text.replace(asked, elsewhere('SOFTWARE\\Xen Project\\Request')) } }),
    severity: 'warning',
  },
  {
    mode: 'F29',
    what: 'bus and monitor use SOFTWARE',
    caught: ['static'],
    bad: () =>
      editedRelease({
        infs: { xenbus: (text) => text.replaceAll(asked, elsewhere('SOFTWARE\\Xen Project\\Request')) },
      }),
    severity: 'warning',
  },
  {
    mode: 'F29',
    what: 'a request outlives every restart',
    caught: ['emulated'],
    bad: releaseFiles,
    scenarios: [left(1)],
    goodScenarios: [left(0)],
  },
]);
