import { Command } from 'commander';
import { WinpvError } from '../../core/errors.ts';
import { shownLine } from '../../core/spelling.ts';
import type { PartnerCenter } from '../../publishing/partner-center/client.ts';
import type { AccountOptions } from '../inputs/partner-account.ts';
import type { Io } from '../io.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';
import { withAccountOptions } from './submit.ts';

/** What an account has, without a release: nothing is made here, and what is changed is a name. */
const open = async (io: Io, options: AccountOptions): Promise<PartnerCenter> => {
  const { partnerAccount } = await import('../inputs/partner-account.ts');
  const { openPartnerCenter } = await import('../../publishing/partner-center/client.ts');
  const ports = { http: await io.http(), clock: io.clock, timer: io.timer, random: io.random };
  return openPartnerCenter(await partnerAccount(io, options), ports);
};

interface ListOptions extends AccountOptions {
  readonly product?: string;
  readonly submission?: string;
  readonly name?: string;
}

/** Ids are numbers of 64 bits, which never become numbers here. */
const idOf = (value: string | undefined, option: string): string => {
  if (value !== undefined && /^\d{1,19}$/.test(value)) return value;
  const message = value === undefined ? `${option} is missing.` : `${option} takes an id, which is a whole number.`;
  throw new WinpvError('USAGE', message);
};

const KINDS = ['products', 'submissions', 'labels', 'audiences'] as const;
type Kind = (typeof KINDS)[number];

const listed = (center: PartnerCenter, kind: Kind, { product, submission }: ListOptions): AsyncIterable<object> => {
  if (kind === 'products') return center.products();
  if (kind === 'audiences') return center.audiences();
  const p = idOf(product, '--product');
  return kind === 'submissions' ? center.submissions(p) : center.labels({ p, s: idOf(submission, '--submission') });
};

const nameOf = (item: object): string => {
  const { productName, audienceName, name } = item as Readonly<Record<string, unknown>>;
  const found = [productName, audienceName, name].find((one) => typeof one === 'string');
  return typeof found === 'string' ? found : '';
};

const shownItem = (item: object): string => {
  const { id, commitStatus, destination } = item as Readonly<Record<string, unknown>>;
  const more = [commitStatus, destination].filter((one) => typeof one === 'string');
  return shownLine([String(id), nameOf(item), ...more].join('  '));
};

const list = async ({ io }: Context, named: string, options: ListOptions): Promise<Outcome> => {
  const kind = KINDS.find((one) => one === named);
  if (kind === undefined) throw new WinpvError('USAGE', `There is a list of ${KINDS.join(', ')}.`);
  const center = await open(io, options);
  const wanted = options.name?.toLowerCase();
  const items: object[] = [];
  for await (const item of listed(center, kind, options)) {
    if (wanted !== undefined && !nameOf(item).toLowerCase().includes(wanted)) continue;
    const { links: _, ...rest } = item as { readonly links?: unknown };
    items.push(rest);
  }
  const text = items.length === 0 ? [`no ${kind}`] : items.map(shownItem);
  return { result: { [kind]: items }, text, diagnostics: center.unknownFields() };
};

interface RenameOptions extends AccountOptions {
  readonly product: string;
  readonly submission?: string;
}

const rename = async ({ io }: Context, name: string, options: RenameOptions): Promise<Outcome> => {
  const p = idOf(options.product, '--product');
  const s = options.submission === undefined ? undefined : idOf(options.submission, '--submission');
  if (name.trim() === '') throw new WinpvError('USAGE', 'The new name is empty.');
  const center = await open(io, options);
  if (s === undefined) await center.patchProduct(p, { productName: name });
  else await center.patchSubmission({ p, s }, { name });
  return { result: { product: p, submission: s ?? null, name }, text: [`${s ?? p} is called ${shownLine(name)} now`] };
};

interface SharedOptions extends AccountOptions {
  readonly publisher: string;
  readonly product: string;
  readonly submission: string;
}

/** A submission that another company shared: our ids for it, and its driver metadata asked for. */
const translate = async ({ io }: Context, options: SharedOptions): Promise<Outcome> => {
  const source = {
    pub: idOf(options.publisher, '--publisher'),
    p: idOf(options.product, '--product'),
    s: idOf(options.submission, '--submission'),
  };
  const center = await open(io, options);
  const { productId, submissionId } = await center.translateIds(source);
  const result = { source, product: productId ?? null, submission: submissionId ?? null };
  return { result, text: [`product ${productId ?? 'unknown'}, submission ${submissionId ?? 'unknown'}`] };
};

const metadata = async ({ io }: Context, options: Omit<SharedOptions, 'publisher'>): Promise<Outcome> => {
  const ids = { p: idOf(options.product, '--product'), s: idOf(options.submission, '--submission') };
  const center = await open(io, options);
  await center.createPublisherMetadata(ids);
  return { result: ids, text: [`The driver metadata of submission ${ids.s} was asked for; it takes hours.`] };
};

export const partnerCommand = (bind: Bind): Command => {
  const command = new Command('partner').description(
    'Products, submissions, labels and audiences of an account, and names of them. Makes and publishes nothing.',
  );
  withAccountOptions(command.command('list <kind>').summary(`list ${KINDS.join(', ')}`))
    .description(`Lists ${KINDS.join(', ')}. The service has no search: --name sifts here, whatever the case.`)
    .option('--product <id>', 'of this product')
    .option('--submission <id>', 'of this submission, for labels')
    .option('--name <text>', 'only those whose name has this')
    .addHelpText(
      'after',
      examples('winpv partner list products --name "PV drivers"', 'winpv partner list audiences --json'),
    )
    .action(bind(list));
  withAccountOptions(command.command('rename <name>').summary('give a product or submission another name'))
    .requiredOption('--product <id>', 'the product')
    .option('--submission <id>', 'the submission, in place of the product')
    .description('Gives a product another name, or one of its submissions.')
    .addHelpText('after', examples('winpv partner rename "Example PV drivers 9.1" --product 14461751976964156'))
    .action(bind(rename));
  withAccountOptions(command.command('translate').summary('find our ids of what another company shared with us'))
    .requiredOption('--publisher <id>', "the other company's id")
    .requiredOption('--product <id>', 'its product')
    .requiredOption('--submission <id>', 'its submission')
    .description('Finds the ids that a submission has here which another company shared with us.')
    .addHelpText(
      'after',
      examples(
        'winpv partner translate --publisher 27691110 --product 14461751976964156 --submission 1152921504621465124',
      ),
    )
    .action(bind(translate));
  withAccountOptions(command.command('metadata').summary('ask for the driver metadata of a shared submission'))
    .requiredOption('--product <id>', 'our id of the product')
    .requiredOption('--submission <id>', 'our id of the submission')
    .description('Asks for the driver metadata of a submission that another company shared with us.')
    .addHelpText(
      'after',
      examples('winpv partner metadata --product 14461751976964156 --submission 1152921504621465124'),
    )
    .action(bind(metadata));
  return command;
};
