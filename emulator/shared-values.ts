/** What stands for a value: itself when it is no object, or the number of its entry in brackets. */
export type Shared = string | number | boolean | null | readonly [entry: number];

/** Values of JSON, each kept once however often it occurs. */
export interface SharedValues {
  /** `undefined` is nothing in an object, and null in a list, as in JSON. */
  add(value: unknown): Shared;
  /** Each as JSON text in which objects within are references to entries before it. */
  readonly entries: readonly string[];
}

/**
 * Collects values that share most of their parts, worlds above all: parts that are equal are written once. Objects that were seen
 * are not looked at again, so that the time is that of what is new.
 */
export const shareValues = (): SharedValues => {
  const entries: string[] = [];
  const byObject = new WeakMap<object, readonly [number]>();
  const byText = new Map<string, readonly [number]>();
  const add = (value: unknown): Shared => {
    if (typeof value !== 'object' || value === null) return plain(value);
    const known = byObject.get(value);
    if (known !== undefined) return known;
    const text = JSON.stringify(Array.isArray(value) ? value.map(add) : members(value, add));
    const reference = byText.get(text) ?? ([entries.length] as const);
    if (reference[0] === entries.length) {
      entries.push(text);
      byText.set(text, reference);
    }
    byObject.set(value, reference);
    return reference;
  };
  return { add, entries };
};

const plain = (value: unknown): Shared =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;

const members = (value: object, add: (value: unknown) => Shared): Readonly<Record<string, Shared>> =>
  Object.fromEntries(Object.entries(value).flatMap(([name, part]) => (part === undefined ? [] : [[name, add(part)]])));

/** A value may be told in few entries and be immense: so many parts it has at most, and so deep. */
const MAX_PARTS = 20_000_000;
const MAX_DEPTH = 64;

/** Why entries cannot be read: for people. */
export class SharedValuesFlaw extends Error {}

/**
 * Reads entries back. Equal parts are one object again.
 * @param entries as parsed from JSON
 * @returns what a reference stands for
 * @throws SharedValuesFlaw when an entry is no entry, or names none before it, or stands for more than can be meant
 */
export const readSharedValues = (entries: readonly unknown[]): ((reference: unknown) => unknown) => {
  const values: unknown[] = [];
  const parts: number[] = [];
  const depths: number[] = [];
  const resolve = (part: unknown, before: number): unknown => {
    if (typeof part !== 'object' || part === null) return part;
    const [index] = Array.isArray(part) && part.length === 1 ? part : [undefined];
    if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index >= before) {
      throw new SharedValuesFlaw(`${JSON.stringify(part).slice(0, 40)} names no value before it`);
    }
    return values[index];
  };
  const sizeOf = (part: unknown, of: readonly number[]): number =>
    Array.isArray(part) && typeof part[0] === 'number' ? (of[part[0]] ?? 0) : 0;
  for (const [index, entry] of entries.entries()) {
    if (typeof entry !== 'object' || entry === null) throw new SharedValuesFlaw(`value ${index} is no object or list`);
    const own = Object.values(entry);
    values.push(
      Array.isArray(entry)
        ? entry.map((part) => resolve(part, index))
        : Object.fromEntries(Object.entries(entry).map(([name, part]) => [name, resolve(part, index)])),
    );
    parts.push(own.reduce((sum: number, part) => sum + 1 + sizeOf(part, parts), 1));
    depths.push(own.reduce((most: number, part) => Math.max(most, 1 + sizeOf(part, depths)), 1));
    if ((parts[index] ?? 0) > MAX_PARTS || (depths[index] ?? 0) > MAX_DEPTH) {
      throw new SharedValuesFlaw(`value ${index} is too large or too deep`);
    }
  }
  return (reference) => resolve(reference, values.length);
};

/** Whether two values of JSON say the same, in whatever order; `undefined` is nothing. */
export const sameValue = (one: unknown, other: unknown): boolean => {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const [own, others] = [defined(one), defined(other)];
  const theirs = new Map(others);
  return (
    own.length === others.length && own.every(([name, value]) => theirs.has(name) && sameValue(value, theirs.get(name)))
  );
};

const defined = (value: object): readonly (readonly [string, unknown])[] =>
  Object.entries(value).filter(([, part]) => part !== undefined);
