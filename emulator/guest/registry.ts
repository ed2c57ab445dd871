import type { RegistryData, RegistryDataType } from '../../drivers/behaviour.ts';
import { put } from '../put.ts';
import { lowerCase } from './caseless.ts';

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
export const keyBelow = (key: RegistryKey, name: string): RegistryKey | undefined => own(key.keys, lowerCase(name));

/** Data of a value of a key. */
export const dataOf = (key: RegistryKey | undefined, name: string): RegistryData | undefined =>
  key === undefined ? undefined : own(key.values, lowerCase(name))?.data;

export const valueAt = (root: RegistryKey, path: string, name: string): RegistryValue | undefined => {
  const key = keyAt(root, path);
  return key === undefined ? undefined : own(key.values, lowerCase(name));
};

/**
 * Keys that one transition made itself: no one else has them yet, so that they may be changed in place. A key that was there
 * before is copied the first time that something below it changes.
 */
export type OwnKeys = WeakSet<RegistryKey>;

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type WritableKey = Writable<Omit<RegistryKey, 'values' | 'keys'>> & {
  values: Record<string, RegistryValue>;
  keys: Record<string, RegistryKey>;
};

const opened = (key: RegistryKey, owned: OwnKeys): WritableKey => {
  if (owned.has(key)) return key as WritableKey;
  const copy = { ...key, values: { ...key.values }, keys: { ...key.keys } };
  owned.add(copy);
  return copy;
};

/** The key at a path, ready to be changed, made with those above it as needed; and the root that it hangs below. */
const openedAt = (root: RegistryKey, { names, ids }: Path, owned: OwnKeys): readonly [WritableKey, WritableKey] => {
  const top = opened(root, owned);
  let key = top;
  for (const [index, id] of ids.entries()) {
    const below = opened(own(key.keys, id) ?? emptyKey(names[index] ?? id), owned);
    put(key.keys, id, below);
    key = below;
  }
  return [top, key];
};

export const withKey = (root: RegistryKey, path: string, owned: OwnKeys = new WeakSet()): RegistryKey =>
  keyAt(root, path) === undefined ? openedAt(root, pathOf(path), owned)[0] : root;

export const withVolatileKey = (root: RegistryKey, path: string, owned: OwnKeys = new WeakSet()): RegistryKey => {
  const [top, key] = openedAt(root, pathOf(path), owned);
  key.volatile = true;
  return top;
};

const sameData = (a: RegistryData, b: RegistryData): boolean =>
  a === b || (Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((one, i) => one === b[i]));

/** With a value set, its key made when it does not exist. */
export const withValue = (
  root: RegistryKey,
  path: string,
  name: string,
  value: Pick<RegistryValue, 'type' | 'data'>,
): RegistryKey => writeValue(root, path, { name, ...value }, new WeakSet());

/** The same, in place where the keys are a transition's own. */
export const writeValue = (
  root: RegistryKey,
  path: string,
  { name, type, data }: RegistryValue,
  owned: OwnKeys,
): RegistryKey => {
  const id = lowerCase(name);
  const key = keyAt(root, path);
  const before = key === undefined ? undefined : own(key.values, id);
  if (before !== undefined && before.type === type && sameData(before.data, data)) return root;
  const [top, open] = openedAt(root, pathOf(path), owned);
  put(open.values, id, { name: before?.name ?? name, type, data });
  return top;
};

export const withoutValue = (
  root: RegistryKey,
  path: string,
  name: string,
  owned: OwnKeys = new WeakSet(),
): RegistryKey => {
  if (valueAt(root, path, name) === undefined) return root;
  const [top, key] = openedAt(root, pathOf(path), owned);
  delete key.values[name.toLowerCase()];
  return top;
};

/** Without a key and all below it. The root itself stays. */
export const withoutKey = (root: RegistryKey, path: string, owned: OwnKeys = new WeakSet()): RegistryKey => {
  const { names, ids } = pathOf(path);
  const last = ids.at(-1);
  if (last === undefined || keyAt(root, path) === undefined) return root;
  const [top, above] = openedAt(root, { names: names.slice(0, -1), ids: ids.slice(0, -1) }, owned);
  delete above.keys[last];
  return top;
};

/** A key put in the place of another: a control set that is brought back. */
export const withKeyReplaced = (root: RegistryKey, path: string, key: RegistryKey): RegistryKey => {
  const { names, ids } = pathOf(path);
  const last = ids.at(-1);
  if (last === undefined) return key;
  const [top, above] = openedAt(root, { names: names.slice(0, -1), ids: ids.slice(0, -1) }, new WeakSet());
  put(above.keys, last, key);
  return top;
};

/** What is left when the machine is switched off. */
export const withoutVolatile = (key: RegistryKey): RegistryKey => {
  if (lasting.has(key)) return key;
  let keys: Record<string, RegistryKey> | undefined;
  for (const [name, below] of Object.entries(key.keys)) {
    const after = below.volatile ? undefined : withoutVolatile(below);
    if (after === below) continue;
    keys ??= { ...key.keys };
    if (after === undefined) delete keys[name];
    else keys[name] = after;
  }
  const after = keys === undefined ? key : { ...key, keys };
  lasting.add(after);
  return after;
};

/** Keys with nothing volatile below them, as a machine was switched on: what changes later is a copy. */
const lasting = new WeakSet<RegistryKey>();

export const keyNames = (key: RegistryKey | undefined): readonly string[] =>
  key === undefined ? [] : Object.values(key.keys).map(({ name }) => name);

export const valueNames = (key: RegistryKey | undefined): readonly string[] =>
  key === undefined ? [] : Object.values(key.values).map(({ name }) => name);
