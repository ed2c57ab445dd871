import { Command } from 'commander';
import { type Diagnostic, stopOnErrors, WinpvError } from '../../core/errors.ts';
import type { ResolvedLabel } from '../../publishing/labels/contract.ts';
import type { LabelChange } from '../../publishing/labels/diff.ts';
import type { LabelFile } from '../../publishing/labels/form.ts';
import type { ReleaseInput } from '../inputs/label-input.ts';
import type { AccountOptions } from '../inputs/partner-account.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import type { LabelSession } from '../publishing/label-session.ts';
import { examples } from '../render/examples.ts';
import { addLiveCommands } from './label-live.ts';
import { withAccountOptions } from './submit.ts';

interface CheckOptions {
  readonly labels: string;
  readonly release: string;
  readonly busInstalled?: true;
}
interface PlanOptions extends CheckOptions, AccountOptions {
  readonly out?: string;
  readonly expire?: true;
  readonly allowRetail?: true;
}
interface ApplyOptions extends Omit<PlanOptions, 'labels' | 'out'> {
  readonly labels?: string;
  readonly wait?: true;
  readonly waitLimit: string;
  readonly dryRun?: true;
}

/** Findings beside a result: the first error fails the command, and the result is shown nevertheless. */
const withFindings = (outcome: Outcome, found: readonly Diagnostic[]): Outcome => {
  const [failure] = found.filter(({ severity }) => severity === 'error');
  const diagnostics = found.filter((one) => one !== failure);
  return { ...outcome, diagnostics, ...(failure === undefined ? {} : { failure }) };
};

const check = async ({ io }: Context, options: CheckOptions): Promise<Outcome> => {
  const { readLabels, readRelease } = await import('../inputs/label-input.ts');
  const { resolveLabels } = await import('../../publishing/labels/resolve.ts');
  const { checkLabels } = await import('../../publishing/labels/check.ts');
  const file = await readLabels(io, options.labels);
  const { release } = await readRelease(io, options.release);
  const { labels, diagnostics } = resolveLabels(file, release);
  const asked = { live: undefined, audiences: undefined, busInstalled: options.busInstalled === true };
  const found = [...diagnostics, ...checkLabels(labels, { release, nowMs: io.clock.now(), ...asked })];
  const rows = labels.reduce((sum, one) => sum + one.rows.length, 0);
  const refused = found.filter(({ severity }) => severity === 'error').length;
  const words = refused === 0 ? 'nothing speaks against them' : `${refused} refused`;
  const text = [`${options.labels}: ${labels.length} labels, ${rows} rows; ${words}. What is live was not asked.`];
  return withFindings({ result: { labels: labels.map(({ label }) => label.id), rows, refused }, text }, found);
};

interface Planned {
  readonly file: LabelFile;
  readonly input: ReleaseInput;
  readonly session: LabelSession;
  readonly labels: readonly ResolvedLabel[];
  readonly changes: readonly LabelChange[];
  readonly found: readonly Diagnostic[];
}

const nothingSubmitted = (out: string): WinpvError =>
  new WinpvError('LABEL_NOT_SUBMITTED', `Nothing of the release in ${out} was submitted.`, {
    at: { file: out },
    hint: 'A label is of a submission: `winpv submit` first.',
  });

const planned = async (context: Context, options: Omit<PlanOptions, 'out'>): Promise<Planned> => {
  const { io } = context;
  const { readLabels, readRelease } = await import('../inputs/label-input.ts');
  const { openSession } = await import('../publishing/label-session.ts');
  const { resolveLabels } = await import('../../publishing/labels/resolve.ts');
  const { checkLabels } = await import('../../publishing/labels/check.ts');
  const { plannedOn, withAudiences } = await import('../../publishing/labels/live.ts');
  const { checkChanges, planChanges } = await import('../../publishing/labels/diff.ts');
  const { checkStale } = await import('../../publishing/labels/stale.ts');
  const file = await readLabels(io, options.labels);
  const input = await readRelease(io, options.release);
  if (input.release.submissions.length === 0) throw nothingSubmitted(options.release);
  const resolved = resolveLabels(file, input.release);
  const session = await openSession(context, input, options);
  const { live, audiences } = session;
  const labels = resolved.labels.map((one) => withAudiences(one, audiences));
  const changes = planChanges(labels, live);
  const facts = { release: input.release, nowMs: io.clock.now(), live, audiences };
  const found = [
    ...checkStale(file.plan, plannedOn(live), { file: options.labels, labels }),
    ...resolved.diagnostics,
    ...checkLabels(labels, { ...facts, busInstalled: options.busInstalled === true }),
    ...checkChanges(changes, { expire: options.expire === true, retail: options.allowRetail === true }),
    ...session.center.unknownFields(),
  ];
  return { file, input, session, labels, changes, found };
};

const planOutcome = async (context: Context, { changes, labels, session, found }: Planned) => {
  const { planFile } = await import('../../publishing/labels/plan-file.ts');
  const { changeResult, liveResult, planLines } = await import('../render/label.ts');
  const { live, audiences } = session;
  const known = new Set(changes.map((change) => change.live?.id));
  const others = live.filter(({ id }) => !known.has(id));
  const written = planFile(labels, live, context.io.clock.now());
  const result = { ...written, changes: changes.map(changeResult), others: others.map(liveResult) };
  const nameOf = (id: string): string =>
    audiences.find((one) => one.id.toLowerCase() === id.toLowerCase())?.audienceName ?? id;
  return { written, outcome: withFindings({ result, text: planLines(changes, others, nameOf) }, found) };
};

const plan = async (context: Context, options: PlanOptions): Promise<Outcome> => {
  const { written, outcome } = await planOutcome(context, await planned(context, options));
  if (options.out === undefined || outcome.failure !== undefined) return outcome;
  const { utf8 } = await import('../../core/bytes.ts');
  await context.io.files.write(options.out, utf8(`${JSON.stringify(written, undefined, 1)}\n`));
  return {
    ...outcome,
    text: [...outcome.text, `The plan is in ${options.out}; \`winpv label apply ${options.out}\` makes it so.`],
  };
};

const apply = async (context: Context, named: string | undefined, options: ApplyOptions): Promise<Outcome> => {
  const labels = named ?? options.labels;
  if (labels === undefined || (named !== undefined && options.labels !== undefined)) {
    throw new WinpvError('USAGE', 'Name a plan, or labels with --labels; one of them.');
  }
  const { patienceOf, withJournals } = await import('../publishing/label-session.ts');
  const patience = patienceOf(options);
  return withJournals(context, options.release, async () => {
    const all = await planned(context, { ...options, labels });
    if (options.dryRun === true) return (await planOutcome(context, all)).outcome;
    stopOnErrors(all.found);
    const { session, input, changes, found } = all;
    const { runsFor } = await import('../inputs/label-input.ts');
    const { applyLabels, settleLabels } = await import('../../publishing/labels/apply.ts');
    const { appliedLines, liveResult } = await import('../render/label.ts');
    const runOf = await runsFor(context, session.center, input.journals, patience);
    const settled = await settleLabels(await applyLabels(changes, runOf), runOf);
    const result = {
      labels: settled.map(({ change, live }) => ({
        ...{ label: change.resolved.label.id, action: change.action },
        ...liveResult(live),
      })),
    };
    const failures = settled.flatMap(({ failure }) => failure ?? []);
    return withFindings({ result, text: appliedLines(settled) }, [...failures, ...found]);
  });
};

const withReach = (command: Command): Command =>
  command
    .requiredOption('--release <out>', 'what `winpv release` wrote, and `winpv submit` submitted')
    .option('--bus-installed', 'the machines that are meant have the bus drivers already');

const withGuards = (command: Command): Command =>
  withAccountOptions(withReach(command))
    .option('--expire', 'rows and CHIDs that are live and not in the file may be taken back')
    .option('--allow-retail', 'a label for a test audience, or for some computers, may become one for all');

export const labelCommand = (bind: Bind): Command => {
  const command = new Command('label').description(
    'Shipping labels: which machines get a driver from Windows Update. Every row is chosen; nothing is offered by default.',
  );
  withReach(command.command('check').summary('check labels against a release; asks nobody'))
    .description(
      'Checks labels against a release and its submissions: what would be refused, or offered to others. Asks nobody.',
    )
    .requiredOption('--labels <file>', 'labels, YAML or JSON: docs/guide/labels.md')
    .addHelpText('after', examples('winpv label check --labels labels.yaml --release dist'))
    .action(bind(check));
  withGuards(command.command('plan').summary('show what labels would change of what is live'))
    .description('Shows each row that labels would add to what is live, or take back. Changes nothing.')
    .requiredOption('--labels <file>', 'labels, YAML or JSON: docs/guide/labels.md')
    .option('--out <file>', 'write the plan: for `label apply`, and for `fleet simulate --labels`')
    .addHelpText(
      'after',
      examples(
        'winpv label plan --labels labels.yaml --release dist --out plan.json',
        'winpv label plan --labels labels.yaml --release dist --json',
      ),
    )
    .action(bind(plan));
  withGuards(command.command('apply').summary('make labels, and change those that are there'))
    .description(
      'Makes labels that are missing and changes those that are other, each once: whatever stops it, the same command goes on.\n' +
        'A plan that is older than what is live is refused, with the difference.',
    )
    .argument('[plan]', 'what `label plan --out` wrote')
    .option('--labels <file>', 'labels, in place of a plan')
    .option('--wait', "wait until Microsoft's people have each label, or it is live")
    .option('--wait-limit <hours>', 'how long to wait', '168')
    .option('--dry-run', 'print the plan; nothing is changed')
    .addHelpText(
      'after',
      examples(
        'winpv label apply plan.json --release dist --wait',
        'winpv label apply --labels labels.yaml --release dist',
      ),
    )
    .action(bind(apply));
  addLiveCommands(command, bind);
  return command;
};
