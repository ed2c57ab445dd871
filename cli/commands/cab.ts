import { Command, Option } from 'commander';
import { WinpvError } from '../../core/errors.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';

const list = async ({ io }: Context, file: string): Promise<Outcome> => {
  const { parseCab } = await import('../../packaging/formats/cab/parse.ts');
  const { files } = parseCab(await io.files.read(file), file);
  const shown = files.map(({ name, size, date }) => ({
    ...{ name, size },
    date: date === undefined ? null : new Date(date).toISOString().slice(0, 19),
  }));
  return {
    result: { files: shown },
    text: shown.map(
      ({ name, size, date }) => `${String(size).padStart(10)}  ${(date ?? 'no date').padEnd(19)}  ${name}`,
    ),
  };
};

const extract = async ({ io }: Context, file: string, { out }: { readonly out: string }): Promise<Outcome> => {
  const { parseCab } = await import('../../packaging/formats/cab/parse.ts');
  const { extractCab } = await import('../../packaging/formats/cab/extract.ts');
  const extracted = extractCab(parseCab(await io.files.read(file), file));
  const written = extracted.map(({ name, bytes }) => ({ path: name.replaceAll('\\', '/'), bytes }));
  for (const { path } of written) {
    const target = io.files.join(out, ...path.split('/'));
    if ((await io.files.stat(target)) === undefined) continue;
    throw new WinpvError('OUTPUT_NOT_EMPTY', `${target} exists already. Nothing was written.`, {
      at: { file: target },
    });
  }
  for (const { path, bytes } of written) await io.files.write(io.files.join(out, ...path.split('/')), bytes);
  return { result: { files: written.map(({ path }) => path) }, text: written.map(({ path }) => path) };
};

const create = async (
  { io }: Context,
  cab: string,
  paths: readonly string[],
  { compress }: { readonly compress: 'mszip' | 'none' },
): Promise<Outcome> => {
  const { packCab } = await import('../../packaging/formats/cab/encode.ts');
  const { readNamedFiles } = await import('../named-files.ts');
  const epoch = io.env.SOURCE_DATE_EPOCH;
  const modified = epoch !== undefined && /^\d{1,11}$/.test(epoch) ? Number(epoch) * 1000 : io.clock.now();
  const inputs = (await readNamedFiles(io, paths)).map(({ name, bytes }) => ({ name, bytes, modified }));
  const bytes = await packCab(inputs, { compress });
  await io.files.write(cab, bytes);
  const names = inputs.map(({ name }) => name);
  return {
    result: { path: cab, bytes: bytes.length, files: names },
    text: [`${cab}: ${names.length} files, ${bytes.length} bytes`],
  };
};

export const cabCommand = (bind: Bind): Command => {
  const command = new Command('cab').summary('make and read cabinets').description('The cabinet tool.');
  command
    .command('create')
    .summary('pack files and folders into a cabinet')
    .description(
      'Writes one cabinet. A folder is packed with its own name; dates come from SOURCE_DATE_EPOCH or the clock.',
    )
    .argument('<cab>', 'the cabinet to write')
    .argument('<path...>', 'files and folders')
    .addOption(new Option('--compress <kind>', 'compression').choices(['mszip', 'none']).default('mszip'))
    .addHelpText('after', examples('winpv cab create submission.cab out/xenbus out/xenvbd'))
    .action(bind(create));
  command
    .command('list')
    .summary('list what a cabinet holds')
    .description('Lists name, size and date of each file. Changes nothing.')
    .argument('<cab>', 'a cabinet')
    .addHelpText('after', examples('winpv cab list submission.cab', 'winpv cab list submission.cab --json'))
    .action(bind(list));
  command
    .command('extract')
    .summary('unpack a cabinet')
    .description('Writes every file below a folder; refuses to replace one, and names that lead outside.')
    .argument('<cab>', 'a cabinet')
    .requiredOption('--out <folder>', 'where to write')
    .addHelpText('after', examples('winpv cab extract submission.cab --out unpacked'))
    .action(bind(extract));
  return command;
};
