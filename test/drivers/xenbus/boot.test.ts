import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DriverModel } from '../../../drivers/model.ts';
import { isDiskEmulated } from '../../../drivers/xenbus/emulated-list.ts';
import { has, TRAIT_NAMES, traitOf } from '../../../drivers/xenbus/traits.ts';
import {
  activeIs,
  asking,
  type Booted,
  type BootStart,
  bootXen,
  ENUM,
  installed,
  merged,
  PLATFORM_0001,
  service,
} from '../../support/xen-boot.ts';

const HEAD: DriverModel = {
  image: 'xenbus',
  version: [9, 1, 0, 27],
  prefix: 'XP',
  built: '2026-05-01',
  line: 'master',
  rows: ['09000008', '09000009', '0900000A', '0900000B', '0900000C'],
  provides: { XENBUS_STORE: [2, 2], XENFILT_EMULATED: [1, 3] },
};

const good = (model: DriverModel) => merged(installed(model), asking(model), activeIs(PLATFORM_0001));
const goodBoot = (model: DriverModel, rest: Partial<BootStart> = {}): Booted =>
  bootXen({ model, registry: good(model), ...rest });

const ids = ({ found }: Booted, kind: string): readonly string[] =>
  found.filter(({ facts }) => facts.kind === kind).map(({ deviceId }) => deviceId);
const unplugs = ({ machine }: Booted) => machine.notes.filter(({ kind }) => kind === 'xen.unplug');
const masks = ({ machine }: Booted): readonly number[] =>
  machine.portLog.flatMap(([way, port, bits, value]) => (way === 'out' && port === 0x10 && bits === 16 ? [value] : []));

/** A day of every age: each change of the table, the day before it, and days between. */
const days = [
  ...new Set(TRAIT_NAMES.flatMap((name) => [traitOf(name).since])),
  ...['2013-06-01', '2014-12-31', '2016-01-15', '2018-03-21', '2022-06-01', '2024-10-28', '2026-06-01'],
].sort();

describe('a boot of a good installation', () => {
  const model = fc.record({
    built: fc.constantFrom(...days),
    line: fc.constantFrom('master', 'master', '8.1', '8.2', 'xcp-ng'),
    prefix: fc.constantFrom('XP', 'XN', 'XS'),
    vendorDeviceId: fc.constantFrom('', 'C000'),
  });
  const host = fc.record({
    platform: fc.constantFrom<'0001' | '0002'>('0001', '0002'),
    vendorDevice: fc.constantFrom('', 'C000'),
    emulatedNics: fc.constantFrom<'rtl8139' | 'e1000'>('rtl8139', 'e1000'),
    slot: fc.integer({ min: 2, max: 20 }),
  });

  test('of any age unplugs once, and then shows what is left', () => {
    fc.assert(
      fc.property(model, host, (some, settings) => {
        const one: DriverModel = { ...HEAD, ...some };
        const deviceId = `PCI\\VEN_5853&DEV_${settings.platform}&SUBSYS_00015853&REV_01`;
        const registry = merged(installed(one), asking(one), activeIs(deviceId));
        const booted = bootXen({ model: one, registry, host: settings });
        expect(unplugs(booted)).toHaveLength(1);
        expect(unplugs(booted)[0]).toMatchObject({ disks: true, nics: true });
        expect(ids(booted, 'disk')).toEqual([]);
        expect(ids(booted, 'nic')).toEqual([]);
        expect(ids(booted, 'cdrom')).toHaveLength(1);
        expect(ids(booted, 'xen-class').length).toBeGreaterThan(2);
        expect(booted.asked.get('ACPI\\PNP0A03\\0')).toBe(2);
        expect(booted.machine.stops).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test.each(days)('built on %s, is as it was before the change on the day before', (day) => {
    const changes = TRAIT_NAMES.filter((name) => traitOf(name).since === day);
    const before = new Date(Date.parse(day) - 86_400_000).toISOString().slice(0, 10);
    for (const name of changes) {
      const line = traitOf(name).lines?.[0] ?? 'master';
      expect([name, has({ ...HEAD, built: before, line }, name)]).toEqual([name, false]);
      expect([name, has({ ...HEAD, built: day, line }, name)]).toEqual([name, true]);
    }
  });
});

describe('a maintenance branch', () => {
  test.each([
    ['8.1', 'vendorPrefix', true],
    ['8.1', 'newestFirst', false],
    ['8.2', 'newestFirst', true],
    ['8.2', 'filterByIds', false],
    ['8.2', 'deviceIdWithoutRevision', false],
  ] as const)('%s has %s: %s, whenever it was built', (line, name, expected) => {
    expect(has({ ...HEAD, line, built: '2019-12-31' }, name)).toBe(expected);
  });
});

describe('hiding', () => {
  test('the boot that installs the bus has the filter in no stack: nothing is unplugged, all stays', () => {
    const booted = bootXen({ model: HEAD, registry: installed(HEAD), filtered: false });
    expect(unplugs(booted)).toEqual([]);
    expect(ids(booted, 'disk')).toHaveLength(1);
    expect(ids(booted, 'nic')).toHaveLength(1);
    expect(ids(booted, 'xen-class')).toHaveLength(5);
  });

  test('the function that becomes active in this boot is no reason to unplug yet', () => {
    const booted = bootXen({ model: HEAD, registry: merged(installed(HEAD), asking(HEAD)) });
    expect(unplugs(booted)).toEqual([]);
    expect(booted.machine.value(`${service('XENFILT')}\\Parameters`, 'ActiveDeviceID')).toBe(PLATFORM_0001);
  });

  test('in safe mode everything is shown and stays emulated (F49)', () => {
    const booted = goodBoot(HEAD, { safeMode: true });
    expect(unplugs(booted)).toEqual([]);
    expect(ids(booted, 'disk')).toEqual(['IDE\\DiskQEMU_HARDDISK___________________________0.10.2__']);
  });

  test('in safe mode drivers before July 2015 do nothing at all', () => {
    const booted = goodBoot({ ...HEAD, built: '2015-03-17' }, { safeMode: true });
    expect(booted.machine.notes.filter(({ kind }) => kind === 'xen.inert')).toHaveLength(2);
    expect(ids(booted, 'xen-class')).toEqual([]);
    expect(ids(booted, 'disk')).toHaveLength(1);
  });

  test('an active function that is gone is none: nothing is unplugged, and the one that is there lists nothing (F22)', () => {
    const model = { ...HEAD, built: '2024-11-01', vendorDeviceId: 'C000' };
    const gone = activeIs('PCI\\VEN_5853&DEV_C000&SUBSYS_C0005853&REV_01');
    const booted = bootXen({ model, registry: merged(installed(model), asking(model), gone) });
    expect(unplugs(booted)).toEqual([]);
    expect(ids(booted, 'xen-class')).toEqual([]);
    expect(ids(booted, 'disk')).toHaveLength(1);
  });

  test('the active function keeps its instance id when it moves to another slot', () => {
    const booted = goodBoot(HEAD, { host: { slot: 9 } });
    const [own] = booted.found.filter(({ deviceId }) => deviceId === PLATFORM_0001);
    expect(own?.instanceId).toBe('3&267A616A&0&18');
    expect(own?.location).toBe('PCI bus 0, device 3, function 0');
  });

  test('a filter whose parameters name no device leaves all lists as they are', () => {
    const registry = merged(asking(HEAD), activeIs(PLATFORM_0001));
    const booted = bootXen({ model: HEAD, registry });
    expect(booted.asked.get('ACPI\\PNP0A03\\0')).toBe(1);
    expect(unplugs(booted)).toEqual([]);
  });
});

describe('the question whether a disk is emulated', () => {
  const nvme = { emulatedDisks: 'nvme' } as const;
  test.each([
    ['an IDE disk answers for its own number', '2026-05-01', {}, [true, false, true, false]],
    ['an emulated NVMe controller answers for all', '2026-05-01', nvme, [true, true, true, true]],
  ])('%s', (_name, built, settings, expected) => {
    const model = { ...HEAD, built };
    const { machine } = bootXen({
      model,
      registry: merged(installed(model), activeIs(PLATFORM_0001)),
      host: settings,
    });
    expect([0, 1, 2, 3].map((disk) => isDiskEmulated(machine, disk))).toEqual(expected);
  });

  test.each([
    ['2025-08-20', true],
    ['2026-05-01', false],
  ])('a physical NVMe controller counted as one until de5b538: built %s, %s (F18)', (built, expected) => {
    const model = { ...HEAD, built };
    const booted = goodBoot(model, { host: { passThroughNvme: { vendor: '144D', device: 'A808' } } });
    expect(isDiskEmulated(booted.machine, 0)).toBe(expected);
  });
});

describe('which function is active', () => {
  const model: DriverModel = { ...HEAD, vendorDeviceId: 'C000' };
  const both = { vendorDevice: 'C000' };
  const OWN = 'PCI\\VEN_5853&DEV_C000&SUBSYS_C0005853&REV_01';
  const precedence = {
    [`${service('XENFILT')}\\Parameters\\Precedence`]: {
      'PCI\\VEN_5853&DEV_0001': 1,
      'PCI\\VEN_5853&DEV_0002': 2,
      'PCI\\VEN_5853&DEV_C000': 0xc000,
    },
  };
  const active = ({ machine }: Booted) =>
    machine.notes.flatMap((note) => (note.kind === 'xen.active' && note.active ? [note.device.split('\\')[1]] : []));

  test('the first that is added', () => {
    const booted = bootXen({ model, registry: installed(model), host: both });
    expect(active(booted)).toEqual([PLATFORM_0001.split('\\')[1]]);
  });

  test('not a legacy one while the registry knows the vendor\u2019s own, even when that is gone', () => {
    const registry = merged(installed(model), { [`${ENUM}\\${OWN}`]: {} });
    expect(active(bootXen({ model, registry }))).toEqual([]);
    expect(active(bootXen({ model, registry, host: both }))).toEqual([OWN.split('\\')[1]]);
  });

  test('looked for under the id of C000 whatever the vendor\u2019s own is, before 8daaca4', () => {
    const old: DriverModel = { ...model, built: '2024-11-01', vendorDeviceId: 'C200' };
    const known = (id: string) => ({ [`${ENUM}\\PCI\\VEN_5853&DEV_C200&SUBSYS_${id}5853&REV_01`]: {} });
    expect(active(bootXen({ model: old, registry: merged(installed(old), known('C200')) }))).toHaveLength(1);
    expect(active(bootXen({ model: old, registry: merged(installed(old), known('C000')) }))).toHaveLength(0);
  });

  test('the one with the highest precedence, whatever is stored', () => {
    const registry = merged(installed(model), precedence, asking(model), activeIs(PLATFORM_0001));
    const booted = bootXen({ model, registry, host: both });
    expect(active(booted)).toEqual([OWN.split('\\')[1]]);
    expect(unplugs(booted)).toHaveLength(1);
    expect(booted.machine.value(`${service('XENFILT')}\\Parameters`, 'ActiveDeviceID')).toBe(OWN);
  });

  test('by precedence also when the stored one is gone', () => {
    const registry = merged(installed(model), precedence, asking(model), activeIs(OWN));
    const booted = bootXen({ model, registry });
    expect(active(booted)).toEqual([PLATFORM_0001.split('\\')[1]]);
    expect(ids(booted, 'disk')).toEqual([]);
  });

  test('a new filter above an old bus: unplugged by precedence, and no function lists anything (F23)', () => {
    const registry = merged(installed(model), precedence, asking(model), { [`${ENUM}\\${OWN}`]: {} });
    const images = { xenbus: { built: '2025-07-31' } };
    const booted = bootXen({ model, registry, images });
    expect(unplugs(booted)).toHaveLength(1);
    expect(active(booted)).toEqual([]);
    const early = { ...model, line: 'xcp-ng' };
    expect(active(bootXen({ model: early, registry, images: { xenbus: { built: '2025-07-31' } } }))).toHaveLength(1);
  });
});

describe('modules of different builds (F24)', () => {
  test('an old filter stays inert, is put back, and asks for a restart; nothing is unplugged', () => {
    const booted = goodBoot(HEAD, { images: { xenfilt: { version: [9, 1, 0, 26] } } });
    expect(unplugs(booted)).toEqual([]);
    expect(ids(booted, 'disk')).toHaveLength(1);
    const { machine } = booted;
    expect(machine.notes).toContainEqual({
      kind: 'xen.inert',
      module: 'xenfilt',
      reason: 'It is version 9.1.0.26 and xen.sys in memory is 9.1.0.27.',
    });
    const system = 'SYSTEM\\CurrentControlSet\\Control\\Class\\{4d36e97d-e325-11ce-bfc1-08002be10318}';
    expect(machine.value(system, 'UpperFilters')).toEqual(['XENFILT']);
  });

  test('an old bus fails its function with the two versions, while the filter has unplugged', () => {
    const booted = goodBoot(HEAD, { images: { xenbus: { version: [9, 0, 0, 1] } } });
    expect(masks(booted)).toEqual([0x9, 0x2]);
    expect(ids(booted, 'xen-class')).toEqual([]);
  });
});
