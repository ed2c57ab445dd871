import type { BusState } from './revision-register.ts';
import { interfaceName, type RevisionTable } from './revision-table.ts';
import { CHILD_BUS_TABLES } from './revision-tables-children.ts';
import { XENBUS_TABLES } from './revision-tables-xenbus.ts';

/** `EVTCHN:5-9 STORE:2` */
const ranges = (text: string): BusState['provides'] =>
  new Map(
    text
      .split(' ')
      .filter(Boolean)
      .map((part) => {
        const [name = '', versions = ''] = part.split(':');
        const [oldest = 0, newest = oldest] = versions.split('-').map(Number);
        return [interfaceName(name), [oldest, newest]] as const;
      }),
  );

const tables = new Map([...XENBUS_TABLES, ...CHILD_BUS_TABLES].map((table) => [`${table.bus} ${table.commit}`, table]));

type Times = Pick<BusState, 'line' | 'since' | 'until' | 'binds'> & { readonly commits: string };

const state =
  (bus: RevisionTable['bus']) =>
  (commit: string, provides: string, { commits, ...times }: Times): BusState => {
    const table = tables.get(`${bus} ${commit}`);
    if (table === undefined) throw new TypeError(`no table of ${bus} ${commit}`);
    return { table, provides: ranges(provides), ...times, commits: commits.split(' ') };
  };

const xenbus = state('xenbus');
const xenvif = state('xenvif');
const xenvkbd = state('xenvkbd');

/** The bus drivers of all known releases (spec xen-pv 2.3, 2.4). */
export const BUS_STATES: readonly BusState[] = [
  xenbus('7864897', '', { line: 'master', since: '2013-01-01', until: '2014-07-24', commits: '7864897' }),
  xenbus(
    'beaf1a6',
    'BALLOON:1 CACHE:1 DEBUG:1 EVTCHN:1 GNTTAB:1 RANGE_SET:1 SHARED_INFO:1 STORE:1 SUSPEND:1 EMULATED:1 FILTER_UNPLUG:1',
    { line: 'master', since: '2014-07-24', until: '2014-11-06', commits: 'beaf1a6' },
  ),
  xenbus(
    '990b113',
    'BALLOON:1 CACHE:1 DEBUG:1 EVTCHN:1-2 GNTTAB:1 RANGE_SET:1 SHARED_INFO:1-2 STORE:1 SUSPEND:1 EMULATED:1 FILTER_UNPLUG:1',
    { line: 'master', since: '2014-10-28', until: '2015-03-17', commits: '990b113' },
  ),
  xenbus(
    '08def99',
    'BALLOON:1 CACHE:1 DEBUG:1 EVTCHN:1-4 GNTTAB:1 RANGE_SET:1 SHARED_INFO:1-2 STORE:1 SUSPEND:1 EMULATED:1 FILTER_UNPLUG:1',
    { line: 'master', since: '2015-01-19', until: '2015-07-08', commits: '08def99' },
  ),
  xenbus(
    '632cc90',
    'BALLOON:1 CACHE:1 DEBUG:1 EVTCHN:1-4 GNTTAB:1 RANGE_SET:1 SHARED_INFO:1-2 STORE:1 SUSPEND:1 EMULATED:1 FILTER_UNPLUG:1',
    { line: 'master', since: '2015-07-08', until: '2015-07-20', commits: '632cc90' },
  ),
  xenbus(
    '9662c2e',
    'BALLOON:1 CACHE:1 DEBUG:1 EVTCHN:1-5 GNTTAB:1-2 RANGE_SET:1 SHARED_INFO:1-2 STORE:1-2 SUSPEND:1 UNPLUG:1 EMULATED:1',
    { line: 'master', since: '2015-07-15', until: '2016-12-12', commits: '9662c2e' },
  ),
  xenbus(
    '5c0679f',
    'BALLOON:1 CACHE:1 DEBUG:1 EVTCHN:1-5 GNTTAB:1-2 RANGE_SET:1 SHARED_INFO:1-2 STORE:1-2 SUSPEND:1 UNPLUG:1 EMULATED:1',
    { line: 'master', since: '2016-12-12', until: '2017-11-30', commits: '5c0679f' },
  ),
  xenbus(
    'd8cbe9f',
    'BALLOON:1 CACHE:1 CONSOLE:1 DEBUG:1 EVTCHN:4-8 GNTTAB:1-3 RANGE_SET:1 SHARED_INFO:2 STORE:1-2 SUSPEND:1 UNPLUG:1 EMULATED:1',
    { line: 'master', since: '2017-03-08', until: '2018-10-30', commits: 'd8cbe9f' },
  ),
  xenbus(
    'caf3536',
    'BALLOON:1 CACHE:1-2 CONSOLE:1 DEBUG:1 EVTCHN:4-8 GNTTAB:1-4 RANGE_SET:1 SHARED_INFO:2 STORE:1-2 SUSPEND:1 UNPLUG:1 EMULATED:1',
    { line: 'master', since: '2018-10-30', until: '2019-10-02', commits: 'caf3536' },
  ),
  xenbus(
    'eb31daa',
    'BALLOON:1 CACHE:1-2 CONSOLE:1 DEBUG:1 EVTCHN:4-8 GNTTAB:1-4 RANGE_SET:1 SHARED_INFO:2-3 STORE:1-2 SUSPEND:1 UNPLUG:1 EMULATED:1-2',
    { line: 'master', since: '2019-09-17', until: '2020-11-24', commits: 'eb31daa' },
  ),
  xenbus(
    '816688e',
    'BALLOON:1 CACHE:1-2 CONSOLE:1 DEBUG:1 EVTCHN:4-9 GNTTAB:1-4 RANGE_SET:1 SHARED_INFO:2-3 STORE:1-2 SUSPEND:1 UNPLUG:1 EMULATED:1-2',
    { line: 'master', since: '2020-11-24', until: '2021-02-22', commits: '816688e' },
  ),
  xenbus(
    '7fa9c09',
    'BALLOON:1 CACHE:1-2 CONSOLE:1 DEBUG:1 EVTCHN:5-9 GNTTAB:2-4 RANGE_SET:1 SHARED_INFO:2-4 STORE:2 SUSPEND:1 UNPLUG:1 EMULATED:1-2',
    { line: 'master', since: '2021-02-08', until: '2023-09-28', commits: '7fa9c09 4b36530' },
  ),
  xenbus(
    '43ddac9',
    'BALLOON:1 CACHE:1-2 CONSOLE:1 DEBUG:1 EVTCHN:5-9 GNTTAB:2-4 RANGE_SET:1 SHARED_INFO:2-4 STORE:2 SUSPEND:1 UNPLUG:1-2 EMULATED:1-2',
    { line: 'master', since: '2023-09-28', until: '2024-07-01', commits: '43ddac9' },
  ),
  xenbus(
    'e76d03e',
    'BALLOON:1 CACHE:1-2 CONSOLE:1 DEBUG:1 EVTCHN:5-9 GNTTAB:2-4 RANGE_SET:1 SHARED_INFO:2-4 STORE:2 SUSPEND:1 UNPLUG:1-3 EMULATED:1-2',
    {
      line: 'master',
      since: '2024-07-01',
      until: '2025-08-18',
      commits: 'e76d03e 4192dc3 82574c3 9b7e59e cbfd014 403fb7d',
    },
  ),
  xenbus(
    'd6834c7',
    'BALLOON:1 CACHE:1-2 CONSOLE:1 DEBUG:1 EVTCHN:5-9 GNTTAB:2-4 RANGE_SET:1 SHARED_INFO:2-4 STORE:2 SUSPEND:1 UNPLUG:1-3 EMULATED:1-3',
    { line: 'master', since: '2025-08-18', commits: 'd6834c7 59cea62 f737f37 55cfdcb e7d116f 1087a8d' },
  ),
  xenbus(
    '054281d',
    'BALLOON:1 CACHE:1 DEBUG:1 EVTCHN:1-5 GNTTAB:1 RANGE_SET:1 SHARED_INFO:1-2 STORE:1 SUSPEND:1 UNPLUG:1 EMULATED:1',
    { line: '8.1', since: '2015-09-08', until: '2016-08-22', commits: '054281d' },
  ),
  xenbus(
    '9662c2e',
    'BALLOON:1 CACHE:1 DEBUG:1 EVTCHN:1-5 GNTTAB:1-2 RANGE_SET:1 SHARED_INFO:1-2 STORE:1-2 SUSPEND:1 UNPLUG:1 EMULATED:1',
    { line: '8.2', since: '2016-07-08', until: '2017-04-26', commits: '329a5d1' },
  ),
  xenbus(
    '6790a1d',
    'BALLOON:1 CACHE:1 DEBUG:1 EVTCHN:1-7 GNTTAB:1-2 RANGE_SET:1 SHARED_INFO:1-2 STORE:1-2 SUSPEND:1 UNPLUG:1 EMULATED:1',
    { line: '8.2', since: '2016-07-08', until: '2017-04-26', commits: '6790a1d 3439200 2f9f04b d225263' },
  ),
  xenvif('3f68668', '', { line: 'master', binds: '00000001', commits: '3f68668' }),
  xenvif('7d4ab27', 'CACHE:1 DEBUG:1 EVTCHN:1 GNTTAB:1 RANGE_SET:1 STORE:1 SUSPEND:1 EMULATED:1 VIF:1', {
    line: 'master',
    binds: '00000001',
    commits: '7d4ab27',
  }),
  xenvif('972ba38', 'CACHE:1 DEBUG:1 EVTCHN:1-2 GNTTAB:1 RANGE_SET:1 STORE:1 SUSPEND:1 EMULATED:1 VIF:1-2', {
    line: 'master',
    binds: '00000004',
    commits: '972ba38',
  }),
  xenvif('972ba38', 'CACHE:1 DEBUG:1 EVTCHN:1-4 GNTTAB:1 RANGE_SET:1 STORE:1 SUSPEND:1 EMULATED:1 VIF:1-2', {
    line: 'master',
    binds: '00000004',
    commits: 'cb86986',
  }),
  xenvif('0e7639a', 'CACHE:1 DEBUG:1 EVTCHN:1-4 GNTTAB:1 RANGE_SET:1 STORE:1 SUSPEND:1 EMULATED:1 VIF:1-2', {
    line: 'master',
    binds: '08000008',
    commits: '0e7639a',
  }),
  xenvif('295280f', 'CACHE:1 DEBUG:1 EVTCHN:1-4 GNTTAB:1 RANGE_SET:1 STORE:1-2 SUSPEND:1 UNPLUG:1 VIF:2-4', {
    line: 'master',
    binds: '08000009',
    commits: '295280f',
  }),
  xenvif('abdac00', 'CACHE:1 DEBUG:1 EVTCHN:1-5 GNTTAB:1 RANGE_SET:1 STORE:1-2 SUSPEND:1 UNPLUG:1 VIF:6-8', {
    line: 'master',
    binds: '09000000',
    commits: 'abdac00',
  }),
  xenvif('abdac00', 'CACHE:1 DEBUG:1 EVTCHN:4-8 GNTTAB:1 RANGE_SET:1 STORE:1-2 SUSPEND:1 UNPLUG:1 VIF:6-8', {
    line: 'master',
    binds: '09000003',
    commits: 'dfaa68c',
  }),
  xenvif('abdac00', 'CACHE:1 DEBUG:1 EVTCHN:4-8 GNTTAB:1-3 RANGE_SET:1 STORE:1-2 SUSPEND:1 UNPLUG:1 VIF:6-8', {
    line: 'master',
    binds: '09000004',
    commits: '97a3554',
  }),
  xenvif('3247aee', 'CACHE:1-2 DEBUG:1 EVTCHN:4-8 GNTTAB:1-3 RANGE_SET:1 STORE:1-2 SUSPEND:1 UNPLUG:1 VIF:6-8', {
    line: 'master',
    binds: '09000005',
    commits: '3247aee be71f1a',
  }),
  xenvif('3247aee', 'CACHE:1-2 DEBUG:1 EVTCHN:5-9 GNTTAB:2-4 RANGE_SET:1 STORE:2 SUSPEND:1 UNPLUG:1 VIF:6-8', {
    line: 'master',
    binds: '09000009',
    commits: '17db61b',
  }),
  xenvif('50687fa', 'CACHE:1-2 DEBUG:1 EVTCHN:5-9 GNTTAB:2-4 RANGE_SET:1 STORE:2 SUSPEND:1 UNPLUG:1 VIF:8-10', {
    line: 'master',
    binds: '09000009',
    commits: '50687fa',
  }),
  xenvif('a67e751', 'CACHE:1-2 DEBUG:1 EVTCHN:5-9 GNTTAB:2-4 RANGE_SET:1 STORE:2 SUSPEND:1 UNPLUG:1-2 VIF:8-10', {
    line: 'master',
    binds: '0900000A',
    commits: 'a67e751 9fd1afe 6165ba3 555d9bf',
  }),
  xenvif('50957a5', 'CACHE:1-2 DEBUG:1 EVTCHN:5-9 GNTTAB:2-4 RANGE_SET:1 STORE:2 SUSPEND:1 UNPLUG:1-3 VIF:8-10', {
    line: 'master',
    binds: '0900000B',
    commits: '50957a5 ddb3b04',
  }),
  xenvif('14892e7', 'CACHE:1-2 DEBUG:1 EVTCHN:5-9 GNTTAB:2-4 RANGE_SET:1 STORE:2 SUSPEND:1 UNPLUG:1-3 VIF:8-10', {
    line: 'master',
    binds: '0900000B',
    commits: '14892e7 9058088 fb7791b',
  }),
  xenvif('30d347a', 'CACHE:1 DEBUG:1 EVTCHN:1-5 GNTTAB:1 RANGE_SET:1 STORE:1 SUSPEND:1 UNPLUG:1 VIF:2-5', {
    line: '8.1',
    binds: '08000009',
    commits: '30d347a',
  }),
  xenvif('746e615', 'CACHE:1 DEBUG:1 EVTCHN:1-5 GNTTAB:1 RANGE_SET:1 STORE:1-2 SUSPEND:1 UNPLUG:1 VIF:2-8', {
    line: '8.2',
    binds: '0800000B',
    commits: '746e615 659c96e de11b6f 7fc6c18',
  }),
  xenvkbd('0976a22', 'CACHE:1 DEBUG:1 EVTCHN:1-5 GNTTAB:1 RANGE_SET:1 STORE:1-2 SUSPEND:1 UNPLUG:1 HID:1', {
    line: 'master',
    binds: '09000000',
    commits: '0976a22 03f22e8',
  }),
  xenvkbd('3492d36', 'CACHE:1 DEBUG:1 EVTCHN:1-5 GNTTAB:1 RANGE_SET:1 STORE:1-2 SUSPEND:1 UNPLUG:1 HID:1', {
    line: 'master',
    binds: '09000000',
    commits: '3492d36 d16d1c6',
  }),
  xenvkbd('ab76c70', 'CACHE:1-2 DEBUG:1 EVTCHN:5-9 GNTTAB:2-4 RANGE_SET:1 STORE:2 SUSPEND:1 UNPLUG:1 HID:1', {
    line: 'master',
    binds: '09000009',
    commits: 'ab76c70 fc48406',
  }),
  xenvkbd('ab76c70', 'CACHE:1-2 DEBUG:1 EVTCHN:5-9 GNTTAB:2-4 RANGE_SET:1 STORE:2 SUSPEND:1 HID:1', {
    line: 'master',
    binds: '0900000A',
    commits: '31227c0 270cb87 877a272 fca7c0b 96d71b5 1845eec d33ff7e 033c456 b42b676',
  }),
];
