import type { ChildNeed } from './revision-register.ts';
import { interfaceName } from './revision-table.ts';

/** `DEBUG:1 EMULATED:2?`: an interface with a question mark is done without when it is missing. */
const need = (driver: string, binds: string, interfaces: string, commits: string): ChildNeed => ({
  driver,
  binds,
  interfaces: new Map(
    interfaces
      .split(' ')
      .filter(Boolean)
      .map((part) => {
        const [name = '', version = ''] = part.split(':');
        return [
          interfaceName(name),
          { version: Number.parseInt(version, 10), optional: version.endsWith('?') },
        ] as const;
      }),
  ),
  commits: commits.split(' '),
});

/** The children of all known releases (spec xen-pv 2.5). */
export const CHILD_NEEDS: readonly ChildNeed[] = [
  need('xenvbd', '00000001', '', '7668231'),
  need('xenvbd', '00000001', 'DEBUG:1 EVTCHN:1 GNTTAB:1 STORE:1 SUSPEND:1 EMULATED:1', 'ff42cf6 0305ef8'),
  need('xenvbd', '00000001', 'DEBUG:1 EVTCHN:3 GNTTAB:1 STORE:1 SUSPEND:1 EMULATED:1?', 'e72b2f1'),
  need('xenvbd', '08000008', 'DEBUG:1 EVTCHN:4 GNTTAB:1 STORE:1 SUSPEND:1 EMULATED:1?', 'cdbad5e'),
  need(
    'xenvbd',
    '08000009',
    'DEBUG:1 EVTCHN:4 GNTTAB:1 STORE:1 SUSPEND:1 UNPLUG:1 EMULATED:1?',
    'ad7fa72 2fe410b 153a308 e2745d1 8a63511 3c86799',
  ),
  need('xenvbd', '09000000', 'DEBUG:1 EVTCHN:4 GNTTAB:1 STORE:1 SUSPEND:1 UNPLUG:1 EMULATED:1?', '6f8a802'),
  need('xenvbd', '09000000', 'CACHE:1 DEBUG:1 EVTCHN:4 GNTTAB:1 STORE:1 SUSPEND:1 UNPLUG:1 EMULATED:1?', '77c972c'),
  need('xenvbd', '09000004', 'CACHE:1 DEBUG:1 EVTCHN:8 GNTTAB:3 STORE:2 SUSPEND:1 UNPLUG:1 EMULATED:1?', '9f7f8b2'),
  need(
    'xenvbd',
    '09000007',
    'CACHE:1 DEBUG:1 EVTCHN:8 GNTTAB:3 STORE:2 SUSPEND:1 UNPLUG:1 EMULATED:2?',
    'ff1d84d 7ab5a05',
  ),
  need(
    'xenvbd',
    '09000009',
    'CACHE:2 DEBUG:1 EVTCHN:9 GNTTAB:4 STORE:2 SUSPEND:1 UNPLUG:1 EMULATED:2?',
    '0ece740 0ce33b0',
  ),
  need('xenvbd', '0900000A', 'CACHE:2 DEBUG:1 EVTCHN:9 GNTTAB:4 STORE:2 SUSPEND:1 UNPLUG:2 EMULATED:2?', 'b2dfea4'),
  need(
    'xenvbd',
    '0900000B',
    'CACHE:2 DEBUG:1 EVTCHN:9 GNTTAB:4 STORE:2 SUSPEND:1 UNPLUG:3 EMULATED:2?',
    '054c2e5 c90802b 583bd7f 1688fd8 86bc9dd 10daecb 6d333a8 0ec755a',
  ),
  need('xenvbd', '08000009', 'DEBUG:1 EVTCHN:5 GNTTAB:1 STORE:1 SUSPEND:1 UNPLUG:1 EMULATED:1?', '5bd392b'),
  need('xenvif', '00000001', '', '3f68668'),
  need('xenvif', '00000001', 'CACHE:1 DEBUG:1 EVTCHN:1 GNTTAB:1 RANGE_SET:1 STORE:1 SUSPEND:1', '7d4ab27'),
  need('xenvif', '00000004', 'CACHE:1 DEBUG:1 EVTCHN:2 GNTTAB:1 RANGE_SET:1 STORE:1 SUSPEND:1', '972ba38'),
  need('xenvif', '00000004', 'CACHE:1 DEBUG:1 EVTCHN:4 GNTTAB:1 RANGE_SET:1 STORE:1 SUSPEND:1', 'cb86986'),
  need('xenvif', '08000008', 'CACHE:1 DEBUG:1 EVTCHN:4 GNTTAB:1 RANGE_SET:1 STORE:1 SUSPEND:1', '0e7639a'),
  need('xenvif', '08000009', 'CACHE:1 DEBUG:1 EVTCHN:4 GNTTAB:1 RANGE_SET:1 STORE:2 SUSPEND:1 UNPLUG:1', '295280f'),
  need('xenvif', '09000000', 'CACHE:1 DEBUG:1 EVTCHN:5 GNTTAB:1 RANGE_SET:1 STORE:2 SUSPEND:1 UNPLUG:1', 'abdac00'),
  need('xenvif', '09000003', 'CACHE:1 DEBUG:1 EVTCHN:8 GNTTAB:1 RANGE_SET:1 STORE:2 SUSPEND:1 UNPLUG:1', 'dfaa68c'),
  need('xenvif', '09000004', 'CACHE:1 DEBUG:1 EVTCHN:8 GNTTAB:3 RANGE_SET:1 STORE:2 SUSPEND:1 UNPLUG:1', '97a3554'),
  need(
    'xenvif',
    '09000005',
    'CACHE:2 DEBUG:1 EVTCHN:8 GNTTAB:3 RANGE_SET:1 STORE:2 SUSPEND:1 UNPLUG:1',
    '3247aee be71f1a',
  ),
  need(
    'xenvif',
    '09000009',
    'CACHE:2 DEBUG:1 EVTCHN:9 GNTTAB:4 RANGE_SET:1 STORE:2 SUSPEND:1 UNPLUG:1',
    '17db61b 50687fa',
  ),
  need(
    'xenvif',
    '0900000A',
    'CACHE:2 DEBUG:1 EVTCHN:9 GNTTAB:4 RANGE_SET:1 STORE:2 SUSPEND:1 UNPLUG:2',
    'a67e751 9fd1afe 6165ba3 555d9bf',
  ),
  need(
    'xenvif',
    '0900000B',
    'CACHE:2 DEBUG:1 EVTCHN:9 GNTTAB:4 RANGE_SET:1 STORE:2 SUSPEND:1 UNPLUG:3',
    '50957a5 14892e7 ddb3b04 9058088 fb7791b',
  ),
  need('xenvif', '08000009', 'CACHE:1 DEBUG:1 EVTCHN:5 GNTTAB:1 RANGE_SET:1 STORE:1 SUSPEND:1 UNPLUG:1', '30d347a'),
  need(
    'xenvif',
    '0800000B',
    'CACHE:1 DEBUG:1 EVTCHN:5 GNTTAB:1 RANGE_SET:1 STORE:2 SUSPEND:1 UNPLUG:1',
    '746e615 659c96e de11b6f 7fc6c18',
  ),
  need('xeniface', '00000001', '', 'f1873c1'),
  need('xeniface', '00000001', 'SHARED_INFO:1 STORE:1 SUSPEND:1', 'fdf7afe 3d7d64a 30b088a'),
  need('xeniface', '08000008', 'SHARED_INFO:2 STORE:1 SUSPEND:1', '31bceb1'),
  need(
    'xeniface',
    '0800000B',
    'EVTCHN:5 GNTTAB:2 SHARED_INFO:2 STORE:2 SUSPEND:1',
    '2eef90a 7a3bb8c 5c6adca 9e188e4 a0054b1 0c80946',
  ),
  need('xeniface', '09000000', 'EVTCHN:5 GNTTAB:2 SHARED_INFO:2 STORE:2 SUSPEND:1', '3a36826 dd061fd 54d0ab3'),
  need('xeniface', '09000006', 'EVTCHN:8 GNTTAB:4 SHARED_INFO:3 STORE:2 SUSPEND:1', '17f975e 4f21574'),
  need('xeniface', '09000009', 'EVTCHN:9 GNTTAB:4 SHARED_INFO:4 STORE:2 SUSPEND:1', 'fd535fd 7e721c7'),
  need('xeniface', '0900000A', 'EVTCHN:9 GNTTAB:4 SHARED_INFO:4 STORE:2 SUSPEND:1', '4662c78'),
  need(
    'xeniface',
    '0900000B',
    'EVTCHN:9 GNTTAB:4 SHARED_INFO:4 STORE:2 SUSPEND:1',
    '9cd9a60 cea5699 f3a7857 47da1d3 0e58fce 3145b99 ea80b9e 52da494 1c24c6f f12cbdb',
  ),
  need('xeniface', '08000009', 'SHARED_INFO:2 STORE:1 SUSPEND:1', 'c9469cc 987785b'),
  need(
    'xenvkbd',
    '09000000',
    'CACHE:1 DEBUG:1 EVTCHN:5 GNTTAB:1 RANGE_SET:1 STORE:2 SUSPEND:1 UNPLUG:1',
    '0976a22 03f22e8 3492d36 d16d1c6',
  ),
  need(
    'xenvkbd',
    '09000009',
    'CACHE:2 DEBUG:1 EVTCHN:9 GNTTAB:4 RANGE_SET:1 STORE:2 SUSPEND:1 UNPLUG:1',
    'ab76c70 fc48406',
  ),
  need(
    'xenvkbd',
    '0900000A',
    'CACHE:2 DEBUG:1 EVTCHN:9 GNTTAB:4 RANGE_SET:1 STORE:2 SUSPEND:1',
    '31227c0 270cb87 877a272 fca7c0b 96d71b5 1845eec d33ff7e 033c456 b42b676',
  ),
  need('xencons', '09000000', 'CONSOLE:1 DEBUG:1 STORE:2 SUSPEND:1', '7fab255'),
  need('xencons', '09000000', 'CONSOLE:1 DEBUG:1 EVTCHN:8 GNTTAB:3 STORE:2 SUSPEND:1', 'b450949 6519b57 132cd44'),
  need('xencons', '09000009', 'CONSOLE:1 DEBUG:1 EVTCHN:9 GNTTAB:4 STORE:2 SUSPEND:1', '10ce737 465a250'),
  need(
    'xencons',
    '0900000A',
    'CONSOLE:1 DEBUG:1 EVTCHN:9 GNTTAB:4 STORE:2 SUSPEND:1',
    '440d98e 3694e9f 497cdd4 3706a23 519d496 97a0bcf 17604a3 583fc76 9082fc3',
  ),
  need('xennet', '00000000', '', '92576b9'),
  need('xennet', '00000001', 'VIF:1', '634d81b'),
  need('xennet', '00000002', 'CACHE:1 VIF:2', 'e48058d 3f5f72b'),
  need('xennet', '08000002', 'CACHE:1 VIF:2', '131bc22'),
  need('xennet', '08000006', 'STORE:2 SUSPEND:1 VIF:4', '15b47ce'),
  need('xennet', '09000000', 'STORE:2 SUSPEND:1 VIF:8', 'e9fc975 3a5bf0a 3bbf93f 55008e0 a7cfec7'),
  need('xennet', '09000001', 'STORE:2 SUSPEND:1 VIF:8', '99ae354'),
  need('xennet', '09000003', 'STORE:2 SUSPEND:1 VIF:10', '47364ac 75d7f85'),
  need(
    'xennet',
    '09000005',
    'STORE:2 SUSPEND:1 VIF:10',
    'ad7717f f2bc86b b4351cf ad04929 e9682cb c6e5cef cddc9a5 cea8572',
  ),
  need('xennet', '0800000A', 'STORE:1 SUSPEND:1 VIF:5', '4c05f58'),
  need('xennet', '0800000D', 'STORE:2 SUSPEND:1 VIF:8', '0e8f8cd aef24f5 83f8814 38ba334 221c77b'),
  need('xennet', '09000004', 'STORE:2 SUSPEND:1 VIF:10', '7c4c3bc'),
  need('xenhid', '09000000', 'HID:1', 'f93364e f9296c9'),
  need(
    'xenhid',
    '09000002',
    'STORE:2 SUSPEND:1 HID:1',
    'f229141 733d2b7 48b607f 31d1748 54d1f64 ea9ef9d 4059680 3728255 244955f',
  ),
];
