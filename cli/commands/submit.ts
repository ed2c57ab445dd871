import { Command, Option } from 'commander';
import { stopOnErrors, WinpvError } from '../../core/errors.ts';
import type { AccountOptions } from '../inputs/partner-account.ts';
import type { EvidenceOptions } from '../inputs/submission-evidence.ts';
import type { SubmissionChoice } from '../inputs/submission-input.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';

interface SubmitOptions extends SubmissionChoice, AccountOptions, EvidenceOptions {
  readonly wait?: boolean;
  readonly waitLimit: string;
  readonly resume?: true;
  readonly dryRun?: true;
}

const HOUR_MS = 3_600_000;

const limitOf = (text: string): number => {
  if (/^\d{1,4}(\.\d+)?$/.test(text)) return Number(text) * HOUR_MS;
  throw new WinpvError('USAGE', '--wait-limit takes a number of hours.');
};

/** Submits one architecture of a brand: what `winpv submit` does, and `winpv publish` for each. */
export const submit = async (context: Context, out: string, options: SubmitOptions): Promise<Outcome> => {
  const { io, reporter } = context;
  const maxWaitMs = limitOf(options.waitLimit);
  const { submissionInput } = await import('../inputs/submission-input.ts');
  const { submissionLines, submissionPlanLines, submissionResult } = await import('../render/submission.ts');
  const { endpointOf, accountLabel, credentialLabel } = await import('../../publishing/partner-center/account.ts');
  const { emulated } = endpointOf('common', options.endpoint);
  const input = await submissionInput(io, out, options, { emulated });
  const { plan } = input;
  const { submissionEvidence } = await import('../inputs/submission-evidence.ts');
  const evidence = await submissionEvidence(io, { out, path: options.package, plan, emulated }, options);
  const found = [...input.diagnostics, ...evidence];
  if (options.dryRun) {
    const [failure] = found.filter(({ severity }) => severity === 'error');
    const diagnostics = found.filter((one) => one !== failure);
    return { result: { plan }, text: submissionPlanLines(input), diagnostics, ...(failure ? { failure } : {}) };
  }
  stopOnErrors(found);

  const { partnerAccount } = await import('../inputs/partner-account.ts');
  const { openPartnerCenter } = await import('../../publishing/partner-center/client.ts');
  const { applySubmission, checkState, newState } = await import('../../publishing/submission/apply.ts');
  const { openStore, submissionPath } = await import('../../publishing/submission/state.ts');
  const account = await partnerAccount(io, options);
  const key = { out, brand: options.brand, architecture: options.arch };
  const unlock = await io.files.lock(submissionPath(io.files, key, ''));
  try {
    const store = openStore(io, key);
    const known = await store.load();
    if (known !== undefined) checkState(known, { plan, account, file: store.statePath });
    if (known?.outcome === 'open' && options.resume !== true) {
      reporter.emit({ kind: 'note', message: `Going on with the submission that ${store.statePath} tells of.` });
    }
    const ports = { http: await io.http(), clock: io.clock, timer: io.timer, random: io.random };
    const center = openPartnerCenter(account, ports);
    reporter.emit({
      kind: 'note',
      message: `As ${accountLabel(account)}, with ${credentialLabel(account)}; correlation id ${center.correlationId}.`,
    });
    const { checkReturnedPackage } = await import('../inputs/returned-package.ts');
    const { state, diagnostics } = await applySubmission(
      {
        key,
        center,
        store,
        state: known ?? newState(plan, account),
        content: async () => input.content,
        wait: options.wait !== false,
        maxWaitMs,
        checkReturned: (files) => checkReturnedPackage(io, { plan, account, out, content: input.content }, files),
      },
      { ...ports, files: io.files, reporter },
    );
    return {
      result: submissionResult(state),
      text: submissionLines(state),
      diagnostics: [...found, ...diagnostics],
    };
  } finally {
    await unlock();
  }
};

const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), value];

/** Options that say who talks to which service. */
export const withAccountOptions = (command: Command): Command =>
  command
    .option('--endpoint <url>', 'another service than the real one: what `winpv emulator serve` printed')
    .option('--account <name>', 'take WINPV_<NAME>_TENANT and so on from the environment')
    .option('--credentials <file>', "an authconfig.json of Microsoft's SDCM")
    .option('--server <n>', 'which entry of it, counted from 0');

export const submitCommand = (bind: Bind): Command =>
  withAccountOptions(
    new Command('submit')
      .description(
        'Makes a product and a submission, uploads the package, commits it, waits, and takes the signed package back into\n' +
          'OUT/<brand>-<arch>-signed. OUT/.winpv has the state: whatever stops it, the same command goes on from there.\n' +
          'Signs in with WINPV_TENANT, WINPV_CLIENT_ID and WINPV_CLIENT_SECRET, a certificate or a federated identity.',
      )
      .argument('<out>', 'what `winpv release` wrote')
      .requiredOption('--brand <id>', 'which brand')
      .requiredOption('--arch <arch>', 'which architecture')
      .option('--package <file>', "a signed .hlkx in place of the release's own cabinet, which is for attestation")
      .option('--signatures <codes>', 'OS codes, with commas; default: those of the Windows versions of the release')
      .option('--product-type <name>', 'for WHQL: the product type (default: Unclassified)')
      .option('--playlist <file>', 'for WHQL: a playlist that the evidence has to cover; repeatable', collect)
      .option('--errata <file>', 'for WHQL: errata that stand for failed tests; repeatable', collect)
      .option('--filters <file>', 'for WHQL: filters that were applied; repeatable', collect)
      .option('--results <path>', 'for WHQL: an output folder of AutoHCK, or JSON of toolsHCK; repeatable', collect)
      .option('--ca <file>', 'for WHQL: an authority that the signer has to lead to; repeatable', collect)
      .addOption(
        new Option(
          '--destination <where>',
          'where the drivers are to go (default: windows-update for WHQL, test-audience for attestation)',
        ).choices(['windows-update', 'test-audience', 'signature']),
      )
      .option('--cert <file>', 'a certificate that the account knows; another signer is refused; repeatable', collect)
      .option('--product <id>', 'a product that is there, in place of a new one')
      .option('--from <file>', "what SDCM's -create takes, for the product or the submission; repeatable", collect),
  )
    .option('--wait', 'wait for the signed package (the default)')
    .option('--no-wait', 'end once the package is committed')
    .addOption(new Option('--wait-limit <hours>', 'how long to wait').default('168'))
    .option('--resume', 'go on with what was begun; says nothing of it')
    .option('--dry-run', 'print the plan; nothing is sent')
    .addHelpText(
      'after',
      examples(
        'winpv submit dist --brand acme --arch x64 --dry-run',
        'winpv submit dist --brand acme --arch x64 --endpoint http://127.0.0.1:7070',
        'winpv submit dist --brand acme --arch x64 --resume',
      ),
    )
    .action(bind(submit));
