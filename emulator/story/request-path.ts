import type { DeviceNode, StackEntry, World } from '../guest/world.ts';
import type { HostState } from '../xen/host.ts';
import { DOMAIN_AREA, readNode } from '../xen/tree.ts';
import { causeLines } from './cause-words.ts';

/** A place that a request comes through. */
export interface Hop {
  /** Where it is: what asks, a driver of the guest, what guest and host share, the host. */
  readonly place: 'asker' | 'driver' | 'shared' | 'host';
  readonly name: string;
  /** What it is there. */
  readonly role: string;
  /** The device whose stack it stands in. */
  readonly device?: string;
}

/** How a request for a disk or a network card goes, from who asks down to the host. */
export interface RequestPath {
  readonly of: 'disk' | 'nic';
  /** Number of the device in xenstore. */
  readonly id: number;
  readonly system: boolean;
  /** Undefined when no device of the guest is this one. */
  readonly via: 'emulated' | 'pv' | 'pass-through' | undefined;
  readonly hops: readonly Hop[];
  /** Why it does not come to its end. */
  readonly broken?: readonly string[];
}

const ROLES = { 'upper-filter': 'upper filter', function: 'driver', 'lower-filter': 'lower filter' } as const;

/** What passes requests on below a device: its port driver, and no bus above that. */
const CARRIERS: ReadonlySet<string> = new Set(['ide-channel', 'controller', 'xen-class']);

const roleOf = ({ role, from }: StackEntry, of: 'device' | 'adapter'): string =>
  `${ROLES[role]} of the ${of}${from === 'class' ? "'s class" : ''}`;

const driversOf = (node: DeviceNode, of: 'device' | 'adapter'): readonly Hop[] =>
  [...node.stack].reverse().map((entry) => ({
    ...{ place: 'driver' as const, name: entry.service, role: roleOf(entry, of), device: node.path },
  }));

/** A device, and what carries its requests. */
const carriersOf = (node: DeviceNode, devices: Readonly<Record<string, DeviceNode>>): readonly DeviceNode[] => {
  const parent = node.parent === undefined ? undefined : devices[node.parent.toUpperCase()];
  return parent !== undefined && CARRIERS.has(parent.facts.kind) ? [parent] : [];
};

const STATES: Readonly<Record<string, string>> = {
  '1': 'initialising',
  '2': 'waits for the guest',
  '3': 'initialised',
  '4': 'connected',
  '5': 'closing',
  '6': 'closed',
};

const stateOf = ({ store }: HostState, path: string): string => {
  const state = readNode(store, `${path}/state`);
  return state === undefined ? 'not in xenstore' : (STATES[state] ?? `state ${state}`);
};

const CLASSES = { disk: 'vbd', nic: 'vif' } as const;

const xenHops = (host: HostState, of: RequestPath['of'], id: number): readonly Hop[] => {
  const front = `${DOMAIN_AREA}/device/${CLASSES[of]}/${id}`;
  const back = readNode(host.store, `${front}/backend`) ?? `/local/domain/0/backend/${CLASSES[of]}/1/${id}`;
  return [
    {
      place: 'shared',
      name: 'ring, grants and event channel',
      role: `device/${CLASSES[of]}/${id}: ${stateOf(host, front)}`,
    },
    {
      place: 'host',
      name: of === 'disk' ? 'block backend' : 'network backend',
      role: `${back}: ${stateOf(host, back)}`,
    },
  ];
};

const emulatedHops = ({ settings }: HostState, of: RequestPath['of']): readonly Hop[] => {
  const model = of === 'disk' ? settings.emulatedDisks : settings.emulatedNics;
  return [
    { place: 'shared', name: 'ports and memory of the emulated device', role: model.toUpperCase() },
    { place: 'host', name: 'device model', role: 'emulates the hardware' },
  ];
};

const ASKERS = {
  disk: { place: 'asker', name: 'programs, file system, volumes', role: 'read, write, flush, trim' },
  nic: { place: 'asker', name: 'programs, TCP/IP', role: 'send, receive' },
} as const;

const hopsTo = ({ host }: World, { of, id, via }: Pick<RequestPath, 'of' | 'id' | 'via'>): readonly Hop[] => {
  if (via === 'pv') return xenHops(host, of, id);
  if (via === 'emulated') return emulatedHops(host, of);
  return [{ place: 'host', name: 'the hardware itself', role: 'handed to the guest' }];
};

const XEN_CLASS = { disk: 'VBD', nic: 'VIF' } as const;

/** Why nothing of the guest is this device: the stop, what the drivers on the way complain of, what was unplugged. */
const whyNot = ({ session, host }: World, of: RequestPath['of']): readonly string[] => {
  if (session === undefined) return ['The machine is switched off.'];
  const { stop, devices } = session;
  const way = Object.values(devices).filter(
    ({ facts }) =>
      facts.kind === of ||
      (facts.kind === 'xen-class' && facts.name === XEN_CLASS[of]) ||
      (facts.kind === 'pci' && facts.vendor === '5853'),
  );
  const problems = way.flatMap(({ path, problem }) =>
    problem === undefined ? [] : [`${path} has problem ${problem.code}.`, ...causeLines(problem.cause)],
  );
  return [
    ...(stop === undefined ? [] : [`The machine stopped with ${stop.code}: ${stop.reason}`, ...causeLines(stop.cause)]),
    ...(host.unplug.mask === 0 ? [] : [`Emulated devices were unplugged (mask ${host.unplug.mask}).`]),
    ...problems,
  ];
};

const pathOf = (world: World, { of, id, system }: Pick<RequestPath, 'of' | 'id' | 'system'>): RequestPath => {
  const devices = world.session?.devices ?? {};
  const own = Object.values(devices).filter(
    ({ facts, state, stack }) =>
      state === 'started' &&
      ((of === 'disk' && facts.kind === 'disk' && facts.vbd === id) ||
        (of === 'nic' && facts.kind === 'nic' && facts.vif === id && stack.length > 0)),
  );
  const isPv = ({ facts }: DeviceNode): boolean =>
    (facts.kind === 'disk' || facts.kind === 'nic') && facts.path === 'pv';
  const best = own.find(isPv) ?? own[0];
  const via = best?.facts.kind === 'disk' || best?.facts.kind === 'nic' ? best.facts.path : undefined;
  if (best === undefined) return { of, id, system, via, hops: [ASKERS[of]], broken: whyNot(world, of) };
  const carriers = carriersOf(best, devices).flatMap((node) => driversOf(node, 'adapter'));
  return {
    of,
    id,
    system,
    via,
    hops: [ASKERS[of], ...driversOf(best, 'device'), ...carriers, ...hopsTo(world, { of, id, via })],
  };
};

/** Each disk and network card of the host, and how a request comes to it through the stacks of the guest as it stands. */
export const requestPaths = (world: World): readonly RequestPath[] => {
  const { disks, nics } = world.host.settings;
  return [
    ...disks
      .filter(({ cdrom }) => cdrom !== true)
      .map(({ vbd, system }) => pathOf(world, { of: 'disk', id: vbd, system })),
    ...nics.map(({ vif }) => pathOf(world, { of: 'nic', id: vif, system: false })),
  ];
};
