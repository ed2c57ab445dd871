import { storeRemove, storeWrite } from './store.ts';
import { domainPath, readNode, type StoreTree } from './tree.ts';

/** A guest's wish to hear of changes of a node and of all below it. */
export interface StoreWatch {
  readonly path: string;
  /** What the guest recognises it by. */
  readonly token: string;
}

/**
 * The watches that fire when a node is written or removed: those on it and on what is above it, and when a node goes with all
 * below it, those below as well.
 */
export const firedWatches = (
  watches: readonly StoreWatch[],
  changed: string,
  how: 'written' | 'removed',
): readonly StoreWatch[] => {
  const path = domainPath(changed);
  const isAbove = (above: string, below: string): boolean =>
    above === '/' || below === above || below.startsWith(`${above}/`);
  return watches.filter((watch) => {
    const own = domainPath(watch.path);
    return isAbove(own, path) || (how === 'removed' && isAbove(path, own));
  });
};

type Step =
  | { readonly does: 'write'; readonly path: string; readonly value: string }
  | { readonly does: 'remove'; readonly path: string };

/** Changes that become visible at once or not at all. Readonly, like the store: each step makes another. */
export interface StoreTransaction {
  /** As it was when the transaction began. */
  readonly base: StoreTree;
  /** As the transaction itself sees it. */
  readonly store: StoreTree;
  readonly steps: readonly Step[];
  /** Paths that it read or changed. */
  readonly touched: readonly string[];
}

export const beginTransaction = (store: StoreTree): StoreTransaction => ({
  ...{ base: store, store },
  ...{ steps: [], touched: [] },
});

const stepped = (transaction: StoreTransaction, store: StoreTree, step: Step): StoreTransaction => ({
  ...transaction,
  store,
  steps: [...transaction.steps, step],
  touched: [...transaction.touched, step.path],
});

export const readInTransaction = (
  transaction: StoreTransaction,
  path: string,
): readonly [value: string | undefined, transaction: StoreTransaction] => [
  readNode(transaction.store, path),
  { ...transaction, touched: [...transaction.touched, path] },
];

export const writeInTransaction = (transaction: StoreTransaction, path: string, value: string): StoreTransaction =>
  stepped(transaction, storeWrite(transaction.store, path, value), { does: 'write', path, value });

export const removeInTransaction = (transaction: StoreTransaction, path: string): StoreTransaction =>
  stepped(transaction, storeRemove(transaction.store, path), { does: 'remove', path });

/**
 * Ends a transaction on the store as it is now.
 * @returns the store with its changes; undefined when someone else changed what it read or wrote: it has to be tried again
 */
export const endTransaction = ({ base, steps, touched }: StoreTransaction, store: StoreTree): StoreTree | undefined => {
  if (store !== base && touched.some((path) => readNode(store, path) !== readNode(base, path))) return undefined;
  let after = store;
  for (const step of steps) {
    after = step.does === 'write' ? storeWrite(after, step.path, step.value) : storeRemove(after, step.path);
  }
  return after;
};
