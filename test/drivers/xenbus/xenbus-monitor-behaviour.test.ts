import { describe, expect, test } from 'vitest';
import type { RegistryData } from '../../../drivers/behaviour.ts';
import type { DriverModel } from '../../../drivers/model.ts';
import { requestRestart } from '../../../drivers/restart-request.ts';
import { xenbusMonitor } from '../../../drivers/xenbus/xenbus-monitor-behaviour.ts';
import { keyAt, withoutVolatile } from '../../../emulator/guest/registry.ts';
import { type MachineStart, testDriver, testMachine } from '../../support/machine.ts';
import { ENUM, service } from '../../support/xen-boot.ts';

const REQUESTS = 'SYSTEM\\CurrentControlSet\\Services\\xenbus_monitor\\Request';
const PARAMETERS = `${service('xenbus_monitor')}\\Parameters`;
const TEXTS: Readonly<Record<string, RegistryData>> = {
  RequestKey: REQUESTS,
  DialogTitle: 'Xen',
  DialogText: 'needs to restart the system to complete installation.',
  DialogQuestion: 'Restart?',
};
const ASKED = { [`${REQUESTS}\\xenvbd`]: { Reboot: 1 } };

const monitor = (
  registry: NonNullable<MachineStart['registry']>,
  parameters: Readonly<Record<string, RegistryData>> = {},
  model: Partial<DriverModel> = {},
) => {
  const driver = testDriver('xenbus_monitor', model);
  const machine = testMachine({ registry: { [PARAMETERS]: { ...TEXTS, ...parameters }, ...registry } });
  return { machine, run: () => xenbusMonitor.run?.(driver, machine) };
};

describe('a request for a restart', () => {
  test('is a key of the module\u2019s own that is gone when the machine is switched off (spec xen-pv 1.10)', () => {
    const { machine } = monitor({ [`${service('xenbus')}\\Parameters`]: { RequestKey: REQUESTS } });
    requestRestart(testDriver('xenbus'), machine, 'test');
    expect(machine.value(`${REQUESTS}\\xenbus`, 'Reboot')).toBe(1);
    expect(keyAt(withoutVolatile(machine.registry()), `${REQUESTS}\\xenbus`)).toBeUndefined();
  });
});

describe('the monitor', () => {
  test('asks the user once, and without an answer for ever', () => {
    const { machine, run } = monitor(ASKED);
    expect([run(), run()]).toEqual([{ ok: true }, { ok: true }]);
    expect(machine.notes).toEqual([{ kind: 'xen.restart-prompt', by: 'xenvbd', afterSeconds: undefined }]);
  });

  test('asks for PromptTimeout seconds', () => {
    const { machine, run } = monitor(ASKED, { PromptTimeout: 30 });
    run();
    expect(machine.notes).toEqual([{ kind: 'xen.restart-prompt', by: 'xenvbd', afterSeconds: 30 }]);
  });

  test('says nothing while nobody asks, and begins to count anew', () => {
    const { machine, run } = monitor({ [`${REQUESTS}\\xenvbd`]: { Reboot: 0 } }, { RebootCount: 2, AutoReboot: 3 });
    run();
    expect(machine.notes).toEqual([]);
    expect(machine.value(PARAMETERS, 'RebootCount')).toBeUndefined();
  });

  test.each([
    [undefined, 60],
    [5, 5],
  ])('restarts by itself AutoReboot times, after AutoRebootTimeout %s: %i seconds', (timeout, seconds) => {
    const rest = timeout === undefined ? {} : { AutoRebootTimeout: timeout };
    const { machine, run } = monitor(ASKED, { AutoReboot: 3, RebootCount: 1, ...rest });
    run();
    expect(machine.notes).toEqual([
      {
        kind: 'xen.restart-automatic',
        ...{ by: 'xenvbd', afterSeconds: seconds, count: 2, limit: 3, whileInstalling: false },
      },
    ]);
    expect(machine.value(PARAMETERS, 'RebootCount')).toBe(2);
  });

  test('asks when it has restarted often enough', () => {
    const { machine, run } = monitor(ASKED, { AutoReboot: 3, RebootCount: 3 });
    run();
    expect(machine.notes.map(({ kind }) => kind)).toEqual(['xen.restart-prompt']);
  });

  test('never restarts by itself before AutoReboot came', () => {
    const { machine, run } = monitor(ASKED, { AutoReboot: 3 }, { built: '2018-01-01' });
    run();
    expect(machine.notes.map(({ kind }) => kind)).toEqual(['xen.restart-prompt']);
  });

  const BUSY = { 'SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Installer\\InProgress': {} };
  test('restarts in the middle of an installation, or waits, by the branch (F48)', () => {
    const rash = monitor({ ...ASKED, ...BUSY }, { AutoReboot: 3 });
    rash.run();
    expect(rash.machine.notes).toMatchObject([{ kind: 'xen.restart-automatic', whileInstalling: true }]);
    const patient = monitor({ ...ASKED, ...BUSY }, { AutoReboot: 3 }, { line: 'xcp-ng' });
    patient.run();
    expect(patient.machine.notes).toEqual([]);
    patient.machine.deleteKey(Object.keys(BUSY)[0] ?? '');
    patient.run();
    expect(patient.machine.notes).toMatchObject([{ kind: 'xen.restart-automatic', whileInstalling: false }]);
  });

  test('stops without its parameters, and says so once', () => {
    const { run } = monitor(ASKED, { DialogQuestion: null });
    expect(run()).toMatchObject({ ok: false, failure: { kind: 'other' } });
    expect(run()).toEqual({ ok: true });
  });

  test.each([
    ['2020-01-01', ['RequestKey', 'DialogTitle', 'DialogText']],
    ['2016-09-01', ['RequestKey', 'DialogTitle', 'DialogMessage']],
    ['2016-08-01', []],
  ])('built on %s needs %s', (built, names) => {
    const all = Object.fromEntries(names.map((name) => [name, name === 'RequestKey' ? REQUESTS : 'x']));
    const run = (parameters: Readonly<Record<string, RegistryData>>) => {
      const machine = testMachine({ registry: { [PARAMETERS]: parameters, ...ASKED } });
      return { outcome: xenbusMonitor.run?.(testDriver('xenbus_monitor', { built }), machine), machine };
    };
    expect(run(all).outcome).toEqual({ ok: true });
    expect(run(all).machine.notes).toHaveLength(1);
    for (const name of names) expect(run({ ...all, [name]: 0 }).outcome?.ok).toBe(false);
  });

  const ADAPTERS = {
    [`${ENUM}\\PCI\\VEN_8086&DEV_2922\\3&0`]: {
      ClassGUID: '{4D36E97B-E325-11CE-BFC1-08002BE10318}',
      Service: 'storahci',
    },
    [`${ENUM}\\PCI\\VEN_8086&DEV_7010\\3&1`]: {
      ClassGUID: '{4d36e96a-e325-11ce-bfc1-08002be10318}',
      Service: 'intelide',
    },
    [`${service('storahci')}\\StartOverride`]: { 0: 3 },
    [`${service('intelide')}\\StartOverride`]: { 0: 3 },
  };
  test.each([
    ['2026-05-01', false],
    ['2025-07-31', true],
  ])(
    'makes the drivers of storage adapters boot drivers again: built on %s, still overridden %s (F17)',
    (built, kept) => {
      const { machine, run } = monitor(ADAPTERS, {}, { built });
      run();
      expect(machine.hasKey(`${service('storahci')}\\StartOverride`)).toBe(kept);
      expect(machine.hasKey(`${service('intelide')}\\StartOverride`)).toBe(true);
    },
  );
});
