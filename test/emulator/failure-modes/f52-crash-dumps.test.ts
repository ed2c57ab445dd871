import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { FourPartVersion } from '../../../core/version.ts';
import type { DumpFailure } from '../../../drivers/dump.ts';
import { CRASH_CONTROL, POWER } from '../../../emulator/guest/dump-stack.ts';
import type { GuestEvent } from '../../../emulator/guest/events.ts';
import { historicTemplates } from '../../../emulator/history/historic-package.ts';
import { historicReleases } from '../../../emulator/history/historic-releases.ts';
import type { Run } from '../../../emulator/scenarios/run.ts';
import type { HostDisk, HostSettings } from '../../../emulator/xen/host.ts';
import { inputOn, judged, machineOn, modesOf, said, setting } from '../../support/crash.ts';
import { editedRelease } from '../../support/edited-release.ts';
import { describeProofs } from '../../support/failure-proof.ts';
import { projectRoot } from '../../support/outside.ts';
import { played, scenarioNamed } from '../../support/rehearsal.ts';

const good = inputOn();
const CRASH: GuestEvent = { kind: 'crash', pages: 42 };

const disksWith = (disk: Partial<HostDisk>, ...others: readonly HostDisk[]): Partial<HostSettings> => ({
  disks: [{ vbd: 768, system: true, ...disk }, ...others],
});

/** Bit 28, and the number of the disk. */
const extended = (target: number): HostDisk => ({ vbd: (1 << 28) | (target << 8), system: false });

const failureOf = (run: Run, mode: 'dump' | 'hiber' = 'dump'): DumpFailure | undefined => {
  for (const { outputs } of run.steps) {
    for (const one of outputs) {
      if (one.kind === 'dump.failed' && one.mode === mode && one.cause.kind === 'dump') return one.cause.failure;
    }
  }
  return undefined;
};

const ownDumpDisk: readonly GuestEvent[] = [
  setting(CRASH_CONTROL, 'DedicatedDumpFile', 'D:\\dump.sys'),
  { kind: 'restart' },
];

const crashed = (run: Run, ...before: readonly GuestEvent[]): Run => {
  said(run, ...before, CRASH, { kind: 'restart' });
  return run;
};

describe('F52: a crash leaves no dump', () => {
  test('on a disk with a target beyond 127; the one before it is reached', () => {
    const bad = crashed(machineOn(good, disksWith({}, extended(128))), ...ownDumpDisk);
    expect(modesOf(judged(bad))).toEqual(['error F52']);
    expect(failureOf(bad)).toEqual({ kind: 'target', target: 128, limit: 128 });
    const last = crashed(machineOn(good, disksWith({}, extended(127))), ...ownDumpDisk);
    expect(modesOf(judged(last))).toEqual([]);
  });

  test('when the bus has given the grants of the library away; the network card has them', () => {
    const bad = crashed(machineOn(inputOn('windows-10-22h2-x64', { xenbus: { reservedGrants: 8 } })));
    expect(modesOf(judged(bad))).toEqual(['error F52']);
    expect(failureOf(bad)).toMatchObject({ kind: 'grants', holders: ['device/vif/0'] });
    const sound = crashed(machineOn(inputOn('windows-10-22h2-x64', { xenbus: { reservedGrants: 32 } })));
    expect(modesOf(judged(sound))).toEqual([]);
  });

  test('when the backend does not connect a second time: the machine stands', () => {
    const bad = crashed(machineOn(good, disksWith({ refuses: 'again' })));
    expect(modesOf(judged(bad))).toEqual(['error F52']);
    const hung = bad.steps.flatMap(({ outputs }) => outputs).find(({ kind }) => kind === 'dump.failed');
    expect(hung).toMatchObject({ hangs: true });
  });

  test('when no target is marked for the disk of the dump: another one would be overwritten', () => {
    const run = machineOn(good, disksWith({}, { vbd: 832, system: false }));
    said(run, ...ownDumpDisk, { kind: 'store.write', path: 'data/scsi/target/1/dump', value: '0' });
    crashed(run);
    expect(modesOf(judged(run))).toEqual(['error F52']);
    expect(failureOf(run)).toMatchObject({ kind: 'disk', frontend: 'device/vbd/768' });
  });

  test('by a backend whose keys say nothing that a disk can have', () => {
    const run = machineOn(good);
    const backend = '/local/domain/0/backend/vbd/1/768';
    crashed(run, { kind: 'store.write', path: `${backend}/sector-size`, value: '0' });
    expect(failureOf(run)?.kind).toBe('disk');
  });
});

describe('F52: a machine does not hibernate', () => {
  const allowed: readonly GuestEvent[] = [setting(POWER, 'HibernateEnabled', 1), { kind: 'restart' }];

  test('for the same reasons', () => {
    const bad = machineOn(good, disksWith({ refuses: 'again' }));
    said(bad, ...allowed, { kind: 'hibernate', pages: 20 });
    expect(modesOf(judged(bad))).toEqual(['error F52']);
    expect(bad.world.session?.stop?.code).toBe('0xA0');
    const sound = machineOn(good, disksWith({}));
    said(sound, ...allowed, { kind: 'hibernate', pages: 20 }, { kind: 'resume' });
    expect(modesOf(judged(sound))).toEqual([]);
  });
});

const ofVersion = (version: FourPartVersion) => ({
  version: {
    fixed: {
      ...{ fileVersion: version, productVersion: version },
      ...{ fileType: 3, fileSubtype: 7, fileFlags: 0, fileOs: 0x4_0004 },
    },
    strings: [],
  },
});

describe('F37: a crash dump library of another build', () => {
  test('does not say that it has one queue, and polls a ring that nobody serves', () => {
    const run = crashed(machineOn(inputOn('windows-10-22h2-x64', { xencrsh: { built: '2017-01-01' } })));
    expect(modesOf(judged(run))).toEqual(['error F37']);
    expect(failureOf(run)).toEqual({ kind: 'queues', frontend: 'device/vbd/768', queues: '2', waits: 'no longer' });
  });
});

describeProofs('a crash dump library of another line', [
  {
    mode: 'F37',
    what: 'has the version of one before several queues',
    caught: ['static', 'emulated'],
    bad: () => editedRelease({ images: { 'xencrsh.sys': ofVersion([8, 2, 1, 30]) } }),
    scenarios: ['crash-dump'],
  },
]);

describe('releases of their time', () => {
  const templates = new Map(
    historicTemplates(['xenbus', 'xenvbd', 'xenvif', 'xennet', 'xeniface', 'xenvkbd', 'xenhid', 'xencons']).map(
      (path) => [path, readFileSync(join(projectRoot, path))],
    ),
  );
  const seven = inputOn('windows-7-sp1-sha2-x64').guest;
  const vendor = { vendorName: 'Vendor', productName: 'Product', vendorPrefix: 'XS', vendorDeviceId: 'C000' };
  const { bundles, library } = historicReleases({ guests: [seven], vendor, templates });

  test.each([
    ['master@2014-08-31', ['warning F52']],
    ['master@2014-12-31', []],
    ['8.2.1', []],
  ])('%s crashes with %j', (label, modes) => {
    const bundle = bundles.find((one) => one.label === label);
    if (bundle === undefined) throw new Error(label);
    const input = { guest: seven, guests: [seven], library, bundle, before: [] };
    const [plain] = played(scenarioNamed('crash-dump'), input);
    expect(plain?.result.verdict).toBe('pass');
    expect(plain === undefined ? [] : modesOf(plain.result)).toEqual(modes);
  });
});
