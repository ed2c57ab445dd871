import { Command } from 'commander';
import { WinpvError } from '../../core/errors.ts';
import type { SubmissionState } from '../../publishing/submission/state.ts';
import type { Io } from '../io.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';

/** How the submissions of a release are, as far as its folder knows. */
const submissionsOf = async ({ files }: Io, out: string): Promise<readonly SubmissionState[]> => {
  const { listSubmissions, parseState, submissionPath } = await import('../../publishing/submission/state.ts');
  const keys = await listSubmissions(files, out);
  return Promise.all(
    keys.map(async (key) => {
      const path = submissionPath(files, key, '.json');
      return parseState(await files.read(path, { maxBytes: 16 * 1024 * 1024 }), path);
    }),
  );
};

const report = async ({ io }: Context, out: string, options: { readonly out: string }): Promise<Outcome> => {
  const { files } = io;
  const { RECORD_NAME } = await import('../../release/output.ts');
  if ((await files.stat(files.join(out, RECORD_NAME))) === undefined) {
    throw new WinpvError('FILE_NOT_FOUND', `${out} holds no release: it has no ${RECORD_NAME}.`, {
      at: { file: out },
      hint: 'Name the folder that `winpv release --out` wrote.',
    });
  }
  const { readRelease } = await import('../../release/reading/read-record.ts');
  const { releasePage } = await import('../render/release-html/page.ts');
  const { readStillAssets } = await import('../render/report/assets.ts');
  const facts = { ...(await readRelease(files, out)), submissions: await submissionsOf(io, out) };
  const page = releasePage(facts, await readStillAssets(io));
  await files.write(options.out, page);
  return {
    result: { file: options.out, bytes: page.length, submissions: facts.submissions.length },
    text: [`${options.out}: written; it opens in any browser and needs nothing else.`],
  };
};

export const reportCommand = (bind: Bind): Command =>
  new Command('report')
    .description(
      'Writes a release as one page: packages, devices, signatures, rehearsals, what was built from what, and how its submissions ' +
        'are now. OUT has one from when it was made. Writes nothing but the page.',
    )
    .argument('<out>', 'the folder that `winpv release --out` wrote')
    .option('--out <file>', 'where to write the page', 'report.html')
    .addHelpText('after', examples('winpv report dist/quickstart', 'winpv report dist/acme --out acme.html'))
    .action(bind(report));
