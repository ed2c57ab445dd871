import { z } from 'zod';
import { brandSchemaJson } from '../../branding/brand.ts';
import { projectSchema } from './project.ts';

/** Only one `$schema`, at the top. */
const definition = ({ $schema: _, ...rest }: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  rest;

/**
 * One JSON schema (draft 2020-12) for both settings files, made from the schemas that check them. A project has
 * `brands`, a brand has an `id`: which of the two a document is.
 */
export const settingsSchemaJson = (): Readonly<Record<string, unknown>> => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'winpv settings',
  if: { required: ['brands'] },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON schema
  then: { $ref: '#/$defs/project' },
  else: { $ref: '#/$defs/brand' },
  $defs: {
    project: definition(z.toJSONSchema(projectSchema, { io: 'input', unrepresentable: 'any' })),
    brand: definition(brandSchemaJson()),
  },
});
