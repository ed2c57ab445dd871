import { type DeviceView, type LoadedDriver, type Machine, OK, type Outcome } from '../behaviour.ts';
import { closeFrontend, XENBUS_STATE } from '../frontend.ts';
import { busOf, neededVersion } from '../interface-needs.ts';
import { requestRestart } from '../restart-request.ts';
import { requestUnplug, revokeUnplug } from '../unplug-counter.ts';
import { wasUnplugRequested } from '../unplug-requests.ts';
import { takeIdentity } from './identity.ts';
import { connectCard } from './net-frontend.ts';

const MODULE = 'xenvif';

/** The bus of a network device, when it is this one. */
const networkBus = (device: DeviceView, machine: Machine): LoadedDriver | undefined => {
  const bus = busOf(device, machine);
  return bus?.model.image === MODULE ? bus : undefined;
};

/** The emulated card with the same address, when Windows uses it. */
const aliasOf = (machine: Machine, vif: number): DeviceView | undefined =>
  machine
    .devices()
    .find(({ facts, started }) => started && facts.kind === 'nic' && facts.path === 'emulated' && facts.vif === vif);

const frontendOf = (vif: number): string => `device/vif/${vif}`;

const connect = (bus: LoadedDriver, machine: Machine, vif: number): Outcome => {
  const frontend = frontendOf(vif);
  const connection = connectCard(bus, machine, vif);
  if (!connection.connected) {
    return { ok: false, failure: { kind: 'backend', frontend, reason: connection.reason } };
  }
  machine.note({ kind: 'xen.connected', device: frontend, path: connection.backend });
  return OK;
};

/** The emulated card has to go first: asks for it, and for the restart that takes it away. */
const yieldToAlias = (bus: LoadedDriver, machine: Machine, vif: number, alias: DeviceView | undefined): Outcome => {
  const reason =
    alias !== undefined
      ? `The emulated network card ${vif} is in use in this boot.`
      : 'The emulated network cards were not unplugged in this boot.';
  if (neededVersion(bus, 'XENBUS_UNPLUG') > 0) requestUnplug(machine, 'NICS');
  if (alias !== undefined) machine.remember(MODULE, `alias ${vif}`, true);
  requestRestart(bus, machine, reason);
  // Since version 2 of UNPLUG the device says that it waits for a restart; before, it only failed.
  return {
    ok: false,
    failure: waitsForRestart(bus) ? { kind: 'restart', reason } : { kind: 'other', reason, waits: true },
  };
};

/** 6967416 and 4ad537e: a card starts only in a boot that unplugged the emulated ones. */
const waitsForRestart = (bus: LoadedDriver): boolean => neededVersion(bus, 'XENBUS_UNPLUG') >= 2;

/**
 * What the bus does when one of its network devices starts, below whatever drives the device (win-xenvif `src/xenvif/pdo.c`):
 * it makes way for an emulated card of the same address, or connects and counts for the next boot (spec xen-pv 1.7, 1.8).
 */
export const startNetworkDevice = (device: DeviceView, machine: Machine): Outcome => {
  const bus = networkBus(device, machine);
  if (bus === undefined || device.facts.kind !== 'nic') return OK;
  const { vif } = device.facts;
  if (machine.safeMode)
    return { ok: false, failure: { kind: 'other', reason: 'Network devices do not start in safe mode.' } };
  if (!waitsForRestart(bus) && machine.recall(MODULE, `alias ${vif}`) === true) {
    return {
      ok: false,
      failure: { kind: 'other', reason: `The emulated network card ${vif} was in use.`, waits: true },
    };
  }
  const alias = aliasOf(machine, vif);
  if (alias !== undefined) takeIdentity(machine, device, alias);
  if (alias !== undefined || (waitsForRestart(bus) && !wasUnplugRequested(machine, 'NICS')))
    return yieldToAlias(bus, machine, vif, alias);
  const connected = connect(bus, machine, vif);
  if (!connected.ok) return connected;
  machine.remember(MODULE, `started ${vif}`, true);
  if (neededVersion(bus, 'XENBUS_UNPLUG') > 0) requestUnplug(machine, 'NICS');
  return OK;
};

/** The other way: only a device that had started counts. */
export const stopNetworkDevice = (device: DeviceView, machine: Machine): void => {
  const bus = networkBus(device, machine);
  if (bus === undefined || device.facts.kind !== 'nic') return;
  const { vif } = device.facts;
  if (machine.recall(MODULE, `started ${vif}`) !== true) return;
  machine.remember(MODULE, `started ${vif}`, false);
  if (neededVersion(bus, 'XENBUS_UNPLUG') > 0) revokeUnplug(machine, 'NICS');
  closeFrontend(machine, `device/vif/${vif}`);
};

/** A card that had started connects again after a suspension (win-xenvif `src/xenvif/pdo.c`, PdoSuspendCallbackLate). */
export const resumeNetworkDevice = (device: DeviceView, machine: Machine): void => {
  const bus = networkBus(device, machine);
  if (bus === undefined || device.facts.kind !== 'nic') return;
  const { vif } = device.facts;
  if (machine.recall(MODULE, `started ${vif}`) !== true) return;
  const outcome = connect(bus, machine, vif);
  if (outcome.ok || outcome.failure.kind !== 'backend') return;
  machine.note({ kind: 'xen.not-connected', device: frontendOf(vif), reason: outcome.failure.reason });
};

export const isStarted = (machine: Machine, vif: number): boolean => machine.recall(MODULE, `started ${vif}`) === true;

const givenBack = (vif: number): string => `given back ${vif}`;

/** Whether a card was given back to the host, and is not listed any more. */
export const isGivenBack = (machine: Machine, vif: number): boolean =>
  machine.recall(MODULE, givenBack(vif)) === true && backendValue(machine, vif, 'online') !== '1';

const backendValue = (machine: Machine, vif: number, name: 'state' | 'online'): string | undefined => {
  const backend = machine.storeRead(`${frontendOf(vif)}/backend`);
  return backend === undefined ? undefined : machine.storeRead(`${backend}/${name}`);
};

/** A card that is gone, or that the host asks back, stops; one that is there anew may start. */
export const watchNetworkDevice = (device: DeviceView, machine: Machine): void => {
  if (device.facts.kind !== 'nic') return;
  const { vif } = device.facts;
  const state = backendValue(machine, vif, 'state');
  const asked = state === XENBUS_STATE.closing || state === XENBUS_STATE.closed;
  const gone = machine.storeRead(`${frontendOf(vif)}/state`) === undefined;
  if (!(asked || gone) || machine.recall(MODULE, `started ${vif}`) !== true) return;
  if (asked && !machine.mayRemove(device)) return;
  stopNetworkDevice(device, machine);
  machine.remember(MODULE, givenBack(vif), !gone);
  machine.note({ kind: 'xen.ejected', device: frontendOf(vif), asked: !gone });
};
