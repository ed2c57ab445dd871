/** xenstore as data: a node has a value and, by name, others below it. */
export interface StoreTree {
  readonly value: string;
  readonly below: Readonly<Record<string, StoreTree>>;
}
