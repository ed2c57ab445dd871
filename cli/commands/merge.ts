import { Command } from 'commander';
import { releasePorts, releaseRequest } from '../inputs/release-request.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';

interface MergeOptions {
  readonly project: string;
  readonly out: string;
  readonly date?: string;
  readonly clean?: true;
}

const run = async (context: Context, folders: readonly string[], options: MergeOptions): Promise<Outcome> => {
  const { io } = context;
  const { release } = await import('../../release/release.ts');
  const { readPartNotes } = await import('../../release/kept/merge.ts');
  const { mergeLines } = await import('../render/matrix.ts');
  const notes = await readPartNotes(io.files, folders);
  const [first] = notes;
  const date = options.date ?? first?.date;
  const narrowed = first?.selection ?? {};
  const selected = releaseRequest(io, { project: options.project, ...(date === undefined ? {} : { date }) });
  const request = {
    ...{ ...selected, brands: narrowed.brands, drivers: narrowed.drivers, architectures: narrowed.architectures },
    ...{ out: options.out, clean: options.clean === true, parts: folders },
  };
  const start = io.elapsedMs();
  const { record, diagnostics } = await release(request, await releasePorts(context));
  const done = { out: options.out, elapsedMs: io.elapsedMs() - start, parts: folders.length };
  return { result: record, text: mergeLines(record, done), diagnostics };
};

export const mergeCommand = (bind: Bind): Command =>
  new Command('merge')
    .description(
      'Joins the parts of a release into the folder that one machine would have made, byte for byte. Every file is held to its hash and every signature is verified first; the parts stay as they are.',
    )
    .argument('<folders...>', 'the folders that `winpv release --part` made')
    .option('-C, --project <folder>', 'the folder with winpv.yaml, as the parts were made from', '.')
    .option('--out <folder>', 'where to write', 'dist')
    .option('--date <day>', 'the release date, YYYY-MM-DD (default: that of the parts)')
    .option('--clean', 'replace an earlier release in the output folder')
    .addHelpText(
      'after',
      examples(
        'winpv merge part-1 part-2 part-3 --out dist',
        'winpv merge parts/* -C release --out dist --clean --json',
      ),
    )
    .action(bind(run));
