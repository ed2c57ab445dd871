import { Command, Option } from 'commander';
import { type Diagnostic, problem, stopOnErrors, WinpvError } from '../../core/errors.ts';
import type { Channel } from '../../emulator/fleet/channels.ts';
import type { FleetLabel } from '../../emulator/fleet/label.ts';
import type { FleetVerdict } from '../../emulator/fleet/outcome-model.ts';
import type { BrandRelease, FleetReleases } from '../../emulator/fleet/releases.ts';
import type { FleetSimulation } from '../../emulator/fleet/simulate.ts';
import type { MachineWindows } from '../../emulator/fleet/windows-release.ts';
import type { Io } from '../io.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';
import { registerFleetGenerate } from './fleet-generate.ts';

const CHANNELS = [
  'any',
  'scan',
  'plug-in',
  'upgrade',
  'device-manager',
  'optional',
] as const satisfies readonly Channel[];
const VERDICTS = ['degraded', 'brand-flip', 'no-boot', 'restart'] as const satisfies readonly FleetVerdict[];

interface SimulateOptions {
  readonly fleet: string;
  readonly release: readonly string[];
  readonly labels: string;
  readonly at?: string;
  readonly channel: Channel;
  readonly upgradeTo?: string;
  readonly out?: string;
  readonly html?: string;
  readonly affected?: true;
  readonly failOn?: readonly FleetVerdict[];
}

const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), value];

const MAX_LABEL_BYTES = 64 * 1024 * 1024;
/** Machines are read one after the other, so only time bounds how many. */
const MAX_FLEET_BYTES = 2 ** 40;
/** Lines that are told one by one; the others are counted. */
const MAX_TOLD = 100;

/** The brands of a release's folder, or the one bundle that a path names. */
const readRelease = async (io: Io, path: string): Promise<readonly BrandRelease[]> => {
  const { readBundle } = await import('../bundle-files.ts');
  const { readRecordedBrands } = await import('../recorded-brands.ts');
  const brands = await readRecordedBrands(io, path);
  const folders =
    brands.length === 0 ? [{ brand: io.files.basename(path).replace(/\.zip$/i, ''), folder: path }] : brands;
  return Promise.all(
    folders.map(async ({ brand, folder }) => ({ release: path, brand, files: (await readBundle(io, folder)).files })),
  );
};

const instantOf = (io: Io, text: string | undefined): number => {
  if (text === undefined) return io.clock.now();
  const ms = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2})?)?$/.test(text)
    ? Date.parse(text.includes('T') && !/(Z|[+-]\d{2}:\d{2})$/.test(text) ? `${text}Z` : text)
    : Number.NaN;
  if (Number.isNaN(ms)) throw new WinpvError('DATE_INVALID', `--at "${text}" is no date: YYYY-MM-DD, or with a time.`);
  return ms;
};

/** `25H2`, `RS5`, or a version of Windows. */
const windowsOf = async (text: string | undefined): Promise<MachineWindows | undefined> => {
  if (text === undefined) return undefined;
  const { parseWindows, RELEASE_BUILDS } = await import('../../emulator/fleet/windows-release.ts');
  const token = RELEASE_BUILDS[text.toUpperCase()];
  const windows = token === undefined ? parseWindows(text) : { major: 10, minor: 0, build: token[1] };
  if (windows !== undefined) return windows;
  throw new WinpvError('USAGE', `--upgrade-to "${text}" is no release of Windows.`, {
    hint: `Name one of ${Object.keys(RELEASE_BUILDS).join(', ')}, or a version like 10.0.26100.`,
  });
};

interface Ready {
  readonly labels: readonly FleetLabel[];
  readonly releases: FleetReleases;
  readonly simulation: FleetSimulation;
  readonly bad: Diagnostic[];
  readonly warnings: readonly Diagnostic[];
}

const prepare = async (io: Io, options: SimulateOptions): Promise<Ready> => {
  const { readTemplates } = await import('../../release/known-templates.ts');
  const { parseLabels } = await import('../../emulator/fleet/label.ts');
  const { labelComplaints, packagesOf, readReleases } = await import('../../emulator/fleet/releases.ts');
  const { fleetRehearsal } = await import('../../emulator/fleet/outcome.ts');
  const { unknownCodes } = await import('../../emulator/fleet/admission.ts');
  const { FleetSimulation } = await import('../../emulator/fleet/simulate.ts');
  const labels = parseLabels(await io.files.read(options.labels, { maxBytes: MAX_LABEL_BYTES }), options.labels);
  const brands = (await Promise.all(options.release.map((path) => readRelease(io, path)))).flat();
  const releases = readReleases(brands, { nowMs: io.clock.now(), templates: await readTemplates(io) });
  stopOnErrors(labelComplaints(releases.packages, labels));
  const bad: Diagnostic[] = [];
  const brought = new Map(labels.map((label) => [label, packagesOf(releases.packages, label)]));
  const upgradeTo = await windowsOf(options.upgradeTo);
  if (options.channel === 'upgrade' && upgradeTo === undefined)
    throw new WinpvError('USAGE', '--channel upgrade needs --upgrade-to: the Windows that the machines go to.');
  const simulation = new FleetSimulation({
    question: {
      ...{ labels, packagesOf: (label) => brought.get(label) ?? [], at: instantOf(io, options.at) },
      channel: upgradeTo === undefined ? options.channel : 'upgrade',
      ...(upgradeTo === undefined ? {} : { upgradeTo }),
    },
    rehearsal: fleetRehearsal(releases.stock),
    bad: (line, message) => {
      if (bad.length < MAX_TOLD) bad.push(problem('FLEET_LINE', message, { at: { file: options.fleet, line } }));
    },
    ...(options.affected === true ? { affectedOnly: true } : {}),
  });
  const warnings = labels.flatMap((label) =>
    unknownCodes(label).map((code) =>
      problem(
        'FLEET_LABEL_CODE',
        `Label ${label.id}: ${code} is no Windows that winpv knows; its rows are taken to reach nobody.`,
        {
          ...label.at,
          severity: 'warning',
        },
      ),
    ),
  );
  return { labels, releases, simulation, bad, warnings };
};

const play = async (io: Io, { fleet, out }: SimulateOptions, { simulation }: Ready): Promise<void> => {
  const source = await io.files.open(fleet, { maxBytes: MAX_FLEET_BYTES });
  try {
    const results = simulation.run(source.blocks());
    if (out !== undefined) await io.files.write(out, results);
    else for await (const _part of results);
  } finally {
    await source.close();
  }
};

const failureOf = (options: SimulateOptions, { simulation: { totals } }: Ready): Diagnostic | undefined => {
  const at = { file: options.fleet };
  if (totals.badLines > 0) {
    const lines = totals.badLines === 1 ? '1 line is no machine' : `${totals.badLines} lines are no machines`;
    return problem('FLEET_LINE', `${lines}; the others were simulated.`, { at });
  }
  if (totals.machines === 0) return problem('FLEET_EMPTY', 'The file has no machine.', { at });
  const met = (options.failOn ?? []).filter((verdict) => totals.outcomes[verdict] > 0);
  if (met.length === 0) return undefined;
  const counts = met.map((verdict) => `${verdict}: ${totals.outcomes[verdict]}`).join(', ');
  return problem('FLEET_OUTCOME', `Machines that this must not happen to: ${counts}.`, { at });
};

const simulate = async ({ io }: Context, options: SimulateOptions): Promise<Outcome> => {
  const ready = await prepare(io, options);
  await play(io, options, ready);
  const { totals } = ready.simulation;
  const { fleetLines, fleetResult } = await import('../render/fleet.ts');
  const { labelRollouts } = await import('../../emulator/fleet/rollouts.ts');
  const rollouts = labelRollouts(ready.labels, totals.groups());
  const result = { ...fleetResult(totals, ready.simulation.counts()), rollouts };
  if (options.html !== undefined) {
    const { fleetPageLines } = await import('../render/fleet-html/page.ts');
    const { readStillAssets } = await import('../render/report/assets.ts');
    const { utf8 } = await import('../../core/bytes.ts');
    const at = new Date(instantOf(io, options.at)).toISOString();
    const page = fleetPageLines({ title: options.fleet, at, result, totals, rollouts }, await readStillAssets(io));
    await io.files.write(options.html, utf8(`${page.join('\n')}\n`));
  }
  const failure = failureOf(options, ready);
  const untold = totals.badLines - ready.bad.length;
  const more =
    untold > 0 ? [problem('FLEET_LINE', `${untold} more lines are no machines.`, { at: { file: options.fleet } })] : [];
  return {
    ...{ result, text: fleetLines(result, totals), diagnostics: [...ready.warnings, ...ready.bad, ...more] },
    ...(failure === undefined ? {} : { failure }),
  };
};

export const fleetCommand = (bind: Bind): Command => {
  const command = new Command('fleet').description(
    'Fleets of machines: who would be offered what, and what it would do to them.',
  );
  command
    .command('simulate')
    .summary('who would be offered what, and who would break')
    .description(
      'Holds labels against machines: what each is offered, by which channel and since when, why not the others, and what the ' +
        'emulated machine does with it. Lines that are no machine are told and left out. Writes nothing but the files that --out and --html name.',
    )
    .requiredOption('--fleet <ndjson>', 'the machines, one JSON object on each line')
    .requiredOption(
      '--release <dir>',
      'a release, or a bundle, whose packages the labels bring, or that machines have (repeatable)',
      collect,
    )
    .requiredOption('--labels <file>', 'the labels, JSON or YAML')
    .option('--at <date>', 'when, YYYY-MM-DD or with a time (default: now)')
    .addOption(new Option('--channel <channel>', 'how the machines ask').choices(CHANNELS).default('any'))
    .option('--upgrade-to <release>', 'the Windows that they are upgraded to: 25H2, or 10.0.26200')
    .option('--out <ndjson>', 'a line for each machine: its offers, the reasons, the outcome')
    .option('--html <file>', 'a page with pictures: outcomes, labels, roll-outs, machines in trouble')
    .option('--affected', 'only machines that are offered something, or are in trouble')
    .addOption(new Option('--fail-on <verdict...>', 'exit with 5 when a machine ends so').choices(VERDICTS))
    .addHelpText(
      'after',
      examples(
        'winpv fleet simulate --fleet fleet.ndjson --release dist/acme --labels labels.json --out offers.ndjson',
        'winpv fleet simulate --fleet fleet.ndjson --release dist/acme --labels labels.json --upgrade-to 25H2 --fail-on no-boot brand-flip',
      ),
    )
    .action(bind(simulate));
  registerFleetGenerate(command, bind);
  return command;
};
