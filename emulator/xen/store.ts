import { answerGuest } from './backends.ts';
import { listNode, type OwnNodes, readNode, removeNode, type StoreTree, writeNode } from './tree.ts';

export { DOMAIN_AREA, domainPath, type OwnNodes, type StoreTree } from './tree.ts';

/** What a guest reads: undefined when there is no such node. */
export const storeRead = (store: StoreTree, path: string): string | undefined => readNode(store, path);

/** Names of the nodes below one, in the order in which they came; none when it does not exist. */
export const storeList = (store: StoreTree, path: string): readonly string[] => listNode(store, path);

/** A guest writes a node, and the backends that watch it have done what they do about it. */
export const storeWrite = (
  store: StoreTree,
  path: string,
  value: string,
  owned: OwnNodes = new WeakSet(),
): StoreTree => {
  if (readNode(store, path) === value) return store;
  return answerGuest(writeNode(store, path, value, owned), path, owned);
};

/** A guest removes a node with all below it. */
export const storeRemove = (store: StoreTree, path: string): StoreTree => {
  const removed = removeNode(store, path);
  return removed === store ? store : answerGuest(removed, path);
};
