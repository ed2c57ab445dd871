import { WITH_EVERYTHING } from '../../drivers/render.ts';
import { editedRelease, replacing } from '../../support/edited-release.ts';
import { describeProofs } from '../../support/failure-proof.ts';

const BOTH = ['static', 'emulated'] as const;
const ALIEN = { ...WITH_EVERYTHING, vendorPrefix: 'XCPng' };

describeProofs('a driver with another vendor prefix than its bus', [
  {
    mode: 'F01',
    what: 'the ids of xenvbd, whose disk is gone then',
    caught: BOTH,
    bad: () => editedRelease({ infs: { xenvbd: replacing('VEN_XP', 'VEN_XN') } }),
    scenarios: ['fresh-install', 'fresh-install-nvme', 'safe-mode', 'sysprep'],
  },
  {
    mode: 'F01',
    what: 'the whole package of xennet, made for another brand',
    caught: BOTH,
    bad: () => editedRelease({ infs: { xennet: replacing('VEN_XP', 'VEN_XCPng') } }),
  },
  {
    mode: 'F01',
    what: 'one id of xenvbd only',
    caught: BOTH,
    bad: () => editedRelease({ infs: { xenvbd: replacing('VEN_XP0001', 'VEN_XN0001') } }),
  },
  {
    mode: 'F01',
    what: 'one id of xenvif, for the second platform function',
    caught: BOTH,
    bad: () => editedRelease({ infs: { xenvif: replacing('VEN_XP0002', 'VEN_XN0002') } }),
    scenarios: ['fresh-install', 'fresh-install-second-platform'],
  },
  {
    mode: 'F01',
    what: 'the binary of the bus',
    caught: BOTH,
    bad: () => editedRelease({ images: { 'xenbus.sys': { strings: ['XN', 'XENBUS\\VEN_XN'] } } }),
  },
  {
    mode: 'F01',
    what: 'a prefix of five letters beside one of two',
    caught: BOTH,
    bad: () =>
      editedRelease({
        brand: WITH_EVERYTHING,
        infs: { xenvif: replacing('VEN_XZ', `VEN_${ALIEN.vendorPrefix}`) },
      }),
    good: () => editedRelease({ brand: WITH_EVERYTHING }),
    scenarios: ['fresh-install', 'fresh-install-vendor-function'],
  },
]);
