import { Command, Option } from 'commander';
import type { Share } from '../../release/kept/parts.ts';
import { collect, releasePorts, releaseRequest, type SelectionOptions } from '../inputs/release-request.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';

interface PlanOptions extends SelectionOptions {
  readonly matrix: 'github' | 'gitlab';
  readonly parts: string;
}

const countOf = async (text: string): Promise<number> => {
  const { parsePart } = await import('../../release/kept/parts.ts');
  return parsePart(`1/${text}`).of;
};

const run = async (context: Context, options: PlanOptions): Promise<Outcome> => {
  const { io } = context;
  const selected = releaseRequest(io, options);
  const parts = await countOf(options.parts);
  const { prepareRelease } = await import('../../release/prepare.ts');
  const { partArguments, sharesOf } = await import('../../release/kept/parts.ts');
  const { gitlabPipeline, matrixLines, matrixOf } = await import('../render/matrix.ts');
  const ports = await releasePorts(context);
  const prepared = await prepareRelease({ ...selected, out: '', clean: false }, ports);
  const shares = sharesOf(prepared, parts);
  const jobs = shares.map((share: Share) => ({
    share,
    args: partArguments(share, prepared, { ...selected }),
  }));
  const { diagnostics } = prepared;
  if (options.matrix === 'github') return { result: matrixOf(jobs), text: matrixLines(jobs, parts), diagnostics };
  const text = gitlabPipeline(jobs);
  return { result: text, text: [text.trimEnd()], textTells: 'document', diagnostics };
};

export const planCommand = (bind: Bind): Command =>
  new Command('plan')
    .description(
      'Deals the brands of a release out to parts that take about the same time, as jobs for the runners of a CI. Makes nothing.',
    )
    .addOption(
      new Option('--matrix <ci>', 'whose jobs: a matrix for GitHub Actions, or a pipeline for GitLab')
        .choices(['github', 'gitlab'])
        .makeOptionMandatory(),
    )
    .option(
      '--parts <n>',
      'how many parts there should be; a brand is made whole, so there are no more than brands',
      '2',
    )
    .option('-C, --project <folder>', 'the folder with winpv.yaml', '.')
    .option('--brand <id>', 'only this brand of the project (repeatable; default: all)', collect)
    .option('--driver <name>', 'only this driver of the project (repeatable; default: all)', collect)
    .option('--arch <architecture>', 'only this architecture of the project (repeatable; default: all)', collect)
    .option('--date <day>', 'the release date, YYYY-MM-DD; every part gets it (default: as of `winpv release`)')
    .addHelpText(
      'after',
      examples(
        'winpv plan --matrix github --parts 4 --json',
        'winpv plan --matrix gitlab --parts 4 -C examples/quickstart > parts.yml',
      ),
    )
    .action(bind(run));
