import { Command, Option } from 'commander';
import { dateToEpochMs, parseDate } from '../../core/date.ts';
import { stopOnErrors, WinpvError } from '../../core/errors.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';

interface CreateOptions {
  readonly dir: string;
  readonly os: string;
  readonly out?: string;
  readonly date?: string;
  readonly catalogVersion?: '1' | '2';
}

const MAX_CATALOG_BYTES = 256 * 1024 * 1024;

/** The catalogs' time: `--date`, SOURCE_DATE_EPOCH, or now. */
const catalogTime = ({ io }: Context, date: string | undefined): number => {
  const epoch = io.env.SOURCE_DATE_EPOCH;
  if (date === undefined)
    return epoch !== undefined && /^\d{1,11}$/.test(epoch) ? Number(epoch) * 1000 : io.clock.now();
  const day = parseDate(date);
  if (day === undefined) throw new WinpvError('DATE_INVALID', `"${date}" is not a day of the form YYYY-MM-DD.`);
  return dateToEpochMs(day);
};

const create = async (context: Context, options: CreateOptions): Promise<Outcome> => {
  const { io } = context;
  const { parseInf } = await import('../../packaging/formats/inf/document.ts');
  const { infModel } = await import('../../packaging/formats/inf/model.ts');
  const { parseOsList } = await import('../../packaging/formats/cat/os.ts');
  const { encodeUnsignedCatalog } = await import('../../packaging/formats/cat/encode.ts');
  const { planCatalogs } = await import('../../packaging/bundle/catalog.ts');
  const { checkCatalogs } = await import('../../packaging/bundle/catalog-check.ts');
  const { readFolderFiles } = await import('../named-files.ts');
  const files = await readFolderFiles(io, options.dir);
  const byName = new Map(files.map((file) => [file.name.toLowerCase(), file.bytes]));
  const infs = files
    .filter(({ name }) => /^[^/]+\.inf$/i.test(name))
    .map(({ bytes, path }) => {
      const document = parseInf(bytes, path);
      return { document, model: infModel(document) };
    });
  const request = {
    infs,
    files: (sourcePath: string) => byName.get(sourcePath.toLowerCase()),
    osList: parseOsList(options.os.split(',')),
    thisUpdate: catalogTime(context, options.date),
    ...(options.catalogVersion === undefined
      ? {}
      : { version: options.catalogVersion === '1' ? (1 as const) : (2 as const) }),
  };
  const diagnostics = stopOnErrors(checkCatalogs(request));
  const out = options.out ?? options.dir;
  const planned = planCatalogs(request);
  for (const { name, content } of planned)
    await io.files.write(io.files.join(out, name), encodeUnsignedCatalog(content));
  const catalogs = planned.map(({ name, content }) => ({
    path: io.files.join(out, name),
    version: content.version,
    members: content.members.length,
  }));
  return {
    result: { catalogs },
    text: catalogs.map(({ path, version, members }) => `${path}: version ${version}, ${members} members, unsigned`),
    diagnostics,
  };
};

const show = async ({ io }: Context, file: string): Promise<Outcome> => {
  const { parseCatalog } = await import('../../packaging/formats/cat/parse.ts');
  const { showCatalog } = await import('../../packaging/formats/cat/show.ts');
  const { catalogLines } = await import('../render/catalog.ts');
  const { verifyFile } = await import('../../packaging/signing/verify.ts');
  const bytes = await io.files.read(file, { maxBytes: MAX_CATALOG_BYTES });
  const shown = showCatalog(parseCatalog(bytes, file));
  const { signatures } = verifyFile({ path: file, bytes, catalogs: [], trust: [], atMs: io.clock.now() });
  const short = signatures.map(({ subject, issuer, digestAlgorithm, ekus, timestamp }) => ({
    subject,
    issuer,
    digestAlgorithm,
    ...(timestamp?.time === undefined ? {} : { timestamp: timestamp.time }),
    ekus,
  }));
  const signers = short.map(
    ({ subject, timestamp }) => `signed by ${subject}${timestamp === undefined ? '' : `, time-stamped ${timestamp}`}`,
  );
  return {
    result: { ...shown, signatures: short },
    text: [...catalogLines(shown), ...(signers.length === 0 ? ['not signed'] : signers)],
  };
};

export const catCommand = (bind: Bind): Command => {
  const command = new Command('cat').summary('make and read catalogs').description('The catalog tool.');
  command
    .command('create')
    .summary('make the catalogs of a driver folder, as Inf2Cat does')
    .description(
      'Checks every INF in the folder and writes the catalogs that they name, unsigned: beside the INF, or into --out.',
    )
    .requiredOption('--dir <folder>', 'the folder with the INF and the files it installs')
    .requiredOption('--os <list>', "Inf2Cat's names, separated by commas")
    .option('--out <folder>', 'where to write the catalogs')
    .option('--date <day>', 'the date of the catalogs, YYYY-MM-DD')
    .addOption(new Option('--catalog-version <n>', 'force version 1 (SHA-1) or 2 (SHA-256)').choices(['1', '2']))
    .addHelpText('after', examples('winpv cat create --dir out/xenbus/x64 --os 10_X64,SERVER2016_X64'))
    .action(bind(create));
  command
    .command('show')
    .summary('what a catalog lists, and who signed it')
    .description('Prints attributes, members and signers of any catalog. Judges nothing (see verify). Changes nothing.')
    .argument('<file>', 'a .cat file')
    .addHelpText('after', examples('winpv cat show xenbus.cat', 'winpv cat show xenbus.cat --json'))
    .action(bind(show));
  return command;
};
