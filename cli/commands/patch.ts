import { Command, Option } from 'commander';
import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import type { PatchOutcome } from '../../packaging/bundle/patches/apply-queue.ts';
import { findQueues, gitAgrees, look, type QueueOptions, type TreeOptions, writeTree } from '../inputs/patch-tree.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';

const list = async (
  { io }: Context,
  { patches, by }: QueueOptions & { readonly by: 'queue' | 'organisation' },
): Promise<Outcome> => {
  const { patchList, patchResult } = await import('../render/patches.ts');
  const queues = await findQueues(io, patches);
  const shown = queues.map(({ queue }) => ({ folder: queue.folder, patches: queue.patches.map(patchResult) }));
  const text =
    by === 'organisation'
      ? patchList(
          queues.flatMap(({ queue }) => queue.patches),
          by,
        )
      : queues.flatMap(({ queue }) => [`${queue.folder}:`, ...patchList(queue.patches, by)]);
  return { result: { queues: shown }, text, diagnostics: queues.flatMap(({ diagnostics }) => diagnostics) };
};

const errorsOf = (outcomes: readonly PatchOutcome[]): readonly Diagnostic[] =>
  outcomes.flatMap(({ diagnostics }) => diagnostics).filter(({ severity }) => severity === 'error');

const check = async ({ io }: Context, options: TreeOptions): Promise<Outcome> => {
  const { expiredPatches } = await import('../../branding/patches/queue.ts');
  const { dateOfEpochMs } = await import('../../core/date.ts');
  const { outcomeLines, outcomeResult } = await import('../render/patches.ts');
  const { queue, diagnostics, result } = await look(io, options);
  const expired = expiredPatches(queue, dateOfEpochMs(io.clock.now()));
  const bad = [...errorsOf(result.outcomes), ...expired];
  const outcome = {
    result: { patches: result.outcomes.map(outcomeResult) },
    text: result.outcomes.flatMap(outcomeLines),
    diagnostics: [...diagnostics, ...result.outcomes.flatMap((one) => one.diagnostics), ...expired],
  };
  if (bad.length === 0) return outcome;
  const count = new Set(bad.map(({ message }) => message)).size;
  const what = count === 1 ? 'There is 1 reason' : `There are ${count} reasons`;
  return { ...outcome, failure: problem('PATCH_QUEUE_STALE', `${what} why the queue does not fit ${options.tree}.`) };
};

const apply = async ({ io }: Context, options: TreeOptions & { readonly dryRun?: boolean }): Promise<Outcome> => {
  const { stopOnErrors } = await import('../../core/errors.ts');
  const { outcomeLines, outcomeResult } = await import('../render/patches.ts');
  const { diagnostics, before, result } = await look(io, options);
  stopOnErrors(result.outcomes.flatMap((one) => one.diagnostics));
  const checkedByGit = await gitAgrees(io, options.tree, result.outcomes);
  const written = options.dryRun === true ? [] : await writeTree(io, options.tree, before, result.files);
  const what = written.length === 1 ? '1 file' : `${written.length} files`;
  return {
    result: { patches: result.outcomes.map(outcomeResult), written, checkedByGit },
    text: [
      ...result.outcomes.flatMap(outcomeLines),
      options.dryRun === true ? 'Nothing was written (--dry-run).' : `${options.tree}: ${what} written.`,
    ],
    diagnostics,
  };
};

const refresh = async (
  { io }: Context,
  { ref, ...options }: TreeOptions & { readonly ref?: string },
): Promise<Outcome> => {
  const { stopOnErrors } = await import('../../core/errors.ts');
  const { refreshedPatches } = await import('../../packaging/bundle/patches/refresh.ts');
  const { withBases } = await import('../../branding/patches/series-meta.ts');
  const { SERIES_META } = await import('../../branding/patches/queue.ts');
  const { utf8 } = await import('../../core/bytes.ts');
  const { queue, diagnostics, result } = await look(io, options);
  stopOnErrors(result.outcomes.filter(({ state }) => state === 'conflict').flatMap((one) => one.diagnostics));
  const refreshed = refreshedPatches(result.outcomes, ref);
  const meta = io.files.join(queue.folder, SERIES_META);
  const old = await io.files.read(meta);
  const text = withBases(old, meta, new Map(refreshed.map(({ name, base }) => [name, base])));
  const anew = refreshed.flatMap(({ name, bytes }) => (bytes === undefined ? [] : [{ name, bytes }]));
  for (const { name, bytes } of anew) await io.files.write(io.files.join(queue.folder, ...name.split('/')), bytes);
  await io.files.write(meta, utf8(text));
  const names = anew.map(({ name }) => name);
  return {
    result: { patches: refreshed.map(({ name, base }) => ({ name, base })), rewritten: names },
    text: [
      `${meta}: the bases of ${refreshed.length} ${refreshed.length === 1 ? 'patch' : 'patches'} are those of ${options.tree}.`,
      ...names.map((name) => `${name}: written anew`),
    ],
    diagnostics,
  };
};

interface ExportCliOptions extends TreeOptions {
  readonly out: string;
  readonly prefix: string;
}

const send = async ({ io }: Context, { out, prefix, ...options }: ExportCliOptions): Promise<Outcome> => {
  const { stopOnErrors } = await import('../../core/errors.ts');
  const { exportMails } = await import('../../packaging/bundle/patches/export.ts');
  const { diagnostics, result } = await look(io, options);
  stopOnErrors(result.outcomes.flatMap((one) => one.diagnostics));
  const { mails, diagnostics: found } = exportMails(result.outcomes, { prefix, dateMs: io.clock.now() });
  stopOnErrors(found);
  for (const { name } of mails) {
    const path = io.files.join(out, name);
    if ((await io.files.stat(path)) === undefined) continue;
    throw new WinpvError('OUTPUT_NOT_EMPTY', `${path} exists already. Nothing was written.`, { at: { file: path } });
  }
  for (const { name, bytes } of mails) await io.files.write(io.files.join(out, name), bytes);
  const names = mails.map(({ name }) => name);
  return {
    result: { folder: out, files: names },
    text: names.map((name) => io.files.join(out, name)),
    diagnostics: [...diagnostics, ...found],
  };
};

const withTree = (command: Command): Command =>
  command
    .requiredOption('--tree <folder>', 'the checkout, or any folder with the same paths')
    .option('--driver <name>', 'only the patches of this driver (default: of every driver)')
    .option('--driver-version <version>', 'only the patches of this version, four numbers (default: of every version)');

export const patchCommand = (bind: Bind): Command => {
  const command = new Command('patch').description("A vendor's changes to the drivers, as data.");
  const make = (name: string, summary: string, description: string): Command =>
    command
      .command(name)
      .summary(summary)
      .description(description)
      .option('--patches <folder>', "a queue's folder, or one with a queue for each brand", 'patches');
  make(
    'list',
    'the patches, and where they stand upstream',
    'Lists each patch with its reason, kind and upstream state. Changes nothing.',
  )
    .addOption(
      new Option('--by <order>', 'in the order of the queues, or by who contributed')
        .choices(['queue', 'organisation'])
        .default('queue'),
    )
    .addHelpText('after', examples('winpv patch list', 'winpv patch list --by organisation'))
    .action(bind(list));
  withTree(
    make(
      'check',
      'whether a queue fits a tree',
      'Tells of each patch whether it applies, is there already, was made against other files or does not fit, and then shows what it expects, what is there and what it wants. Changes nothing; exit 5 when something does not fit.',
    ),
  )
    .addHelpText('after', examples('winpv patch check --patches patches/acme --tree ../win-xenvbd'))
    .action(bind(check));
  withTree(
    make(
      'apply',
      'apply a queue to a tree',
      'Applies every patch, or none. In a checkout of git, git is asked too. Nothing is committed.',
    ),
  )
    .option('--dry-run', 'write nothing')
    .addHelpText('after', examples('winpv patch apply --patches patches/acme --tree ../win-xenvbd'))
    .action(bind(apply));
  withTree(
    make(
      'refresh',
      'note the new bases of a queue',
      'Writes the hashes of the tree into series.yaml, and diffs anew whose lines have moved. Patches that do not fit stop it.',
    ),
  )
    .option('--ref <name>', 'the tag or commit of the tree')
    .addHelpText('after', examples('winpv patch refresh --patches patches/acme --tree ../win-xenvbd --ref 9.1.1'))
    .action(bind(refresh));
  withTree(
    make(
      'export',
      'write mails for a mailing list',
      'Writes one mail a patch, as `git am` takes them; typed edits become diffs. Replaces nothing.',
    ),
  )
    .requiredOption('--out <folder>', 'where to write')
    .option('--prefix <words>', 'what stands in the brackets of the subject', 'PATCH')
    .addHelpText('after', examples('winpv patch export --patches patches/acme --tree ../win-xenvbd --out mails'))
    .action(bind(send));
  return command;
};
