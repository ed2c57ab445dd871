import { XEN_PROJECT } from '../../drivers/render.ts';
import { editedRelease, replacing } from '../../support/edited-release.ts';
import { describeProofs } from '../../support/failure-proof.ts';

const BRAND = { ...XEN_PROJECT, version: '9.1.0.29', infDate: '05/01/2026' };
const unversioned = { xenbus: replacing(/xenbus_monitor_9_1_0_\d+\.exe/, 'xenbus_monitor.exe') };
const agent = { xeniface: replacing(/xenagent_9_1_0_\d+\.exe/, 'xenagent.exe') };

describeProofs('programs of an earlier release', [
  {
    mode: 'F36',
    what: 'the monitor has the same name in all releases, and runs when it is replaced',
    caught: ['static', 'emulated'],
    bad: () => editedRelease({ infs: unversioned }),
    from: [() => editedRelease({ brand: BRAND, infs: unversioned })],
    scenarios: ['upgrade-in-place'],
    severity: 'warning',
  },
  {
    mode: 'F36',
    what: 'the same with the agent, replaced by Windows Update',
    caught: ['static', 'emulated'],
    bad: () => editedRelease({ infs: agent }),
    from: [() => editedRelease({ brand: BRAND, infs: agent })],
    scenarios: ['upgrade-windows-update'],
    severity: 'warning',
  },
  {
    mode: 'F36',
    what: 'the name has the version of the release before',
    caught: ['static'],
    bad: () => editedRelease({ infs: { xencons: replacing('_9_1_0_30.', '_9_1_0_29.') } }),
    severity: 'warning',
  },
]);
