import { describe, expect, test } from 'vitest';
import { dumpBytes, sha256 } from '../../../emulator/guest/dump-bytes.ts';
import { clearAtBoot } from '../../../emulator/guest/dump-disk.ts';
import type { GuestEvent, GuestOutput } from '../../../emulator/guest/events.ts';
import { GuestMachine } from '../../../emulator/guest/machine.ts';
import { BACKEND_KINDS, type BackendKind } from '../../../emulator/xen/backend-kinds.ts';
import type { HostSettings } from '../../../emulator/xen/host.ts';
import { inputOn, judged, machineOn, modesOf, said } from '../../support/crash.ts';

const input = inputOn();
const PAGES = 42;
const CRASH: GuestEvent = { kind: 'crash', pages: PAGES };
const RESTART: GuestEvent = { kind: 'restart' };
const header = { build: input.guest.windows.build, code: 0xe2, pages: PAGES };

const foundIn = (outputs: readonly GuestOutput[]): readonly string[] =>
  outputs.flatMap((one) => (one.kind === 'dump.found' ? [one.sha256] : []));

const KINDS = Object.keys(BACKEND_KINDS) as readonly BackendKind[];
const large = (backends: BackendKind): Partial<HostSettings> => ({
  backends,
  disks: [{ vbd: 768, system: true, sectors: 4_194_304, keys: { 'sector-size': '4096', sectors: '524288' } }],
});

describe('a dump through each kind of backend', () => {
  test.each(KINDS)('%s has it as it was meant, after the next start', (backends) => {
    const run = machineOn(input, { backends });
    const boot = run.world.boots;
    said(run, CRASH);
    const flushed = run.world.host.blocks?.[768];
    expect(flushed?.durable).toBe(flushed?.content);
    const bytes = dumpBytes('dump', header, { boot, isMemory: () => true });
    expect(foundIn(said(run, RESTART))).toEqual([sha256(bytes)]);
    expect(modesOf(judged(run))).toEqual([]);
  });
});

describe('a dump on a disk with sectors of 4096 bytes', () => {
  test('is found where both sides count in such sectors', () => {
    const run = machineOn(input, large('qemu-4'));
    said(run, CRASH);
    expect(foundIn(said(run, RESTART))).toHaveLength(1);
    expect(judged(run).verdict).toBe('pass');
  });

  test('is lost where the backend counts in 512 bytes, which is F41', () => {
    const run = machineOn(input, large('linux-6'));
    said(run, CRASH);
    expect(foundIn(said(run, RESTART))).toEqual([]);
    expect(modesOf(judged(run))).toEqual(['error F41']);
  });
});

describe('a dump that somebody changed before the next start', () => {
  test('is told to be found with other bytes', () => {
    const run = machineOn(input);
    said(run, CRASH);
    const machine = new GuestMachine(run.world, input.library);
    clearAtBoot(machine, 768, 0x1000_0000 + 10 * 4096);
    run.world = { ...run.world, host: machine.host };
    expect(foundIn(said(run, RESTART))).toHaveLength(1);
    const { verdict, findings } = judged(run);
    expect(verdict).toBe('fail');
    expect(findings.map(({ message }) => message).join()).toContain('is found with other bytes after the next start');
  });
});

describe('a volume that does not take the dump', () => {
  const failedOn = (disk: Partial<HostSettings['disks'][number]>): readonly unknown[] => {
    const run = machineOn(input, { disks: [{ vbd: 768, system: true, ...disk }] });
    return said(run, CRASH).flatMap((one) => (one.kind === 'dump.failed' ? [one.cause] : []));
  };

  test('because it ends before the file does: the library says no', () => {
    expect(failedOn({ sectors: 0x1000_0000 / 512 + 100 })).toMatchObject([
      { kind: 'dump', failure: { kind: 'io', reason: 'The disk ends at sector 524388.' } },
    ]);
  });

  test('because it may not be written to: the backend says no, and the library does not hear it', () => {
    const [cause] = failedOn({ keys: { mode: 'r' } });
    expect(cause).toMatchObject({ kind: 'dump', failure: { kind: 'io', sector: 524_288 } });
    expect(JSON.stringify(cause)).toContain('goes on as if it had not');
  });
});
