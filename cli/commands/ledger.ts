import { Command } from 'commander';
import { problem, WinpvError } from '../../core/errors.ts';
import { shownLine } from '../../core/spelling.ts';
import type { Ledger, LedgerEntry } from '../../release/ledger/ledger.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';

interface LedgerOptions {
  readonly project: string;
}

const entryLines = ({ time, brand, standIns, packages, signer }: LedgerEntry): readonly string[] => [
  `${time.slice(0, 10)}  ${shownLine(brand)}${standIns ? '  (stand-ins)' : ''}${signer === undefined ? '' : `  signed by ${shownLine(signer.subject)}`}`,
  ...packages.map(
    (pack) =>
      `  ${shownLine(pack.driver).padEnd(10)} ${shownLine(pack.architecture).padEnd(5)} ${shownLine(pack.version).padEnd(14)} ${pack.date}  ${pack.content.slice(0, 16)}`,
  ),
];

const open = async ({ io }: Context, { project }: LedgerOptions): Promise<Ledger> => {
  const { readLedger } = await import('../../release/ledger/keep-ledger.ts');
  if ((await io.files.stat(project))?.kind === 'folder') return readLedger(io.files, project);
  throw new WinpvError('FILE_NOT_FOUND', `There is no folder ${project}.`, { at: { file: project } });
};

const show = async (context: Context, options: LedgerOptions): Promise<Outcome> => {
  const { file, entries } = await open(context, options);
  const text = entries.length === 0 ? [`${file}: no release yet`] : entries.flatMap(entryLines);
  return { result: { file, entries }, text };
};

const SEALS = { sealed: 'sealed', open: 'sealed but for its end', none: 'not sealed' } as const;

/** The findings about a ledger that can be read, the one that fails it first; and how far it is sealed. */
const judge = async ({ io }: Context, ledger: Ledger) => {
  const { checkHistory } = await import('../../release/ledger/ledger.ts');
  const { checkSealSignature, readSeal } = await import('../../release/ledger/ledger-seal.ts');
  const seal = await readSeal(io.files, ledger.file);
  const sealing = seal === undefined ? [] : checkSealSignature(ledger, seal);
  const forged = sealing.find(({ severity }) => severity === 'error');
  const history = checkHistory(ledger);
  const standing =
    seal === undefined ? ('none' as const) : sealing.length === 0 ? ('sealed' as const) : ('open' as const);
  return { history, sealing, forged, standing };
};

const verify = async (context: Context, options: LedgerOptions): Promise<Outcome> => {
  try {
    const ledger = await open(context, options);
    const { file, entries } = ledger;
    const { history, sealing, forged, standing } = await judge(context, ledger);
    const [first] = history;
    const seal = forged === undefined ? standing : ('broken' as const);
    const result = { file, entries: entries.length, intact: forged === undefined, seal, forward: first === undefined };
    const diagnostics = [...sealing.filter((finding) => finding !== forged), ...history];
    if (forged !== undefined) return { result, text: [], failure: forged, diagnostics };
    const chain = `${file}: ${entries.length} entries, each follows from the one before it; ${SEALS[standing]}.`;
    if (first === undefined) return { result, text: [chain], diagnostics };
    const failure = problem('LEDGER_NOT_FORWARD', first.message, { at: { file } });
    return { result, text: [chain], failure, diagnostics };
  } catch (error) {
    if (!(error instanceof WinpvError) || !/^LEDGER_(SEAL_)?BROKEN$/.test(error.code)) throw error;
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
    'Checks that every line follows from the one before it, that none of those is missing that were there when the ledger was sealed (.winpv/ledger.seal, signed with the key of a release), and that versions and dates went forward. Changes nothing; exit 5 when not.',
  )
    .addHelpText('after', examples('winpv ledger verify -C my-project'))
    .action(bind(verify));
  return command;
};
