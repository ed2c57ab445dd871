import { Command, Option } from 'commander';
import { WinpvError } from '../../core/errors.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import type { DeliveryOptions } from '../publishing/delivery.ts';
import type { CloudOptions } from '../publishing/publish-cloud.ts';
import type { FolderOptions } from '../publishing/publish-folder.ts';
import { examples } from '../render/examples.ts';
import { withAccountOptions } from './submit.ts';

interface PublishOptions extends Partial<FolderOptions>, Omit<CloudOptions, 'brand'>, DeliveryOptions {
  readonly to?: string;
  readonly check?: true;
  readonly prune?: string;
  readonly dryRun?: true;
}

const keepOf = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new WinpvError('USAGE', '--prune takes how many versions of each driver are kept, at least 1.');
};

const checkFolder = async ({ io }: Context, folder: string): Promise<Outcome> => {
  const { checkRepository } = await import('../../publishing/repository/check.ts');
  const { checkedRepositoryLines } = await import('../render/publish.ts');
  const check = await checkRepository(io.files, folder);
  const { diagnostics } = check;
  const failure = diagnostics.find(({ severity }) => severity === 'error');
  return {
    result: {
      to: folder,
      packages: check.index.packages.length,
      files: check.files,
      verdict: failure ? 'differs' : 'as-indexed',
    },
    text: checkedRepositoryLines(folder, check),
    diagnostics: diagnostics.filter((one) => one !== failure),
    ...(failure === undefined ? {} : { failure }),
  };
};

const nothingAsked = (): WinpvError =>
  new WinpvError('PUBLISH_NOTHING_ASKED', 'Nothing says where to publish.', {
    hint: 'Give --to FOLDER, --to emulator or --to partner-center, or a medium: --iso, --zip, --cab, --symbols.',
  });

const publishLocally = async (
  context: Context,
  out: string,
  options: PublishOptions & FolderOptions,
): Promise<Outcome> => {
  const { publishableOf, publishToFolder } = await import('../publishing/publish-folder.ts');
  const { deliver } = await import('../publishing/delivery.ts');
  const keep = keepOf(options.prune);
  const publishable = await publishableOf(context.io, out, options);
  const dryRun = options.dryRun === true;
  const media = dryRun ? { result: [], text: [], diagnostics: [] } : await deliver(context, publishable, options);
  const folder =
    options.to === undefined
      ? undefined
      : await publishToFolder(context, publishable, { to: options.to, keep, dryRun });
  return {
    result: { brand: options.brand, ...(folder?.result ?? {}), media: media.result },
    text: [...(folder?.text ?? []), ...media.text],
    diagnostics: [...publishable.diagnostics, ...media.diagnostics, ...(folder?.diagnostics ?? [])],
  };
};

const publish = async (context: Context, out: string | undefined, options: PublishOptions): Promise<Outcome> => {
  const { to, brand } = options;
  if (options.check === true) {
    if (to === undefined) throw new WinpvError('USAGE', '--check takes the repository with --to FOLDER.');
    return checkFolder(context, to);
  }
  if (out === undefined) throw new WinpvError('USAGE', 'Name the folder that `winpv release` wrote.');
  if (brand === undefined) throw new WinpvError('USAGE', '--brand says which brand to publish.');
  const { wantsMedia } = await import('../publishing/delivery.ts');
  if (to === undefined && !wantsMedia(options)) throw nothingAsked();
  if (to !== 'emulator' && to !== 'partner-center') return publishLocally(context, out, { ...options, brand });
  const { publishToEmulator, publishToPartnerCenter } = await import('../publishing/publish-cloud.ts');
  return (to === 'emulator' ? publishToEmulator : publishToPartnerCenter)(context, out, { ...options, brand });
};

const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), value];

export const publishCommand = (bind: Bind): Command =>
  withAccountOptions(new Command('publish'))
    .description(
      'Publishes a brand of a release: into a folder or share, as a driver repository with an index that DISM, pnputil,\n' +
        'deployment tools and WSUS publishers read; onto a medium; to an emulated Partner Center in this process, which\n' +
        'leaves nothing behind; or through Partner Center. Everything is verified first, from the bytes.',
    )
    .argument('[out]', 'what `winpv release` wrote')
    .option('--brand <id>', 'which brand')
    .option('--to <where>', 'a folder or share, `emulator`, or `partner-center`')
    .option('--check', 'compare the repository that --to names with its index; nothing is written')
    .option(
      '--prune <n>',
      'keep the newest n versions of each driver; what is published now stays (default: all are kept)',
    )
    .option('--allow-test-signed', 'take a test-signed release: for test machines only')
    .option('--ca <pem>', 'the root of your key, PEM or DER (repeatable)', collect)
    .option('--iso <file>', 'write an ISO image as well (needs xorriso)')
    .option('--zip <file>', 'write a ZIP as well')
    .option('--cab <file>', 'write a cabinet as well')
    .option('--symbols <folder>', 'write the symbols as well, a ZIP an architecture, laid out as a symbol server is')
    .addOption(
      new Option('--destination <where>', 'with emulator or partner-center: where the drivers are to go').choices([
        'windows-update',
        'test-audience',
        'signature',
      ]),
    )
    .option('--labels <file>', 'with emulator or partner-center: the labels that are meant, to be held against --fleet')
    .option(
      '--fleet <ndjson>',
      'with --labels: machines; tells who would be offered it, and what that would do to them',
    )
    .option('--yes', 'with partner-center: do it; without it the plan is told, and nothing is sent')
    .option('--dry-run', 'tell what would be published; nothing is written')
    .addHelpText(
      'after',
      examples(
        'winpv publish dist --brand acme --to /srv/drivers --ca root.pem',
        'winpv publish dist --brand acme --iso acme.iso --allow-test-signed',
        'winpv publish dist --brand acme --to emulator --labels labels.yaml --fleet fleet.ndjson',
        'winpv publish dist --brand acme --to partner-center --yes',
        'winpv publish --check --to /srv/drivers',
      ),
    )
    .action(bind(publish));
