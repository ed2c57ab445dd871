import { editedRelease, replacing } from '../../support/edited-release.ts';
import { describeProofs } from '../../support/failure-proof.ts';
import { knownRelease } from '../../support/known-release.ts';

const FROM = [() => knownRelease('8.2.1')];

describeProofs('a request of earlier drivers that is left, or one that is made too soon', [
  {
    mode: 'F13',
    what: 'no AddReg names the section that clears it',
    caught: ['static', 'emulated'],
    bad: () => editedRelease({ infs: { xenbus: replacing('BusParameters,UnplugReset', 'BusParameters') } }),
    from: FROM,
    scenarios: ['upgrade-windows-update'],
  },
  {
    mode: 'F13',
    what: 'the lines are gone',
    caught: ['static', 'emulated'],
    bad: () => editedRelease({ infs: { xenbus: replacing(/^HKLM,%UnplugKey%.*\n/m, '; nothing\n') } }),
    from: FROM,
    scenarios: ['upgrade-windows-update'],
  },
  {
    mode: 'F13',
    what: 'it is cleared below another key',
    caught: ['static', 'emulated'],
    bad: () => editedRelease({ infs: { xenbus: replacing('Services\\XEN\\Unplug', 'Services\\XENBUS\\Unplug') } }),
    from: FROM,
    scenarios: ['upgrade-windows-update'],
  },
  {
    mode: 'F13',
    what: 'the INF asks for it',
    caught: ['static', 'emulated'],
    bad: () => editedRelease({ infs: { xenbus: replacing('"DISKS",0x00010001,0', '"DISKS",0x00010001,1') } }),
    from: FROM,
    scenarios: ['upgrade-windows-update', 'fresh-install'],
    goodScenarios: ['upgrade-windows-update', 'fresh-install-windows-update'],
  },
]);
