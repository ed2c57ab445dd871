import type { Command } from 'commander';
import type { LiveLabel } from '../../publishing/labels/contract.ts';
import type { AccountOptions } from '../inputs/partner-account.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';
import { withAccountOptions } from './submit.ts';

interface LiveOptions extends AccountOptions {
  readonly release: string;
}
interface ChangeOptions extends LiveOptions {
  readonly wait?: true;
  readonly waitLimit?: string;
  readonly dryRun?: true;
}

const opened = async (context: Context, options: LiveOptions) => {
  const { readRelease } = await import('../inputs/label-input.ts');
  const { openSession } = await import('../publishing/label-session.ts');
  const input = await readRelease(context.io, options.release);
  const session = input.journals.length === 0 ? undefined : await openSession(context, input, options);
  return { input, session, live: session?.live ?? [] };
};

const list = async (context: Context, options: LiveOptions): Promise<Outcome> => {
  const { liveLines, liveResult } = await import('../render/label.ts');
  const { live, session } = await opened(context, options);
  const text = live.length === 0 ? [`${options.release}: no labels`] : live.flatMap((one) => liveLines(one, false));
  return { result: { labels: live.map(liveResult) }, text, diagnostics: session?.center.unknownFields() ?? [] };
};

const show = async (context: Context, meant: string, options: LiveOptions): Promise<Outcome> => {
  const { labelMeant } = await import('../publishing/label-session.ts');
  const { liveLines, liveResult } = await import('../render/label.ts');
  const { live } = await opened(context, options);
  const label = labelMeant(live, meant);
  return { result: liveResult(label), text: liveLines(label, true) };
};

const cancel = async (context: Context, meant: string, options: ChangeOptions): Promise<Outcome> => {
  const { labelMeant, withJournals } = await import('../publishing/label-session.ts');
  return withJournals(context, options.release, async () => {
    const { session, live } = await opened(context, options);
    const label = labelMeant(live, meant);
    const result = { id: label.id, name: label.name, cancelled: options.dryRun !== true };
    if (options.dryRun === true) return { result, text: [`${label.id} would be cancelled; nothing was changed.`] };
    await session?.center.cancelLabel({ ...label.ids, l: label.id });
    return { result, text: [`${label.id} is being cancelled; that may take more than a day.`] };
  });
};

const emptied = (live: LiveLabel) =>
  live.rows.length === 0
    ? undefined
    : { targeting: { hardwareIds: live.rows.map((row) => ({ action: 'remove' as const, ...row })) } };

const expire = async (context: Context, meant: string, options: ChangeOptions): Promise<Outcome> => {
  const { labelMeant, patienceOf, withJournals } = await import('../publishing/label-session.ts');
  const patience = patienceOf({ ...options, waitLimit: options.waitLimit ?? '168' });
  return withJournals(context, options.release, async () => {
    const { input, session, live } = await opened(context, options);
    const label = labelMeant(live, meant);
    const result = { id: label.id, name: label.name, rows: label.rows.length, expired: options.dryRun !== true };
    const what = `${label.rows.length} rows of ${label.id}`;
    if (options.dryRun === true || session === undefined)
      return { result, text: [`${what} would be taken back; nothing was changed.`] };
    const { runsFor } = await import('../inputs/label-input.ts');
    const { sendPatch } = await import('../../publishing/labels/apply.ts');
    const runOf = await runsFor(context, session.center, input.journals, patience);
    const journal = input.journals.find(({ submitted }) => submitted.ids.s === label.ids.s) ?? input.journals[0];
    await sendPatch(runOf({ submission: journal?.submitted }), { ...label.ids, l: label.id }, label.name, emptied);
    return { result, text: [`${what} are taken back. Machines that have the driver keep it.`] };
  });
};

const withRelease = (command: Command): Command =>
  withAccountOptions(command.requiredOption('--release <out>', 'the release whose submissions are meant'));

/** What looks at labels that are there, or takes them back. */
export const addLiveCommands = (command: Command, bind: Bind): void => {
  withRelease(command.command('list').summary('list the labels of a release, and how far each is'))
    .description('Lists every label of the products of a release, and how far Microsoft is with it.')
    .addHelpText('after', examples('winpv label list --release dist', 'winpv label list --release dist --json'))
    .action(bind(list));
  withRelease(command.command('show <label>').summary('show what a label offers'))
    .description('Shows what a label offers, row by row. Named by its id, or by its name.')
    .addHelpText('after', examples('winpv label show 1152921504628106590 --release dist'))
    .action(bind(show));
  withRelease(command.command('cancel <label>').summary('stop a label that is being approved or rolled out'))
    .description('Stops a label while Microsoft approves it or rolls it out. One that is shared cannot be stopped.')
    .option('--dry-run', 'say what would be done')
    .addHelpText('after', examples('winpv label cancel storage --release dist'))
    .action(bind(cancel));
  withRelease(command.command('expire <label>').summary('take back all that a label offers'))
    .description('Takes back every row of a label. Machines that have the driver keep it.')
    .option('--wait', 'wait while Microsoft works on the label')
    .option('--wait-limit <hours>', 'how long to wait', '168')
    .option('--dry-run', 'say what would be done')
    .addHelpText('after', examples('winpv label expire storage --release dist'))
    .action(bind(expire));
};
