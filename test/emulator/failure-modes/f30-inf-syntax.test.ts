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
    what: 'the bus is not told of disks',
    caught: ['emulated'],
    bad: () => editedRelease({ infs: { xenbus: replacing('"VIF","VBD",', '"VIF",') } }),
  },
  {
    mode: 'F30',
    what: 'the filter is told another word than its own for the PCI bus',
    caught: ['emulated'],
    bad: () =>
      editedRelease({ infs: { xenbus: replacing('"*PNP0A03",0x00000000,"PCI"', '"*PNP0A03",0x00000000,"PIC"') } }),
    scenarios: ['fresh-install', 'fresh-install-pass-through-nvme'],
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
    what: 'a comma is missing before flags, as in c91ab85',
    caught: ['static'],
    bad: () =>
      editedRelease({
        infs: { xenbus: replacing('"Interrupt Management\\GroupPolicy",,', '"Interrupt Management\\GroupPolicy",') },
      }),
  },
  {
    mode: 'F30',
    what: 'a name of [Strings] that is not there, as in 6fd46c4',
    caught: ['static'],
    bad: () => editedRelease({ infs: { xenvif: replacing(/%\w+Name% = /, '%XenVifDesc% = ') } }),
  },
  {
    mode: 'F30',
    what: 'a misspelt directive, which leaves out all that it names',
    caught: ['static'],
    bad: () =>
      editedRelease({ infs: { xenvbd: replacing('AddReg = AdapterParameters', 'AddRge = AdapterParameters') } }),
  },
  {
    mode: 'F30',
    what: 'the same in the service of the filter, which takes part in nothing then',
    caught: BOTH,
    bad: () => editedRelease({ infs: { xenbus: replacing('AddReg = FilterParameters', 'AdReg = FilterParameters') } }),
  },
  {
    mode: 'F30',
    what: 'a misspelt value that nobody would miss at once',
    caught: ['static'],
    bad: () => editedRelease({ infs: { xenvif: replacing('"BootFlags"', '"BootFlag"') } }),
  },
  {
    mode: 'F30',
    what: 'BootFlags is a subkey',
    caught: ['static'],
    bad: () => editedRelease({ infs: { xennet: replacing('HKR,,"BootFlags",', 'HKR,"BootFlags",,') } }),
  },
  {
    mode: 'F30',
    what: 'a misspelt suffix, so that one Windows finds no services of the network bus',
    caught: ['static', 'emulated'],
    bad: () =>
      editedRelease({ infs: { xenvif: replacing('[BusWithBootFlags.Services]', '[BusWithBootFlags.Service]') } }),
    guests: ['windows-11-24h2-x64'],
  },
  {
    mode: 'F30',
    what: 'a service that is added, and not for its device',
    caught: ['static', 'emulated'],
    bad: () =>
      editedRelease({ infs: { xennet: replacing('AddService = xennet,0x00000002', 'AddService = xennet,0') } }),
  },
  {
    mode: 'F30',
    what: 'the name of a service is misspelt where NDIS reads it',
    caught: ['static'],
    bad: () =>
      editedRelease({
        infs: { xennet: replacing('"Ndi","Service",0x00000000,"xennet"', '"Ndi","Service",0x00000000,"xennett"') },
      }),
  },
]);
