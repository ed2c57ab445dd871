import { describe, expect, test } from 'vitest';
import { xenagent } from '../../../drivers/xeniface/behaviour.ts';
import { childMachine, needsOf, remove, start, storeBelow } from '../../support/children.ts';
import { testDriver } from '../../support/machine.ts';

const HEAD = { needs: needsOf('xeniface', 'f12cbdb') };

describe('the interface for programs', () => {
  test('tells the host of itself while it runs', () => {
    const child = childMachine('xeniface', 'IFACE', { model: HEAD });
    expect(start(child)).toEqual({ ok: true });
    expect(child.machine.storeRead('drivers/0')).toBe('Xen_Project XENIFACE 9.1.0.42 ');
    remove(child);
    expect(child.machine.storeList('drivers')).toEqual([]);
  });

  test('needs the shared info page of its time', () => {
    const child = childMachine('xeniface', 'IFACE', { model: { needs: needsOf('xeniface', 'fdf7afe') } });
    expect(start(child)).toEqual({
      ok: false,
      failure: { kind: 'interface', name: 'XENBUS_SHARED_INFO', wanted: 1, range: [2, 4] },
    });
  });

  test('of upstream 8.2 tells nothing', () => {
    const child = childMachine('xeniface', 'IFACE', { model: { ...HEAD, line: '8.2', built: '2018-04-23' } });
    start(child);
    expect(child.machine.storeList('drivers')).toEqual([]);
  });
});

describe('the agent', () => {
  const child = (started: boolean) => {
    const under = childMachine('xeniface', 'IFACE', { model: HEAD });
    under.machine.setDevices(under.machine.devices().map((one) => ({ ...one, started })));
    xenagent.run?.(testDriver('xenagent'), under.machine);
    return under.machine;
  };

  test('offers its host the ways to end and to rest', () => {
    expect(storeBelow(child(true), 'control')).toEqual({
      'feature-poweroff': '1',
      'feature-reboot': '1',
      'feature-s3': '1',
      'feature-s4': '1',
    });
  });

  test('waits until there is a device to reach Xen through', () => {
    expect(storeBelow(child(false), 'control')).toEqual({});
  });
});
