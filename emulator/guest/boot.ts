import { poweredOn } from '../xen/host.ts';
import { platformRoot } from '../xen/platform.ts';
import { recoverDump } from './crash.ts';
import { arrive, settle, startWaiting } from './devices.ts';
import { loadDumpStacks } from './dump-stack.ts';
import type { Cause } from './events.ts';
import { stackOf } from './filters.ts';
import { enumKey } from './install.ts';
import { bootServices } from './load-order.ts';
import { effectiveStart, isSafe, loadService } from './loader.ts';
import { CONTROL_SET, type GuestMachine, SERVICES } from './machine.ts';
import { deletePending } from './pending-files.ts';
import { dataOf, keyAt, withKeyReplaced, withoutVolatile } from './registry.ts';
import { startAutomaticServices } from './services.ts';
import { nearestIds, startsLater } from './stack.ts';
import type { DeviceNode, Session, World } from './world.ts';

export interface BootRequest {
  readonly mode: 'normal' | 'safe' | 'last-known-good';
  readonly options: readonly string[];
}

/** Kernel drivers and file systems. */
const KERNEL_TYPES: ReadonlySet<number> = new Set([1, 2, 8]);
const SEVERE = 2;

/** Switches a machine on, and follows it until it runs or stops (spec pnp-install 9). */
export const boot = (
  machine: GuestMachine,
  { mode, options }: BootRequest,
  good: World['disk']['lastKnownGood'],
): void => {
  machine.boots += 1;
  machine.registry = withoutVolatile(machine.registry);
  if (mode === 'last-known-good' && good !== undefined) {
    machine.registry = withKeyReplaced(machine.registry, CONTROL_SET, good);
  }
  machine.host = poweredOn(machine.host);
  machine.stale.clear();
  const session: Session = {
    mode: mode === 'safe' ? 'safe' : 'normal',
    options,
    phase: 'boot',
    ...{ devices: {}, loaded: {}, services: [], memory: {}, provides: {}, restart: [] },
  };
  machine.session = session;
  deletePending(machine);
  machine.say({ kind: 'boot.started', boot: machine.boots, mode: session.mode });
  loadBootDrivers(machine);
  if (!machine.running) return;
  arrive(machine, platformRoot(), undefined);
  settle(machine);
  if (!machine.running) return;
  const disk = systemDisk(machine);
  if (disk === undefined) {
    machine.halt('0x7B', 'The system disk is not there (INACCESSIBLE_BOOT_DEVICE).', diskGone(machine));
    return;
  }
  machine.change({ phase: 'running' });
  startWaiting(machine);
  settle(machine);
  loadDumpStacks(machine);
  recoverDump(machine);
  startAutomaticServices(machine);
  settle(machine);
  if (machine.running) machine.say({ kind: 'boot.running', boot: machine.boots });
};

const numberOf = (machine: GuestMachine, service: string, name: string): number => {
  const data = dataOf(machine.service(service), name);
  return typeof data === 'number' ? data : 0;
};

/** What the loader does: images of boot-start services, and their entries in the order of their groups. */
const loadBootDrivers = (machine: GuestMachine): void => {
  for (const service of bootServices(machine)) {
    if (!KERNEL_TYPES.has(numberOf(machine, service, 'Type'))) continue;
    if (machine.safeMode && !isSafe(machine, service)) continue;
    const result = loadService(machine, service, 'function', '');
    if (result.ok) continue;
    if (!machine.running) return;
    if (result.cause.kind === 'signature') {
      machine.halt('0xC0000428', `The loader cannot verify the signature of ${result.cause.image}.`, result.cause);
      return;
    }
    if (numberOf(machine, service, 'ErrorControl') >= SEVERE && result.code === 39) {
      machine.halt('0xC000000F', `The loader needs ${service}.`, result.cause);
      return;
    }
  }
};

/** The disk that Windows is on, on whatever path. */
export const systemDisk = (machine: GuestMachine): DeviceNode | undefined => {
  const vbd = machine.host.settings.disks.find(({ system }) => system)?.vbd;
  return machine.nodes().find(({ state, facts }) => state === 'started' && facts.kind === 'disk' && facts.vbd === vbd);
};

/** The first thing that went wrong with what would have led to the disk. */
const diskGone = (machine: GuestMachine): Cause => {
  const failed = machine.nodes().filter(({ problem }) => problem !== undefined);
  const waiting = machine.nodes().filter(({ state, facts }) => state === 'found' && leadsToDisks(facts));
  const because: Cause =
    (failed.find(({ facts }) => leadsToDisks(facts)) ?? failed[0])?.problem?.cause ??
    waiting.map((node) => lateCause(machine, node)).find((cause) => cause !== undefined) ??
    undriven(machine, waiting);
  const { mask } = machine.host.unplug;
  return {
    kind: 'disk-gone',
    emulated: (mask & 1) === 0 ? 'present' : 'unplugged',
    pv: waiting
      .concat(failed)
      .map(({ path }) => path)
      .join(', '),
    because,
  };
};

const STORAGE: ReadonlySet<string> = new Set(['pci-root', 'ide-channel', 'controller', 'disk']);
const XEN_VENDOR = '5853';

/** Whether the host's disks are below a device, or may be. */
const leadsToDisks = (facts: DeviceNode['facts']): boolean =>
  STORAGE.has(facts.kind) ||
  (facts.kind === 'pci' && facts.vendor === XEN_VENDOR) ||
  (facts.kind === 'xen-class' && facts.name === 'VBD');

/** A driver of a device's stack that does not start while Windows boots. */
const lateCause = (machine: GuestMachine, node: DeviceNode): Cause | undefined => {
  const late = startsLater(machine, stackOf(machine, enumKey(node)));
  if (late === undefined) return undefined;
  const { service, role } = late;
  const override = machine.number(`${SERVICES}\\${service}`, 'Start') !== effectiveStart(machine, service);
  return { kind: 'starts-later', service, role, device: node.path, by: override ? 'override' : 'start' };
};

/** Devices for which nothing in the store can be had before Windows runs. */
const undriven = (machine: GuestMachine, waiting: readonly DeviceNode[]): Cause => {
  const [first] = waiting.filter(({ facts }) => facts.kind === 'xen-class' || facts.kind === 'controller');
  if (first !== undefined) {
    return { kind: 'no-driver', device: first.path, wanted: first.hardwareIds, nearest: nearestIds(machine, first) };
  }
  const text =
    waiting.length === 0
      ? 'Nothing lists it.'
      : `These wait for drivers: ${waiting.map(({ path }) => path).join(', ')}.`;
  return { kind: 'text', text };
};

/** The control set of a boot that came up. */
export const goodControlSet = (machine: GuestMachine) => keyAt(machine.registry, CONTROL_SET);
