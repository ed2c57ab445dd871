/** xenstore as data: a node has a value and, by name, others below it. */
export interface StoreTree {
  readonly value: string;
  readonly below: Readonly<Record<string, StoreTree>>;
}

/** The domain's own area; paths that do not begin with `/` are relative to it. */
export const DOMAIN_AREA = '/local/domain/1';

export const EMPTY_TREE: StoreTree = { value: '', below: {} };

/** Names of nodes from the root down. */
const parts = (path: string): readonly string[] =>
  (path.startsWith('/') ? path : `${DOMAIN_AREA}/${path}`).split('/').filter((part) => part !== '');

const own = (node: StoreTree, name: string): StoreTree | undefined =>
  Object.hasOwn(node.below, name) ? node.below[name] : undefined;

const nodeAt = (store: StoreTree, path: string): StoreTree | undefined => {
  let node: StoreTree | undefined = store;
  for (const part of parts(path)) {
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

const changed = (node: StoreTree, path: readonly string[], index: number, value: string): StoreTree => {
  const part = path[index];
  if (part === undefined) return node.value === value ? node : { ...node, value };
  const before = own(node, part);
  const after = changed(before ?? EMPTY_TREE, path, index + 1, value);
  return after === before ? node : { ...node, below: { ...node.below, [part]: after } };
};

/** With a node's value set; nodes on the way are made, with empty values. */
export const writeNode = (store: StoreTree, path: string, value: string): StoreTree =>
  changed(store, parts(path), 0, value);

/** With several nodes set. */
export const writeNodes = (store: StoreTree, values: Readonly<Record<string, string>>): StoreTree => {
  let tree = store;
  for (const [path, value] of Object.entries(values)) tree = writeNode(tree, path, value);
  return tree;
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
