import type { DumpFailure, DumpMachine, DumpOutcome, PvConnection } from '../dump.ts';
import { XENBUS_STATE } from '../frontend.ts';
import type { DriverModel } from '../model.ts';
import { freshGrants, takeGrants } from './grants.ts';
import { FLUSHES_SINCE, ONE_QUEUE_SINCE } from './traits.ts';

type State = (typeof XENBUS_STATE)[keyof typeof XENBUS_STATE];

const waitsForEver = (machine: DumpMachine, frontend: string, backend: string, wanted: State): DumpFailure => ({
  kind: 'backend',
  frontend,
  state: machine.storeRead(`${backend}/state`),
  wanted,
  waits: 'for ever',
});

/** States of a backend as xenstore has them; no state ends a poll with an error. */
const stateOf = (machine: DumpMachine, backend: string): string | undefined => machine.storeRead(`${backend}/state`);

/**
 * Brings a frontend to closed from any state that the running system left it in. The library polls, without a limit of time.
 * @returns what it waits for without an end
 */
export const closeFrontend = (machine: DumpMachine, frontend: string): DumpFailure | undefined => {
  const backend = machine.storeRead(`${frontend}/backend`);
  if (backend === undefined) return undefined;
  const { initialising, closing, closed } = XENBUS_STATE;
  const state = stateOf(machine, backend);
  // A backend whose state cannot be read ends the poll: there is nothing to close.
  if (state === undefined) return undefined;
  if (state === initialising) return waitsForEver(machine, frontend, backend, XENBUS_STATE.initWait);
  if (state !== closing && state !== closed) {
    machine.storeWrite(`${frontend}/state`, closing);
    const now = stateOf(machine, backend);
    if (now !== closing && now !== closed) return waitsForEver(machine, frontend, backend, closing);
  }
  if (stateOf(machine, backend) !== closed) {
    machine.storeWrite(`${frontend}/state`, closed);
    if (stateOf(machine, backend) !== closed) return waitsForEver(machine, frontend, backend, closed);
  }
  return undefined;
};

/** Every block device is closed first, so that no backend stays busy with the system that is no more. */
export const closeAllDisks = (machine: DumpMachine): DumpFailure | undefined => {
  for (const device of machine.storeList('device/vbd')) {
    const failure = closeFrontend(machine, `device/vbd/${device}`);
    if (failure !== undefined) return failure;
  }
  return undefined;
};

/** Keys of the connection before that would mean something else to the backend. */
const LEFT_BEHIND = ['ring-page-order', 'feature-online-resize', 'feature-surprise-remove'];

const setsQueues = ({ built }: DriverModel): boolean => built >= ONE_QUEUE_SINCE;

/** One page, one queue, one event channel; the words are always those of the 64-bit interface (spec xen-pv 6). */
const ringKeys = (ring: number, eventChannel: number, model: DriverModel): Readonly<Record<string, string>> => ({
  'event-channel': String(eventChannel),
  'ring-ref': String(ring),
  protocol: 'x86_64-abi',
  'feature-surprise-remove': '1',
  'feature-online-resize': '1',
  'feature-large-sector-size': '1',
  ...(setsQueues(model) ? { 'multi-queue-num-queues': '1' } : {}),
});

const isOne = (text: string | undefined): boolean => Number.parseInt(text ?? '', 10) === 1;

const flushOf = (machine: DumpMachine, backend: string, { built }: DriverModel): PvConnection['flush'] => {
  if (built >= FLUSHES_SINCE && isOne(machine.storeRead(`${backend}/feature-flush-cache`))) return 'flush';
  return isOne(machine.storeRead(`${backend}/feature-barrier`)) ? 'barrier' : 'none';
};

/** After its event channels were reset and the one of xenstore was bound again, this is the next one (spec xen-pv 6). */
const OWN_CHANNEL = 2;

const isWaiting = (state: string | undefined): boolean =>
  state === XENBUS_STATE.initialising || state === XENBUS_STATE.closed;

const backendFailure = (
  machine: DumpMachine,
  { frontend, backend, wanted }: { readonly frontend: string; readonly backend: string; readonly wanted: State },
  waits: boolean,
): DumpOutcome<never> => {
  const state = stateOf(machine, backend);
  const kind = 'backend';
  return { ok: false, failure: { kind, frontend, state, wanted, waits: waits ? 'for ever' : 'no longer' } };
};

/** Waits for a backend that begins again. */
const prepare = (machine: DumpMachine, frontend: string, backend: string): DumpOutcome<undefined> => {
  machine.storeWrite(`${frontend}/state`, XENBUS_STATE.initialising);
  const state = stateOf(machine, backend);
  if (state === XENBUS_STATE.initWait) return { ok: true, value: undefined };
  return backendFailure(machine, { frontend, backend, wanted: XENBUS_STATE.initWait }, isWaiting(state));
};

/**
 * Connects the disk with a ring of the library's own: whatever the running system had with the backend is gone.
 * @param device key below `device/vbd`
 */
export const connectDumpDisk = (
  machine: DumpMachine,
  { device, target }: { readonly device: string; readonly target: number },
  model: DriverModel,
): DumpOutcome<PvConnection> => {
  const frontend = `device/vbd/${device}`;
  const backend = machine.storeRead(`${frontend}/backend`);
  if (backend === undefined) {
    return { ok: false, failure: { kind: 'disk', frontend, reason: `${frontend} names no backend.` } };
  }
  const failure = closeFrontend(machine, frontend);
  if (failure !== undefined) return { ok: false, failure };
  for (const name of LEFT_BEHIND) machine.storeRemove(`${frontend}/${name}`);
  if (setsQueues(model)) machine.storeRemove(`${frontend}/multi-queue-num-queues`);
  markTarget(machine, { device, target });
  const prepared = prepare(machine, frontend, backend);
  if (!prepared.ok) return prepared;
  return connectRing(machine, { frontend, backend }, model);
};

/** What is written of the target again, and that no filter stands above it. */
const markTarget = (
  machine: DumpMachine,
  { device, target }: { readonly device: string; readonly target: number },
): void => {
  const area = `data/scsi/target/${target}`;
  machine.storeWrite(`${area}/frontend`, `device/vbd/${device}`);
  machine.storeWrite(`${area}/device`, device);
  machine.storeWrite(`${area}/filter`, 'absent');
};

const connectRing = (
  machine: DumpMachine,
  { frontend, backend }: { readonly frontend: string; readonly backend: string },
  model: DriverModel,
): DumpOutcome<PvConnection> => {
  const { taken: [ring = 0] = [], free = [] } = takeGrants(freshGrants, 1) ?? {};
  const flush = flushOf(machine, backend, model);
  for (const [name, value] of Object.entries(ringKeys(ring, OWN_CHANNEL, model))) {
    machine.storeWrite(`${frontend}/${name}`, value);
  }
  machine.storeWrite(`${frontend}/state`, XENBUS_STATE.initialised);
  const state = stateOf(machine, backend);
  const connected = state === XENBUS_STATE.connected;
  const queues = machine.storeRead(`${frontend}/multi-queue-num-queues`) ?? '1';
  if (Number.parseInt(queues, 10) > 1) {
    return { ok: false, failure: { kind: 'queues', frontend, queues, waits: connected ? 'for ever' : 'no longer' } };
  }
  if (!connected) {
    const waits = state === XENBUS_STATE.initWait || state === XENBUS_STATE.initialising;
    return backendFailure(machine, { frontend, backend, wanted: XENBUS_STATE.connected }, waits);
  }
  machine.storeWrite(`${frontend}/state`, XENBUS_STATE.connected);
  return { ok: true, value: { frontend, backend, ring, free, flush } };
};
