import { describe, expect, test } from 'vitest';
import { childMachine, list, needsOf, pair, remove, start } from '../../support/children.ts';
import { foundBelow, testDriver } from '../../support/machine.ts';

const HEAD = { needs: needsOf('xenvkbd', 'fca7c0b'), provides: { XENHID_HID: [1, 1] as const }, rows: ['09000002'] };

const input = (model: object = {}, xenhid: object = {}) => {
  const hid = testDriver('xenhid', { needs: needsOf('xenhid', '3728255'), version: [9, 1, 0, 3], ...xenhid });
  const child = childMachine('xenvkbd', 'VKBD', {
    model: { ...HEAD, ...model },
    store: pair('vkbd', 0, {}),
    loaded: [hid],
  });
  return { child, hid };
};

describe('the bus of input devices', () => {
  test('tells the host of itself, and lists one device for each number', () => {
    const { child } = input();
    expect(start(child)).toEqual({ ok: true });
    expect(child.machine.storeRead('drivers/0')).toBe('Xen_Project XENVKBD 9.1.0.42 ');
    expect(child.machine.storeRead('feature/hotplug/vkbd')).toBe('1');
    const ids = ['XENVKBD\\VEN_XP0001&DEV_HID&REV_09000002', 'XENDEVICE'];
    expect(list(child)).toEqual([
      {
        deviceId: 'XENVKBD\\VEN_XP&DEV_HID',
        instanceId: '0',
        hardwareIds: ids,
        compatibleIds: ids,
        text: 'XP0001 XENVKBD 0',
        location: '0',
        rawOk: false,
        facts: { kind: 'xen-class', name: 'HID' },
      },
    ]);
    remove(child);
    expect(child.machine.storeList('drivers')).toEqual([]);
    expect(child.machine.storeRead('feature/hotplug/vkbd')).toBeUndefined();
  });

  test('of 2017 had the revision in the device id', () => {
    const { child } = input({ built: '2017-08-03', rows: ['09000000'] });
    start(child);
    expect(list(child)[0]?.deviceId).toBe('XENVKBD\\VEN_XP0001&DEV_HID&REV_09000000');
  });

  test('of 2020 does not start below a bus that left its versions behind', () => {
    const { child } = input({ needs: needsOf('xenvkbd', 'd16d1c6') });
    expect(start(child)).toMatchObject({ ok: false, failure: { kind: 'interface' } });
  });
});

describe('an input device', () => {
  const onBus = (model: object, xenhid: object) => {
    const { child, hid } = input(model, xenhid);
    start(child);
    const [found] = list(child);
    if (found === undefined) throw new Error('no input device');
    const device = { ...foundBelow(child.device, found), service: 'xenhid' };
    child.machine.setDevices([...child.machine.devices(), device]);
    return { machine: child.machine, device, driver: hid };
  };

  test('starts with the interface of its bus, and tells the host of itself', () => {
    const hid = onBus({}, {});
    expect(start(hid)).toEqual({ ok: true });
    expect(hid.machine.storeRead('drivers/1')).toBe('Xen_Project XENHID 9.1.0.3 ');
    remove(hid);
    expect(hid.machine.storeList('drivers')).toEqual(['0']);
  });

  test('does not start without it', () => {
    expect(start(onBus({ provides: { XENHID_HID: [2, 2] } }, {}))).toEqual({
      ok: false,
      failure: { kind: 'interface', name: 'XENHID_HID', wanted: 1, range: [2, 2] },
    });
  });
});
