import { Command, Option } from 'commander';
import { WinpvError } from '../../core/errors.ts';
import { writingTime } from '../../core/given-date.ts';
import { shownLine, shownText } from '../../core/spelling.ts';
import type { NamedFile } from '../inputs/named-files.ts';
import type { Io } from '../io.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';

/** Names from a cabinet may hold what a terminal acts on. */
const listLine = ({
  name,
  size,
  date,
}: {
  readonly name: string;
  readonly size: number;
  readonly date: string | null;
}) => `${String(size).padStart(10)}  ${(date ?? 'no date').padEnd(19)}  ${shownLine(name)}`;

const list = async ({ io }: Context, file: string): Promise<Outcome> => {
  const { parseCab } = await import('../../packaging/formats/cab/parse.ts');
  const { files, warnings } = parseCab(await io.files.read(file), file);
  const shown = files.map(({ name, size, date }) => ({
    ...{ name, size },
    date: date === undefined ? null : new Date(date).toISOString().slice(0, 19),
  }));
  return { result: { files: shown }, text: shown.map(listLine), diagnostics: warnings };
};

const extract = async ({ io }: Context, file: string, { out }: { readonly out: string }): Promise<Outcome> => {
  const { parseCab } = await import('../../packaging/formats/cab/parse.ts');
  const { extractCab } = await import('../../packaging/formats/cab/extract.ts');
  const { writeBelow } = await import('../inputs/unpack.ts');
  const cabinet = parseCab(await io.files.read(file), file);
  const extracted = extractCab(cabinet);
  await writeBelow(io, out, extracted);
  const names = extracted.map(({ name }) => name);
  return { result: { files: names }, text: names.map(shownLine), diagnostics: cabinet.warnings };
};

interface CabCreateOptions {
  readonly compress: 'mszip' | 'none';
  readonly date?: string;
}

/** What goes in: all that was named, but for a cabinet of an earlier call that the new one replaces. */
const membersOf = async (io: Io, cab: string, paths: readonly string[]): Promise<readonly NamedFile[]> => {
  const { readNamedFiles } = await import('../inputs/named-files.ts');
  const output = await io.files.realPath(cab);
  for (const path of paths) {
    if ((await io.files.realPath(path)) !== output) continue;
    const hint = 'The first path is the cabinet to write, the others are what goes in.';
    throw new WinpvError('USAGE', `${path} is the cabinet itself.`, { at: { file: path }, hint });
  }
  const files = await readNamedFiles(io, paths);
  const cabName = io.files.basename(output);
  const isOutput = async ({ path }: NamedFile): Promise<boolean> =>
    io.files.basename(path) === cabName && (await io.files.realPath(path)) === output;
  const own = await Promise.all(files.map(isOutput));
  return files.filter((_, index) => own[index] !== true);
};

/** A clash is told with the paths that the names come from. @throws WinpvError CAB_NAME_UNSAFE, CAB_NAME_TWICE, CAB_EMPTY */
const checkMembers = async (cab: string, files: readonly NamedFile[]): Promise<void> => {
  const { archiveNameFlaw, repeatedName } = await import('../../packaging/formats/archive-names.ts');
  if (files.length === 0) throw new WinpvError('CAB_EMPTY', 'There is no file to pack.', { at: { file: cab } });
  for (const { name, path } of files) {
    const flaw = archiveNameFlaw(name);
    if (flaw === undefined) continue;
    throw new WinpvError('CAB_NAME_UNSAFE', `The name "${shownText(name)}" cannot be packed: ${flaw}.`, {
      at: { file: path },
    });
  }
  const twice = repeatedName(files.map(({ name }) => name));
  if (twice === undefined) return;
  const clashing = files.filter(({ name }) => repeatedName([name, twice]) !== undefined).map(({ path }) => path);
  const message = `Two files would have the name "${shownText(twice)}": ${clashing.map(shownText).join(' and ')}.`;
  throw new WinpvError('CAB_NAME_TWICE', message, {
    at: { file: clashing.at(-1) ?? cab },
    hint: 'A folder is packed with its own name, a file without a folder. Windows ignores the case of names.',
  });
};

const create = async (
  { io }: Context,
  cab: string,
  paths: readonly string[],
  { compress, date }: CabCreateOptions,
): Promise<Outcome> => {
  const modified = writingTime(date, io.env.SOURCE_DATE_EPOCH, io.clock.now());
  // Files are read while the code is loaded that packs them.
  const [files, { packCab }] = await Promise.all([
    membersOf(io, cab, paths),
    import('../../packaging/formats/cab/encode.ts'),
  ]);
  await checkMembers(cab, files);
  const inputs = files.map(({ name, bytes }) => ({ name, bytes, modified }));
  const bytes = await packCab(inputs, { compress });
  await io.files.write(cab, bytes);
  const names = inputs.map(({ name }) => name);
  return {
    result: { path: cab, bytes: bytes.length, files: names },
    text: [`${cab}: ${names.length} files, ${bytes.length} bytes`],
  };
};

export const cabCommand = (bind: Bind): Command => {
  const command = new Command('cab').description('The cabinet tool.');
  command
    .command('create')
    .summary('pack files and folders into a cabinet')
    .description(
      'Writes one cabinet, in place of one that is there. A folder is packed with its own name, but for `.` and `..`, of which the content is packed. Files are dated by --date, else SOURCE_DATE_EPOCH, else now.',
    )
    .argument('<cab>', 'the cabinet to write')
    .argument('<path...>', 'files and folders')
    .addOption(new Option('--compress <kind>', 'compression').choices(['mszip', 'none']).default('mszip'))
    .option('--date <day>', 'the date of the files, YYYY-MM-DD, not after today')
    .addHelpText(
      'after',
      examples(
        'winpv cab create submission.cab out/xenbus out/xenvbd',
        'winpv cab create ../all.cab . --date 2026-01-31',
      ),
    )
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
    .description(
      'Writes every file below a folder, or none: refuses to replace a file, to write through a link inside the folder, and names that lead outside or that Windows cannot store.',
    )
    .argument('<cab>', 'a cabinet')
    .requiredOption('--out <folder>', 'where to write')
    .addHelpText('after', examples('winpv cab extract submission.cab --out unpacked'))
    .action(bind(extract));
  return command;
};
