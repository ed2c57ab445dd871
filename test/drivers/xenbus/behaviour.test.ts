import { describe, expect, test } from 'vitest';
import type { DeviceView, RegistryData } from '../../../drivers/behaviour.ts';
import type { DriverModel } from '../../../drivers/model.ts';
import { rememberObjects } from '../../../drivers/xenbus/emulated-list.ts';
import { xenbus } from '../../../drivers/xenbus/xenbus-behaviour.ts';
import { type MachineStart, testDevice, testDriver, testMachine } from '../../support/machine.ts';
import { PLATFORM_0001, service } from '../../support/xen-boot.ts';

const FILTER = `${service('XENFILT')}\\Parameters`;
const SYSTEM = 'SYSTEM\\CurrentControlSet\\Control\\Class\\{4d36e97d-e325-11ce-bfc1-08002be10318}';
const HDC = 'SYSTEM\\CurrentControlSet\\Control\\Class\\{4d36e96a-e325-11ce-bfc1-08002be10318}';

const ROOT = testDevice('ACPI\\PNP0A03', '0');
const functionOf = (deviceId = PLATFORM_0001): DeviceView =>
  testDevice(deviceId, '3&267A616A&0&18', { parent: ROOT.path, location: 'PCI bus 0, device 3, function 0' });

const PARAMETERS: Readonly<Record<string, RegistryData>> = {
  SupportedClasses: ['VIF', 'VBD', 'VKBD', 'IFACE', 'CONS'],
  SyntheticClasses: ['IFACE', 'CONS'],
};

interface BusStart extends MachineStart {
  readonly model?: Partial<DriverModel>;
  readonly deviceId?: string;
  readonly parameters?: Readonly<Record<string, RegistryData>>;
}

/** A bus on a platform function, added and started. */
const startedBus = ({ model = {}, deviceId, parameters = PARAMETERS, registry = {}, ...start }: BusStart = {}) => {
  const device = functionOf(deviceId);
  const driver = testDriver('xenbus', model);
  const machine = testMachine({
    devices: [ROOT, device],
    registry: { [`${service('xenbus')}\\Parameters`]: parameters, ...registry },
    store: { 'device/vbd/768/state': '1', 'device/vif/0/state': '1' },
    ...start,
  });
  xenbus.load?.(driver, machine);
  const outcomes = [xenbus.add?.(driver, device, machine), xenbus.start?.(driver, device, machine)];
  const children = () => xenbus.children?.(driver, device, machine) ?? [];
  return { machine, device, driver, outcomes, children };
};

const child = (name: string, model: Partial<DriverModel>, deviceId?: string) =>
  startedBus({ model, ...(deviceId === undefined ? {} : { deviceId }) })
    .children()
    .find(({ location }) => location === name);

describe('the ids of a class (spec xen-pv 1.4)', () => {
  const rows = ['09000009', '0900000A', '0900000B'];

  test('in today\u2019s form: no revision and no PCI device id in the device id, newest first', () => {
    expect(child('VBD', { rows, built: '2025-08-18' })).toEqual({
      deviceId: 'XENBUS\\VEN_XP&DEV_VBD',
      instanceId: '_',
      hardwareIds: [
        'XENBUS\\VEN_XP0001&DEV_VBD&REV_0900000B',
        'XENBUS\\VEN_XP0001&DEV_VBD&REV_0900000A',
        'XENBUS\\VEN_XP0001&DEV_VBD&REV_09000009',
        'XENCLASS',
      ],
      compatibleIds: [
        'XENBUS\\VEN_XP0001&DEV_VBD&REV_0900000B',
        'XENBUS\\VEN_XP0001&DEV_VBD&REV_0900000A',
        'XENBUS\\VEN_XP0001&DEV_VBD&REV_09000009',
        'XENCLASS',
      ],
      text: 'XP0001 XENBUS VBD',
      location: 'VBD',
      rawOk: false,
      facts: { kind: 'xen-class', name: 'VBD' },
    });
  });

  test.each([
    ['2025-08-17', 'XN', 'XENBUS\\VEN_XN0002&DEV_VIF', 'XENBUS\\VEN_XN0002&DEV_VIF&REV_0900000B'],
    ['2023-09-12', 'XN', 'XENBUS\\VEN_XN0002&DEV_VIF&REV_0900000B', 'XENBUS\\VEN_XN0002&DEV_VIF&REV_0900000B'],
    ['2016-09-19', 'XN', 'XENBUS\\VEN_XN0002&DEV_VIF&REV_0900000B', 'XENBUS\\VEN_XN0002&DEV_VIF&REV_09000009'],
    ['2015-09-07', 'XN', 'XENBUS\\VEN_XS0002&DEV_VIF&REV_0900000B', 'XENBUS\\VEN_XS0002&DEV_VIF&REV_09000009'],
  ])('built on %s: %s, %s, first %s', (built, prefix, deviceId, first) => {
    const found = child('VIF', { rows, built, prefix }, PLATFORM_0001.replace('0001&SUB', '0002&SUB'));
    expect(found?.deviceId).toBe(deviceId);
    expect(found?.hardwareIds[0]).toBe(first);
    expect(found?.hardwareIds.at(-1)).toBe('XENCLASS');
  });

  test('of the vendor\u2019s own function have its number', () => {
    const found = child('IFACE', { rows }, 'PCI\\VEN_5853&DEV_C000&SUBSYS_C0005853&REV_01');
    expect(found?.hardwareIds[0]).toBe('XENBUS\\VEN_XPC000&DEV_IFACE&REV_0900000B');
  });

  test('of 2013-05 name the class and revision 02', () => {
    const found = child('VBD', { built: '2013-05-28', rows: [] });
    expect(found?.deviceId).toBe('XENBUS\\CLASS_VBD&REV_02');
    expect(found?.hardwareIds).toEqual(['XENBUS\\CLASS_VBD&REV_02']);
  });

  test.each([
    ['XP', 12, 'IFACE', undefined],
    ['XP', 13, 'IFACE', 1084],
    ['XCPng', 11, 'IFACE', undefined],
    ['XCPng', 12, 'VBD', 1026],
  ])('of prefix %s with %i rows: the list of %s is too long at %s bytes (F10)', (prefix, count, name, bytes) => {
    const long = Array.from({ length: count }, (_, index) => (0x09000000 + index).toString(16).padStart(8, '0'));
    const bus = startedBus({ model: { rows: long, prefix } });
    bus.children();
    bus.children();
    const told = bus.machine.notes.filter((note) => note.kind === 'xen.id-list' && note.device.endsWith(`DEV_${name}`));
    expect(told.map((note) => (note.kind === 'xen.id-list' ? note.bytes : 0))).toEqual(
      bytes === undefined ? [] : [bytes],
    );
  });
});

describe('the classes that are listed (spec xen-pv 1.3)', () => {
  const listed = (start: BusStart) =>
    startedBus(start)
      .children()
      .map(({ location }) => location);

  test('are those of xenstore and the synthetic ones, in capitals, each once', () => {
    expect(listed({ store: { 'device/vbd/0': '', 'device/iface': '' } })).toEqual(['VBD', 'IFACE', 'CONS']);
  });

  test('begin with a supported class, so that VBDX passes for VBD', () => {
    expect(listed({ store: { 'device/vbdx': '', 'device/pci': '', 'device/vusb': '' } })).toEqual([
      'VBDX',
      'IFACE',
      'CONS',
    ]);
  });

  test('are none when Enumerate is 0', () => {
    expect(listed({ parameters: { ...PARAMETERS, Enumerate: 0 } })).toEqual([]);
  });

  test('are none below a function that is not active', () => {
    const other = { [FILTER]: { ActiveDeviceID: 'PCI\\VEN_5853&DEV_0002&SUBSYS_00015853&REV_01' } };
    expect(listed({ registry: other })).toEqual([]);
  });
});

describe('a platform function', () => {
  test('has the filter put at the end of both classes\u2019 upper filters, once', () => {
    const bus = startedBus({
      registry: { [SYSTEM]: { UpperFilters: ['other'] }, [HDC]: { UpperFilters: ['XenFilt'] } },
    });
    expect(bus.machine.value(SYSTEM, 'UpperFilters')).toEqual(['other', 'XENFILT']);
    expect(bus.machine.value(HDC, 'UpperFilters')).toEqual(['XenFilt']);
  });

  test('writes down id, instance and location when it becomes active', () => {
    const { machine } = startedBus();
    expect(machine.value(FILTER, 'ActiveDeviceID')).toBe(PLATFORM_0001);
    expect(machine.value(FILTER, 'ActiveInstanceID')).toBe('3&267A616A&0&18');
    expect(machine.value(FILTER, 'ActiveLocationInformation')).toBe('PCI bus 0, device 3, function 0');
  });

  test('adds the location that older builds did not store, and keeps the instance id', () => {
    const stored = { ActiveDeviceID: PLATFORM_0001.toLowerCase(), ActiveInstanceID: '3&267A616A&0&10' };
    const { machine } = startedBus({ registry: { [FILTER]: stored } });
    expect(machine.value(FILTER, 'ActiveDeviceID')).toBe(PLATFORM_0001.toLowerCase());
    expect(machine.value(FILTER, 'ActiveInstanceID')).toBe('3&267A616A&0&10');
    expect(machine.value(FILTER, 'ActiveLocationInformation')).toBe('PCI bus 0, device 3, function 0');
    expect(machine.notes).toContainEqual(expect.objectContaining({ kind: 'xen.active', active: true }));
  });

  test('takes all that back when it is removed in an orderly way', () => {
    const { machine, device, driver } = startedBus({ registry: { [SYSTEM]: { UpperFilters: ['other'] } } });
    xenbus.remove?.(driver, device, machine);
    expect(machine.valueNames(FILTER)).toEqual([]);
    expect(machine.value(SYSTEM, 'UpperFilters')).toEqual(['other']);
    expect(machine.value(HDC, 'UpperFilters')).toEqual([]);
  });

  test('of another PCI vendor does not start', () => {
    const [, start] = startedBus({ deviceId: 'PCI\\VEN_1AF4&DEV_0001&SUBSYS_00015853&REV_01' }).outcomes;
    expect(start).toMatchObject({ ok: false, failure: { kind: 'other' } });
  });

  test('answers to the interfaces of the bus, and not to those of the filter', () => {
    const provides = { XENBUS_STORE: [2, 2], XENFILT_EMULATED: [1, 3] } as const;
    const { machine, device } = startedBus({ model: { provides } });
    const below = testDevice('XENBUS\\VEN_XP&DEV_VBD', '_', { parent: device.path });
    expect(machine.provided(below, 'XENBUS_STORE')).toEqual([2, 2]);
    expect(machine.provided(below, 'XENFILT_EMULATED')).toBeUndefined();
  });

  test.each([
    ['2025-08-18', 1],
    ['2025-08-17', 0],
  ])('that the filter does not know stops the machine, built on %s: %i (spec xen-pv 1.5)', (built, stops) => {
    const { machine } = startedBus({ model: { built }, provides: { XENFILT_EMULATED: [1, 3] } });
    expect(machine.stops.map(({ code }) => code)).toEqual(Array(stops).fill(0xdead));
  });

  test('takes the filter\u2019s word only from version 3 on', () => {
    const { machine } = startedBus({ provides: { XENFILT_EMULATED: [1, 2] } });
    expect(machine.stops).toEqual([]);
  });

  test('that is to be inactive lists nothing, whatever is stored', () => {
    const device = functionOf();
    const driver = testDriver('xenbus');
    const machine = testMachine({
      registry: { [FILTER]: { ActiveDeviceID: PLATFORM_0001 } },
      provides: { XENFILT_EMULATED: [1, 3] },
    });
    const object = {
      below: ROOT.path,
      deviceId: PLATFORM_0001,
      activation: 'inactive',
      nvme: false,
      disk: -1,
    } as const;
    rememberObjects(machine, ROOT.path, [object]);
    xenbus.add?.(driver, device, machine);
    expect(machine.notes).toContainEqual(expect.objectContaining({ kind: 'xen.active', active: false }));
  });
});
