import { describe, expect, test } from 'vitest';
import { childMachine, list, needsOf, start } from '../../support/children.ts';

describe('the console', () => {
  test('lists its own console and every other one as raw devices', () => {
    const child = childMachine('xencons', 'CONS', {
      model: { needs: needsOf('xencons', '3706a23') },
      store: { 'device/console/1/state': '1' },
    });
    expect(start(child)).toEqual({ ok: true });
    const ids = ['XENCONS\\VEN_XP0001&DEV_CONSOLE', 'XENDEVICE'];
    expect(list(child)).toEqual(
      ['default', '1'].map((name) => ({
        deviceId: 'XENCONS\\VEN_XP&DEV_CONSOLE',
        instanceId: name,
        hardwareIds: ids,
        compatibleIds: ids,
        text: `XP0001 XENCONS ${name}`,
        location: name,
        rawOk: true,
        facts: { kind: 'other' },
      })),
    );
  });

  test('of 2017 lists none', () => {
    const child = childMachine('xencons', 'CONS', { model: { needs: needsOf('xencons', '7fab255') } });
    expect(start(child)).toEqual({ ok: true });
    expect(list(child)).toEqual([]);
  });

  test('does not start below a bus without consoles', () => {
    const child = childMachine('xencons', 'CONS', {
      model: { needs: needsOf('xencons', '7fab255') },
      provides: { XENBUS_DEBUG: [1, 1], XENBUS_SUSPEND: [1, 1], XENBUS_STORE: [1, 2] },
    });
    expect(start(child)).toEqual({
      ok: false,
      failure: { kind: 'interface', name: 'XENBUS_CONSOLE', wanted: 1, range: undefined },
    });
  });
});
