import { isAlias, isMap, isScalar, isSeq, type Pair, parseDocument, type Scalar, type YAMLMap } from 'yaml';
import { type Diagnostic, problem, type SourcePosition, WinpvError } from '../core/errors.ts';
import { shownLine, shownText } from '../core/spelling.ts';

/** Keys and list indices from the root of a settings file: `['sources', 'xenbus', 'tree']`. */
export type SettingsPath = readonly PropertyKey[];

/** A place in a settings file, ready to be spread into a finding. */
export interface SettingsPoint {
  readonly at: SourcePosition;
  /** The line there; left out when it may hold a secret. */
  readonly excerpt?: string;
}

/** A settings file as plain data, with the places of its keys and values. */
export interface SettingsTree {
  readonly file: string;
  readonly value: unknown;
  /** The place of the value at the path; of the nearest one above it when there is none. */
  point(path: SettingsPath): SettingsPoint;
  /** The same for the key that names the value. */
  keyPoint(path: SettingsPath): SettingsPoint;
}

/** UTF-16 units of a text, bytes of UTF-8. The library needs about a second for the worst text of this size. */
export const MAX_SETTINGS_BYTES = 128 * 1024;
const MAX_DEPTH = 24;
/** Values in a file, each use of an alias counted anew: what bounds an alias bomb. */
const MAX_VALUES = 50_000;
/** A file with more complaints than this is told of the first ones. */
export const MAX_COMPLAINTS = 100;
const LONGEST_EXCERPT = 200;

interface Place {
  /** Offsets in the text, in UTF-16 units. */
  readonly key: number;
  readonly value: number;
}

/** How whole numbers are read that a double does not hold: as near as one comes, or exactly, as `bigint`. */
export type NumberForm = 'near' | 'exact';

/** What one reading of a file collects. */
interface Reading {
  readonly places: Map<string, Place>;
  readonly anchors: Map<string, unknown>;
  readonly found: Diagnostic[];
  readonly pointAt: (offset: number) => SettingsPoint;
  readonly numbers: NumberForm;
  values: number;
}

const placeKey = (path: SettingsPath): string => JSON.stringify(path.map(String));

/** Thrown inside this file only: the limits end the reading at once. */
const stop = (reading: Reading, message: string, offset: number): never => {
  throw new WinpvError('CONFIG_SYNTAX', message, reading.pointAt(offset));
};

// A line that names a secret is not repeated in a message: a password written by mistake must not reach a log.
const MAY_HOLD_SECRET = /pass(word|phrase|in)?\b|secret|\bpin\b|\btoken|api-?key|:\/\/[^/\s]*@/i;

/** Offset of the first character of each line. Counted here: the library's own counter misses lines of broken texts. */
const lineStarts = (text: string): readonly number[] => {
  const starts = [0];
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1)) starts.push(end + 1);
  return starts;
};

/** The last line that starts at or before the offset, counted from 0. */
const lineAt = (starts: readonly number[], offset: number): number => {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
};

const pointer = (text: string, file: string) => {
  const starts = lineStarts(text);
  return (offset: number): SettingsPoint => {
    const inside = Math.max(0, Math.min(offset, text.length));
    const line = lineAt(starts, inside);
    const start = starts[line] ?? 0;
    const at = { file, line: line + 1, column: inside - start + 1 };
    const excerpt = text.slice(start, (starts[line + 1] ?? text.length + 1) - 1).replace(/\r$/, '');
    const hidden = at.column > LONGEST_EXCERPT || MAY_HOLD_SECRET.test(excerpt);
    return hidden ? { at } : { at, excerpt: shownLine(excerpt.slice(0, LONGEST_EXCERPT)) };
  };
};

const offsetOf = (node: unknown): number | undefined => {
  const range = (node as { readonly range?: readonly number[] | null } | null | undefined)?.range;
  return range?.[0];
};

const anchorOf = (node: unknown): string | undefined => (node as { readonly anchor?: string } | null)?.anchor;

const keyText = (pair: Pair): string | undefined => {
  const key: unknown = pair.key;
  return isScalar(key) ? String((key as Scalar).source ?? key.value) : undefined;
};

const readMap = (reading: Reading, map: YAMLMap, path: readonly string[]): unknown => {
  const entries = new Map<string, unknown>();
  for (const pair of map.items) {
    const key = offsetOf(pair.key) ?? offsetOf(map) ?? 0;
    const name = keyText(pair);
    if (name === undefined) {
      reading.found.push(problem('CONFIG_SYNTAX', 'A key has to be a plain word.', reading.pointAt(key)));
      continue;
    }
    if (entries.has(name)) {
      const message = `The key "${shownText(name)}" is written twice.`;
      reading.found.push(problem('CONFIG_SYNTAX', message, reading.pointAt(key)));
      continue;
    }
    const below = [...path, name];
    reading.places.set(placeKey(below), { key, value: offsetOf(pair.value) ?? key });
    entries.set(name, readNode(reading, pair.value, below));
  }
  // Not by assignment: a key named __proto__ is a key like any other.
  return Object.fromEntries(entries);
};

const readNode = (reading: Reading, node: unknown, path: readonly string[]): unknown => {
  const offset = offsetOf(node) ?? 0;
  reading.values += 1;
  if (reading.values > MAX_VALUES) stop(reading, `There are more than ${MAX_VALUES} values here.`, offset);
  if (path.length > MAX_DEPTH) stop(reading, TOO_DEEP, offset);
  if (isAlias(node)) {
    if (!reading.anchors.has(node.source)) {
      const message = `The alias *${shownText(node.source)} has no anchor before it.`;
      reading.found.push(problem('CONFIG_SYNTAX', message, reading.pointAt(offset)));
      return null;
    }
    return readNode(reading, reading.anchors.get(node.source), path);
  }
  const anchor = anchorOf(node);
  if (anchor !== undefined) reading.anchors.set(anchor, node);
  if (isMap(node)) return readMap(reading, node, path);
  if (isSeq(node)) {
    return node.items.map((item, index) => {
      const below = [...path, String(index)];
      const value = offsetOf(item) ?? offset;
      reading.places.set(placeKey(below), { key: value, value });
      return readNode(reading, item, below);
    });
  }
  return isScalar(node) ? scalarOf(reading, node) : null;
};

const scalarOf = ({ numbers }: Reading, { value, source }: Scalar): unknown =>
  numbers === 'exact' && typeof value === 'number' && !Number.isSafeInteger(value) && /^[0-9]{1,64}$/.test(source ?? '')
    ? BigInt(source ?? '')
    : value;

const nearest = (reading: Reading, path: SettingsPath): Place => {
  for (let length = path.length; length > 0; length -= 1) {
    const place = reading.places.get(placeKey(path.slice(0, length)));
    if (place !== undefined) return place;
  }
  return reading.places.get(placeKey([])) ?? { key: 0, value: 0 };
};

const decoded = (source: string | Uint8Array, file: string): string => {
  if (source.length > MAX_SETTINGS_BYTES) {
    throw new WinpvError('CONFIG_SYNTAX', `A settings file is at most ${MAX_SETTINGS_BYTES} bytes long.`, {
      at: { file },
    });
  }
  if (typeof source === 'string') return source.replace(/^\ufeff/, '');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(source);
  } catch (cause) {
    const hint = 'Save the file as UTF-8.';
    throw new WinpvError('CONFIG_SYNTAX', 'The file is not UTF-8 text.', { at: { file }, hint, cause });
  }
};

const TOO_DEEP = `This is nested more than ${MAX_DEPTH} levels deep.`;

// The library says this, as its own or as a finding, when brackets are nested some thousand levels deep.
const isStackExhausted = (message: string): boolean => /call stack|recursion/i.test(message);

const parsed = (text: string, file: string) => {
  // Keys are checked for doubles above: the library's own check takes quadratic time.
  const options = { prettyErrors: false, uniqueKeys: false, merge: false } as const;
  try {
    return parseDocument(text, { ...options, version: '1.2', schema: 'core', logLevel: 'silent' });
  } catch (cause) {
    const tooDeep = cause instanceof RangeError;
    const message = tooDeep ? TOO_DEEP : 'The file is not YAML.';
    throw new WinpvError('CONFIG_SYNTAX', message, { at: { file, line: 1, column: 1 }, cause });
  }
};

const syntaxFindings = (document: ReturnType<typeof parsed>, pointAt: Reading['pointAt']): readonly Diagnostic[] => {
  const { explicit, version } = document.directives?.yaml ?? {};
  const found = [...document.errors, ...document.warnings].slice(0, MAX_COMPLAINTS);
  const deep = found.find(({ message }) => isStackExhausted(message));
  if (deep !== undefined) return [problem('CONFIG_SYNTAX', TOO_DEEP, pointAt(deep.pos[0]))];
  const foreign = explicit === true && version !== '1.2';
  return [
    ...(foreign ? [problem('CONFIG_SYNTAX', 'Settings files are YAML 1.2.', pointAt(0))] : []),
    ...found.map(({ message, pos }) => problem('CONFIG_SYNTAX', `${shownText(message)}.`, pointAt(pos[0]))),
  ];
};

/**
 * Reads YAML 1.2 (and so JSON) into plain data. Aliases are followed, within {@link MAX_VALUES}; merge keys, tags and
 * other YAML versions are not.
 *
 * @param source the text, or its UTF-8 bytes; at most {@link MAX_SETTINGS_BYTES}
 * @throws WinpvError CONFIG_SYNTAX with all that is wrong, each with its line and column
 */
export const parseSettingsTree = (
  source: string | Uint8Array,
  file: string,
  numbers: NumberForm = 'near',
): SettingsTree => {
  const text = decoded(source, file);
  const document = parsed(text, file);
  const reading: Reading = {
    places: new Map(),
    anchors: new Map(),
    found: [],
    ...{ pointAt: pointer(text, file), numbers },
    values: 0,
  };
  reading.found.push(...syntaxFindings(document, reading.pointAt));
  if (reading.found.length > 0) throw WinpvError.of(reading.found);
  const root = offsetOf(document.contents) ?? 0;
  reading.places.set(placeKey([]), { key: root, value: root });
  const value = readNode(reading, document.contents, []);
  if (reading.found.length > 0) throw WinpvError.of(reading.found.slice(0, MAX_COMPLAINTS));
  return {
    file,
    value,
    point: (path) => reading.pointAt(nearest(reading, path).value),
    keyPoint: (path) => reading.pointAt(nearest(reading, path).key),
  };
};

/**
 * A settings file with other values at some paths; the rest, comments included, stays as it is written.
 * @throws WinpvError CONFIG_SYNTAX
 */
export const changedSettings = (
  source: string | Uint8Array,
  file: string,
  changes: readonly { readonly path: SettingsPath; readonly value: unknown }[],
): string => {
  const document = parsed(decoded(source, file), file);
  for (const { path, value } of changes) document.setIn(path, document.createNode(value));
  return document.toString({ lineWidth: 0 });
};
