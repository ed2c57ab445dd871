import { Command, Option } from 'commander';
import { type Diagnostic, problem, stopOnErrors, WinpvError } from '../../core/errors.ts';
import type { FleetLabel } from '../../emulator/fleet/label.ts';
import type { Channel } from '../../emulator/fleet/offers/channels.ts';
import type { FleetReleases } from '../../emulator/fleet/offers/releases.ts';
import type { FleetVerdict } from '../../emulator/fleet/outcome/model.ts';
import type { FleetSimulation } from '../../emulator/fleet/simulate.ts';
import type { FleetSummary } from '../../emulator/fleet/totals.ts';
import { instantOf, readReleasesAt, windowsOf } from '../inputs/fleet-inputs.ts';
import type { Io } from '../io.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';
import { fleetGenerateCommand } from './fleet-generate.ts';

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
  readonly inbox?: readonly string[];
  readonly inboxReadiness?: true;
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

interface Ready {
  readonly labels: readonly FleetLabel[];
  readonly releases: FleetReleases;
  readonly simulation: FleetSimulation;
  readonly bad: Diagnostic[];
  readonly warnings: readonly Diagnostic[];
}

/** How the machines ask; an upgrade says where it goes. */
const channelOf = async ({ channel, upgradeTo: release }: SimulateOptions) => {
  const upgradeTo = await windowsOf(release);
  if (channel === 'upgrade' && upgradeTo === undefined)
    throw new WinpvError('USAGE', '--channel upgrade needs --upgrade-to: the Windows that the machines go to.');
  if (upgradeTo === undefined) return { channel };
  if (channel !== 'any' && channel !== 'upgrade')
    throw new WinpvError('USAGE', `--upgrade-to is an upgrade of Windows, and --channel ${channel} is none.`, {
      hint: 'Leave one of them out.',
    });
  return { channel: 'upgrade' as const, upgradeTo };
};

/** What bundles lack to be shipped with Windows: those that are taken to be, or else the releases. */
const readinessOf = async (io: Io, { inbox, release, inboxReadiness }: SimulateOptions) => {
  if (inboxReadiness !== true) return undefined;
  const { INBOX_ASSUMED, inboxReadiness: judge } = await import('../../emulator/fleet/offers/inbox-readiness.ts');
  const bundles = await readReleasesAt(io, inbox ?? release);
  const now = io.clock.now();
  return {
    bundles: bundles.map(({ release: from, brand, files }) => judge({ name: `${from}: ${brand}`, files }, now)),
    assumed: INBOX_ASSUMED,
  };
};

const prepare = async (io: Io, options: SimulateOptions): Promise<Ready> => {
  const { readTemplates } = await import('../../release/project/known-templates.ts');
  const { parseLabels } = await import('../../emulator/fleet/label.ts');
  const { labelComplaints, packagesOf, readReleases } = await import('../../emulator/fleet/offers/releases.ts');
  const { fleetRehearsal } = await import('../../emulator/fleet/outcome/outcome.ts');
  const { unknownCodes } = await import('../../emulator/fleet/offers/admission.ts');
  const { FleetSimulation } = await import('../../emulator/fleet/simulate.ts');
  const labels = parseLabels(await io.files.read(options.labels, { maxBytes: MAX_LABEL_BYTES }), options.labels);
  const brands = await readReleasesAt(io, options.release);
  const inbox = await readReleasesAt(io, options.inbox ?? []);
  const releases = readReleases(brands, { inbox, nowMs: io.clock.now(), templates: await readTemplates(io) });
  stopOnErrors(labelComplaints(releases.packages, labels));
  const bad: Diagnostic[] = [];
  const brought = new Map(labels.map((label) => [label, packagesOf(releases.packages, label)]));
  const simulation = new FleetSimulation({
    question: {
      ...{ labels, packagesOf: (label) => brought.get(label) ?? [], inbox: releases.inbox },
      ...{ at: await instantOf(io, options.at), ...(await channelOf(options)) },
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

const failureOf = (options: SimulateOptions, totals: FleetSummary): Diagnostic | undefined => {
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
  const summary = totals.summary();
  const { fleetLines, fleetResult } = await import('../render/fleet.ts');
  const { readinessLines } = await import('../render/inbox-readiness.ts');
  const { labelRollouts } = await import('../../emulator/fleet/outcome/rollouts.ts');
  const rollouts = labelRollouts(ready.labels, totals.groups());
  const readiness = await readinessOf(io, options);
  const result = {
    ...{ ...fleetResult(summary, ready.simulation.counts()), rollouts },
    ...(readiness === undefined ? {} : { inboxReadiness: readiness }),
  };
  if (options.html !== undefined) {
    const { fleetPageLines } = await import('../render/fleet-html/page.ts');
    const { readStillAssets } = await import('../render/report/assets.ts');
    const { utf8 } = await import('../../core/bytes.ts');
    const at = new Date(await instantOf(io, options.at)).toISOString();
    const page = fleetPageLines({ title: options.fleet, at, result, totals, rollouts }, await readStillAssets(io));
    await io.files.write(options.html, utf8(`${page.join('\n')}\n`));
  }
  const failure = failureOf(options, summary);
  const untold = summary.badLines - ready.bad.length;
  const more =
    untold > 0 ? [problem('FLEET_LINE', `${untold} more lines are no machines.`, { at: { file: options.fleet } })] : [];
  return {
    ...{
      result,
      text: [...fleetLines(result, totals), ...readinessLines(readiness)],
      diagnostics: [...ready.warnings, ...ready.bad, ...more],
    },
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
    .option(
      '--inbox <dir>',
      'a release, or a bundle, that is taken to come with Windows: it is ranked against what is offered (repeatable)',
      collect,
    )
    .option(
      '--inbox-readiness',
      'also what the bundles of --inbox, or else the releases, lack to be shipped with Windows',
    )
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
        'winpv fleet simulate --fleet fleet.ndjson --release dist/acme --labels labels.json --inbox dist/acme --inbox-readiness',
      ),
    )
    .action(bind(simulate));
  command.addCommand(fleetGenerateCommand(bind));
  return command;
};
