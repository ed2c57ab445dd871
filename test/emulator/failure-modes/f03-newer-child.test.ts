import { editedRelease, replacing } from '../../support/edited-release.ts';
import { describeProofs } from '../../support/failure-proof.ts';
import { knownRelease } from '../../support/known-release.ts';

const BOTH = ['static', 'emulated'] as const;
const OF_2021 = 'master@2021-06-30';

describeProofs('a child that is newer than its bus', [
  {
    mode: 'F03',
    what: 'xenvbd of today with the bus of 2021',
    caught: BOTH,
    bad: () => knownRelease(OF_2021, { xenvbd: 'master@head' }),
    good: () => knownRelease(OF_2021),
    ofAge: ['F32', 'F31', 'F06'],
    scenarios: ['fresh-install', 'fresh-install-windows-update', 'safe-mode', 'uninstall'],
  },
  {
    mode: 'F03',
    what: 'xenvbd of today with the bus of 8.2.1',
    caught: BOTH,
    bad: () => knownRelease('8.2.1', { xenvbd: 'master@head' }),
    good: () => knownRelease('8.2.1'),
    ofAge: ['F32', 'F31', 'F06'],
  },
  {
    mode: 'F03',
    what: 'a revision that no bus has yet',
    caught: BOTH,
    bad: () => editedRelease({ infs: { xenvbd: replacing('REV_0900000B', 'REV_0900000D') } }),
    scenarios: ['fresh-install', 'fresh-install-nvme', 'sysprep'],
  },
  {
    mode: 'F03',
    what: 'xenvif with a revision that the bus has retired, in one release with it',
    caught: BOTH,
    bad: () => editedRelease({ infs: { xeniface: replacing('REV_0900000B', 'REV_09000006') } }),
  },
]);
