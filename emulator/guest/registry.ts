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

/** Names that no registry of the emulated kind has: they would mean something else to an object. */
const own = <T>(record: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;

export const emptyKey = (name: string): RegistryKey => ({ name, values: {}, keys: {} });

const parts = (path: string): readonly string[] => (path === '' ? [] : path.split('\\').filter((part) => part !== ''));

/** The key at a path below another; undefined when it does not exist. */
export const keyAt = (root: RegistryKey, path: string): RegistryKey | undefined => {
  let key: RegistryKey | undefined = root;
  for (const part of parts(path)) {
    key = own(key.keys, part.toLowerCase());
    if (key === undefined) return undefined;
  }
  return key;
};

export const valueAt = (root: RegistryKey, path: string, name: string): RegistryValue | undefined => {
  const key = keyAt(root, path);
  return key === undefined ? undefined : own(key.values, name.toLowerCase());
};

/** Changes the key at a path, making it and those above it as needed. */
const changed = (
  key: RegistryKey,
  path: readonly string[],
  index: number,
  change: (key: RegistryKey) => RegistryKey,
): RegistryKey => {
  const part = path[index];
  if (part === undefined) return change(key);
  const name = part.toLowerCase();
  const before = own(key.keys, name) ?? emptyKey(part);
  const after = changed(before, path, index + 1, change);
  return after === own(key.keys, name) ? key : { ...key, keys: { ...key.keys, [name]: after } };
};

export const withKey = (root: RegistryKey, path: string): RegistryKey => changed(root, parts(path), 0, (key) => key);

export const withVolatileKey = (root: RegistryKey, path: string): RegistryKey =>
  changed(root, parts(path), 0, (key) => ({ ...key, volatile: true }));

const sameData = (a: RegistryData, b: RegistryData): boolean =>
  a === b || (Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((one, i) => one === b[i]));

/** With a value set, its key made when it does not exist. */
export const withValue = (
  root: RegistryKey,
  path: string,
  name: string,
  { type, data }: Pick<RegistryValue, 'type' | 'data'>,
): RegistryKey =>
  changed(root, parts(path), 0, (key) => {
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
  return changed(root, parts(path), 0, (key) => ({ ...key, values: without(key.values, name.toLowerCase()) }));
};

/** Without a key and all below it. The root itself stays. */
export const withoutKey = (root: RegistryKey, path: string): RegistryKey => {
  const names = parts(path);
  const last = names.at(-1)?.toLowerCase();
  if (last === undefined || keyAt(root, path) === undefined) return root;
  return changed(root, names.slice(0, -1), 0, (key) => ({ ...key, keys: without(key.keys, last) }));
};

/** A key put in the place of another: a control set that is brought back. */
export const withKeyReplaced = (root: RegistryKey, path: string, key: RegistryKey): RegistryKey =>
  changed(root, parts(path), 0, () => key);

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
