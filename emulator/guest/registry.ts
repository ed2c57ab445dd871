import type { RegistryData, RegistryDataType } from '../../drivers/behaviour.ts';

export interface RegistryValue {
  /** As first written. */
  readonly name: string;
  readonly type: RegistryDataType;
  readonly data: RegistryData;
}

/** A key of the registry. Names are compared in lower case; what is written later shares what it does not change. */
export interface RegistryKey {
  /** As first written. */
  readonly name: string;
  readonly values: Readonly<Record<string, RegistryValue>>;
  readonly keys: Readonly<Record<string, RegistryKey>>;
  /** Gone when the machine is switched off, with all below it. */
  readonly volatile?: true;
}

/** What a record has itself: a name such as `constructor` must not find what every object has. */
const own = <T extends object>(record: Readonly<Record<string, T>>, name: string): T | undefined => {
  const found = record[name];
  return typeof found === 'function' || found === Object.prototype ? undefined : found;
};

export const emptyKey = (name: string): RegistryKey => ({ name, values: {}, keys: {} });

/** The parts of a path as written, and as they are compared. */
interface Path {
  readonly names: readonly string[];
  readonly ids: readonly string[];
}

/** The same few paths are asked for again and again; a long run of odd ones must not fill the memory. */
const known = new Map<string, Path>();
const MOST_KNOWN = 20_000;

const pathOf = (path: string): Path => {
  const before = known.get(path);
  if (before !== undefined) return before;
  const names = path.split('\\').filter((part) => part !== '');
  const parsed = { names, ids: names.map((name) => name.toLowerCase()) };
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(path, parsed);
  return parsed;
};

/** The key at a path below another; undefined when it does not exist. */
export const keyAt = (root: RegistryKey, path: string): RegistryKey | undefined => {
  let key: RegistryKey | undefined = root;
  for (const id of pathOf(path).ids) {
    key = own(key.keys, id);
    if (key === undefined) return undefined;
  }
  return key;
};

/** A key that stands directly below another, by its name. */
export const keyBelow = (key: RegistryKey, name: string): RegistryKey | undefined => own(key.keys, name.toLowerCase());

/** Data of a value of a key. */
export const dataOf = (key: RegistryKey | undefined, name: string): RegistryData | undefined =>
  key === undefined ? undefined : own(key.values, name)?.data;

export const valueAt = (root: RegistryKey, path: string, name: string): RegistryValue | undefined => {
  const key = keyAt(root, path);
  return key === undefined ? undefined : own(key.values, name.toLowerCase());
};

/** Changes the key at a path, making it and those above it as needed. */
const changed = (
  key: RegistryKey,
  path: Path,
  index: number,
  change: (key: RegistryKey) => RegistryKey,
): RegistryKey => {
  const id = path.ids[index];
  if (id === undefined) return change(key);
  const before = own(key.keys, id);
  const after = changed(before ?? emptyKey(path.names[index] ?? id), path, index + 1, change);
  return after === before ? key : { ...key, keys: { ...key.keys, [id]: after } };
};

export const withKey = (root: RegistryKey, path: string): RegistryKey => changed(root, pathOf(path), 0, (key) => key);

export const withVolatileKey = (root: RegistryKey, path: string): RegistryKey =>
  changed(root, pathOf(path), 0, (key) => ({ ...key, volatile: true }));

const sameData = (a: RegistryData, b: RegistryData): boolean =>
  a === b || (Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((one, i) => one === b[i]));

/** With a value set, its key made when it does not exist. */
export const withValue = (
  root: RegistryKey,
  path: string,
  name: string,
  { type, data }: Pick<RegistryValue, 'type' | 'data'>,
): RegistryKey =>
  changed(root, pathOf(path), 0, (key) => {
    const id = name.toLowerCase();
    const before = own(key.values, id);
    if (before !== undefined && before.type === type && sameData(before.data, data)) return key;
    return { ...key, values: { ...key.values, [id]: { name: before?.name ?? name, type, data } } };
  });

const without = <T>(record: Readonly<Record<string, T>>, name: string): Readonly<Record<string, T>> => {
  const { [name]: _gone, ...rest } = record;
  return rest;
};

export const withoutValue = (root: RegistryKey, path: string, name: string): RegistryKey => {
  if (valueAt(root, path, name) === undefined) return root;
  return changed(root, pathOf(path), 0, (key) => ({ ...key, values: without(key.values, name.toLowerCase()) }));
};

/** Without a key and all below it. The root itself stays. */
export const withoutKey = (root: RegistryKey, path: string): RegistryKey => {
  const { names, ids } = pathOf(path);
  const last = ids.at(-1);
  if (last === undefined || keyAt(root, path) === undefined) return root;
  const above = { names: names.slice(0, -1), ids: ids.slice(0, -1) };
  return changed(root, above, 0, (key) => ({ ...key, keys: without(key.keys, last) }));
};

/** A key put in the place of another: a control set that is brought back. */
export const withKeyReplaced = (root: RegistryKey, path: string, key: RegistryKey): RegistryKey =>
  changed(root, pathOf(path), 0, () => key);

/** What is left when the machine is switched off. */
export const withoutVolatile = (key: RegistryKey): RegistryKey => {
  let keys: Record<string, RegistryKey> | undefined;
  for (const [name, below] of Object.entries(key.keys)) {
    const after = below.volatile ? undefined : withoutVolatile(below);
    if (after === below) continue;
    keys ??= { ...key.keys };
    if (after === undefined) delete keys[name];
    else keys[name] = after;
  }
  return keys === undefined ? key : { ...key, keys };
};

export const keyNames = (key: RegistryKey | undefined): readonly string[] =>
  key === undefined ? [] : Object.values(key.keys).map(({ name }) => name);

export const valueNames = (key: RegistryKey | undefined): readonly string[] =>
  key === undefined ? [] : Object.values(key.values).map(({ name }) => name);
