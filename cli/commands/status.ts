import { Command } from 'commander';
import { WinpvError } from '../../core/errors.ts';
import type { PartnerCenter } from '../../publishing/partner-center/client.ts';
import type { SubmissionState } from '../../publishing/submission/state.ts';
import type { AccountOptions } from '../inputs/partner-account.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';
import { withAccountOptions } from './submit.ts';

interface StatusOptions extends AccountOptions {
  readonly brand?: string;
  readonly arch?: string;
  readonly offline?: true;
}

/** What the service says now of a submission that is not done. */
const asked = async (center: PartnerCenter, state: SubmissionState): Promise<SubmissionState> => {
  const { progressOf } = await import('../../publishing/submission/progress.ts');
  const [p, s] = [state.product.id, state.submission.id];
  if (p === undefined || s === undefined || state.outcome !== 'open') return state;
  const progress = progressOf((await center.submission({ p, s })).value);
  switch (progress.kind) {
    case 'running':
      return { ...state, commit: 'done', workflow: { step: progress.step, state: progress.state } };
    case 'signed':
      return { ...state, commit: 'done', workflow: { step: 'finalizeIngestion', state: 'completed' } };
    case 'failed':
      return {
        ...state,
        outcome: 'failed',
        workflow: { step: progress.where, state: 'failed' },
        messages: [...progress.messages],
      };
    case 'open':
      return state;
  }
};

const status = async ({ io }: Context, out: string, options: StatusOptions): Promise<Outcome> => {
  const { listSubmissions, openStore } = await import('../../publishing/submission/state.ts');
  const { submissionLines, submissionResult } = await import('../render/submission.ts');
  if ((await io.files.stat(out))?.kind !== 'folder') {
    throw new WinpvError('FILE_NOT_FOUND', `There is no folder ${out}.`, { at: { file: out } });
  }
  const keys = (await listSubmissions(io.files, out)).filter(
    ({ brand, architecture }) => (options.brand ?? brand) === brand && (options.arch ?? architecture) === architecture,
  );
  const loaded = await Promise.all(keys.map(async (key) => (await openStore(io, key).load()) ?? []));
  let states: readonly SubmissionState[] = loaded.flat();
  if (options.offline !== true && states.some(({ outcome }) => outcome === 'open')) {
    const { partnerAccount } = await import('../inputs/partner-account.ts');
    const { openPartnerCenter } = await import('../../publishing/partner-center/client.ts');
    const { checkState } = await import('../../publishing/submission/apply.ts');
    const account = await partnerAccount(io, options);
    const ports = { http: await io.http(), clock: io.clock, timer: io.timer, random: io.random };
    const center = openPartnerCenter(account, ports);
    const now: SubmissionState[] = [];
    for (const state of states) {
      if (state.outcome === 'open') checkState(state, { account, file: out });
      now.push(await asked(center, state));
    }
    states = now;
  }
  const text = states.length === 0 ? [`${out}: nothing was submitted yet`] : states.flatMap(submissionLines);
  return { result: { submissions: states.map(submissionResult) }, text };
};

export const statusCommand = (bind: Bind): Command =>
  withAccountOptions(
    new Command('status')
      .description(
        'Tells of each submission of a release how far it is, and asks Partner Center about those that are not done.\n' +
          'Changes nothing: `winpv submit … --resume` takes what is ready.',
      )
      .argument('<out>', 'what `winpv release` wrote')
      .option('--brand <id>', 'of this brand only')
      .option('--arch <arch>', 'of this architecture only'),
  )
    .option('--offline', 'what the state files say; nothing is asked')
    .addHelpText('after', examples('winpv status dist', 'winpv status dist --offline --json'))
    .action(bind(status));
