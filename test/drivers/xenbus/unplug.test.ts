import { describe, expect, test } from 'vitest';
import type { DriverModel } from '../../../drivers/model.ts';
import { unplugDevices } from '../../../drivers/xenbus/unplug.ts';
import { xen } from '../../../drivers/xenbus/xen-behaviour.ts';
import { type MachineStart, type TestMachine, testDriver, testMachine } from '../../support/machine.ts';
import { ENUM, service } from '../../support/xen-boot.ts';

const UNPLUG = `${service('XEN')}\\Unplug`;
const FORCE = `${service('XEN')}\\ForceUnplug`;
const SEEN = { [`${ENUM}\\XENBUS\\VEN_XP&DEV_VBD`]: {}, [`${ENUM}\\XENBUS\\VEN_XP&DEV_VIF&REV_09000009`]: {} };

/** What a boot unplugs, on a host that answers as QEMU does. */
const unplugged = (model: Partial<DriverModel>, registry: MachineStart['registry'], start: MachineStart = {}) => {
  const driver = testDriver('xen', { version: [9, 1, 2, 3], ...model });
  const machine: TestMachine = testMachine({
    registry: registry ?? {},
    readPort: (port) => (port === 0x10 ? 0x49d2 : 1),
    ...start,
  });
  xen.load?.(driver, machine);
  unplugDevices(driver, machine);
  const masks = machine.portLog.flatMap(([way, port, bits, value]) =>
    way === 'out' && port === 0x10 && bits === 16 ? [value] : [],
  );
  return { machine, masks };
};

describe('unplugging (spec xen-pv 1.7)', () => {
  test('reads the magic number and the version, says product and build, and reads again', () => {
    const { machine } = unplugged({ built: '2025-12-31' }, { [UNPLUG]: { DISKS: 1, NICS: 2 }, ...SEEN });
    expect(machine.portLog).toEqual([
      ['in', 0x10, 16, 0x49d2],
      ['in', 0x12, 8, 1],
      ['out', 0x12, 16, 0xffff],
      ['out', 0x10, 32, 0x0009_0102],
      ['in', 0x10, 16, 0x49d2],
      ['out', 0x10, 16, 0x0001],
      ['out', 0x10, 16, 0x0002],
    ]);
    expect(machine.notes).toEqual([{ kind: 'xen.unplug', mask: 3, disks: true, nics: true }]);
  });

  test('takes NVMe with the disks since f34c2fc', () => {
    expect(unplugged({}, { [UNPLUG]: { DISKS: 1 }, ...SEEN }).masks).toEqual([0x9]);
  });

  test('says so when the host refuses the driver, and goes on', () => {
    let said = false;
    const { machine, masks } = unplugged(
      {},
      { [UNPLUG]: { NICS: 1 }, ...SEEN },
      {
        readPort: (port) => (port !== 0x10 ? 1 : said ? 0xd249 : 0x49d2),
        writePort: () => {
          said = true;
        },
      },
    );
    expect(machine.notes[0]).toEqual({ kind: 'xen.blocked', reason: 'The host refuses this driver.' });
    expect(masks).toEqual([2]);
  });

  test('says nothing of itself to a host of version 0', () => {
    const { machine } = unplugged(
      {},
      { [UNPLUG]: { NICS: 1 }, ...SEEN },
      { readPort: (port) => (port === 0x10 ? 0x49d2 : 0) },
    );
    expect(machine.portLog.filter(([way]) => way === 'out')).toEqual([['out', 0x10, 16, 2]]);
  });

  test('counts what works once: the values are gone after they were read', () => {
    const { machine } = unplugged({}, { [UNPLUG]: { DISKS: 0, NICS: 3 }, ...SEEN });
    expect(machine.valueNames(UNPLUG)).toEqual([]);
  });

  test.each([
    ['no value', {}, []],
    ['zero', { [UNPLUG]: { DISKS: 0, NICS: 0 } }, []],
    ['a value and no device of the class in the registry', { [UNPLUG]: { DISKS: 1, NICS: 1 } }, []],
    ['a device of one class only', { [UNPLUG]: { DISKS: 1, NICS: 1 }, [`${ENUM}\\XENBUS\\CLASS_VIF&REV_02`]: {} }, [2]],
    ['force without a value', { [FORCE]: { DISKS: 1 } }, [9]],
    ['force above the veto', { [UNPLUG]: { DISKS: 0 }, [FORCE]: { DISKS: 1 } }, [9]],
    ['force of zero', { [FORCE]: { DISKS: 0 }, [UNPLUG]: { DISKS: 1 }, ...SEEN }, [9]],
  ])('with %s', (_name, registry, expected) => {
    expect(unplugged({}, registry).masks).toEqual(expected);
  });

  test('tells which request was turned down', () => {
    const { machine } = unplugged({}, { [UNPLUG]: { DISKS: 1 } });
    expect(machine.notes).toContainEqual({ kind: 'xen.unplug-vetoed', type: 'DISKS' });
  });

  test.each([
    ['before the veto', '2022-01-01', { [UNPLUG]: { DISKS: 1 } }, [1]],
    ['before ForceUnplug', '2025-08-01', { [FORCE]: { DISKS: 1 } }, []],
    [
      'by the names of all services',
      '2015-01-19',
      { [`${service('XENFILT')}\\Unplug`]: { DISKS: ['xenvbd'], NICS: ['XENVIF'] } },
      [1],
    ],
    ['by the counters only later', '2015-01-19', { [UNPLUG]: { DISKS: 1 }, [`${service('XENFILT')}\\Unplug`]: {} }, []],
    ['by services that are there', '2013-06-01', { [service('XENVBD')]: {}, [service('XENVIF')]: {} }, [1]],
  ])('%s', (_name, built, registry, expected) => {
    expect(unplugged({ built }, registry).masks).toEqual(expected);
  });

  test('names stay where they are: they are not one-shot', () => {
    const key = `${service('XENFILT')}\\Unplug`;
    const { machine } = unplugged({ built: '2015-01-19' }, { [key]: { DISKS: ['XENVBD'] } });
    expect(machine.value(key, 'DISKS')).toEqual(['XENVBD']);
  });

  test.each([
    ['XEN:BOOT_EMULATED=TRUE', [4], 0],
    ['XEN:BOOT_EMULATED=FALSE', [9], 0],
    ['XEN:BOOT_EMULATED=true', [9], 1],
    ['xen:boot_emulated=TRUE', [9], 0],
  ])('with the start option %s', (option, expected, warnings) => {
    const { machine, masks } = unplugged({}, { [UNPLUG]: { DISKS: 1 }, ...SEEN }, { bootOptions: [option] });
    expect(masks).toEqual(expected);
    expect(machine.notes.filter(({ kind }) => kind === 'xen.warning')).toHaveLength(warnings);
  });
});
