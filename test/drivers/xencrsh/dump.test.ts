import { describe, expect, test } from 'vitest';
import type { FourPartVersion } from '../../../core/version.ts';
import type { DumpAdapter, DumpOutcome } from '../../../drivers/dump.ts';
import { dumpBehaviourOf } from '../../../drivers/dump-behaviours.ts';
import { xencrshDump } from '../../../drivers/xencrsh/dump.ts';
import { freshGrants, giveBack, takeGrants } from '../../../drivers/xencrsh/grants.ts';
import { PAGES_PER_TRANSFER, XENCRSH } from '../../../drivers/xencrsh/limits.ts';
import { findTarget } from '../../../drivers/xencrsh/target.ts';
import { libraryBeside } from '../../../drivers/xencrsh/traits.ts';
import { lacksBuffers } from '../../../drivers/xencrsh/transfer.ts';
import { type HostDisk, newHost } from '../../../emulator/xen/host.ts';
import { dumpMachineOn, library, runningHost, type TestDumpMachine } from '../../support/dump.ts';

const area = (target: number, name: string): string => `data/scsi/target/${target}/${name}`;
const DISKS: readonly HostDisk[] = [
  { vbd: 768, system: true },
  { vbd: 832, system: false },
];
/** What the driver of the running system wrote for its first disk, with two queues of two pages. */
const RUNNING = {
  'device/vbd/768/ring-page-order': '1',
  'device/vbd/768/multi-queue-num-queues': '2',
  'device/vbd/768/queue-0/ring-ref0': '32',
  'device/vbd/768/queue-0/ring-ref1': '33',
  'device/vbd/768/queue-0/event-channel': '8',
  'device/vbd/768/queue-1/ring-ref0': '34',
  'device/vbd/768/queue-1/ring-ref1': '35',
  'device/vbd/768/queue-1/event-channel': '9',
  'device/vif/0/tx-ring-ref': '36',
  'device/vif/0/rx-ring-ref': '37',
  [area(0, 'dump')]: '1',
  [area(0, 'hibernation')]: '0',
  [area(0, 'device')]: '768',
  [area(1, 'dump')]: '0',
  [area(1, 'hibernation')]: '1',
  [area(1, 'device')]: '832',
};

const found = (
  machine: TestDumpMachine,
  { mode = 'dump' as 'dump' | 'hiber', target = 0, driver = library() } = {},
): DumpOutcome<DumpAdapter> => xencrshDump.find(driver, { mode, target }, machine);

const adapterOn = (machine: TestDumpMachine): DumpAdapter => {
  const outcome = found(machine);
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.failure));
  return outcome.value;
};

const refusal = (disk: Partial<HostDisk>) => {
  const machine = dumpMachineOn(runningHost({ disks: [{ vbd: 768, system: true, ...disk }] }, RUNNING));
  const outcome = found(machine);
  return outcome.ok ? undefined : outcome.failure;
};

describe('the limits of the crash dump library (spec xen-pv 6)', () => {
  test('are 128 targets, 22 pages in two requests of 11, and the grants 8 to 31', () => {
    expect(XENCRSH.targets).toBe(128);
    expect(PAGES_PER_TRANSFER).toBe(22);
    expect(freshGrants).toEqual(Array.from({ length: 24 }, (_, index) => index + 8));
    // The ring takes one of them, and a transfer one for each page.
    expect(freshGrants.length - 1).toBeGreaterThanOrEqual(PAGES_PER_TRANSFER);
  });

  test('take the grant that came back last first, and no more than there are', () => {
    const taken = takeGrants(freshGrants, 3);
    expect(taken?.taken).toEqual([8, 9, 10]);
    expect(giveBack(taken?.free ?? [], [8, 9, 10]).slice(0, 4)).toEqual([10, 9, 8, 11]);
    expect(takeGrants(freshGrants, 25)).toBeUndefined();
  });
});

describe('the disk to write to', () => {
  const keys = (written: Readonly<Record<string, string>>) => dumpMachineOn(runningHost({ disks: DISKS }, written));

  test('is the target that xenstore marks: `dump` for a crash, `hibernation` for the other', () => {
    expect(findTarget(keys(RUNNING), 'dump')).toEqual({ target: 0, device: '768', guessed: false });
    expect(findTarget(keys(RUNNING), 'hiber')).toEqual({ target: 1, device: '832', guessed: false });
  });

  test('is looked for up to target 127', () => {
    const last = { [area(127, 'dump')]: '1', [area(127, 'device')]: '268467968' };
    expect(findTarget(keys(last), 'dump')).toEqual({ target: 127, device: '268467968', guessed: false });
    const beyond = { [area(128, 'dump')]: '1', [area(128, 'device')]: '268468224' };
    expect(findTarget(keys(beyond), 'dump')).toEqual({ target: 0, device: '768', guessed: true });
  });

  test('is the first disk when none is marked, or the mark has no device', () => {
    expect(findTarget(keys({ [area(3, 'dump')]: '1' }), 'dump')).toEqual({ target: 0, device: '768', guessed: true });
    expect(findTarget(keys({ [area(0, 'dump')]: 'yes', [area(0, 'device')]: '832' }), 'dump').guessed).toBe(true);
  });
});

describe('the way to the backend', () => {
  test('closes every disk, whatever the running system had with it, and connects the one that is meant', () => {
    const machine = dumpMachineOn(runningHost({ disks: DISKS }, RUNNING));
    expect(adapterOn(machine)).toEqual({
      miniport: 'dump_xenvbd',
      ...{ vbd: 768, target: 0, targets: 128, sectorSize: 512, sectors: 67_108_864, pagesPerTransfer: 22 },
      pv: {
        frontend: 'device/vbd/768',
        backend: '/local/domain/0/backend/vbd/1/768',
        ring: 8,
        free: freshGrants.slice(1),
        flush: 'flush',
      },
    });
    expect(machine.log).toEqual([
      'device/vbd/768/state = 5',
      'device/vbd/768/state = 6',
      'device/vbd/832/state = 5',
      'device/vbd/832/state = 6',
      'device/vbd/768/ring-page-order -',
      'device/vbd/768/feature-online-resize -',
      'device/vbd/768/feature-surprise-remove -',
      'device/vbd/768/multi-queue-num-queues -',
      'data/scsi/target/0/frontend = device/vbd/768',
      'data/scsi/target/0/device = 768',
      'data/scsi/target/0/filter = absent',
      'device/vbd/768/state = 1',
      'device/vbd/768/event-channel = 2',
      'device/vbd/768/ring-ref = 8',
      'device/vbd/768/protocol = x86_64-abi',
      'device/vbd/768/feature-surprise-remove = 1',
      'device/vbd/768/feature-online-resize = 1',
      'device/vbd/768/feature-large-sector-size = 1',
      'device/vbd/768/multi-queue-num-queues = 1',
      'device/vbd/768/state = 3',
      'device/vbd/768/state = 4',
    ]);
    expect(machine.notes).toEqual([
      { kind: 'xen.dump-target', mode: 'dump', target: 0, device: '768', guessed: false },
      { kind: 'xen.dump-connected', device: 'device/vbd/768', ring: 8, flush: 'flush' },
    ]);
  });

  test('flushes as the backend can and the build does', () => {
    const flushOf = (keys: Readonly<Record<string, string | null>>, built = '2026-01-01') => {
      const disks = [{ vbd: 768, system: true, keys }];
      const outcome = found(dumpMachineOn(runningHost({ disks }, RUNNING)), { driver: library({ built }) });
      return outcome.ok ? outcome.value.pv?.flush : outcome.failure;
    };
    expect(flushOf({})).toBe('flush');
    expect(flushOf({ 'feature-flush-cache': '0' })).toBe('barrier');
    expect(flushOf({ 'feature-flush-cache': null, 'feature-barrier': null })).toBe('none');
    expect(flushOf({}, '2024-11-07')).toBe('barrier');
  });

  test('waits without an end for a backend that does not connect again', () => {
    expect(refusal({ refuses: 'again' })).toEqual({
      kind: 'backend',
      ...{ frontend: 'device/vbd/768', state: '6', wanted: '2', waits: 'for ever' },
    });
  });

  test.each([
    ['no sectors', { sectors: null }],
    ['sectors of no size', { 'sector-size': '0' }],
    ['sectors of a size that no page holds', { 'sector-size': '8192' }],
    ['a count that is no number', { sectors: 'many' }],
  ])('does not end in a disk with %s', (_what, keys) => {
    expect(refusal({ keys })).toMatchObject({ kind: 'disk' });
  });

  test('leads to no target above 127', () => {
    const disks = [...DISKS, { vbd: 268_468_480, system: false }];
    const machine = dumpMachineOn(runningHost({ disks }, { ...RUNNING, [area(0, 'dump')]: '0' }));
    expect(found(machine, { target: 129 })).toEqual({
      ok: false,
      failure: { kind: 'target', target: 129, limit: 128 },
    });
    expect(machine.log.some((line) => line.endsWith('state = 1'))).toBe(false);
  });

  test('is that of the running system when a build does not say that it has one queue', () => {
    const machine = dumpMachineOn(
      runningHost(
        { disks: DISKS },
        { ...RUNNING, 'device/vbd/768/queue-0/ring-ref': '7', 'device/vbd/768/queue-1/ring-ref': '7' },
      ),
    );
    expect(found(machine, { driver: library({ built: '2017-01-01' }) })).toEqual({
      ok: false,
      failure: { kind: 'queues', frontend: 'device/vbd/768', queues: '2', waits: 'for ever' },
    });
  });

  test('is not there without a disk', () => {
    const machine = dumpMachineOn(newHost({ disks: [{ vbd: 51712, system: true }] }));
    expect(found(machine)).toEqual({
      ok: false,
      failure: { kind: 'disk', frontend: 'device/vbd/768', reason: 'device/vbd/768 names no backend.' },
    });
  });
});

describe('grants that the bus has given away', () => {
  test('are those of devices that are not closed: their pages stay mapped', () => {
    const taken = { ...RUNNING, 'device/vif/0/tx-ring-ref': '12', 'device/vif/0/rx-ring-ref': '13' };
    expect(found(dumpMachineOn(runningHost({ disks: DISKS }, taken)))).toEqual({
      ok: false,
      failure: { kind: 'grants', references: [12, 13], holders: ['device/vif/0'] },
    });
  });

  test('are none of the disks, which are closed before', () => {
    const taken = { ...RUNNING, 'device/vbd/832/ring-ref': '9' };
    expect(found(dumpMachineOn(runningHost({ disks: DISKS }, taken))).ok).toBe(true);
  });
});

describe('a transfer', () => {
  const adapter = adapterOn(dumpMachineOn(runningHost({ disks: DISKS }, RUNNING)));
  const write = { write: true, sector: 1000, pages: 22, lost: [] };

  test('becomes two requests of eleven pages, eight sectors a page, each page under its own grant', () => {
    const outcome = xencrshDump.transfer(library(), adapter, write);
    if (!outcome.ok) throw new Error(JSON.stringify(outcome.failure));
    const { requests } = outcome.value;
    expect(requests.map(({ operation, handle, sector }) => [operation, handle, sector])).toEqual([
      ['write', 768, 1000],
      ['write', 768, 1088],
    ]);
    const references = requests.map(({ segments }) => segments.map(({ reference }) => reference));
    expect(references).toEqual([
      [9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19],
      [20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30],
    ]);
    expect(requests[0]?.segments[0]).toEqual({ reference: 9, first: 0, last: 7 });
  });

  test('takes the grants that came back last first the next time', () => {
    const first = xencrshDump.transfer(library(), adapter, write);
    if (!first.ok) throw new Error('first');
    const next = xencrshDump.transfer(library(), first.value.adapter, { ...write, pages: 3 });
    if (!next.ok) throw new Error('next');
    expect(next.value.requests.flatMap(({ segments }) => segments.map(({ reference }) => reference))).toEqual([
      30, 29, 28,
    ]);
    expect([...(next.value.adapter.pv?.free ?? [])].sort((a, b) => a - b)).toEqual(freshGrants.slice(1));
  });

  test('counts sectors of 4096 bytes one a page', () => {
    const large = { ...adapter, sectorSize: 4096, sectors: 1_000_000 };
    const outcome = xencrshDump.transfer(library(), large, { ...write, pages: 12 });
    expect(outcome.ok && outcome.value.requests.map(({ sector, segments }) => [sector, segments[0]?.last])).toEqual([
      [1000, 0],
      [1011, 0],
    ]);
  });

  test.each([
    ['begins behind the end', { sector: 67_108_864 }],
    ['goes on behind the end', { sector: 67_108_864 - 175 }],
    ['ends with the last sector, which the library does not count', { sector: 67_108_864 - 176 }],
    ['is negative', { sector: -8 }],
    ['has more pages than two requests', { pages: 23 }],
    ['has none', { pages: 0 }],
  ])('is refused when it %s', (_what, change) => {
    const outcome = xencrshDump.transfer(library(), adapter, { ...write, ...change });
    expect(outcome).toMatchObject({ ok: false, failure: { kind: 'io' } });
  });

  test('of pages that are no memory any more fails in builds before 01a1170 only', () => {
    const lost = { ...write, lost: [5] };
    expect(xencrshDump.transfer(library({ built: '2014-12-31' }), adapter, lost)).toEqual({
      ok: false,
      failure: { kind: 'page', page: 5 },
    });
    expect(xencrshDump.transfer(library({ built: '2018-01-01' }), adapter, lost).ok).toBe(true);
    expect(xencrshDump.transfer(library(), adapter, lost).ok).toBe(true);
    expect(lacksBuffers({ ...write, lost: [1, 2, 3, 4, 5, 6, 7, 8] })).toBe(false);
    expect(lacksBuffers({ ...write, lost: [1, 2, 3, 4, 5, 6, 7, 8, 9] })).toBe(true);
  });

  test('ends with what the backend has: a flush, a barrier, or nothing', () => {
    const { pv } = adapter;
    if (pv === undefined) throw new Error('pv');
    expect(xencrshDump.finish(adapter)).toEqual([{ operation: 'flush', handle: 768, sector: 0, segments: [] }]);
    expect(xencrshDump.finish({ ...adapter, pv: { ...pv, flush: 'barrier' } })[0]?.operation).toBe('barrier');
    expect(xencrshDump.finish({ ...adapter, pv: { ...pv, flush: 'none' } })).toEqual([]);
  });
});

describe('a library beside a driver of another line', () => {
  const dayOf = (own: FourPartVersion | undefined, other: FourPartVersion | undefined) => {
    const versioned = (version: FourPartVersion | undefined) => library(version === undefined ? {} : { version }).model;
    return libraryBeside(versioned(own), versioned(other)).built;
  };

  test.each([
    [[8, 2, 1, 5], [9, 1, 0, 5], '2018-03-21'],
    [[8, 0, 0, 1], [8, 2, 0, 1], '2015-09-07'],
    [[7, 2, 0, 1], [9, 0, 0, 1], '2014-06-30'],
    // One of the same line, a newer one, and numbers of a vendor's own say nothing.
    [[9, 1, 0, 4], [9, 1, 0, 5], '2026-05-01'],
    [[9, 1, 0, 5], [8, 2, 1, 5], '2026-05-01'],
    [[8, 2, 0, 5], [8, 2, 0, 5], '2026-05-01'],
    [[9, 0, 0, 1], [10, 0, 0, 1], '2026-05-01'],
    [undefined, [9, 1, 0, 5], '2026-05-01'],
  ] as const)('%j beside %j is of %s at the latest', (own, other, day) => {
    expect(dayOf(own, other)).toBe(day);
  });
});

test('no other image of the family is a miniport', () => {
  expect(dumpBehaviourOf('XENVBD')).toBe(xencrshDump);
  expect(dumpBehaviourOf('xenvif')).toBeUndefined();
});
