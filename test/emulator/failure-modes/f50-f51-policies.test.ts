import { editedRelease, replacing, without } from '../../support/edited-release.ts';
import { describeProofs } from '../../support/failure-proof.ts';

const SEVEN = ['windows-7-sp1-sha2-x64'];
const BOTH = ['static', 'emulated'] as const;

describeProofs('policies on new devices', [
  {
    mode: 'F50',
    what: 'Windows 7 may not look devices up while it starts',
    caught: BOTH,
    bad: () =>
      editedRelease({ infs: { xenvbd: replacing('"DisableCDDB",0x00010001,0', '"DisableCDDB",0x00010001,1') } }),
    guests: SEVEN,
  },
  {
    mode: 'F50',
    what: 'later ones bind what they have in their store',
    caught: ['static'],
    bad: () =>
      editedRelease({ infs: { xenvbd: replacing('"DisableCDDB",0x00010001,0', '"DisableCDDB",0x00010001,1') } }),
    severity: 'warning',
  },
  {
    mode: 'F50',
    what: 'raw devices are not started',
    caught: ['static'],
    bad: () =>
      editedRelease({
        infs: { xenvbd: replacing('"DontStartRawDevices",0x00010001,0', '"DontStartRawDevices",0x00010001,1') },
      }),
    severity: 'warning',
  },
]);

describeProofs('what PV disks need of Windows', [
  {
    mode: 'F51',
    what: 'data disks of servers stay offline',
    caught: BOTH,
    bad: () => editedRelease({ infs: { xenvbd: without('SanPolicy') } }),
    guests: ['server-2022-x64'],
    scenarios: ['fresh-install-several-devices'],
  },
  {
    mode: 'F51',
    what: 'data disks are taken offline by another policy',
    caught: BOTH,
    bad: () => editedRelease({ infs: { xenvbd: replacing('"SanPolicy",0x00010001,1', '"SanPolicy",0x00010001,3') } }),
    scenarios: ['fresh-install-several-devices', 'fresh-install'],
  },
  {
    mode: 'F51',
    what: 'requests give up before a migration ends',
    caught: BOTH,
    bad: () =>
      editedRelease({ infs: { xenvbd: replacing('"TimeOutValue",0x00010001,120', '"TimeOutValue",0x00010001,10') } }),
  },
  {
    mode: 'F51',
    what: 'the section of policies is not reached',
    caught: ['static'],
    bad: () => editedRelease({ infs: { xenvbd: replacing(',StoragePolicies', '') } }),
  },
]);
