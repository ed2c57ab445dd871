import { editedRelease, replacing } from '../../support/edited-release.ts';
import { describeProofs } from '../../support/failure-proof.ts';

const BOTH = ['static', 'emulated'] as const;

describeProofs('a typing error in an INF', [
  {
    mode: 'F30',
    what: 'a missing comma before the name of a value that the bus needs',
    caught: BOTH,
    bad: () =>
      editedRelease({
        infs: { xenbus: replacing('HKR,"Parameters","SupportedClasses"', 'HKR,"Parameters""SupportedClasses"') },
      }),
    scenarios: ['fresh-install', 'fresh-install-nvme', 'sysprep'],
  },
  {
    mode: 'F30',
    what: 'the name of a value is misspelt',
    caught: BOTH,
    bad: () => editedRelease({ infs: { xenbus: replacing('"SupportedClasses"', '"SuportedClasses"') } }),
  },
  {
    mode: 'F30',
    what: 'the disk driver starts on demand',
    caught: BOTH,
    bad: () => editedRelease({ infs: { xenvbd: (text) => text.replace('StartType = 0', 'StartType = 3') } }),
    scenarios: ['fresh-install', 'safe-mode'],
  },
  {
    mode: 'F30',
    what: 'the disk driver is disabled',
    caught: BOTH,
    bad: () => editedRelease({ infs: { xenvbd: (text) => text.replace('StartType = 0', 'StartType = 4') } }),
  },
  {
    mode: 'F30',
    what: 'BootFlags is a subkey',
    caught: ['static'],
    bad: () => editedRelease({ infs: { xennet: replacing('HKR,,"BootFlags",', 'HKR,"BootFlags",,') } }),
  },
]);
