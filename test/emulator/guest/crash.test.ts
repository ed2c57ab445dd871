import { describe, expect, test } from 'vitest';
import { dumpBytes, encodeHeader, pagesOf, parseHeader, sha256 } from '../../../emulator/guest/dump-bytes.ts';
import { readAtBoot } from '../../../emulator/guest/dump-disk.ts';
import { CRASH_CONTROL, POWER } from '../../../emulator/guest/dump-stack.ts';
import type { GuestEvent, GuestOutput } from '../../../emulator/guest/events.ts';
import { GuestMachine } from '../../../emulator/guest/machine.ts';
import { newWorld } from '../../../emulator/new-world.ts';
import { Run } from '../../../emulator/scenarios/run.ts';
import { inputOn, judged, machineOn, said, setting } from '../../support/crash.ts';

const input = inputOn();
const older = inputOn('windows-8.1-x64');

const only = <K extends GuestOutput['kind']>(outputs: readonly GuestOutput[], kind: K) =>
  outputs.filter((one): one is Extract<GuestOutput, { kind: K }> => one.kind === kind);

const storeOf = (run: Run, path: string): string | undefined =>
  new GuestMachine(run.world, run.input.library).storeRead(path);

const bytesOn = (run: Run, vbd: number, start: number, length: number): Uint8Array =>
  readAtBoot(new GuestMachine(run.world, run.input.library), vbd, start, length);

const CRASH: GuestEvent = { kind: 'crash', code: '0x7E', pages: 60 };
const PAGE_FILE = 0x1000_0000;

describe('the stack for dumps', () => {
  test('is of copies of the images in memory, port first', () => {
    const outputs = said(machineOn(input), CRASH);
    expect(only(outputs, 'dump.stack')).toEqual([
      {
        kind: 'dump.stack',
        mode: 'dump',
        images: ['dump_dumpstorport.sys', 'dump_xencrsh.sys', 'dump_xenvbd.sys', 'dump_dumpfve.sys'],
      },
    ]);
  });

  test('has the older port before Windows 10, and the one of ATA disks on emulated disks', () => {
    const eight = new Run(older, newWorld(older.guest, { emulatedDisks: 'nvme' }));
    expect(only(said(eight, CRASH), 'dump.stack')[0]?.images.slice(0, 2)).toEqual([
      'dump_diskdump.sys',
      'dump_stornvme.sys',
    ]);
    const fresh = new Run(input, newWorld(input.guest));
    expect(only(said(fresh, CRASH), 'dump.stack')[0]?.images).toEqual([
      'dump_dumpata.sys',
      'dump_atapi.sys',
      'dump_dumpfve.sys',
    ]);
    const nvme = new Run(input, newWorld(input.guest, { emulatedDisks: 'nvme' }));
    expect(only(said(nvme, CRASH), 'dump.stack')[0]?.images).toEqual([
      'dump_dumpstorport.sys',
      'dump_stornvme.sys',
      'dump_dumpfve.sys',
    ]);
  });

  test('is told to the driver of the disk, which writes it where its crash dump library looks', () => {
    const run = machineOn(input);
    const usage = () => ['paging', 'hibernation', 'dump'].map((name) => storeOf(run, `data/scsi/target/0/${name}`));
    expect(usage()).toEqual(['1', '0', '1']);
    said(run, setting(POWER, 'HibernateEnabled', 1), setting(CRASH_CONTROL, 'CrashDumpEnabled', 0), {
      kind: 'restart',
    });
    expect(usage()).toEqual(['1', '1', '0']);
  });

  test('is not loaded when one of its filters is missing, and says so at once', () => {
    const run = machineOn(input);
    said(run, {
      kind: 'registry.set',
      key: CRASH_CONTROL,
      name: 'DumpFilters',
      type: 'REG_MULTI_SZ',
      data: ['gone.sys'],
    });
    const cause = { kind: 'file-missing', path: 'C:\\Windows\\System32\\drivers\\gone.sys', service: 'gone' };
    expect(only(said(run, { kind: 'restart' }), 'dump.stack-failed')).toMatchObject([{ mode: 'dump', cause }]);
    expect(only(said(run, CRASH), 'dump.failed')).toEqual([{ kind: 'dump.failed', mode: 'dump', cause, hangs: false }]);
  });

  test('is that of the boot: files that came later do not count', () => {
    const run = machineOn(input);
    said(run, { kind: 'file.delete', path: 'C:\\Windows\\System32\\drivers\\xencrsh.sys' });
    expect(only(said(run, CRASH), 'dump.written')).toHaveLength(1);
  });
});

describe('a crash', () => {
  test('writes a dump to the page file, which the next start finds byte for byte and takes out', () => {
    const run = machineOn(input);
    const boot = run.world.boots;
    const [written] = only(said(run, CRASH), 'dump.written');
    const header = { build: input.guest.windows.build, code: 0x7e, pages: 60 };
    const bytes = dumpBytes('dump', header, { boot, isMemory: () => true });
    expect(written).toMatchObject({
      ...{ vbd: 768, file: 'C:\\pagefile.sys', sector: PAGE_FILE / 512, bytes: 62 * 4096 },
      // 22 + 22 + 18 pages in transfers of two requests each, and a flush.
      ...{ transfers: 3, requests: 7, sha256: sha256(bytes) },
    });
    expect(run.world.session?.stop?.code).toBe('0x7E');
    expect(bytesOn(run, 768, PAGE_FILE, bytes.length)).toEqual(bytes);
    const volume = run.world.host.blocks?.[768];
    expect(volume?.content.pages).toBe(62);
    // The flush at the end makes it last, and the ring is the library's own: its first grant.
    expect(volume?.durable).toBe(volume?.content);
    expect(volume?.rings).toEqual([{ grant: '8', served: 7 }]);
    expect(volume?.counts).toMatchObject({ writes: 6, flushes: 1, failed: 0, sectorsWritten: 62 * 8 });
    const found = only(said(run, { kind: 'restart' }), 'dump.found');
    expect(found).toEqual([{ kind: 'dump.found', vbd: 768, bytes: bytes.length, code: '0x7E', sha256: sha256(bytes) }]);
    expect(only(said(run, { kind: 'restart' }), 'dump.found')).toEqual([]);
    expect(judged(run).findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  test('writes through an emulated controller as well, with the running system’s own miniport', () => {
    const run = new Run(input, newWorld(input.guest));
    said(run, CRASH);
    expect(only(said(run, { kind: 'restart' }), 'dump.found')).toHaveLength(1);
  });

  test('leaves nothing where dumps are switched off', () => {
    const run = machineOn(input);
    said(run, setting(CRASH_CONTROL, 'CrashDumpEnabled', 0), { kind: 'restart' });
    expect(said(run, CRASH).map(({ kind }) => kind)).toEqual(['crash.started']);
    expect(run.stopped).toBe(true);
  });

  test('happens to a machine that runs only', () => {
    const run = machineOn(input);
    said(run, { kind: 'power.off' });
    expect(said(run, CRASH)).toEqual([]);
  });

  test('stays the same over JSON', () => {
    const run = machineOn(input);
    said(run, CRASH);
    const again = new Run(input, JSON.parse(JSON.stringify(run.world)));
    expect(said(again, { kind: 'restart' })).toEqual(said(run, { kind: 'restart' }));
  });

  test.each([['x'], ['-1'], ['0x1FFFFFFFF'], ['']])('with the code %j is one that was asked for', (code) => {
    const [started] = only(said(machineOn(input), { kind: 'crash', code, pages: 1 }), 'crash.started');
    expect(started?.code).toBe('0xE2');
  });
});

describe('a dump', () => {
  test('begins as those of 64-bit Windows do', () => {
    const header = { build: 19_045, code: 0xe2, pages: 3 };
    const bytes = encodeHeader('dump', header);
    const text = (from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));
    expect([text(0, 4), text(4, 8)]).toEqual(['PAGE', 'DU64']);
    expect([...bytes.subarray(8, 16)]).toEqual([15, 0, 0, 0, 0x65, 0x4a, 0, 0]);
    expect([...bytes.subarray(0x38, 0x3c)]).toEqual([0xe2, 0, 0, 0]);
    expect(parseHeader('dump', bytes)).toEqual(header);
    expect(parseHeader('hiber', bytes)).toBeUndefined();
    expect(parseHeader('hiber', encodeHeader('hiber', header))).toEqual(header);
    expect(parseHeader('dump', bytes.subarray(1))).toBeUndefined();
    expect(parseHeader('dump', new Uint8Array(8192))).toBeUndefined();
  });

  test('has as many pages as can be', () => {
    expect([undefined, 0, -5, 2.7, Number.NaN, 1e12].map(pagesOf)).toEqual([254, 1, 1, 2, 254, 65_536]);
  });
});

describe('a hibernation', () => {
  const ready = () => {
    const run = machineOn(input);
    said(run, setting(POWER, 'HibernateEnabled', 1), { kind: 'restart' });
    return run;
  };

  test('is refused where it was not switched on', () => {
    const run = machineOn(input);
    expect(only(said(run, { kind: 'hibernate' }), 'hibernate.refused')).toHaveLength(1);
    expect(run.survey.running).toBe(true);
  });

  test('writes the machine by copies under hiber_, and the machine goes on with its PV disk', () => {
    const run = ready();
    const before = run.world.session;
    const outputs = said(run, { kind: 'hibernate', pages: 20 });
    expect(only(outputs, 'dump.stack')[0]?.images).toContain('hiber_xencrsh.sys');
    expect(outputs.at(-1)?.kind).toBe('hibernate.done');
    expect(run.world.session).toBeUndefined();
    const woken = said(run, { kind: 'resume' });
    expect(woken.map(({ kind }) => kind)).not.toContain('boot.started');
    expect(woken.at(-1)?.kind).toBe('resume.done');
    expect(run.survey.disks.map(({ path }) => path)).toEqual(['pv']);
    expect(Object.keys(run.world.session?.devices ?? {})).toEqual(Object.keys(before?.devices ?? {}));
    expect(storeOf(run, 'data/scsi/target/0/hibernation')).toBe('1');
    expect(run.world.hibernated).toBeUndefined();
  });

  test('ends with switching the machine on, unless that is done in another mode', () => {
    const run = ready();
    said(run, { kind: 'hibernate', pages: 2 });
    expect(said(run, { kind: 'power.on' }).at(-1)?.kind).toBe('resume.done');
    const safe = ready();
    said(safe, { kind: 'hibernate', pages: 2 });
    expect(said(safe, { kind: 'power.on', mode: 'safe' })[0]).toMatchObject({ kind: 'boot.started', mode: 'safe' });
    expect(safe.world.hibernated).toBeUndefined();
  });

  test('that cannot be read back is told, and the machine starts from nothing', () => {
    const run = ready();
    said(run, { kind: 'hibernate', pages: 2 });
    const { blocks: _lost, ...host } = run.world.host;
    run.world = { ...run.world, host };
    const outputs = said(run, { kind: 'resume' });
    expect(outputs.map(({ kind }) => kind)).toContain('boot.running');
    expect(outputs.at(-1)?.kind).toBe('resume.failed');
    expect(judged(run).findings.map(({ code }) => code)).toContain('EMULATOR_NO_DUMP');
  });
});
