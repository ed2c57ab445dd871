import { SERVICES } from '../../../emulator/guest/machine.ts';
import type { Scenario } from '../../../emulator/scenarios/contract.ts';
import { ALL_THERE } from '../../../emulator/scenarios/expectations.ts';
import { packagesFor } from '../../../emulator/scenarios/input.ts';
import type { Run } from '../../../emulator/scenarios/run.ts';
import { fromStable } from '../../../emulator/scenarios/stable.ts';
import { describeProofs } from '../../support/failure-proof.ts';
import { releaseFiles } from '../../support/rehearsal.ts';

const DRIVERS = 'C:\\Windows\\System32\\drivers';

const removal = (id: string, play: (run: Run) => void): Scenario => ({
  id: `uninstall-${id}`,
  summary: 'removes drivers by hand',
  applies: () => true,
  runs: (input) => [
    fromStable(input, {
      variant: '',
      play: (run) => {
        play(run);
        run.play({ kind: 'power.on' });
        run.expect({ ...ALL_THERE, settled: false, broken: true });
      },
    }),
  ],
});

/** As from another system: nobody tells the drivers. */
const offline = (run: Run, names: readonly string[]): void => {
  run.play({ kind: 'power.off' });
  for (const name of names) run.play({ kind: 'file.delete', path: `${DRIVERS}\\${name}` });
};

const clearRequests = (run: Run): void => {
  run.play({ kind: 'registry.delete', key: `${SERVICES}\\XEN\\Unplug` });
};

const filesOffline = removal('files', (run) => offline(run, ['xenvbd.sys', 'xencrsh.sys', 'xendisk.sys']));
const serviceOffline = removal('service', (run) => {
  run.play({ kind: 'power.off' });
  for (const name of ['xenvbd', 'xendisk']) run.play({ kind: 'registry.delete', key: `${SERVICES}\\${name}` });
});
const packageDeleted = removal('packages', (run) => {
  for (const { key, driver } of packagesFor(run.input, run.input.bundle)) {
    const stored = run.world.disk.store.find((one) => one.package === key);
    if (driver === 'xenvbd' && stored !== undefined) run.play({ kind: 'package.delete', published: stored.published });
  }
  run.play({ kind: 'registry.set', key: `${SERVICES}\\XEN\\Unplug`, name: 'DISKS', type: 'REG_DWORD', data: 1 });
  run.play({ kind: 'power.off' });
});
const cleared = removal('files-and-requests', (run) => {
  offline(run, ['xenvbd.sys', 'xencrsh.sys', 'xendisk.sys']);
  clearRequests(run);
});

describeProofs('drivers are removed, and their request to unplug stays', [
  {
    mode: 'F15',
    what: 'files are deleted from another system',
    caught: ['emulated'],
    bad: releaseFiles,
    scenarios: [filesOffline],
    goodScenarios: [cleared, 'uninstall', 'uninstall-devices-only'],
  },
  {
    mode: 'F15',
    what: 'services are deleted from another system',
    caught: ['emulated'],
    bad: releaseFiles,
    scenarios: [serviceOffline],
    goodScenarios: ['uninstall'],
  },
  {
    mode: 'F15',
    what: 'the package is deleted, and the request is there',
    caught: ['emulated'],
    bad: releaseFiles,
    scenarios: [packageDeleted],
    goodScenarios: ['uninstall'],
  },
]);
