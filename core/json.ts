import type { z } from 'zod';
import { WinpvError } from './errors.ts';

/** Reads a JSON file that winpv wrote or asks for. @throws WinpvError CONFIG_SYNTAX, CONFIG_INVALID with the path inside */
export const parseJson = <S extends z.ZodType>(bytes: Uint8Array, file: string, schema: S): z.output<S> => {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new WinpvError('CONFIG_SYNTAX', 'The file is not JSON.', { at: { file }, cause });
  }
  return checkedJson(value, file, schema);
};

/** The complaint that is furthest inside: of the alternatives of a union, the one that fits most speaks. */
const deepest = (issues: readonly z.core.$ZodIssue[]): Pick<z.core.$ZodIssue, 'path' | 'message'> | undefined => {
  const [first] = issues;
  if (first?.code !== 'invalid_union') return first;
  const inner = first.errors.flatMap((branch) => deepest(branch) ?? []);
  const best = inner.reduce((a, b) => (b.path.length > a.path.length ? b : a), { path: [], message: first.message });
  return { path: [...first.path, ...best.path], message: best.message };
};

/** What JSON says, by a schema. @throws WinpvError CONFIG_INVALID with the path inside */
export const checkedJson = <S extends z.ZodType>(value: unknown, file: string, schema: S): z.output<S> => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const first = deepest(result.error.issues);
  const where = first === undefined || first.path.length === 0 ? 'The file' : `\`${first.path.join('.')}\``;
  throw new WinpvError('CONFIG_INVALID', `${where}: ${first?.message ?? 'has another form'}.`, { at: { file } });
};
