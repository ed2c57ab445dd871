import { z } from 'zod';
import type { ErrorCode } from '../core/error-codes.ts';
import { type Diagnostic, problem, WinpvError } from '../core/errors.ts';
import { closestName, shownText } from '../core/spelling.ts';
import { knownKeys } from './schema-keys.ts';
import {
  MAX_COMPLAINTS,
  type NumberForm,
  parseSettingsTree,
  type SettingsPath,
  type SettingsTree,
} from './settings-tree.ts';

/** A settings file that fits its schema: the checked value, and where each part of it stands. */
export interface Settings<T> extends Omit<SettingsTree, 'value'> {
  readonly value: T;
}

/** What a rule of a schema may say beside its message: `context.addIssue({ code: 'custom', message, params })`. */
export interface RuleParams {
  readonly code?: ErrorCode;
  readonly hint?: string;
  readonly failureMode?: string;
}

type Issue = z.core.$ZodIssue;

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  bigint: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
};

const typeWord = (expected: string): string => TYPE_WORDS[expected] ?? expected;

const foundWord = (value: unknown): string => {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return TYPE_WORDS[typeof value] ?? typeof value;
};

const choice = (words: readonly string[]): string => {
  const distinct = [...new Set(words)];
  const last = distinct.pop() ?? 'something else';
  return distinct.length === 0 ? last : `${distinct.join(', ')} or ${last}`;
};

const quoted = (values: readonly unknown[]): readonly string[] => values.map((value) => `"${String(value)}"`);

const bound = (origin: string, limit: number | bigint): string => {
  if (origin === 'string') return `${limit} character${limit === 1 ? '' : 's'}`;
  return origin === 'array' || origin === 'map' || origin === 'set' ? `${limit} entries` : String(limit);
};

const ANY_FORM = 'has a form that is not allowed';

/**
 * The words for what the library finds. Every message goes on after the name of the key, also those written in a
 * schema: `"version"` + ` has to be four numbers`.
 */
const inOurWords: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type':
      return `has to be ${typeWord(issue.expected)}, not ${foundWord(issue.input)}`;
    case 'invalid_value':
      return `has to be ${choice(quoted(issue.values))}`;
    case 'too_small':
      return `has to be at least ${bound(issue.origin, issue.minimum)}`;
    case 'too_big':
      return `has to be at most ${bound(issue.origin, issue.maximum)}`;
    default:
      return ANY_FORM;
  }
};

/** `signing.timestamp[0]` */
const pathText = (path: SettingsPath): string =>
  path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? shownText(String(step)) : `${text}.${shownText(String(step))}`;
  }, '');

const subject = (path: SettingsPath): string => (path.length === 0 ? 'The file' : `"${pathText(path)}"`);

const valueAt = (root: unknown, path: SettingsPath): unknown => {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Readonly<Record<PropertyKey, unknown>>)[step];
  }
  return value;
};

/** A complaint before it has words: the issue, with its path from the root. */
interface Located {
  readonly issue: Issue;
  readonly path: SettingsPath;
}

const isAboutRoot = ({ issue, path }: Located, root: SettingsPath): boolean =>
  path.length === root.length && (issue.code === 'invalid_type' || issue.code === 'invalid_value');

/** Takes unions apart: the alternative that the writer most likely meant speaks, the others are silent. */
const located = (issue: Issue, base: SettingsPath): readonly Located[] => {
  const path = [...base, ...issue.path];
  if (issue.code !== 'invalid_union') return [{ issue, path }];
  const branches = issue.errors.map((issues) => issues.flatMap((one) => located(one, path)));
  const meant = branches
    .filter((branch) => branch.length > 0 && !branch.some((one) => isAboutRoot(one, path)))
    .sort((a, b) => a.length - b.length)[0];
  return meant ?? [{ issue, path }];
};

/** What a union accepts, when the value is none of its alternatives. */
const alternatives = (issue: Issue): readonly string[] => {
  if (issue.code === 'invalid_union') return issue.errors.flatMap((branch) => branch.flatMap(alternatives));
  if (issue.code === 'invalid_type') return [typeWord(issue.expected)];
  return issue.code === 'invalid_value' ? quoted(issue.values) : [];
};

const unknownKeys = (tree: SettingsTree, schema: z.ZodType, { issue, path }: Located): readonly Diagnostic[] => {
  if (issue.code !== 'unrecognized_keys') return [];
  const known = knownKeys(schema, path);
  const owner = path.length === 0 ? `a ${z.globalRegistry.get(schema)?.title ?? 'known'} setting` : undefined;
  return issue.keys.slice(0, MAX_COMPLAINTS).map((key) => {
    const meant = closestName(key, known);
    const hint = meant === undefined ? `Known here: ${known.join(', ')}.` : `Did you mean \`${meant}\`?`;
    const message = `"${shownText(key)}" is not ${owner ?? `a setting of ${subject(path)}`}.`;
    return problem('CONFIG_UNKNOWN_KEY', message, { ...tree.keyPoint([...path, key]), hint });
  });
};

const missing = (tree: SettingsTree, path: SettingsPath): Diagnostic => {
  const hint = `Add \`${String(path.at(-1))}\`.`;
  return problem('CONFIG_MISSING', `${subject(path)} is missing.`, { ...tree.keyPoint(path.slice(0, -1)), hint });
};

/** How the complaint about a number or a truth value begins where any text would do. */
const NOT_TEXT = 'has to be text, not';

const hintFor = (issue: Issue, value: unknown): string | undefined => {
  if (issue.message.startsWith(NOT_TEXT) && typeof value !== 'object') {
    return 'Put the value in quotes to make it text.';
  }
  if (issue.code === 'invalid_value' && typeof value === 'string') {
    const meant = closestName(value, issue.values.map(String));
    return meant === undefined ? undefined : `Did you mean \`${meant}\`?`;
  }
  return undefined;
};

const wrongValue = (tree: SettingsTree, { issue, path }: Located): Diagnostic => {
  const value = valueAt(tree.value, path);
  const inner = issue.code === 'invalid_key' ? issue.issues[0] : issue;
  const params: RuleParams = inner?.code === 'custom' ? (inner.params ?? {}) : {};
  const { code = 'CONFIG_INVALID', hint = hintFor(issue, value), failureMode } = params;
  const unspoken = issue.code === 'invalid_union' && issue.message === ANY_FORM;
  const union = unspoken ? choice(alternatives(issue)) : undefined;
  const message = union === undefined ? (inner ?? issue).message : `has to be ${union}, not ${foundWord(value)}`;
  const place = issue.code === 'invalid_key' ? tree.keyPoint(path) : tree.point(path);
  return problem(code, `${subject(path)} ${message}.`, {
    ...place,
    ...(hint === undefined ? {} : { hint }),
    ...(failureMode === undefined ? {} : { failureMode }),
  });
};

const complaints = (tree: SettingsTree, schema: z.ZodType, one: Located): readonly Diagnostic[] => {
  if (one.issue.code === 'unrecognized_keys') return unknownKeys(tree, schema, one);
  const absent = one.path.length > 0 && valueAt(tree.value, one.path) === undefined;
  return [absent ? missing(tree, one.path) : wrongValue(tree, one)];
};

/** In file order, but what is missing comes last: a misspelt key is the cause and a missing one its effect. */
const inReadingOrder = (a: Diagnostic, b: Diagnostic): number =>
  Number(a.code === 'CONFIG_MISSING') - Number(b.code === 'CONFIG_MISSING') ||
  (a.at?.line ?? 0) - (b.at?.line ?? 0) ||
  (a.at?.column ?? 0) - (b.at?.column ?? 0);

/**
 * Reads a settings file (YAML 1.2 or JSON) against its schema. The schema is made of strict objects, so that an unknown
 * key is an error; its `title` (`.meta({ title: 'brand' })`) names what the file describes.
 *
 * @param source text or UTF-8 bytes, at most 128 KiB
 * @param file the file as the user named it; used in messages only
 * @param numbers how whole numbers are read that a double does not hold
 * @throws WinpvError CONFIG_SYNTAX, CONFIG_UNKNOWN_KEY, CONFIG_MISSING, CONFIG_INVALID or a code of the schema's own
 *   rules, with every complaint about the file (the first 100), each with line and column: in file order, missing
 *   keys last
 */
export const parseSettings = <S extends z.ZodType>(
  source: string | Uint8Array,
  file: string,
  schema: S,
  numbers: NumberForm = 'near',
): Settings<z.output<S>> => {
  const tree = parseSettingsTree(source, file, numbers);
  const result = schema.safeParse(tree.value, { error: inOurWords });
  if (result.success) return { ...tree, value: result.data };
  const found = result.error.issues
    .flatMap((issue) => located(issue, []))
    .slice(0, MAX_COMPLAINTS)
    .flatMap((one) => complaints(tree, schema, one));
  throw WinpvError.of(found.sort(inReadingOrder).slice(0, MAX_COMPLAINTS));
};
