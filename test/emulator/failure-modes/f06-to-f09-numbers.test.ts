import { XEN_PROJECT } from '../../drivers/render.ts';
import { busWith, HEAD } from '../../support/compiled-table.ts';
import { editedRelease, replacing } from '../../support/edited-release.ts';
import { describeProofs } from '../../support/failure-proof.ts';
import { knownRelease, mixedRelease } from '../../support/known-release.ts';

const [first, ...rest] = HEAD;
const last = HEAD.at(-1);
const CITRIX = { brand: { ...XEN_PROJECT, vendorName: 'Citrix', vendorPrefix: 'XS', vendorDeviceId: 'C000' } };

/** Builds of that time are known by what their co-installers wrote; a key of BootFlags (F30) is not what this is about. */
const of2014 = (version: string) => [
  ...mixedRelease(
    { xenbus: 'master@2014-12-31' },
    {
      ...CITRIX,
      version: '8.0.0.1',
      infs: {
        xenbus: replacing(
          'HKR,"Parameters",,0x00000010\n',
          'HKR,"Interfaces",,0x00000010\nHKR,"Parameters",,0x00000010\n',
        ),
      },
    },
  ),
  ...mixedRelease(
    { xenvif: 'master@2014-12-31' },
    { ...CITRIX, version, infs: { xenvif: replacing(/^HKR,"BootFlags".*\n/m, '; no boot flags\n') } },
  ),
];

describeProofs('numbers of revisions that do not say what they seem to', [
  {
    mode: 'F06',
    what: 'xenvbd and xenvif of 2019 were compiled with older headers than their row stands for',
    caught: ['static'],
    bad: () => knownRelease('master@2019-12-31'),
    good: () => knownRelease('master@2018-12-31'),
    ofAge: ['F32', 'F31'],
    severity: 'warning',
  },
  {
    mode: 'F07',
    what: 'a number is twice in the table of the bus',
    caught: ['static'],
    bad: () =>
      editedRelease({
        images: { 'xenbus.sys': busWith([...HEAD, [...(last ?? [])].map((word, i) => (i === 3 ? word - 1 : word))]) },
      }),
    good: () => editedRelease({ images: { 'xenbus.sys': busWith(HEAD) } }),
  },
  {
    mode: 'F07',
    what: 'the first number is twice in the table of the bus',
    caught: ['static'],
    bad: () => editedRelease({ images: { 'xenbus.sys': busWith([first ?? [], first ?? [], ...rest]) } }),
    good: () => editedRelease({ images: { 'xenbus.sys': busWith(HEAD) } }),
  },
  {
    mode: 'F08',
    what: 'xennet binds the number that two branches gave to different interfaces',
    caught: ['static'],
    bad: () => knownRelease('8.2.1', {}, { infs: { xennet: replacing(/REV_0800000[0-9A-F]/, 'REV_08000007') } }),
    good: () => knownRelease('8.2.1'),
    ofAge: ['F32', 'F31', 'F06'],
  },
  {
    mode: 'F09',
    what: 'a child of another build of 2014 than its bus',
    caught: ['static'],
    bad: () => of2014('8.0.0.2'),
    good: () => of2014('8.0.0.1').filter(({ path }) => path.startsWith('xenbus/')),
    ofAge: ['F32', 'F31', 'F06'],
  },
]);
