import { describe, expect, test } from 'vitest';
import type { Machine } from '../../../drivers/behaviour.ts';
import type { DriverModel } from '../../../drivers/model.ts';
import { rememberObjects } from '../../../drivers/xenbus/emulated-list.ts';
import { targetOf } from '../../../drivers/xenvbd/targets.ts';
import { keyAt, withoutVolatile } from '../../../emulator/guest/registry.ts';
import {
  childMachine,
  disk,
  HEAD_RANGES,
  list,
  needsOf,
  RESTART_KEY,
  remove,
  start,
  storeBelow,
  UNPLUG,
} from '../../support/children.ts';
import { type TestMachine, testDriver } from '../../support/machine.ts';

const HEAD = { needs: needsOf('xenvbd', '583bd7f') };

const OLD_RANGES = {
  XENBUS_STORE: [1, 1],
  XENBUS_EVTCHN: [1, 1],
  XENBUS_GNTTAB: [1, 1],
  XENBUS_SUSPEND: [1, 1],
  XENBUS_DEBUG: [1, 1],
} as const;

/** What xenfilt noted of the disks of an IDE channel. */
const withEmulated = <T extends { readonly machine: Machine }>(child: T, ...disks: readonly number[]): T => {
  const object = { below: 'CHANNEL', deviceId: 'IDE\\DiskQEMU_HARDDISK', activation: 'neutral', nvme: false } as const;
  rememberObjects(
    child.machine,
    'CHANNEL',
    disks.map((disk) => ({ ...object, disk })),
  );
  return child;
};

describe('the target of a block device', () => {
  test.each([
    [768, 0],
    [832, 1],
    [5632, 2],
    [5696, 3],
    [51712, 0],
    [51728, 1],
    [51952, 15],
    [2048, 0],
    [2064, 1],
    [8448, 4],
    [8704, 6],
    [14336, 8],
    [14592, 10],
    [22528, 12],
    [22784, 14],
    [22848, 15],
    [(1 << 28) | (16 << 8), 16],
    [(1 << 28) | (254 << 8), 254],
  ])('%i is %i', (vbd, target) => {
    expect(targetOf(vbd)).toBe(target);
  });

  test.each([(1 << 28) | (255 << 8), 256, 65535, -1, Number.NaN])('there is none for %i', (vbd) => {
    expect(targetOf(vbd)).toBeUndefined();
  });
});

describe('the storage adapter as it starts', () => {
  test('asks for one more unplug of disks, and tells the host of itself', () => {
    const child = childMachine('xenvbd', 'VBD', { model: HEAD, registry: { [UNPLUG]: { DISKS: 0 } } });
    expect(start(child)).toEqual({ ok: true });
    expect(child.machine.value(UNPLUG, 'DISKS')).toBe(1);
    expect(child.machine.storeRead('drivers/0')).toBe('Xen_Project XENVBD 9.1.0 ');
    expect(child.machine.storeRead('feature/hotplug/vbd')).toBe('1');
  });

  test('counts from nothing where xen.sys has taken the value away', () => {
    const child = childMachine('xenvbd', 'VBD', { model: HEAD });
    start(child);
    expect(child.machine.value(UNPLUG, 'DISKS')).toBe(1);
  });

  test('takes the first free number for what it tells', () => {
    const child = childMachine('xenvbd', 'VBD', {
      model: HEAD,
      store: { 'drivers/0': 'Xen_Project XENBUS 9.1.0.42 ' },
    });
    start(child);
    expect(child.machine.storeRead('drivers/1')).toBe('Xen_Project XENVBD 9.1.0 ');
  });

  test('fails with the first interface that is refused, in the order in which it asks', () => {
    const child = childMachine('xenvbd', 'VBD', {
      model: { needs: needsOf('xenvbd', '77c972c') },
      registry: { [UNPLUG]: { DISKS: 0 } },
    });
    expect(start(child)).toEqual({
      ok: false,
      failure: { kind: 'interface', name: 'XENBUS_STORE', wanted: 1, range: [2, 2] },
    });
    expect(child.machine.value(UNPLUG, 'DISKS')).toBe(0);
    expect(child.machine.storeRead('drivers/0')).toBeUndefined();
  });

  test('does without the filter that knows of emulated disks', () => {
    const child = childMachine('xenvbd', 'VBD', { model: HEAD, provides: HEAD_RANGES });
    expect(start(child)).toEqual({ ok: true });
  });

  test('does not without it where it was compiled to need it', () => {
    const child = childMachine('xenvbd', 'VBD', {
      model: { needs: needsOf('xenvbd', 'ff42cf6'), built: '2014-08-31' },
      provides: OLD_RANGES,
    });
    expect(start(child)).toEqual({
      ok: false,
      failure: { kind: 'interface', name: 'XENFILT_EMULATED', wanted: 1, range: undefined },
    });
  });

  test('counts nothing before there was an interface for it', () => {
    const child = childMachine('xenvbd', 'VBD', {
      model: { needs: needsOf('xenvbd', 'cdbad5e'), built: '2015-07-14' },
      provides: { ...OLD_RANGES, XENBUS_EVTCHN: [1, 4], XENFILT_EMULATED: [1, 1] },
    });
    expect(start(child)).toEqual({ ok: true });
    expect(child.machine.valueNames(UNPLUG)).toEqual([]);
    expect(child.machine.storeList('drivers')).toEqual([]);
  });

  test.each([
    ['a child of 2013 below a newer bus', { model: { needs: {} } }],
    ['a newer child below a bus of 2013', { model: HEAD, xenbus: { provides: {} }, provides: {} }],
  ])('says that nothing can be told of %s, and starts', (_name, more) => {
    const child = childMachine('xenvbd', 'VBD', more);
    expect(start(child)).toEqual({ ok: true });
    expect(child.machine.notes).toContainEqual(expect.objectContaining({ kind: 'xen.undecided', module: 'xenvbd' }));
  });

  test('has nothing to doubt when both are of 2013', () => {
    const child = childMachine('xenvbd', 'VBD', { model: { needs: {} }, xenbus: { provides: {} }, provides: {} });
    expect(start(child)).toEqual({ ok: true });
    expect(child.machine.notes).toEqual([]);
  });
});

describe('the disks that the adapter lists', () => {
  test('are connected, each with the ids that storport makes of the inquiry strings', () => {
    const child = childMachine('xenvbd', 'VBD', { model: HEAD, store: disk(768) });
    start(child);
    expect(list(child)).toEqual([
      {
        deviceId: 'SCSI\\Disk&Ven_XENSRC&Prod_PVDISK',
        instanceId: '000000',
        hardwareIds: [
          'SCSI\\DiskXENSRC__PVDISK__________2.0_',
          'SCSI\\DiskXENSRC__PVDISK__________',
          'SCSI\\DiskXENSRC__',
          'SCSI\\XENSRC__PVDISK__________2',
          'XENSRC__PVDISK__________2',
          'GenDisk',
        ],
        compatibleIds: ['SCSI\\Disk', 'SCSI\\RAW'],
        text: 'XENSRC PVDISK SCSI Disk Device',
        location: 'Bus Number 0, Target Id 0, LUN 0',
        rawOk: true,
        facts: { kind: 'disk', vbd: 768, path: 'pv' },
      },
    ]);
    expect(child.machine.notes).toEqual([
      { kind: 'xen.connected', device: 'device/vbd/768', path: '/local/domain/0/backend/vbd/1/768' },
    ]);
  });

  test('leave these keys behind in xenstore', () => {
    const backend = '/local/domain/0/backend/vbd/1/51728';
    const child = childMachine('xenvbd', 'VBD', {
      model: HEAD,
      store: { ...disk(51728), [`${backend}/max-ring-page-order`]: '4', [`${backend}/multi-queue-max-queues`]: '8' },
      registry: {
        'SYSTEM\\CurrentControlSet\\Services\\xenvbd\\Parameters': {
          'max-ring-page-order': 1,
          'multi-queue-max-queues': 2,
        },
      },
    });
    start(child);
    list(child);
    expect(storeBelow(child.machine, 'device/vbd/51728')).toEqual({
      backend,
      'device-type': 'disk',
      state: '4',
      'multi-queue-num-queues': '2',
      'ring-page-order': '1',
      'queue-0/ring-ref0': '32',
      'queue-0/ring-ref1': '33',
      'queue-0/event-channel': '8',
      'queue-1/ring-ref0': '34',
      'queue-1/ring-ref1': '35',
      'queue-1/event-channel': '9',
      protocol: 'x86_64-abi',
      'target-id': '1',
      'feature-surprise-remove': '1',
      'feature-online-resize': '1',
      'feature-large-sector-size': '1',
    });
    expect(storeBelow(child.machine, 'data/scsi/target/1')).toEqual({
      paging: '0',
      hibernation: '0',
      dump: '0',
      frontend: 'device/vbd/51728',
      device: '51728',
    });
  });

  test('have one ring in their own directory when the backend offers no more', () => {
    const child = childMachine('xenvbd', 'VBD', { model: HEAD, store: disk(768) });
    start(child);
    list(child);
    expect(storeBelow(child.machine, 'device/vbd/768')).toMatchObject({ 'ring-ref': '32', 'event-channel': '8' });
    expect(child.machine.storeRead('device/vbd/768/ring-page-order')).toBeUndefined();
  });

  test('are made once, however often the list is asked for', () => {
    const child = childMachine('xenvbd', 'VBD', { model: HEAD, store: disk(768) });
    start(child);
    const first = list(child);
    const before = child.machine.store();
    expect(list(child)).toEqual(first);
    expect(child.machine.store()).toBe(before);
    expect(child.machine.notes).toHaveLength(1);
  });

  test('are neither CD-ROM drives nor what was ejected', () => {
    const child = childMachine('xenvbd', 'VBD', {
      model: HEAD,
      store: { ...disk(5632, 'cdrom'), ...disk(51728), 'device/vbd/51728/ejected': '1', 'device/vbd/51744/state': '1' },
    });
    start(child);
    expect(list(child)).toEqual([]);
    expect(child.machine.notes).toEqual([]);
  });

  test('leave out one whose emulated twin is there, and a restart is asked for once', () => {
    const child = withEmulated(
      childMachine('xenvbd', 'VBD', { model: HEAD, store: { ...disk(768), ...disk(832) } }),
      0,
    );
    start(child);
    expect(list(child).map(({ facts }) => facts)).toEqual([{ kind: 'disk', vbd: 832, path: 'pv' }]);
    list(child);
    expect(child.machine.notes.filter(({ kind }) => kind !== 'xen.connected')).toEqual([
      { kind: 'xen.target-hidden', target: 0, vbd: 768, because: 'Disk 0 is emulated in this boot.' },
      { kind: 'xen.reboot-requested', by: 'xenvbd', because: 'Disk 0 is emulated in this boot.' },
    ]);
    expect(child.machine.value(RESTART_KEY('xenvbd'), 'Reboot')).toBe(1);
    expect(child.machine.storeRead('device/vbd/768/state')).toBe('1');
  });

  test('find the twin by its place, whatever number names it', () => {
    const child = withEmulated(childMachine('xenvbd', 'VBD', { model: HEAD, store: disk(51712) }), 0);
    start(child);
    expect(list(child)).toEqual([]);
  });

  test('leave out the first four while an emulated NVMe controller is there, as nobody sees what is behind it', () => {
    const child = childMachine('xenvbd', 'VBD', {
      model: HEAD,
      store: { ...disk(51712), ...disk(51728), ...disk(51776) },
    });
    const controller = { below: 'ROOT', deviceId: 'PCI\\VEN_8086&DEV_5845', activation: 'neutral', disk: -1 } as const;
    rememberObjects(child.machine, 'ROOT', [{ ...controller, nvme: true }]);
    start(child);
    expect(list(child).map(({ instanceId }) => instanceId)).toEqual(['000400']);
  });

  test('leave out the first four where no filter says which are emulated', () => {
    const child = childMachine('xenvbd', 'VBD', {
      model: HEAD,
      provides: HEAD_RANGES,
      store: { ...disk(768), ...disk(51760), ...disk(51776) },
    });
    start(child);
    expect(list(child).map(({ instanceId }) => instanceId)).toEqual(['000400']);
    expect(child.machine.notes).toContainEqual({
      kind: 'xen.target-hidden',
      target: 3,
      vbd: 51760,
      because: 'xenfilt does not say whether disk 3 is emulated too: it is taken to be.',
    });
  });

  test('trust a filter of 2013, which knew no versions', () => {
    const child = childMachine('xenvbd', 'VBD', {
      model: { needs: {}, built: '2013-12-31' },
      xenbus: { provides: {} },
      provides: {},
      loaded: [testDriver('xenfilt', { provides: {} })],
      store: disk(768),
    });
    start(withEmulated(child, 1));
    expect(list(child)).toHaveLength(1);
  });

  test('do not trust one that is in no stack yet', () => {
    const child = childMachine('xenvbd', 'VBD', {
      model: { needs: {}, built: '2013-12-31' },
      xenbus: { provides: {} },
      provides: {},
      loaded: [testDriver('xenfilt', { provides: {} })],
      store: disk(768),
    });
    start(child);
    expect(list(child)).toEqual([]);
  });

  test('ask for a restart for a number that no target stands for', () => {
    const child = childMachine('xenvbd', 'VBD', { model: HEAD, store: disk(256) });
    start(child);
    expect(list(child)).toEqual([]);
    expect(child.machine.value(RESTART_KEY('xenvbd'), 'Reboot')).toBe(1);
  });

  test('leave the first one to emulation without a word when the boot is meant to be emulated', () => {
    const child = childMachine('xenvbd', 'VBD', {
      model: HEAD,
      store: { ...disk(768), ...disk(832) },
    });
    withEmulated(child, 0).machine.remember('xen', 'boot emulated', true);
    start(child);
    expect(list(child).map(({ instanceId }) => instanceId)).toEqual(['000100']);
    expect(child.machine.hasKey(RESTART_KEY('xenvbd'))).toBe(false);
  });

  test('do not come where the backend does not answer', () => {
    const backend = '/local/domain/0/backend/vbd/1/768';
    const child = childMachine('xenvbd', 'VBD', {
      model: HEAD,
      store: { ...disk(768), 'device/vbd/768/backend': '/gone' },
    });
    start(child);
    expect(list(child)).toEqual([]);
    expect(child.machine.notes).toContainEqual(
      expect.objectContaining({
        kind: 'xen.not-connected',
        device: 'device/vbd/768',
        reason: expect.stringContaining('device/vbd/768'),
      }),
    );
    expect(child.machine.storeRead(`${backend}/state`)).toBe('2');
  });
});

describe('a request for a restart', () => {
  const SERVICES = 'SYSTEM\\CurrentControlSet\\Services';
  const hidden = (model: Partial<DriverModel>, registry: Record<string, Record<string, string>> = {}) => {
    const child = childMachine('xenvbd', 'VBD', {
      model,
      registry: { [`${SERVICES}\\xenbus\\Parameters`]: {}, [`${SERVICES}\\xenvbd\\Parameters`]: {}, ...registry },
      store: disk(768),
    });
    start(withEmulated(child, 0));
    list(child);
    return child.machine;
  };
  const V2 = { needs: needsOf('xenvbd', 'b2dfea4') };
  const told = (machine: TestMachine) => machine.notes.some(({ kind }) => kind === 'xen.reboot-requested');

  test.each([
    ['xenbus names, since UNPLUG has a function for it', HEAD, 'xenbus'],
    ['its own INF named before', V2, 'xenvbd'],
  ])('goes to the key that %s, and is gone when the machine is switched off', (_name, model, service) => {
    const key = 'SYSTEM\\CurrentControlSet\\Services\\xenbus_monitor\\Request';
    const machine = hidden(model, { [`${SERVICES}\\${service}\\Parameters`]: { RequestKey: key } });
    expect(machine.value(`${key}\\xenvbd`, 'Reboot')).toBe(1);
    expect(told(machine)).toBe(true);
    expect(keyAt(withoutVolatile(machine.registry()), `${key}\\xenvbd`)).toBeUndefined();
  });

  test('stood under SOFTWARE at first, and stayed there', () => {
    const key = 'SOFTWARE\\Xen Project\\Xen\\PV Driver Monitor\\Request';
    const machine = hidden(
      { needs: { XENBUS_UNPLUG: { version: 1, optional: false } }, built: '2016-08-09' },
      { [`${SERVICES}\\xenvbd\\Parameters`]: { RequestKey: key } },
    );
    expect(keyAt(withoutVolatile(machine.registry()), `${key}\\xenvbd`)).toBeDefined();
  });

  test('was a status for the co-installer before there was a monitor', () => {
    const machine = hidden({ needs: { XENBUS_UNPLUG: { version: 1, optional: false } }, built: '2016-03-01' });
    expect(machine.value(`${SERVICES}\\xenvbd\\Status`, 'NeedReboot')).toBe(1);
    expect(told(machine)).toBe(true);
  });

  test.each([
    ['xenbus', HEAD],
    ['xenvbd', V2],
  ])('reaches nobody where %s has no RequestKey', (service, model) => {
    const machine = hidden(model);
    const message = `A restart cannot be asked for: ${SERVICES}\\${service}\\Parameters has no RequestKey.`;
    expect(machine.notes).toContainEqual({ kind: 'xen.warning', module: 'xenvbd', message });
    expect(told(machine)).toBe(false);
  });
});

describe('the storage adapter as it goes', () => {
  test('takes back what it counted, what it told, and its connections', () => {
    const child = childMachine('xenvbd', 'VBD', { model: HEAD, store: disk(768) });
    start(child);
    list(child);
    remove(child);
    expect(child.machine.value(UNPLUG, 'DISKS')).toBe(0);
    expect(child.machine.storeList('drivers')).toEqual([]);
    expect(child.machine.storeRead('feature/hotplug/vbd')).toBeUndefined();
    expect(child.machine.storeRead('device/vbd/768/state')).toBe('6');
    expect(child.machine.storeRead('/local/domain/0/backend/vbd/1/768/state')).toBe('6');
  });

  test('connects again after that', () => {
    const child = childMachine('xenvbd', 'VBD', { model: HEAD, store: disk(768) });
    start(child);
    list(child);
    remove(child);
    start(child);
    expect(list(child)).toHaveLength(1);
    expect(child.machine.value(UNPLUG, 'DISKS')).toBe(1);
  });

  test('cleans up before a second start when nobody told it that it was removed', () => {
    const child = childMachine('xenvbd', 'VBD', { model: HEAD, store: disk(768) });
    start(child);
    list(child);
    start(child);
    expect(list(child)).toHaveLength(1);
    expect(child.machine.value(UNPLUG, 'DISKS')).toBe(1);
    expect(child.machine.storeList('drivers')).toEqual(['0']);
  });

  test('has nothing to take back when it did not start', () => {
    const child = childMachine('xenvbd', 'VBD', {
      model: { needs: needsOf('xenvbd', '77c972c') },
      registry: { [UNPLUG]: { DISKS: 1 } },
    });
    start(child);
    remove(child);
    remove(child);
    expect(child.machine.value(UNPLUG, 'DISKS')).toBe(1);
  });

  test('leaves the entries of others', () => {
    const child = childMachine('xenvbd', 'VBD', {
      model: HEAD,
      store: { 'drivers/0': 'Xen_Project XENVIF 9.1.0.42 ', 'drivers/1': 'Acme XENVBD 9.1.0 ' },
    });
    start(child);
    remove(child);
    expect(child.machine.storeList('drivers')).toEqual(['0', '1']);
  });
});
