import type { z } from 'zod';

/** The parts of a schema's definition that lead to the schemas below it; which of them exist depends on the kind. */
interface Definition {
  readonly innerType?: z.core.$ZodType;
  readonly in?: z.core.$ZodType;
  readonly element?: z.core.$ZodType;
  readonly valueType?: z.core.$ZodType;
  readonly options?: readonly z.core.$ZodType[];
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>;
}

const definitionOf = (schema: z.core.$ZodType): Definition => schema._zod.def as Definition;

/** The schemas that stand at one place once optional, default, pipe and union wrappers are taken off. */
const unwrapped = (schema: z.core.$ZodType): readonly z.core.$ZodType[] => {
  const { innerType, in: input, options } = definitionOf(schema);
  if (options !== undefined) return options.flatMap(unwrapped);
  const inner = innerType ?? input;
  return inner === undefined ? [schema] : unwrapped(inner);
};

const below = (schema: z.core.$ZodType, step: PropertyKey): readonly z.core.$ZodType[] => {
  const { shape, element, valueType } = definitionOf(schema);
  const name = String(step);
  const child = shape !== undefined && Object.hasOwn(shape, name) ? shape[name] : (element ?? valueType);
  return child === undefined ? [] : unwrapped(child);
};

/** The keys that a schema knows at a path, in the schema's order; those of every alternative where there are several. */
export const knownKeys = (schema: z.core.$ZodType, path: readonly PropertyKey[]): readonly string[] => {
  let here = unwrapped(schema);
  for (const step of path) here = here.flatMap((one) => below(one, step));
  return [...new Set(here.flatMap((one) => Object.keys(definitionOf(one).shape ?? {})))];
};
