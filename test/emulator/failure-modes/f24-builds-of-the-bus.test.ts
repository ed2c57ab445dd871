import { editedRelease } from '../../support/edited-release.ts';
import { describeProofs } from '../../support/failure-proof.ts';

const BOTH = ['static', 'emulated'] as const;
const ofBuild = (build: number) =>
  ({
    version: {
      fixed: {
        fileVersion: [9, 1, 0, build],
        productVersion: [9, 1, 0, build],
        ...{ fileType: 3, fileSubtype: 7, fileFlags: 0, fileOs: 0x4_0004 },
      },
      strings: [],
    },
  }) as const;

describeProofs('files of the bus package are of different builds', [
  ...(['xen.sys', 'xenbus.sys', 'xenfilt.sys'] as const).map((name) => ({
    mode: 'F24',
    what: `${name} is older`,
    caught: BOTH,
    bad: () => editedRelease({ images: { [name]: ofBuild(29) } }),
    scenarios: ['fresh-install', 'fresh-install-nvme', 'safe-mode', 'uninstall'],
  })),
  {
    mode: 'F24',
    what: 'xen.sys is missing',
    caught: BOTH,
    bad: () => editedRelease({ images: { 'xen.sys': 'missing' } }),
    scenarios: ['fresh-install', 'sysprep'],
  },
  {
    mode: 'F24',
    what: 'xen.sys lacks what xenbus.sys imports',
    caught: BOTH,
    bad: () => editedRelease({ images: { 'xen.sys': { exports: ['XenTouch'] } } }),
  },
]);
