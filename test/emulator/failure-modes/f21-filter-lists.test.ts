import { WITH_EVERYTHING } from '../../drivers/render.ts';
import { editedRelease, replacing } from '../../support/edited-release.ts';
import { describeProofs } from '../../support/failure-proof.ts';

const FORCED = { brand: WITH_EVERYTHING };
const good = () => editedRelease(FORCED);

describeProofs('the filter of the bus is not appended once, to both classes, as an upper filter', [
  {
    mode: 'F21',
    what: 'it is named twice',
    caught: ['static', 'emulated'],
    bad: () =>
      editedRelease({
        ...FORCED,
        infs: { xenbus: replacing('0x00010008,"XENFILT"', '0x00010000,"XENFILT","XENFILT"') },
      }),
    good,
    scenarios: ['fresh-install', 'fresh-install-failing-boots', 'platform-switch', 'uninstall'],
  },
  {
    mode: 'F21',
    what: 'it takes the place of the others',
    caught: ['static'],
    bad: () =>
      editedRelease({ ...FORCED, infs: { xenbus: replacing('0x00010008,"XENFILT"', '0x00010000,"XENFILT"') } }),
    good,
  },
  {
    mode: 'F21',
    what: 'it is a lower filter',
    caught: ['static'],
    bad: () =>
      editedRelease({
        ...FORCED,
        infs: { xenbus: replacing('"UpperFilters",0x00010008', '"LowerFilters",0x00010008') },
      }),
    good,
  },
  {
    mode: 'F21',
    what: 'one class has it',
    caught: ['static'],
    bad: () =>
      editedRelease({ ...FORCED, infs: { xenbus: replacing('HKLM,%StorageControllerClassKey%,"UpperFilters"', ';') } }),
    good,
    severity: 'warning',
  },
  {
    mode: 'F21',
    what: 'the filter of disks stands in the list of the adapter twice',
    caught: ['static', 'emulated'],
    bad: () => editedRelease({ infs: { xenvbd: replacing('0x00010000,"xendisk"', '0x00010000,"xendisk","XENDISK"') } }),
  },
]);
