import type { DriverBehaviour } from '../../drivers/behaviour.ts';
import { behaviourOf } from '../../drivers/behaviours.ts';
import type { HostState } from '../xen/host.ts';
import type { HostEvent } from '../xen/host-events.ts';
import {
  askBack,
  isGivenBack,
  leaveDevice,
  plugDisk,
  plugNic,
  resizeDisk,
  takeDisk,
  takeNic,
} from '../xen/hot-plug.ts';
import { resumedOn } from '../xen/migration.ts';
import { isServed } from '../xen/served.ts';
import { removeNode, writeNode } from '../xen/tree.ts';
import { systemDisk } from './boot.ts';
import { settle } from './devices.ts';
import { type GuestMachine, SERVICES } from './machine.ts';
import type { DeviceNode } from './world.ts';

/** What Windows waits for a disk when nothing is set. */
const DEFAULT_TIMEOUT_SECONDS = 60;

/** A host does something to a domain; one that runs may notice. */
export const hostEvent = (machine: GuestMachine, event: HostEvent): void => {
  if (event.kind === 'domain.migrate') {
    machine.host = resumedOn(machine.host, event.change);
    if (machine.running) resume(machine, event.backendsAfterSeconds ?? 0);
    return;
  }
  const host = changedBy(machine, event);
  if (host === undefined) return;
  machine.host = host;
  notice(machine);
};

/** @returns undefined when the guest does not let a device go */
const changedBy = (
  machine: GuestMachine,
  event: Exclude<HostEvent, { kind: 'domain.migrate' }>,
): HostState | undefined => {
  switch (event.kind) {
    case 'disk.plug':
      return plugDisk(machine.host, event.disk);
    case 'disk.resize':
      return resizeDisk(machine.host, event.vbd, event.sectors);
    case 'disk.eject':
      return event.pulled === true || giveBack(machine, 'vbd', event.vbd)
        ? takeDisk(machine.host, event.vbd)
        : undefined;
    case 'nic.plug':
      return plugNic(machine.host, event.nic);
    case 'nic.unplug':
      return giveBack(machine, 'vif', event.vif) ? takeNic(machine.host, event.vif) : undefined;
    case 'store.write':
      return withNode(machine.host, event.path, event.value);
  }
};

const withNode = (host: HostState, path: string, value: string | undefined): HostState => ({
  ...host,
  store: value === undefined ? removeNode(host.store, path) : writeNode(host.store, path, value),
});

/** Asks a guest that runs for a device, and looks whether it lets it go; otherwise the device stays. */
const giveBack = (machine: GuestMachine, type: 'vbd' | 'vif', id: number): boolean => {
  if (!machine.running) return true;
  machine.host = askBack(machine.host, { type, id });
  notice(machine);
  if (!machine.running || isGivenBack(machine.host, { type, id })) return true;
  machine.host = leaveDevice(machine.host, { type, id });
  return false;
};

type Hook = (behaviour: DriverBehaviour) => DriverBehaviour['watch'];

/** Calls every driver in memory for each device that it is on, from the top of the tree down. */
const tellDrivers = (machine: GuestMachine, hook: Hook): void => {
  for (const { path } of machine.nodes()) {
    for (const { service } of machine.node(path)?.stack ?? []) {
      const [node, loaded] = [machine.node(path), machine.loaded(service)];
      const behaviour = loaded === undefined ? undefined : behaviourOf(loaded.model.image);
      const call = behaviour === undefined ? undefined : hook(behaviour);
      if (node?.state === 'started' && loaded !== undefined) call?.(loaded, machine.view(node), machine);
    }
  }
};

/** The watches of drivers fire. */
const notice = (machine: GuestMachine): void => {
  if (!machine.running) return;
  tellDrivers(machine, ({ watch }) => watch);
  settle(machine);
  needSystemDisk(machine);
};

const isPvDisk = ({ facts, state }: DeviceNode): boolean =>
  state === 'started' && facts.kind === 'disk' && facts.path === 'pv';

/** The machine goes on; the backends of the host answer after so many seconds. */
const resume = (machine: GuestMachine, seconds: number): void => {
  const timeoutSeconds = machine.number(`${SERVICES}\\Disk`, 'TimeOutValue') ?? DEFAULT_TIMEOUT_SECONDS;
  const waiting = seconds > timeoutSeconds ? machine.nodes().filter(isPvDisk) : [];
  for (const { path } of waiting) machine.say({ kind: 'disk.timed-out', device: path, seconds, timeoutSeconds });
  resumeDrivers(machine);
};

/** Drivers set up again what they had from the host. Their memory is as it was, and all else is new. */
export const resumeDrivers = (machine: GuestMachine): void => {
  tellDrivers(machine, ({ resume }) => resume);
  settle(machine);
  needSystemDisk(machine);
};

/** What the driver of the system disk found when it tried to connect. */
const notConnected = ({ outputs, host }: GuestMachine): string | undefined => {
  const device = `device/vbd/${host.settings.disks.find(({ system }) => system)?.vbd ?? ''}`;
  const said = outputs.findLast(
    (output) =>
      output.kind === 'driver.note' && output.note.kind === 'xen.not-connected' && output.note.device === device,
  );
  return said?.kind === 'driver.note' && said.note.kind === 'xen.not-connected' ? said.note.reason : undefined;
};

/** Windows stops when it cannot read what it has paged out. */
const needSystemDisk = (machine: GuestMachine): void => {
  if (machine.session.phase !== 'running') return;
  const disk = systemDisk(machine);
  const served = disk !== undefined && disk.facts.kind === 'disk' && isServed(machine.host, disk.facts);
  if (served) return;
  const reason = 'The system disk does not answer any more (KERNEL_DATA_INPAGE_ERROR).';
  const why = notConnected(machine);
  const what = disk === undefined ? 'The host took the system disk away.' : `The backend does not serve ${disk.path}.`;
  machine.halt('0x7A', reason, { kind: 'text', text: why === undefined ? what : `${what} ${why}` });
};
