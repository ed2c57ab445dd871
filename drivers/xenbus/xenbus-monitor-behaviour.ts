import { type DriverBehaviour, type LoadedDriver, type Machine, OK, type Outcome } from '../behaviour.ts';
import { Keys } from './registry-keys.ts';
import { numberAt, same, textAt } from './registry-values.ts';
import { has } from './traits.ts';

const MODULE = 'xenbus_monitor';
const SECONDS_BEFORE_RESTART = 60;

const parametersOf = ({ key }: LoadedDriver): string => `${key}\\Parameters`;

/** Values that the service does not run without (monitor.c; templates of 2016-08, 2016-12, 2020-12). */
const textsNeeded = ({ model }: LoadedDriver): readonly string[] => [
  ...['RequestKey', 'DialogTitle'],
  has(model, 'dialogText') ? 'DialogText' : 'DialogMessage',
  ...(has(model, 'autoReboot') ? ['DialogQuestion'] : []),
];

/** Takes away what keeps the drivers of storage adapters, there or not, from being boot drivers (F17). */
const removeStartOverrides = (machine: Machine): void => {
  const services = new Set<string>();
  for (const bus of machine.keyNames(Keys.enumerator)) {
    for (const device of machine.keyNames(`${Keys.enumerator}\\${bus}`)) {
      for (const instance of machine.keyNames(`${Keys.enumerator}\\${bus}\\${device}`)) {
        const key = `${Keys.enumerator}\\${bus}\\${device}\\${instance}`;
        if (!same(textAt(machine, key, 'ClassGUID') ?? '', Keys.scsiAdapterClassGuid)) continue;
        const service = textAt(machine, key, 'Service');
        if (service !== undefined) services.add(service);
      }
    }
  }
  for (const service of services) {
    const key = `${Keys.services}\\${service}\\StartOverride`;
    if (!machine.hasKey(key)) continue;
    machine.deleteKey(key);
    machine.note({ kind: 'xen.start-override-removed', service });
  }
};

/** What happens once as the service starts. */
const begin = (driver: LoadedDriver, machine: Machine): Outcome => {
  if (has(driver.model, 'startOverrideReset')) removeStartOverrides(machine);
  if (!has(driver.model, 'monitorParameters')) return OK;
  const missing = textsNeeded(driver).filter((name) => textAt(machine, parametersOf(driver), name) === undefined);
  if (missing.length === 0) return OK;
  const reason = `Its parameters lack ${missing.join(', ')}: it stops.`;
  return { ok: false, failure: { kind: 'other', reason } };
};

const requestKey = (driver: LoadedDriver, machine: Machine): string =>
  textAt(machine, parametersOf(driver), 'RequestKey') ?? `${Keys.services}\\xenbus_monitor\\Request`;

/** The first driver that asks for a restart. */
const requester = (driver: LoadedDriver, machine: Machine): string | undefined => {
  const key = requestKey(driver, machine);
  return machine.keyNames(key).find((name) => (numberAt(machine, `${key}\\${name}`, 'Reboot') ?? 0) !== 0);
};

const restart = (driver: LoadedDriver, machine: Machine, by: string): void => {
  const key = parametersOf(driver);
  const whileInstalling = machine.hasKey(Keys.installerBusy);
  if (whileInstalling && has(driver.model, 'waitsForInstaller')) return;
  machine.remember(MODULE, 'asked', true);
  const limit = has(driver.model, 'autoReboot') ? (numberAt(machine, key, 'AutoReboot') ?? 0) : 0;
  const before = numberAt(machine, key, 'RebootCount') ?? 0;
  if (before >= limit) {
    const seconds = has(driver.model, 'autoReboot') ? (numberAt(machine, key, 'PromptTimeout') ?? 0) : 0;
    machine.note({ kind: 'xen.restart-prompt', by, afterSeconds: seconds === 0 ? undefined : seconds });
    return;
  }
  const count = before + 1;
  machine.setValue(key, 'RebootCount', 'REG_DWORD', count);
  const afterSeconds = numberAt(machine, key, 'AutoRebootTimeout') ?? SECONDS_BEFORE_RESTART;
  machine.note({ kind: 'xen.restart-automatic', by, afterSeconds, count, limit, whileInstalling });
};

const run = (driver: LoadedDriver, machine: Machine): Outcome => {
  if (machine.recall(MODULE, 'began') !== true) {
    machine.remember(MODULE, 'began', true);
    const outcome = begin(driver, machine);
    if (!outcome.ok) machine.remember(MODULE, 'stopped', true);
    if (!outcome.ok) return outcome;
  }
  if (machine.recall(MODULE, 'stopped') === true) return OK;
  const by = requester(driver, machine);
  if (by === undefined) machine.deleteValue(parametersOf(driver), 'RebootCount');
  else if (machine.recall(MODULE, 'asked') !== true) restart(driver, machine, by);
  return OK;
};

/**
 * The service that restarts the machine, or asks for it, when a driver needs that (spec xen-pv 1.10, 9). The restart itself
 * is for whoever reads its notes.
 */
export const xenbusMonitor: DriverBehaviour = { image: MODULE, run };
