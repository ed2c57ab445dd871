import type { ImageFacts, PackageFacts } from '../../package/facts.ts';

/** A package under another key, with its images: two vendors' builds of one source are two packages. */
export interface Rekeyed {
  readonly facts: PackageFacts;
  readonly images: readonly ImageFacts[];
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** Plain data with each key of an image replaced; what was shared stays shared. */
const renamed = (value: unknown, rename: (text: string) => string, done: Map<object, unknown>): unknown => {
  if (typeof value === 'string') return rename(value);
  if (!isRecord(value)) return value;
  const known = done.get(value);
  if (known !== undefined) return known;
  const copy: unknown = Array.isArray(value)
    ? value.map((one) => renamed(one, rename, done))
    : Object.fromEntries(Object.entries(value).map(([name, one]) => [name, renamed(one, rename, done)]));
  done.set(value, copy);
  return copy;
};

/** @param key instead of the one that it has */
export const rekeyed = ({ facts, images }: Rekeyed, key: string): Rekeyed => {
  const before = facts.key;
  const rename = (text: string): string => (text.startsWith(before) ? `${key}${text.slice(before.length)}` : text);
  const done = new Map<object, unknown>();
  // Of the same shape as what it is a copy of.
  return {
    facts: renamed(facts, rename, done) as PackageFacts,
    images: images.map((image) => ({ ...image, key: rename(image.key) })),
  };
};
