import { describe, expect, test } from 'vitest';
import type { DeviceView } from '../../../drivers/behaviour.ts';
import type { DriverModel } from '../../../drivers/model.ts';
import {
  type ChildUnderTest,
  card,
  childMachine,
  list,
  needsOf,
  RESTART_KEY,
  remove,
  start,
  storeBelow,
  UNPLUG,
} from '../../support/children.ts';
import { foundBelow, testDevice, testDriver } from '../../support/machine.ts';

const emulated = (vif: number, started = true): DeviceView =>
  testDevice('PCI\\VEN_10EC&DEV_8139', '3&267A616A&0&20', { facts: { kind: 'nic', vif, path: 'emulated' }, started });

interface Start {
  readonly xenvif?: Partial<DriverModel>;
  readonly xennet?: Partial<DriverModel>;
  readonly more?: readonly DeviceView[];
  readonly requested?: boolean;
  readonly safeMode?: boolean;
}

/** A machine whose xenvif has started, with its one card, on which xennet is about to start. */
const network = ({ xenvif, xennet, more = [], requested, safeMode = false }: Start = {}): ChildUnderTest => {
  const net = testDriver('xennet', {
    needs: needsOf('xennet', 'cea8572'),
    version: [9, 1, 0, 7],
    vendorName: 'Xen Project',
    ...xennet,
  });
  const bus = childMachine('xenvif', 'VIF', {
    safeMode,
    more,
    store: card(0),
    loaded: [net],
    registry: { [UNPLUG]: { NICS: 0 } },
    model: {
      needs: needsOf('xenvif', '14892e7'),
      provides: { XENVIF_VIF: [8, 10] },
      rows: ['09000005'],
      ...xenvif,
    },
  });
  if (requested !== undefined) bus.machine.remember('xen', 'requested NICS', requested);
  start(bus);
  const [found] = list(bus);
  if (found === undefined) throw new Error('no card');
  const device = { ...foundBelow(bus.device, found), service: 'xennet' };
  bus.machine.setDevices([...bus.machine.devices(), device]);
  return { machine: bus.machine, device, driver: net };
};

const V1 = { needs: needsOf('xenvif', '50687fa') };

describe('a network card as it starts', () => {
  test('connects, and asks for one more unplug of network cards', () => {
    const card = network({ requested: true });
    expect(start(card)).toEqual({ ok: true });
    expect(card.machine.value(UNPLUG, 'NICS')).toBe(1);
    expect(card.machine.storeRead('drivers/1')).toBe('Xen_Project XENNET 9.1.0.7 ');
    expect(storeBelow(card.machine, 'device/vif/0')).toMatchObject({
      state: '4',
      'tx-ring-ref': '32',
      'rx-ring-ref': '33',
      'event-channel': '8',
      'request-rx-copy': '1',
    });
    expect(card.machine.notes).toEqual([
      { kind: 'xen.connected', device: 'device/vif/0', path: '/local/domain/0/backend/vif/1/0' },
    ]);
  });

  test('waits for a restart while the emulated card of its number is in use', () => {
    const reason = 'The emulated network card 0 is in use in this boot.';
    const card = network({ requested: true, more: [emulated(0)] });
    expect(start(card)).toEqual({ ok: false, failure: { kind: 'restart', reason } });
    expect(card.machine.value(UNPLUG, 'NICS')).toBe(1);
    expect(card.machine.value(RESTART_KEY('xenvif'), 'Reboot')).toBe(1);
    expect(card.machine.storeRead('device/vif/0/state')).toBe('1');
    expect(card.machine.notes).toEqual([{ kind: 'xen.reboot-requested', by: 'xenvif', because: reason }]);
  });

  test.each([
    ['another number', emulated(1)],
    ['one that Windows does not run', emulated(0, false)],
  ])('does not mind an emulated card of %s', (_name, other) => {
    expect(start(network({ requested: true, more: [other] }))).toEqual({ ok: true });
  });

  test('waits for a restart in a boot that unplugged nothing, even with no emulated card in sight', () => {
    const reason = 'The emulated network cards were not unplugged in this boot.';
    const card = network({ requested: false });
    expect(start(card)).toEqual({ ok: false, failure: { kind: 'restart', reason } });
    expect(card.machine.value(UNPLUG, 'NICS')).toBe(1);
  });

  test('of builds before that looks for the emulated card only, and simply fails', () => {
    expect(start(network({ xenvif: V1, requested: false }))).toEqual({ ok: true });
    const card = network({ xenvif: V1, requested: false, more: [emulated(0)] });
    expect(start(card)).toMatchObject({ ok: false, failure: { kind: 'other' } });
    expect(card.machine.value(UNPLUG, 'NICS')).toBe(1);
    // It stays so until the device is gone, and nothing is counted again.
    card.machine.setDevices(
      card.machine.devices().filter(({ facts }) => !('path' in facts && facts.path === 'emulated')),
    );
    expect(start(card)).toMatchObject({ ok: false, failure: { kind: 'other' } });
    expect(card.machine.value(UNPLUG, 'NICS')).toBe(1);
  });

  test('of builds before the counters asks for a restart only', () => {
    const card = network({
      xenvif: { needs: {}, built: '2014-08-14' },
      xennet: { needs: {}, built: '2014-07-16' },
      more: [emulated(0)],
    });
    expect(start(card)).toMatchObject({ ok: false, failure: { kind: 'other' } });
    expect(card.machine.value(UNPLUG, 'NICS')).toBe(0);
  });

  test('does not start in safe mode', () => {
    const card = network({ requested: true, safeMode: true });
    expect(start(card)).toMatchObject({ ok: false, failure: { kind: 'other' } });
    expect(card.machine.value(UNPLUG, 'NICS')).toBe(0);
  });

  test('that its bus has no interface for fails and leaves no request behind', () => {
    const card = network({
      requested: true,
      xennet: { needs: needsOf('xennet', '3a5bf0a') },
      xenvif: { provides: { XENVIF_VIF: [9, 11] } },
    });
    expect(start(card)).toEqual({
      ok: false,
      failure: { kind: 'interface', name: 'XENVIF_VIF', wanted: 8, range: [9, 11] },
    });
    expect(card.machine.value(UNPLUG, 'NICS')).toBe(0);
    expect(card.machine.storeRead('device/vif/0/state')).toBe('6');
  });

  test('gets what xenbus answers to through its bus', () => {
    const card = network({ requested: true, xennet: { needs: { XENBUS_STORE: { version: 3, optional: false } } } });
    expect(start(card)).toEqual({
      ok: false,
      failure: { kind: 'interface', name: 'XENBUS_STORE', wanted: 3, range: [2, 2] },
    });
  });

  test('before it had the store tells the host nothing', () => {
    const card = network({ requested: true, xennet: { needs: { XENVIF_VIF: { version: 8, optional: false } } } });
    start(card);
    expect(card.machine.storeList('drivers')).toEqual(['0']);
  });
});

describe('a network card as it goes', () => {
  test('takes back its request, its connection and what it told', () => {
    const card = network({ requested: true });
    start(card);
    remove(card);
    expect(card.machine.value(UNPLUG, 'NICS')).toBe(0);
    expect(card.machine.storeRead('/local/domain/0/backend/vif/1/0/state')).toBe('6');
    expect(card.machine.storeList('drivers')).toEqual(['0']);
  });

  test('that never started leaves its request for the next boot', () => {
    const card = network({ requested: true, more: [emulated(0)] });
    start(card);
    remove(card);
    expect(card.machine.value(UNPLUG, 'NICS')).toBe(1);
  });
});
