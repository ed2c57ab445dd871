import { describe, expect, test } from 'vitest';
import type { GuestEvent } from '../../../emulator/guest/events.ts';
import { newWorld } from '../../../emulator/new-world.ts';
import { judgeRun } from '../../../emulator/scenarios/judge.ts';
import { Run } from '../../../emulator/scenarios/run.ts';
import type { BackendKind } from '../../../emulator/xen/backend-kinds.ts';
import type { HostDisk, HostSettings } from '../../../emulator/xen/host.ts';
import { inputOn, machineOn, modesOf, said } from '../../support/crash.ts';

const VBD = 51_776;
const DISCARD = { 'feature-discard': '1', 'discard-granularity': '4096' };
const host = (keys: HostDisk['keys'] = {}, backends: BackendKind = 'linux-6'): Partial<HostSettings> => ({
  disks: [
    { vbd: 768, system: true },
    { vbd: VBD, system: false, keys },
  ],
  backends,
});

const write = (block: number, blocks: number, fill = 1): GuestEvent => ({
  kind: 'io.write',
  vbd: VBD,
  block,
  blocks,
  fill,
});
const read = (block: number, blocks: number): GuestEvent => ({ kind: 'io.read', vbd: VBD, block, blocks });
const remove = (block: number, blocks: number): GuestEvent => ({
  kind: 'io.delete',
  vbd: VBD,
  ranges: [{ block, blocks }],
});
const WORK = [write(0, 512), remove(128, 128), read(0, 128), read(256, 256)];

const found = (run: Run, ...events: readonly GuestEvent[]): readonly string[] => {
  said(run, ...events);
  return modesOf(judgeRun(run, 'trim'));
};

describe('F39: xendisk and xenvbd of the two sides of 34f858c', () => {
  test.each([
    ['an older xendisk', { xendisk: { built: '2015-06-01' } }],
    ['an older xenvbd', { xenvbd: { built: '2015-06-01' } }],
  ])('%s', (_what, builds) => {
    expect(found(machineOn(inputOn(undefined, builds), host(DISCARD)), ...WORK)).toEqual(['error F39']);
  });

  test('not two older ones, which have the same UNMAP', () => {
    const builds = { xendisk: { built: '2015-06-01' }, xenvbd: { built: '2015-06-01' } };
    expect(found(machineOn(inputOn(undefined, builds), host(DISCARD)), ...WORK)).toEqual([]);
  });
});

describe('F40: TRIM is reported, and the backend has none', () => {
  const input = inputOn();

  test('is told, and harms nothing', () => {
    expect(found(machineOn(input, host()), ...WORK)).toEqual(['warning F40']);
  });

  test('not where the backend has a discard', () => {
    expect(found(machineOn(input, host(DISCARD)), ...WORK)).toEqual([]);
  });

  test('where the backend turns discards off by discard-enable', () => {
    expect(found(machineOn(input, host({ ...DISCARD, 'discard-enable': '0' })), ...WORK)).toEqual(['warning F40']);
  });
});

describe('F41: sectors of 4096 bytes, and two sides that count differently', () => {
  const input = inputOn();
  const large = { 'sector-size': '4096' };

  test('the backend counts in 512 bytes: what was written comes back changed', () => {
    const run = machineOn(input, host(large));
    expect(found(run, write(0, 64, 3), read(0, 64))).toEqual(['error F41']);
  });

  test.each(['qemu-4', 'qemu-2'] as const)('not where %s counts in them too', (backends) => {
    expect(found(machineOn(input, host(large, backends)), write(0, 64, 3), read(0, 64))).toEqual([]);
  });
});

describe('F42: what the backend says is no disk', () => {
  const input = inputOn();
  const plugged = (keys: HostDisk['keys']): Run => {
    const run = machineOn(input);
    run.stage = 'with another disk';
    run.play({ kind: 'disk.plug', disk: { vbd: VBD, system: false, ...(keys === undefined ? {} : { keys }) } });
    run.expect({ disks: 'pv', nics: 'pv', settled: true });
    return run;
  };

  test.each(['0', '', 'large', '-0'])('a sector-size of %j stops the machine by name', (size) => {
    const run = plugged({ 'sector-size': size });
    expect(run.world.session?.stop?.code).toBe('0x7F');
    expect(modesOf(judgeRun(run, 'hot-plug-disk'))).toEqual(['error F42']);
  });

  test.each([null, '0', '', '-5', 'many'])('sectors of %j are no disk', (sectors) => {
    const run = plugged({ sectors });
    expect(run.world.session?.phase).toBe('running');
    expect(modesOf(judgeRun(run, 'hot-plug-disk'))).toEqual(['error F42']);
  });

  test('not those of a disk that is one', () => {
    expect(modesOf(judgeRun(plugged({ 'sector-size': '512' }), 'hot-plug-disk'))).toEqual([]);
    expect(modesOf(judgeRun(plugged({ 'sector-size': null }), 'hot-plug-disk'))).toEqual([]);
  });

  test('of the system disk: the machine does not start', () => {
    const disks = [{ vbd: 768, system: true, keys: { 'sector-size': '0' } }];
    const run = new Run(input, newWorld(input.guest, { disks }));
    run.install(input.bundle);
    run.untilStable({ disks: 'pv', nics: 'pv', settled: true });
    expect(run.world.session?.stop?.code).toBe('0x7F');
    expect(modesOf(judgeRun(run, 'fresh-install'))).toEqual(['error F42']);
  });
});

describe('keys that change while the disk is connected', () => {
  const backend = `/local/domain/0/backend/vbd/1/${VBD}`;
  test.each([
    ['sector-size', '0'],
    ['sector-size', 'abc'],
    ['feature-discard', '-1'],
    ['feature-max-indirect-segments', '99999999999999999999'],
    ['sectors', '99999999999999999999'],
    ['sectors', 'none'],
    ['info', '7'],
  ])('%s = %s: a status, and never an end', (name, value) => {
    const run = machineOn(inputOn(), host(DISCARD));
    const outputs = said(
      run,
      write(0, 64, 3),
      { kind: 'store.write', path: `${backend}/${name}`, value },
      ...[read(0, 64), write(64, 64), remove(0, 64), { kind: 'io.flush', vbd: VBD } as const],
      write(10 ** 9, 8),
    );
    expect(run.world.session?.phase).toBe('running');
    expect(outputs.filter(({ kind }) => kind.startsWith('io.'))).toHaveLength(6);
  });
});

describe('requests that no disk can do', () => {
  const run = machineOn(inputOn(), host(DISCARD));
  test.each<[string, GuestEvent, string]>([
    ['past the end', write(67_108_860, 8), 'SRB_STATUS_ERROR'],
    ['far past the end', read(2 ** 40, 8), 'SRB_STATUS_ERROR'],
    ['half a block', write(0.5, 1), 'SRB_STATUS_INVALID_REQUEST'],
    ['before the first', read(-1, 1), 'SRB_STATUS_INVALID_REQUEST'],
    ['of no number', read(Number.NaN, 1), 'SRB_STATUS_INVALID_REQUEST'],
    ['too much', read(0, 2 ** 30), 'SRB_STATUS_INVALID_REQUEST'],
    [
      'data of another length',
      { kind: 'io.write', vbd: VBD, block: 0, blocks: 2, data: 'AAAA' },
      'SRB_STATUS_INVALID_REQUEST',
    ],
    ['a disk that is not there', { kind: 'io.flush', vbd: 4 }, 'SRB_STATUS_NO_DEVICE'],
    ['a file past the end', remove(67_108_860, 8), 'SRB_STATUS_ERROR'],
  ])('%s', (_what, event, status) => {
    expect(said(run, event)).toMatchObject([{ kind: 'io.failed', srbStatus: status }]);
  });

  test('no blocks at all are done at once', () => {
    expect(said(run, write(0, 0))).toMatchObject([{ kind: 'io.done', blocks: 0, srbs: 0, requests: 0 }]);
  });
});
