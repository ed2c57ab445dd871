import { put } from '../put.ts';

/** xenstore as data: a node has a value and, by name, others below it. */
export interface StoreTree {
  readonly value: string;
  readonly below: Readonly<Record<string, StoreTree>>;
}

/** The domain's own area; paths that do not begin with `/` are relative to it. */
export const DOMAIN_AREA = '/local/domain/1';

export const EMPTY_TREE: StoreTree = { value: '', below: {} };

/** Names of nodes from the root down. */
const parts = (path: string): readonly string[] => {
  const before = known.get(path);
  if (before !== undefined) return before;
  const names = (path.startsWith('/') ? path : `${DOMAIN_AREA}/${path}`).split('/').filter((part) => part !== '');
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(path, names);
  return names;
};

/** The same paths are written in every boot. */
const known = new Map<string, readonly string[]>();
const MOST_KNOWN = 10_000;

const own = (node: StoreTree, name: string): StoreTree | undefined =>
  Object.hasOwn(node.below, name) ? node.below[name] : undefined;

const nodeAt = (store: StoreTree, path: string): StoreTree | undefined => at(store, parts(path));

const at = (store: StoreTree, names: readonly string[]): StoreTree | undefined => {
  let node: StoreTree | undefined = store;
  for (const part of names) {
    node = own(node, part);
    if (node === undefined) return undefined;
  }
  return node;
};

/** The path from the root, without repeated or closing slashes: how watches and backends compare paths. */
export const domainPath = (path: string): string => `/${parts(path).join('/')}`;

/** The value of a node; undefined when it does not exist. */
export const readNode = (store: StoreTree, path: string): string | undefined => nodeAt(store, path)?.value;

/** Names of the nodes below one, in the order in which they came; none when it does not exist. */
export const listNode = (store: StoreTree, path: string): readonly string[] => {
  const node = nodeAt(store, path);
  return node === undefined ? [] : Object.keys(node.below);
};

/** Nodes that one transition made itself, so that they may be changed in place: no one else has them yet. */
export type OwnNodes = WeakSet<StoreTree>;

interface WritableNode {
  value: string;
  readonly below: Record<string, StoreTree>;
}

const opened = (node: StoreTree, owned: OwnNodes): WritableNode => {
  if (owned.has(node)) return node as WritableNode;
  const copy = { value: node.value, below: { ...node.below } };
  owned.add(copy);
  return copy;
};

/** With a node's value set; nodes on the way are made, with empty values. */
export const writeNode = (
  store: StoreTree,
  path: string,
  value: string,
  owned: OwnNodes = new WeakSet(),
): StoreTree => {
  const names = parts(path);
  if (at(store, names)?.value === value) return store;
  const root = opened(store, owned);
  let node = root;
  for (const name of names) {
    const below = opened(own(node, name) ?? EMPTY_TREE, owned);
    put(node.below, name, below);
    node = below;
  }
  node.value = value;
  return root;
};

/** With several nodes set. */
export const writeNodes = (store: StoreTree, values: Readonly<Record<string, string>>): StoreTree => {
  const owned: OwnNodes = new WeakSet();
  let tree = store;
  for (const [path, value] of Object.entries(values)) tree = writeNode(tree, path, value, owned);
  return tree;
};

/** With a node, and all below it, put where one was or none. */
export const putTree = (store: StoreTree, path: string, tree: StoreTree): StoreTree =>
  within(store, parts(path), 0, tree);

const within = (node: StoreTree, path: readonly string[], index: number, tree: StoreTree): StoreTree => {
  const part = path[index];
  if (part === undefined) return tree;
  const below = { ...node.below };
  put(below, part, within(own(node, part) ?? EMPTY_TREE, path, index + 1, tree));
  return { ...node, below };
};

const without = (node: StoreTree, path: readonly string[], index: number): StoreTree => {
  const part = path[index];
  const before = part === undefined ? undefined : own(node, part);
  if (part === undefined || before === undefined) return node;
  if (index === path.length - 1) {
    const { [part]: _gone, ...below } = node.below;
    return { ...node, below };
  }
  const after = without(before, path, index + 1);
  return after === before ? node : { ...node, below: { ...node.below, [part]: after } };
};

/** Without a node and all below it. */
export const removeNode = (store: StoreTree, path: string): StoreTree => without(store, parts(path), 0);
