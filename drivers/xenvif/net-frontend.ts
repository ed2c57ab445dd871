import type { LoadedDriver, Machine } from '../behaviour.ts';
import { type Connection, connectFrontend, takeNumber, XENBUS_STATE } from '../frontend.ts';
import { unsigned } from '../unsigned.ts';

/** Virtual processors of the emulated guests: a queue each, at most. */
const PROCESSORS = 2;

/** Builds with queues have this parameter from their INF; those before had one (spec xen-pv 3.1). */
const queuesOf = (bus: LoadedDriver, machine: Machine, backend: string): number => {
  const own = machine.value(`${bus.key}\\Parameters`, 'FrontendMaxQueues');
  const offered = unsigned(machine.storeRead(`${backend}/multi-queue-max-queues`) ?? '1');
  return typeof own === 'number' ? Math.max(1, Math.min(own, offered, PROCESSORS)) : 1;
};

/** Rings and event channels of a queue (xen `public/io/netif.h`). */
const queueKeys = (machine: Machine, prefix: string, split: boolean): Record<string, string> => {
  const channels = split ? ['event-channel-tx', 'event-channel-rx'] : ['event-channel'];
  const keys: Record<string, string> = {};
  for (const ring of ['tx-ring-ref', 'rx-ring-ref']) keys[prefix + ring] = String(takeNumber(machine, 'grant'));
  for (const channel of channels) keys[prefix + channel] = String(takeNumber(machine, 'event channel'));
  return keys;
};

const allQueues = (bus: LoadedDriver, machine: Machine, backend: string): Record<string, string> => {
  const queues = queuesOf(bus, machine, backend);
  const split = machine.storeRead(`${backend}/feature-split-event-channels`) === '1';
  if (queues === 1) return queueKeys(machine, '', split);
  const keys: Record<string, string> = { 'multi-queue-num-queues': String(queues) };
  for (let queue = 0; queue < queues; queue += 1) Object.assign(keys, queueKeys(machine, `queue-${queue}/`, split));
  return keys;
};

/** Connects a card to its backend, with what that offers. */
export const connectCard = (bus: LoadedDriver, machine: Machine, vif: number): Connection =>
  connectFrontend(machine, `device/vif/${vif}`, (backend) => ({
    ready: XENBUS_STATE.connected,
    beforeConnecting: { ...allQueues(bus, machine, backend), 'request-rx-copy': '1' },
  }));
