import { CLASSES, SERVICES } from '../guest/machine.ts';
import { keyAt, type RegistryKey, valueAt } from '../guest/registry.ts';
import type { DeviceNode, World } from '../guest/world.ts';
import { isServed } from '../xen/served.ts';

/** A disk or network card of the host as the guest has it. */
export interface Reached {
  readonly id: number;
  /** Undefined when it is not there. */
  readonly path: 'emulated' | 'pv' | 'pass-through' | undefined;
  readonly system: boolean;
  /** Instance path of the device that it is. */
  readonly device: string | undefined;
}

/** What the user of a machine would see. */
export interface Survey {
  readonly running: boolean;
  readonly disks: readonly Reached[];
  readonly nics: readonly Reached[];
  readonly problems: readonly DeviceNode[];
  /** Someone wants a restart: Windows itself, or a driver by its request key. */
  readonly restartWanted: boolean;
  /** Names in class filter lists: `class` in braces, in the order of the list. */
  readonly classFilters: readonly {
    readonly classGuid: string;
    readonly list: 'UpperFilters' | 'LowerFilters';
    readonly names: readonly string[];
  }[];
}

const REQUESTS = `${SERVICES}\\xenbus_monitor\\Request`;
const OLD_REQUESTS = 'SOFTWARE';

const started = (world: World): readonly DeviceNode[] =>
  Object.values(world.session?.devices ?? {}).filter(({ state }) => state === 'started');

const reachedDisks = (world: World): readonly Reached[] =>
  world.host.settings.disks
    .filter(({ cdrom }) => cdrom !== true)
    .map(({ vbd, system }) => {
      const own = started(world).filter(
        ({ facts }) => facts.kind === 'disk' && facts.vbd === vbd && isServed(world.host, facts),
      );
      const best = own.find(({ facts }) => facts.kind === 'disk' && facts.path === 'pv') ?? own[0];
      return {
        id: vbd,
        system,
        path: best?.facts.kind === 'disk' ? best.facts.path : undefined,
        device: best?.path,
      };
    });

const reachedNics = (world: World): readonly Reached[] =>
  world.host.settings.nics.map(({ vif }) => {
    const own = started(world).filter(
      ({ facts, stack }) =>
        facts.kind === 'nic' && facts.vif === vif && stack.length > 0 && isServed(world.host, facts),
    );
    const best = own.find(({ facts }) => facts.kind === 'nic' && facts.path === 'pv') ?? own[0];
    return {
      id: vif,
      system: false,
      path: best?.facts.kind === 'nic' ? best.facts.path : undefined,
      device: best?.path,
    };
  });

/** Drivers ask for a restart by a key of their own below the one that `RequestKey` names. */
const requested = ({ disk: { registry } }: World): boolean => {
  const named = valueAt(registry, `${SERVICES}\\xenbus_monitor\\Parameters`, 'RequestKey')?.data;
  const path = typeof named === 'string' && !named.toUpperCase().startsWith(OLD_REQUESTS) ? named : REQUESTS;
  const key = keyAt(registry, path);
  return key !== undefined && Object.values(key.keys).some(({ values }) => values.reboot?.data === 1);
};

/** By the key of the classes: most of what happens leaves it as it is. */
const listed = new WeakMap<RegistryKey, Survey['classFilters']>();

const filterLists = ({ disk: { registry } }: World): Survey['classFilters'] => {
  const classes = keyAt(registry, CLASSES);
  if (classes === undefined) return [];
  const lists = listed.get(classes) ?? listsOf(classes);
  listed.set(classes, lists);
  return lists;
};

const listsOf = ({ keys }: RegistryKey): Survey['classFilters'] =>
  Object.values(keys).flatMap(({ name, values }) =>
    (['UpperFilters', 'LowerFilters'] as const).flatMap((list) => {
      const data = values[list.toLowerCase()]?.data;
      return typeof data === 'object' && data !== null ? [{ classGuid: name, list, names: data }] : [];
    }),
  );

/** Looks at a world as its user would. */
export const survey = (world: World): Survey => ({
  running: world.session?.phase === 'running',
  disks: reachedDisks(world),
  nics: reachedNics(world),
  problems: Object.values(world.session?.devices ?? {}).filter(({ state }) => state === 'problem'),
  restartWanted: (world.session?.restart.length ?? 0) > 0 || requested(world),
  classFilters: filterLists(world),
});
