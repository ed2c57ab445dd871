import { type Command, Option } from 'commander';
import { type Diagnostic, problem, stopOnErrors, WinpvError } from '../../core/errors.ts';
import { writingTime } from '../../core/given-date.ts';
import { shownText } from '../../core/spelling.ts';
import type { PlannedCatalog } from '../../packaging/bundle/catalog.ts';
import type { CatalogDefinition, CdfFile } from '../../packaging/formats/cat/cdf.ts';
import type { CatalogMember } from '../../packaging/formats/cat/model.ts';
import type { Io } from '../io.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';

interface CreateOptions {
  readonly dir?: string;
  readonly cdf?: string;
  readonly os?: string;
  readonly out?: string;
  readonly date?: string;
  readonly catalogVersion?: '1' | '2';
  readonly pageHashes?: string | true;
}

/** A catalog definition file is text with a line or two for each file. */
const MAX_CDF_BYTES = 64 * 1024 * 1024;

/** The catalogs' time: `--date`, SOURCE_DATE_EPOCH, or now. */
const catalogTime = ({ io }: Context, date: string | undefined): number =>
  writingTime(date, io.env.SOURCE_DATE_EPOCH, io.clock.now());

const usage = (message: string): never => {
  throw new WinpvError('USAGE', message, { hint: 'See winpv cat create --help.' });
};

const create = async (context: Context, options: CreateOptions): Promise<Outcome> => {
  const { dir, cdf, os } = options;
  if (cdf === undefined) {
    if (dir === undefined) return usage('Either --dir or --cdf is needed.');
    if (os === undefined) return usage('--os is needed with --dir.');
    return createFromFolder(context, { ...options, dir, os });
  }
  if (dir !== undefined) return usage('--dir and --cdf exclude each other.');
  if (os !== undefined || options.catalogVersion !== undefined || options.pageHashes !== undefined)
    return usage('--os, --catalog-version and --page-hashes are of no use with --cdf: the definition file says them.');
  return createFromCdf(context, cdf, options);
};

const requestedPageHashes = (written: string | true | undefined): 'all' | ReadonlySet<string> | undefined => {
  if (written === undefined) return undefined;
  if (written === true || written.toLowerCase() === 'all') return 'all';
  const names = written.split(',').map((name) => name.trim().toLowerCase());
  return new Set(names.filter((name) => name !== ''));
};

const writeCatalogs = async (io: Io, folder: string, planned: readonly PlannedCatalog[]): Promise<Outcome> => {
  const { encodeUnsignedCatalog } = await import('../../packaging/formats/cat/encode.ts');
  for (const { name } of planned) {
    const path = io.files.join(folder, name);
    const there = await io.files.stat(path);
    if (there === undefined || there.kind === 'file') continue;
    throw new WinpvError('FILE_UNWRITABLE', `${path} is not a file, so no catalog can take its place.`, {
      at: { file: path },
      hint: 'Nothing was written. Choose another folder with --out.',
    });
  }
  const encoded = planned.map(({ name, content }) => ({ name, bytes: encodeUnsignedCatalog(content) }));
  for (const { name, bytes } of encoded) await io.files.write(io.files.join(folder, name), bytes);
  const catalogs = planned.map(({ name, content }) => ({
    path: io.files.join(folder, name),
    version: content.version,
    members: content.members.length,
  }));
  return {
    result: { catalogs },
    text: catalogs.map(({ path, version, members }) => `${path}: version ${version}, ${members} members, unsigned`),
  };
};

const createFromFolder = async (
  context: Context,
  options: CreateOptions & { readonly dir: string; readonly os: string },
): Promise<Outcome> => {
  const { io } = context;
  const { parseOsList } = await import('../../packaging/formats/cat/os.ts');
  const { checkPageHashNames, planCatalogs } = await import('../../packaging/bundle/catalog.ts');
  const { checkCatalogs } = await import('../../packaging/bundle/catalog-check.ts');
  const { readCatalogFolder, uncatalogued } = await import('../inputs/catalog-folder.ts');
  const { dir, catalogVersion, out = dir } = options;
  const pageHashes = requestedPageHashes(options.pageHashes);
  const rules = {
    osList: parseOsList(options.os.split(',')),
    thisUpdate: catalogTime(context, options.date),
    ...(catalogVersion === undefined ? {} : { version: catalogVersion === '1' ? (1 as const) : (2 as const) }),
    ...(pageHashes === undefined ? {} : { pageHashes }),
  };
  const folder = await readCatalogFolder(io, dir);
  const request = {
    ...rules,
    infs: folder.infs,
    files: (sourcePath: string) => folder.file(sourcePath)?.bytes,
    shown: (sourcePath: string) => folder.file(sourcePath)?.path ?? io.files.join(dir, sourcePath),
  };
  /** What is said of no file is said of the folder. */
  const placed = (finding: Diagnostic): Diagnostic => ({ ...finding, at: finding.at ?? { file: dir } });
  const diagnostics = stopOnErrors(checkCatalogs(request).map(placed));
  const planned = planCatalogs(request);
  stopOnErrors(checkPageHashNames(planned, pageHashes).map(placed));
  const written = await writeCatalogs(io, out, planned);
  return { ...written, diagnostics: [...diagnostics, ...(await uncatalogued(folder, planned))] };
};

/** A path of a definition file: relative to it, with slashes of either kind. */
const fromCdf = (io: Io, cdf: string, written: string): string => {
  const path = io.files.isAbsolute(written) ? written : written.replaceAll('\\', '/');
  return io.files.isAbsolute(path) ? path : io.files.join(io.files.dirname(cdf), path);
};

/** Where the catalog goes: --out, ResultDir, or beside the definition file. */
const cdfTarget = (io: Io, cdf: string, resultDir: string | undefined, out: string | undefined): string => {
  if (out !== undefined) return out;
  if (resultDir === undefined) return io.files.dirname(cdf);
  const foreign = /^[a-z]:|^[\\/]{2}/i.test(resultDir) && !io.files.isAbsolute(resultDir);
  if (!foreign) return fromCdf(io, cdf, resultDir);
  throw new WinpvError('CAT_CDF_INVALID', `ResultDir "${shownText(resultDir)}" is a path of Windows.`, {
    at: { file: cdf },
    hint: 'Say with --out where the catalog goes.',
  });
};

/** The file as Windows would find it: a part of the path that is not there in this case is looked for in another. */
const inAnyCase = async (io: Io, path: string): Promise<string> => {
  if ((await io.files.stat(path)) !== undefined) return path;
  const parent = io.files.dirname(path);
  if (parent === path) return path;
  const folder = await inAnyCase(io, parent);
  if ((await io.files.stat(folder))?.kind !== 'folder') return path;
  const wanted = io.files.basename(path).toLowerCase();
  const alike = (await io.files.list(folder)).filter(({ name }) => name.toLowerCase() === wanted);
  // Two that differ by case only: which one is meant is not known.
  const [only] = alike;
  return only !== undefined && alike.length === 1 ? io.files.join(folder, only.name) : path;
};

const cdfPath = (io: Io, cdf: string, written: string): Promise<string> => inAnyCase(io, fromCdf(io, cdf, written));

const missingFiles = async (io: Io, cdf: string, files: readonly CdfFile[]): Promise<readonly Diagnostic[]> => {
  const found: Diagnostic[] = [];
  for (const { path: written, line } of files) {
    const path = await cdfPath(io, cdf, written);
    if ((await io.files.stat(path))?.kind === 'file') continue;
    found.push(
      problem('CAT_CDF_FILE_MISSING', `${shownText(path)} is not a file.`, {
        at: { file: cdf, line },
        hint: 'Paths are relative to the folder of the definition file.',
      }),
    );
  }
  return found;
};

/** The members of each file; one file's bytes at a time are held. */
const membersOfCdf = async (io: Io, definition: CatalogDefinition): Promise<readonly (readonly CatalogMember[])[]> => {
  const { cdfMembers, cdfSubject } = await import('../../packaging/bundle/cdf.ts');
  const members: (readonly CatalogMember[])[] = [];
  for (const entry of definition.files) {
    const path = await cdfPath(io, definition.file, entry.path);
    const bytes = await io.files.read(path);
    members.push(cdfMembers(definition, entry, cdfSubject(definition, entry, { bytes, path })));
  }
  return members;
};

const createFromCdf = async (context: Context, cdf: string, options: CreateOptions): Promise<Outcome> => {
  const { io } = context;
  const { parseCdf } = await import('../../packaging/formats/cat/cdf.ts');
  const { planCdf } = await import('../../packaging/bundle/cdf.ts');
  const definition = parseCdf(await io.files.read(cdf, { maxBytes: MAX_CDF_BYTES }), cdf);
  const folder = cdfTarget(io, cdf, definition.resultDir, options.out);
  stopOnErrors(await missingFiles(io, cdf, definition.files));
  const members = await membersOfCdf(io, definition);
  const { content, diagnostics } = planCdf(definition, members, catalogTime(context, options.date));
  const written = await writeCatalogs(io, folder, [{ name: definition.name, content }]);
  return { ...written, diagnostics: [...definition.warnings, ...diagnostics] };
};

/** `winpv cat create`: from the INFs of a folder, or from a catalog definition file. */
export const createCatalogs = (command: Command, bind: Bind): void => {
  command
    .command('create')
    .summary('make catalogs: of a driver folder as Inf2Cat does, or of a CDF as MakeCat does')
    .description(
      'With --dir, checks every INF in the folder itself and writes the catalogs that they name, beside the INF or into --out; files may stand in folders below.\n' +
        'With --cdf, writes the catalog that a definition file describes, into --out, its ResultDir or beside it.\n' +
        'Catalogs are written unsigned.',
    )
    .option('--dir <folder>', 'the folder with the INF and the files it installs')
    .option('--cdf <file>', "MakeCat's catalog definition file")
    .option('--os <list>', "with --dir: Inf2Cat's names, separated by commas")
    .option('--out <folder>', 'where to write the catalogs')
    .option(
      '--date <day>',
      'the date of the catalogs, YYYY-MM-DD, not after today; default: SOURCE_DATE_EPOCH, then now',
    )
    .addOption(new Option('--catalog-version <n>', 'force version 1 (SHA-1) or 2 (SHA-256)').choices(['1', '2']))
    .option('--page-hashes [names]', 'with --dir: list page hashes of all images, or of the named ones (a.sys,b.dll)')
    .addHelpText(
      'after',
      examples('winpv cat create --dir out/xenbus/x64 --os 10_X64,SERVER2016_X64', 'winpv cat create --cdf tools.cdf'),
    )
    .action(bind(create));
};
