import type { Machine } from './behaviour.ts';
import { reservedGrants } from './xenbus/crash-reserve.ts';

/** States of the two ends of a device (spec xen-pv 4.3). */
export const XENBUS_STATE = {
  initialising: '1',
  initWait: '2',
  initialised: '3',
  connected: '4',
  closing: '5',
  closed: '6',
} as const;

type State = (typeof XENBUS_STATE)[keyof typeof XENBUS_STATE];

/** How two kinds of frontends differ: what is written before which state, and in which state a frontend waits to be connected. */
export interface FrontendKind {
  readonly beforeConnecting: Readonly<Record<string, string>>;
  readonly ready: typeof XENBUS_STATE.initialised | typeof XENBUS_STATE.connected;
}

export type Connection =
  | { readonly connected: true; readonly backend: string }
  /** Where the backend stays, for people. */
  | { readonly connected: false; readonly reason: string };

const refusal = (path: string, state: string | undefined, wanted: State): Connection => ({
  connected: false,
  reason: `The backend of ${path} is in state ${state ?? 'none'}, not ${wanted}.`,
});

/** Numbers that a guest takes as it connects; they only have to differ. */
export const takeNumber = (machine: Machine, kind: 'event channel' | 'grant'): number => {
  const taken = machine.recall('xenbus', `${kind}s taken`);
  const next = typeof taken === 'number' ? taken + 1 : 1;
  machine.remember('xenbus', `${kind}s taken`, next);
  // The first channels are the hypervisor's own.
  return next - 1 + (kind === 'grant' ? reservedGrants(machine.loaded('xenbus')?.model) : 8);
};

/** Connects a frontend that is closed or fresh. The backend has to be where the order of the states wants it. */
export const connectFrontend = (
  machine: Machine,
  path: string,
  prepare: (backend: string) => FrontendKind,
): Connection => {
  const backend = machine.storeRead(`${path}/backend`);
  if (backend === undefined) return { connected: false, reason: `${path} names no backend.` };
  const state = (): string | undefined => machine.storeRead(`${backend}/state`);
  const set = (next: State): void => machine.storeWrite(`${path}/state`, next);
  if (state() === XENBUS_STATE.closing) set(XENBUS_STATE.closed);
  set(XENBUS_STATE.initialising);
  if (state() !== XENBUS_STATE.initWait) return refusal(path, state(), XENBUS_STATE.initWait);
  const { beforeConnecting, ready } = prepare(backend);
  for (const [name, value] of Object.entries(beforeConnecting)) machine.storeWrite(`${path}/${name}`, value);
  set(ready);
  if (state() !== XENBUS_STATE.connected) return refusal(path, state(), XENBUS_STATE.connected);
  if (ready !== XENBUS_STATE.connected) set(XENBUS_STATE.connected);
  return { connected: true, backend };
};

/** Closes a frontend, and its backend with it. */
export const closeFrontend = (machine: Machine, path: string): void => {
  machine.storeWrite(`${path}/state`, XENBUS_STATE.closing);
  machine.storeWrite(`${path}/state`, XENBUS_STATE.closed);
};
