import { SERVICES } from '../../../emulator/guest/machine.ts';
import type { Scenario } from '../../../emulator/scenarios/contract.ts';
import { ALL_THERE } from '../../../emulator/scenarios/expectations.ts';
import { fromStable } from '../../../emulator/scenarios/stable.ts';
import { WITH_EVERYTHING } from '../../drivers/render.ts';
import { editedRelease, replacing, without } from '../../support/edited-release.ts';
import { describeProofs } from '../../support/failure-proof.ts';
import { knownRelease } from '../../support/known-release.ts';
import { releaseFiles } from '../../support/rehearsal.ts';

const BOTH = ['static', 'emulated'] as const;
const FORCED = { brand: WITH_EVERYTHING };

/** Someone takes a part of the filter away and leaves it in the lists of its classes. */
const taken = (what: 'service' | 'file' | 'nothing'): Scenario => ({
  id: 'uninstall-by-hand',
  summary: 'takes a part of the filter away',
  applies: () => true,
  runs: (input) => [
    fromStable(input, {
      variant: what,
      play: (run) => {
        if (what === 'service') run.play({ kind: 'registry.delete', key: `${SERVICES}\\xenfilt` });
        if (what === 'file') run.play({ kind: 'file.delete', path: 'C:\\Windows\\System32\\drivers\\xenfilt.sys' });
        run.restart();
        run.expect({ ...ALL_THERE, settled: false, broken: true });
      },
    }),
  ],
});

describeProofs('the filter of the bus is in the lists of its classes, and cannot load', [
  {
    mode: 'F19',
    what: 'the INF appends it and adds no service',
    caught: BOTH,
    bad: () => editedRelease({ ...FORCED, infs: { xenbus: without('AddService = xenfilt') } }),
    good: () => editedRelease(FORCED),
  },
  {
    mode: 'F19',
    what: 'the bus driver appends it, and the INF adds no service',
    caught: BOTH,
    bad: () => editedRelease({ infs: { xenbus: without('AddService = xenfilt') } }),
    scenarios: ['fresh-install', 'fresh-install-nvme', 'fresh-install-windows-update', 'uninstall'],
  },
  {
    mode: 'F19',
    what: 'the INF does not copy its file',
    caught: BOTH,
    bad: () => editedRelease({ infs: { xenbus: replacing(/^xenfilt\.sys\n/m, '') } }),
  },
  {
    mode: 'F19',
    what: 'the package lacks its file',
    caught: BOTH,
    bad: () => editedRelease({ images: { 'xenfilt.sys': 'missing' } }),
    scenarios: ['fresh-install', 'sysprep', 'uninstall'],
  },
  {
    mode: 'F19',
    what: 'its service starts on demand',
    caught: BOTH,
    bad: () => editedRelease({ infs: { xenbus: replacing(/(\[FilterService\][^[]*?StartType = )0/, '$13') } }),
  },
  {
    mode: 'F19',
    what: 'its service has another name, and that of an earlier release is left',
    caught: BOTH,
    bad: () => editedRelease({ infs: { xenbus: replacing('AddService = xenfilt,', 'AddService = xenfilter,') } }),
    from: [() => knownRelease('8.2.1')],
    scenarios: ['fresh-install', 'upgrade-windows-update'],
  },
  {
    mode: 'F19',
    what: 'its service was deleted by hand',
    caught: ['emulated'],
    bad: releaseFiles,
    scenarios: [taken('service')],
    goodScenarios: [taken('nothing')],
  },
  {
    mode: 'F19',
    what: 'its file was deleted by hand',
    caught: ['emulated'],
    bad: releaseFiles,
    scenarios: [taken('file')],
    goodScenarios: [taken('nothing')],
  },
]);
