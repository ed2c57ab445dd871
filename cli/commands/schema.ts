import { Command } from 'commander';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';

const schema = async (_context: Context): Promise<Outcome> => {
  const { settingsSchemaJson } = await import('../../release/project/schema.ts');
  const result = settingsSchemaJson();
  return { result, text: [JSON.stringify(result, null, 2)] };
};

export const schemaCommand = (bind: Bind): Command =>
  new Command('schema')
    .description('Prints one JSON schema with `project` (winpv.yaml) and `brand` in `$defs`. Changes nothing.')
    .addHelpText('after', examples('winpv schema > winpv.schema.json'))
    .action(bind(schema));
