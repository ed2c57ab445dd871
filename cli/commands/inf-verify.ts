import { Command, Option } from 'commander';
import { WinpvError } from '../../core/errors.ts';
import type { InfSubject, InfVerdict, JudgedMode } from '../../packaging/bundle/inf-report.ts';
import type { InfDocument } from '../../packaging/formats/inf/document.ts';
import { INF_MODES } from '../../packaging/formats/inf/rules/modes.ts';
import { readInfFile, STANDARD_INPUT } from '../inputs/inf-files.ts';
import type { Io } from '../io.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';
import { paintFor } from '../render/style.ts';

const FORMATS = ['text', 'json', 'sarif', 'junit', 'github', 'html'] as const;
type Format = (typeof FORMATS)[number];

interface VerifyOptions {
  readonly mode: JudgedMode;
  readonly format: Format;
  readonly ruleVersion?: string;
  readonly wbuild?: string;
  readonly osver?: string;
  readonly provider?: string;
  readonly stampinf?: true;
  readonly library?: readonly string[];
  readonly out?: string;
}

const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), value];

const subjectOf = async (io: Io, path: string): Promise<InfSubject> => {
  if (path === STANDARD_INPUT) {
    return { path, kind: 'file', files: [{ name: 'stdin', path, bytes: await readInfFile(io, path) }] };
  }
  const entry = await io.files.stat(path);
  if (entry?.kind === 'folder') {
    const { readFolderFiles } = await import('../inputs/named-files.ts');
    return { path, kind: 'folder', files: await readFolderFiles(io, path) };
  }
  const bytes = await readInfFile(io, path);
  return { path, kind: 'file', files: [{ name: io.files.basename(path), path, bytes }] };
};

/** INFs that may be included: files, or all below folders, by name. */
const libraryOf = async (io: Io, paths: readonly string[]): Promise<ReadonlyMap<string, InfDocument>> => {
  const { readNamedFiles } = await import('../inputs/named-files.ts');
  const { parseInf } = await import('../../packaging/formats/inf/document.ts');
  const files = (await readNamedFiles(io, paths)).filter(({ name }) => /\.inf$/i.test(name));
  return new Map(files.map(({ path, bytes }) => [io.files.basename(path).toLowerCase(), parseInf(bytes, path)]));
};

const checkBuild = (option: string, value: string | undefined, words: readonly string[] = []): void => {
  const isBuild = (text: string): boolean =>
    /^(nt[a-z0-9]*\.10\.0\.\.\.\d{1,6}|\d{1,5}\.\d{1,5}\.\d{1,6})$/i.test(text);
  if (value === undefined || isBuild(value) || words.includes(value.toLowerCase())) return;
  throw new WinpvError('USAGE', `"${value}" is not a build of Windows for ${option}.`, {
    hint: `For example ${option} 10.0.22621.`,
  });
};

const checkOptions = ({ ruleVersion, wbuild, format, out }: VerifyOptions): void => {
  checkBuild('--rule-version', ruleVersion, ['vnext']);
  checkBuild('--wbuild', wbuild);
  if (out !== undefined && format !== 'html') {
    throw new WinpvError('USAGE', '--out is for --format html: a page an INF.', {
      hint: 'Other forms go to stdout.',
    });
  }
};

const resultOf = ({ mode, verdict, infs }: InfVerdict) => ({
  mode,
  verdict,
  files: infs.map(({ path, verdict: own, errors, warnings, modes }) => {
    return { path, verdict: own, errors, warnings, ...(modes === undefined ? {} : { modes }) };
  }),
});

/** Everything found, the INFs' own first. */
const allFindings = ({ infs, others }: InfVerdict) => [...infs.flatMap(({ findings }) => findings), ...others];

type Text = Pick<Outcome, 'text' | 'textTells'>;

/** The answer as `--json` prints it, for `--format json`. */
const jsonText = (verdict: InfVerdict): Text => {
  const diagnostics = allFindings(verdict);
  const error = diagnostics.find(({ severity }) => severity === 'error');
  const head = { ok: error === undefined, command: 'inf verify', result: resultOf(verdict) };
  const answer = { ...head, ...(error === undefined ? {} : { error }), diagnostics };
  return { text: [JSON.stringify(answer)], textTells: 'document' };
};

/** One page for all on stdout, or a page an INF in a folder. */
const htmlText = async (io: Io, verdict: InfVerdict, out: string | undefined): Promise<Text> => {
  const { infHtmlLines } = await import('../render/inf-html.ts');
  if (out === undefined) return { text: infHtmlLines(verdict), textTells: 'document' };
  const { htmlPages } = await import('../render/inf-html.ts');
  const pages = htmlPages(verdict);
  for (const { name, lines } of pages)
    await io.files.write(io.files.join(out, name), new TextEncoder().encode(`${lines.join('\n')}\n`));
  return { text: pages.map(({ name }) => io.files.join(out, name)) };
};

const textOf = async ({ io, output }: Context, verdict: InfVerdict, options: VerifyOptions): Promise<Text> => {
  switch (options.format) {
    case 'text': {
      const { infReportLines } = await import('../render/inf-report.ts');
      const notes = output.verbose ? 'shown' : 'hidden';
      const paint = paintFor(io, io.stdout);
      return { text: infReportLines(verdict, { paint, notes }), textTells: 'findings' };
    }
    case 'json':
      return jsonText(verdict);
    case 'sarif': {
      const { sarifLog } = await import('../render/sarif.ts');
      const files = verdict.infs.map(({ path }) => path);
      const log = sarifLog({ version: io.version, files, findings: allFindings(verdict) });
      return { text: [JSON.stringify(log, undefined, 2)], textTells: 'document' };
    }
    case 'junit': {
      const { junitLines } = await import('../render/junit.ts');
      return { text: junitLines(verdict), textTells: 'document' };
    }
    case 'github': {
      const { githubAnnotations } = await import('../render/github.ts');
      return { text: githubAnnotations(allFindings(verdict)), textTells: 'document' };
    }
    case 'html':
      return htmlText(io, verdict, options.out);
  }
};

const verify = async (context: Context, paths: readonly string[], options: VerifyOptions): Promise<Outcome> => {
  const { io, output } = context;
  checkOptions(options);
  const { judgeInfs } = await import('../../packaging/bundle/inf-report.ts');
  const { format: _format, out: _out, library: libraryPaths = [], ...rules } = options;
  const subjects: InfSubject[] = [];
  for (const path of paths) subjects.push(await subjectOf(io, path));
  const library = await libraryOf(io, libraryPaths);
  const verdict = judgeInfs(subjects, { ...rules, library, nowMs: io.clock.now() });
  const text: Text = output.json ? { text: [] } : await textOf(context, verdict, options);
  const findings = allFindings(verdict);
  const failure = findings.find(({ severity }) => severity === 'error');
  const diagnostics = findings.filter((finding) => finding !== failure);
  return { result: resultOf(verdict), ...text, diagnostics, ...(failure === undefined ? {} : { failure }) };
};

export const infVerifyCommand = (bind: Bind): Command =>
  new Command('verify')
    .summary('judge INFs, and folders of packages, by the rules of Windows')
    .description(
      'Says what Microsoft’s checker would say, at the line and with the fix, and what is known to go wrong with Xen PV drivers. A file is judged alone; a folder with everything below it as packages too: files, binaries, imports, catalogs. Changes nothing; exit 4 when there is an error.',
    )
    .argument('<path...>', 'INFs, or folders; - is standard input')
    .addOption(
      new Option(
        '--mode <mode>',
        'the rules: h current WHQL requirements, u universal, w isolated package, k declarative, none syntax alone; all of them',
      )
        .choices([...INF_MODES, 'all'])
        .default('none'),
    )
    .addOption(new Option('--format <format>', 'how stdout says it').choices([...FORMATS]).default('text'))
    .option('--out <folder>', 'with --format html: where to write a page an INF')
    .option('--rule-version <build>', 'rules of this build, for example 10.0.22621, or vnext')
    .option(
      '--wbuild <build>',
      'with --mode w: the build from which on packages must be isolated (default: 10.0.17763)',
    )
    .option('--osver <decoration>', 'judge for this target only, for example NTamd64.10.0...17763')
    .option('--provider <name>', 'what Provider must be')
    .option('--stampinf', 'accept $ARCH$: the file is to be stamped yet')
    .option('--library <path>', 'an INF, or a folder of INFs, that may be included (repeatable)', collect)
    .addHelpText(
      'after',
      examples(
        'winpv inf verify xenbus.inf --mode h',
        'winpv inf verify dist/quickstart --mode h --format sarif > inf.sarif',
      ),
    )
    .action(bind(verify));
