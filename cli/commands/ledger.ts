import { Command } from 'commander';
import { problem, WinpvError } from '../../core/errors.ts';
import { shownLine } from '../../core/spelling.ts';
import type { Ledger, LedgerEntry } from '../../release/ledger.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';

interface LedgerOptions {
  readonly project: string;
}

const entryLines = ({ time, brand, standIns, packages }: LedgerEntry): readonly string[] => [
  `${time.slice(0, 10)}  ${shownLine(brand)}${standIns ? '  (stand-ins)' : ''}`,
  ...packages.map(
    (pack) =>
      `  ${shownLine(pack.driver).padEnd(10)} ${shownLine(pack.architecture).padEnd(5)} ${shownLine(pack.version).padEnd(14)} ${pack.date}  ${pack.content.slice(0, 16)}`,
  ),
];

const open = async ({ io }: Context, { project }: LedgerOptions): Promise<Ledger> => {
  const { readLedger } = await import('../../release/keep-ledger.ts');
  if ((await io.files.stat(project))?.kind === 'folder') return readLedger(io.files, project);
  throw new WinpvError('FILE_NOT_FOUND', `There is no folder ${project}.`, { at: { file: project } });
};

const show = async (context: Context, options: LedgerOptions): Promise<Outcome> => {
  const { file, entries } = await open(context, options);
  const text = entries.length === 0 ? [`${file}: no release yet`] : entries.flatMap(entryLines);
  return { result: { file, entries }, text };
};

const verify = async (context: Context, options: LedgerOptions): Promise<Outcome> => {
  const { checkHistory } = await import('../../release/ledger.ts');
  try {
    const { file, entries, ...rest } = await open(context, options);
    const found = checkHistory({ file, entries, ...rest });
    const [first] = found;
    const result = { file, entries: entries.length, intact: true, forward: first === undefined };
    const text = [`${file}: ${entries.length} entries, each follows from the one before it.`];
    if (first === undefined) return { result, text };
    return {
      result,
      text,
      diagnostics: found,
      failure: problem('LEDGER_NOT_FORWARD', first.message, { at: { file } }),
    };
  } catch (error) {
    if (!(error instanceof WinpvError) || error.code !== 'LEDGER_BROKEN') throw error;
    const [failure] = error.diagnostics;
    return {
      result: { file: failure?.at?.file ?? '', intact: false, line: failure?.at?.line ?? null },
      text: [],
      ...(failure === undefined ? {} : { failure }),
    };
  }
};

export const ledgerCommand = (bind: Bind): Command => {
  const command = new Command('ledger').description(
    'The releases of a project (.winpv/ledger.jsonl), which versions and dates have to go forward from.',
  );
  const make = (name: string, summary: string, description: string): Command =>
    command
      .command(name)
      .summary(summary)
      .description(description)
      .option('-C, --project <folder>', 'the folder of winpv.yaml', '.');
  make('show', 'every release', 'Lists releases with versions, dates and hashes of content. Changes nothing.')
    .addHelpText('after', examples('winpv ledger show -C my-project'))
    .action(bind(show));
  make(
    'verify',
    'whether nobody changed it',
    'Checks that every line follows from the one before it, and that versions and dates went forward. Changes nothing; exit 5 when not.',
  )
    .addHelpText('after', examples('winpv ledger verify -C my-project'))
    .action(bind(verify));
  return command;
};
