import { GROUPS_BEFORE_ALL } from './group-order.ts';
import type { GuestSpec } from './guest.ts';
import { keyAt, type RegistryKey } from './registry.ts';
import { featuresOf, type WindowsFeatures } from './windows.ts';

/** What the order is read from: HKLM, and the Windows that reads it. */
export interface LoadOrderSource {
  readonly registry: RegistryKey;
  readonly guest: Pick<GuestSpec, 'windows'>;
}

/** SERVICE_BOOT_START and its neighbours. */
export const StartType = { boot: 0, system: 1, automatic: 2, demand: 3, disabled: 4 } as const;

const CONTROL_SET = 'SYSTEM\\CurrentControlSet';

const dataOf = (key: RegistryKey | undefined, name: string): unknown =>
  key !== undefined && Object.hasOwn(key.values, name) ? key.values[name]?.data : undefined;

const numberOf = (key: RegistryKey | undefined, name: string): number | undefined => {
  const data = dataOf(key, name);
  return typeof data === 'number' ? data : undefined;
};

const textOf = (key: RegistryKey, name: string): string => {
  const data = dataOf(key, name);
  return typeof data === 'string' ? data : '';
};

/**
 * What a service is started as. Windows 8 and later ask `StartOverride` first, a key whose value `0` stands for the first
 * hardware configuration (spec pnp-install 9).
 * @param key the service's own
 */
export const startOf = (
  key: RegistryKey,
  { windows }: LoadOrderSource['guest'],
  { startOverride }: Pick<WindowsFeatures, 'startOverride'> = featuresOf(windows),
): number | undefined => {
  const start = numberOf(key, 'start');
  if (!startOverride) return start;
  return numberOf(Object.hasOwn(key.keys, 'startoverride') ? key.keys.startoverride : undefined, '0') ?? start;
};

/** Little-endian DWORDs of a REG_BINARY, given as hex digits; a cut-off one at the end is left out. */
const wordsOf = (hex: string): readonly number[] => {
  const words: number[] = [];
  for (let at = 0; at + 8 <= hex.length; at += 8) {
    const byte = (index: number): number => Number.parseInt(hex.slice(at + index * 2, at + index * 2 + 2), 16);
    words.push(byte(0) + byte(1) * 0x100 + byte(2) * 0x1_0000 + byte(3) * 0x100_0000);
  }
  return words;
};

/** Position of a tag in `GroupOrderList\<group>`: a count, then the tags in their order. Behind all others when not there. */
const tagPosition = (lists: RegistryKey | undefined, group: string, tag: number | undefined): number => {
  if (tag === undefined) return Number.MAX_SAFE_INTEGER;
  const data = dataOf(lists, group);
  const [count = 0, ...tags] = typeof data === 'string' ? wordsOf(data) : [];
  const position = tags.slice(0, count).indexOf(tag);
  return position < 0 ? Number.MAX_SAFE_INTEGER - 1 : position;
};

interface Placed {
  readonly name: string;
  readonly id: string;
  readonly group: number;
  readonly tag: number;
}

/** Lower case name of a group to its place; groups that are not listed, and no group, come last. */
const groupPlaces = (control: RegistryKey | undefined): ReadonlyMap<string, number> => {
  const list = dataOf(control === undefined ? undefined : keyAt(control, 'ServiceGroupOrder'), 'list');
  const names: readonly string[] = Array.isArray(list) ? list : NO_GROUPS;
  const before = known.get(names);
  if (before !== undefined) return before;
  const places = new Map<string, number>();
  for (const name of [...GROUPS_BEFORE_ALL, ...names]) {
    const id = String(name).toLowerCase();
    if (!places.has(id)) places.set(id, places.size);
  }
  known.set(names, places);
  return places;
};

/** By the list in the registry, which is replaced and never changed. */
const known = new WeakMap<readonly string[], ReadonlyMap<string, number>>();
const NO_GROUPS: readonly string[] = [];

/**
 * Services of one start type in the order in which the kernel starts them: by group, in a group by the tags that
 * `GroupOrderList` orders, then those with other tags, then those with none; by name where nothing else decides, as the
 * registry lists its keys (spec pnp-install 9; untagged last and by name are not verified there). Dependencies do not count.
 */
export const servicesInOrder = (source: LoadOrderSource, start: number): readonly string[] => {
  const services = keyAt(source.registry, `${CONTROL_SET}\\Services`);
  const control = keyAt(source.registry, `${CONTROL_SET}\\Control`);
  if (services === undefined) return [];
  const places = groupPlaces(control);
  const lists = control === undefined ? undefined : keyAt(control, 'GroupOrderList');
  const placed: Placed[] = [];
  for (const [id, key] of Object.entries(services.keys)) {
    if (startOf(key, source.guest) !== start) continue;
    const group = textOf(key, 'group').toLowerCase();
    const tag = tagPosition(lists, group, group === '' ? undefined : numberOf(key, 'tag'));
    placed.push({ name: key.name, id, group: places.get(group) ?? places.size, tag });
  }
  placed.sort((a, b) => a.group - b.group || a.tag - b.tag || (a.id < b.id ? -1 : Number(a.id > b.id)));
  return placed.map(({ name }) => name);
};

/** Boot-start services in their order: what the loader brings into memory, and how the kernel then starts it. */
export const bootServices = (source: LoadOrderSource): readonly string[] => servicesInOrder(source, StartType.boot);

/** System-start services in their order. */
export const systemServices = (source: LoadOrderSource): readonly string[] => servicesInOrder(source, StartType.system);
