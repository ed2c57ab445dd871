import { Command } from 'commander';
import type { Diagnostic } from '../../core/errors.ts';
import type { Io } from '../io.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';

interface ReleaseOptions {
  readonly project: string;
  readonly out: string;
  readonly brand?: readonly string[];
  readonly driver?: readonly string[];
  readonly arch?: readonly string[];
  readonly date?: string;
  readonly dryRun?: true;
  readonly clean?: true;
}

const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), value];

/** Seconds since 1970 of the newest commit of the project's folder; undefined without git or without a commit. */
const commitTime = async (io: Io, folder: string): Promise<string | undefined> => {
  const { WinpvError } = await import('../../core/errors.ts');
  const exec = await io.exec();
  try {
    const { exitCode, stdout } = await exec.run('git', ['-C', folder, 'log', '-1', '--format=%ct', '--', '.'], {
      timeoutMs: 10_000,
    });
    const text = new TextDecoder().decode(stdout).trim();
    return exitCode === 0 && text !== '' ? text : undefined;
  } catch (error) {
    if (error instanceof WinpvError) return undefined;
    throw error;
  }
};

const run = async (context: Context, options: ReleaseOptions): Promise<Outcome> => {
  const { io, reporter } = context;
  // git answers while modules are loaded.
  const commit = options.date === undefined ? commitTime(io, options.project) : Promise.resolve(undefined);
  commit.catch(() => undefined);
  const { prepareRelease } = await import('../../release/prepare.ts');
  const { release } = await import('../../release/release.ts');
  const { OWN_FILES } = await import('../../release/load.ts');
  const { planLines, releaseLines } = await import('../render/release.ts');
  const request = {
    project: options.project,
    out: options.out,
    clean: options.clean === true,
    brands: options.brand,
    drivers: options.driver,
    architectures: options.arch,
    date: options.date,
    sourceDateEpoch: io.env.SOURCE_DATE_EPOCH,
    commit: () => commit,
    toolVersion: io.version,
  };
  const ports = { ...io, reporter, rehearsals: await io.rehearsals() };
  if (options.dryRun === true) {
    const { plan, diagnostics } = await prepareRelease(request, ports);
    return { result: plan, text: planLines(plan), diagnostics };
  }
  const start = io.elapsedMs();
  const { record, diagnostics } = await release(request, ports);
  const counted = ({ severity, at }: Diagnostic): boolean =>
    severity !== 'error' && at?.file.startsWith(OWN_FILES) === true;
  const ownWarnings = diagnostics.filter(counted).length;
  const done = { out: options.out, elapsedMs: io.elapsedMs() - start, invocation: io.invocation, ownWarnings };
  return { result: record, text: releaseLines(record, done), diagnostics, counted };
};

export const releaseCommand = (bind: Bind): Command =>
  new Command('release')
    .description(
      'Makes the driver packages of every brand of a project into a folder, verified from their bytes. The folder appears whole or not at all.',
    )
    .option('-C, --project <folder>', 'the folder with winpv.yaml', '.')
    .option('--out <folder>', 'where to write', 'dist')
    .option('--brand <id>', 'only this brand of the project (repeatable; default: all)', collect)
    .option('--driver <name>', 'only this driver of the project (repeatable; default: all)', collect)
    .option(
      '--arch <architecture>',
      'only this architecture of the project: x64, x86, arm64 (repeatable; default: all)',
      collect,
    )
    .option(
      '--date <day>',
      'the release date, YYYY-MM-DD, not after today in UTC (default: SOURCE_DATE_EPOCH, else the day of the commit, else today)',
    )
    .option('--dry-run', 'print the plan that a release would carry out, and stop')
    .option('--clean', 'replace an earlier release in the output folder; nothing else is ever removed')
    .addHelpText(
      'after',
      examples(
        'winpv release -C examples/quickstart --out dist/quickstart',
        'winpv release --brand acme --arch x64 --date 2026-01-31 --clean',
        'winpv release --dry-run --json',
      ),
    )
    .action(bind(run));
