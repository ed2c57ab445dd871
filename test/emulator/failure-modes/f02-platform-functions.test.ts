import { WITH_EVERYTHING } from '../../drivers/render.ts';
import { editedRelease, replacing } from '../../support/edited-release.ts';
import { describeProofs } from '../../support/failure-proof.ts';

const BOTH = ['static', 'emulated'] as const;
const VENDOR = { brand: WITH_EVERYTHING };
const HOSTS = ['fresh-install', 'fresh-install-second-platform', 'fresh-install-vendor-function'];

describeProofs('an INF without the ids of one platform function', [
  {
    mode: 'F02',
    what: 'xenvif lacks the vendor’s own function',
    caught: BOTH,
    bad: () => editedRelease({ ...VENDOR, infs: { xenvif: replacing(/^.*XZC1F0.*\n/m, '') } }),
    good: () => editedRelease(VENDOR),
    scenarios: HOSTS,
  },
  {
    mode: 'F02',
    what: 'xennet lacks it',
    caught: BOTH,
    bad: () => editedRelease({ ...VENDOR, infs: { xennet: replacing(/^.*XZC1F0.*\n/m, '') } }),
    good: () => editedRelease(VENDOR),
    scenarios: HOSTS,
  },
  {
    mode: 'F02',
    what: 'xenvbd lacks 0002',
    caught: BOTH,
    bad: () => editedRelease({ infs: { xenvbd: replacing(/^.*XP0002.*\n/m, '') } }),
    scenarios: ['fresh-install', 'fresh-install-second-platform'],
  },
  {
    mode: 'F02',
    what: 'xenvbd has a function that no host presents instead of 0001',
    caught: BOTH,
    bad: () => editedRelease({ infs: { xenvbd: replacing('XP0001', 'XP0003') } }),
  },
  {
    mode: 'F02',
    what: 'xenbus lacks 0002, so that the machine stays emulated there',
    caught: BOTH,
    bad: () => editedRelease({ infs: { xenbus: replacing(/^ {2}PCI\\VEN_5853&DEV_0002,\\\n/m, '') } }),
    scenarios: ['fresh-install', 'fresh-install-second-platform'],
  },
  {
    mode: 'F02',
    what: 'xenbus lacks the vendor’s own function, though the hosts that have it work all the same',
    caught: ['static'],
    bad: () => editedRelease({ ...VENDOR, infs: { xenbus: replacing(/^ {2}PCI\\VEN_5853&DEV_C1F0&SUBSYS.*\n/m, '') } }),
    good: () => editedRelease(VENDOR),
    scenarios: ['fresh-install'],
  },
]);
