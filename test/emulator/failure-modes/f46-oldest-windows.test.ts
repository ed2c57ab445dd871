import { editedRelease } from '../../support/edited-release.ts';
import { describeProofs } from '../../support/failure-proof.ts';

const newer = (name: string) => ({
  imports: [
    { module: 'ntoskrnl.exe', names: ['IoCreateDevice', name] },
    { module: 'xencrsh.sys', names: ['XencrshEntryPoint'] },
  ],
});
const network = {
  imports: [{ module: 'ntoskrnl.exe', names: ['IoCreateDevice', 'ExAllocatePool2'] }],
};

describeProofs('a binary needs a later Windows than its INF says', [
  {
    mode: 'F46',
    what: 'the disk driver',
    caught: ['static', 'emulated'],
    bad: () => editedRelease({ images: { 'xenvbd.sys': newer('ExAllocatePool3') } }),
    guests: ['windows-10-1607-x64', 'server-2016-x64'],
  },
  {
    mode: 'F46',
    what: 'the network driver',
    caught: ['static', 'emulated'],
    bad: () => editedRelease({ images: { 'xennet.sys': network } }),
    guests: ['windows-10-1607-x64'],
  },
  {
    mode: 'F46',
    what: 'the filter of disks',
    caught: ['static', 'emulated'],
    bad: () => editedRelease({ images: { 'xendisk.sys': network } }),
    guests: ['windows-10-1809-x64'],
  },
]);
