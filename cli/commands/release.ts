import { Command } from 'commander';
import type { Diagnostic } from '../../core/errors.ts';
import { collect, releasePorts, releaseRequest, type SelectionOptions } from '../inputs/release-request.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';

interface ReleaseOptions extends SelectionOptions {
  readonly out: string;
  readonly dryRun?: true;
  readonly clean?: true;
  readonly resume?: true;
  readonly fresh?: true;
  readonly part?: string;
}

const run = async (context: Context, options: ReleaseOptions): Promise<Outcome> => {
  const { io } = context;
  const selected = releaseRequest(io, options);
  const { prepareRelease } = await import('../../release/prepare.ts');
  const { release } = await import('../../release/release.ts');
  const { OWN_FILES } = await import('../../release/project/load.ts');
  const { planLines, releaseLines } = await import('../render/release.ts');
  const request = {
    ...selected,
    out: options.out,
    clean: options.clean === true,
    resume: options.resume === true,
    fresh: options.fresh === true,
    part: options.part,
  };
  const ports = await releasePorts(context);
  if (options.dryRun === true) {
    const { partOf, parsePart } = await import('../../release/kept/parts.ts');
    const whole = await prepareRelease(request, ports);
    const { plan, diagnostics } = options.part === undefined ? whole : partOf(whole, parsePart(options.part));
    return { result: plan, text: planLines(plan), diagnostics };
  }
  const start = io.elapsedMs();
  const choices = [options.brand, options.driver, options.arch, options.part];
  const { ForecastAhead } = await import('../../release/publication/publication.ts');
  const ahead = new ForecastAhead(options.out, { ...io, rehearsals: ports.rehearsals });
  const isWhole = choices.every((choice) => choice === undefined);
  const { record, diagnostics, reused } = await release(
    request,
    isWhole ? { ...ports, signed: ahead.signed, settled: ahead.settled } : ports,
  );
  const counted = ({ severity, at }: Diagnostic): boolean =>
    severity !== 'error' && at?.file.startsWith(OWN_FILES) === true;
  const ownWarnings = diagnostics.filter(counted).length;
  const elapsedMs = io.elapsedMs() - start;
  const { rehearsedPublication } = await import('../publishing/rehearsed-publication.ts');
  const published = await rehearsedPublication(io, { project: options.project, out: options.out, choices, ahead });
  const done = { out: options.out, elapsedMs, invocation: io.invocation, ownWarnings, reused };
  return {
    result: { ...record, ...(published.forecast === undefined ? {} : { publication: published.forecast }) },
    text: releaseLines(record, { ...done, publication: published.text }),
    diagnostics: [...diagnostics, ...published.diagnostics],
    counted,
    ...(published.failure === undefined ? {} : { failure: published.failure }),
  };
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
    .option(
      '--clean',
      'replace an earlier release in the output folder; brands that would become the same again are taken from it',
    )
    .option('--fresh', 'make every brand, also those that an earlier release has')
    .option('--resume', 'go on where a run that was killed stopped; brands that it had made are kept')
    .option('--part <K/N>', 'make one of several parts, which `winpv merge` joins; `winpv plan` lists them')
    .addHelpText(
      'after',
      examples(
        'winpv release -C examples/quickstart --out dist/quickstart',
        'winpv release --brand acme --arch x64 --date 2026-01-31 --clean',
        'winpv release --dry-run --json',
        'winpv release --part 2/3 --out part-2 --date 2026-01-31',
      ),
    )
    .action(bind(run));
