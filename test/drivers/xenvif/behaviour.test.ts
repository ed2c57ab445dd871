import { describe, expect, test } from 'vitest';
import { card, childMachine, list, needsOf, remove, start, UNPLUG } from '../../support/children.ts';

const HEAD = {
  needs: needsOf('xenvif', '14892e7'),
  provides: { XENVIF_VIF: [8, 10] as const },
  rows: ['09000001', '09000002', '09000003', '09000004', '09000005'],
};
const PARAMETERS = 'SYSTEM\\CurrentControlSet\\Services\\xenvif\\Parameters';
const ADDRESSES = 'SYSTEM\\CurrentControlSet\\Services\\xenvif\\Addresses';

describe('the bus of network cards as it starts', () => {
  test('tells the host of itself, and asks for no unplug of its own', () => {
    const child = childMachine('xenvif', 'VIF', { model: HEAD });
    expect(start(child)).toEqual({ ok: true });
    expect(child.machine.storeRead('drivers/0')).toBe('Xen_Project XENVIF 9.1.0.42 ');
    expect(child.machine.storeRead('feature/hotplug/vif')).toBe('1');
    expect(child.machine.valueNames(UNPLUG)).toEqual([]);
  });

  test('answers to VIF for what is below it, and passes on what xenbus answers to', () => {
    const child = childMachine('xenvif', 'VIF', { model: HEAD, store: card(0) });
    start(child);
    const [found] = list(child);
    if (found === undefined) throw new Error('no card');
    const net = { ...found, path: 'X', parent: child.device.path, started: false, service: undefined };
    expect(child.machine.provided(net, 'XENVIF_VIF')).toEqual([8, 10]);
    expect(child.machine.provided(net, 'XENBUS_STORE')).toEqual([2, 2]);
  });

  test.each([
    ['50957a5', '0900000B', 'XENBUS_UNPLUG', 3, { XENBUS_UNPLUG: [1, 2] as const }],
    ['dfaa68c', '09000003', 'XENBUS_GNTTAB', 1, { XENBUS_GNTTAB: [2, 4] as const }],
  ])('of %s, which binds %s, fails below a bus without %s %i', (commit, _binds, name, wanted, ranges) => {
    const child = childMachine('xenvif', 'VIF', {
      model: { ...HEAD, needs: needsOf('xenvif', commit) },
      provides: { ...ALL, ...ranges },
    });
    const range = Object.values(ranges)[0];
    expect(start(child)).toEqual({ ok: false, failure: { kind: 'interface', name, wanted, range } });
  });

  test('takes back what it told as it goes', () => {
    const child = childMachine('xenvif', 'VIF', { model: HEAD });
    start(child);
    remove(child);
    expect(child.machine.storeList('drivers')).toEqual([]);
    expect(child.machine.storeRead('feature/hotplug/vif')).toBeUndefined();
  });
});

const ALL = Object.fromEntries(
  ['DEBUG', 'SUSPEND', 'EVTCHN', 'STORE', 'RANGE_SET', 'CACHE', 'GNTTAB', 'UNPLUG'].map(
    (name) => [`XENBUS_${name}`, [1, 9]] as const,
  ),
) as Record<string, readonly [number, number]>;

describe('the cards that the bus lists', () => {
  const cards = (model: object, platform = '0001') => {
    const child = childMachine('xenvif', 'VIF', { model: { ...HEAD, ...model }, platform, store: card(0) });
    start(child);
    const [first] = list(child);
    if (first === undefined) throw new Error('no card');
    return first;
  };

  test('have today ids without platform function and revision, and a list from the newest on', () => {
    const ids = ['5', '4', '3', '2', '1'].map((row) => `XENVIF\\VEN_XP0001&DEV_NET&REV_0900000${row}`);
    expect(cards({})).toEqual({
      deviceId: 'XENVIF\\VEN_XP&DEV_NET',
      instanceId: '0',
      hardwareIds: [...ids, 'XENDEVICE'],
      compatibleIds: [...ids, 'XENDEVICE'],
      text: 'XP0001 XENVIF 0',
      location: '0',
      rawOk: false,
      facts: { kind: 'nic', vif: 0, path: 'pv' },
    });
  });

  test.each(['0001', '0002', 'C000'])(
    'name the platform function %s, which the bus reads through its own',
    (function_) => {
      expect(cards({}, function_).hardwareIds[0]).toBe(`XENVIF\\VEN_XP${function_}&DEV_NET&REV_09000005`);
    },
  );

  test.each([
    ['2024-12-02', 'XENVIF\\VEN_XP0001&DEV_NET'],
    ['2023-06-07', 'XENVIF\\VEN_XP0001&DEV_NET&REV_09000005'],
  ])('of %s have the device id %s', (built, deviceId) => {
    expect(cards({ built }).deviceId).toBe(deviceId);
  });

  test.each([
    ['master', '2016-01-04'],
    ['8.1', '2016-11-01'],
  ])('of %s in %s have lists from the oldest on', (line, built) => {
    expect(cards({ built, line }).hardwareIds).toEqual(
      ['1', '2', '3', '4', '5'].map((row) => `XENVIF\\VEN_XP0001&DEV_NET&REV_0900000${row}`).concat('XENDEVICE'),
    );
  });

  test('of the summer of 2013 have one revision', () => {
    const { deviceId, hardwareIds } = cards({ built: '2013-12-23', rows: ['00000000'], prefix: 'XS' });
    expect(deviceId).toBe('XENVIF\\VEN_XS0001&DEV_NET&REV_00000000');
    expect(hardwareIds).toEqual(['XENVIF\\VEN_XS0001&DEV_NET&REV_00000000', 'XENDEVICE']);
  });

  test('of the first release have one id', () => {
    const { deviceId, hardwareIds } = cards({ built: '2013-06-21', rows: [] });
    expect([deviceId, ...hardwareIds]).toEqual(['XENVIF\\DEVICE&REV_02', 'XENVIF\\DEVICE&REV_02']);
  });

  test('come one for each number with an address, which is noted', () => {
    const child = childMachine('xenvif', 'VIF', {
      model: HEAD,
      store: { ...card(0), ...card(11, '00:16:3e:ab:cd:ef'), ...card(2, 'none'), 'device/vif/3/state': '1' },
    });
    start(child);
    expect(list(child).map(({ instanceId }) => instanceId)).toEqual(['0', '11']);
    expect(child.machine.value(ADDRESSES, '11')).toBe('00:16:3E:AB:CD:EF');
    expect(child.machine.valueNames(ADDRESSES)).toEqual(['0', '11']);
  });

  test.each([
    ['Enumerate is 0', { Enumerate: 0 }, []],
    ['UnsupportedDevices names one', { UnsupportedDevices: ['1'] }, ['0']],
  ])('stay away where %s', (_name, parameters, expected) => {
    const child = childMachine('xenvif', 'VIF', {
      model: HEAD,
      store: { ...card(0), ...card(1) },
      registry: { [PARAMETERS]: parameters },
    });
    start(child);
    expect(list(child).map(({ instanceId }) => instanceId)).toEqual(expected);
  });

  test('say once that a list is too long for Windows', () => {
    const rows = Array.from({ length: 13 }, (_, row) => `090000${row.toString(16).padStart(2, '0')}`.toUpperCase());
    const child = childMachine('xenvif', 'VIF', { model: { ...HEAD, rows }, store: card(0) });
    start(child);
    list(child);
    list(child);
    expect(child.machine.notes).toEqual([{ kind: 'xen.id-list', device: 'XENVIF\\VEN_XP&DEV_NET', bytes: 1034 }]);
  });
});
