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
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [first] = result.error.issues;
  const where = first === undefined || first.path.length === 0 ? 'The file' : `\`${first.path.join('.')}\``;
  throw new WinpvError('CONFIG_INVALID', `${where}: ${first?.message ?? 'has another form'}.`, { at: { file } });
};
