import { Command } from 'commander';
import { WinpvError } from '../../core/errors.ts';
import type { FleetDistribution } from '../../emulator/fleet/generate/generate.ts';
import type { Io } from '../io.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';

interface Options {
  readonly machines: number;
  readonly configurations?: number;
  readonly seed: string;
  readonly distribution?: string;
  readonly out: string;
}

/** More would be a file that nothing reads. */
const MOST_MACHINES = 10_000_000;
const MOST_CONFIGURATIONS = 100_000;
/** As many as there are machines, up to what a large installation has. */
const USUAL_CONFIGURATIONS = 2000;

const countUpTo =
  (option: string, most: number) =>
  (text: string): number => {
    const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
    if (count >= 1 && count <= most) return count;
    throw new WinpvError('USAGE', `${option} takes a number from 1 to ${most}.`, { hint: `Not "${text}".` });
  };

const MAX_DISTRIBUTION_BYTES = 1024 * 1024;

const distributionOf = async (io: Io, file: string | undefined): Promise<FleetDistribution> => {
  const { DEFAULT_DISTRIBUTION, distributionSchema } = await import('../../emulator/fleet/generate/generate.ts');
  if (file === undefined) return DEFAULT_DISTRIBUTION;
  const { parseJson } = await import('../../core/json.ts');
  return parseJson(await io.files.read(file, { maxBytes: MAX_DISTRIBUTION_BYTES }), file, distributionSchema);
};

const generate = async ({ io }: Context, options: Options): Promise<Outcome> => {
  const { machines, seed, out } = options;
  const { generateFleet } = await import('../../emulator/fleet/generate/generate.ts');
  const distribution = await distributionOf(io, options.distribution);
  const wanted = Math.min(machines, options.configurations ?? USUAL_CONFIGURATIONS);
  const { configurations, parts } = generateFleet({ machines, configurations: wanted, seed, distribution });
  await io.files.write(out, parts);
  const fewer =
    options.configurations !== undefined && configurations < wanted
      ? [`The distribution has no more than ${configurations} configurations.`]
      : [];
  return {
    result: { file: out, machines, configurations, seed },
    text: [`${out}: ${machines} machines of ${configurations} configurations.`, ...fewer],
  };
};

/** `winpv fleet generate` */
export const fleetGenerateCommand = (bind: Bind): Command =>
  new Command('generate')
    .summary('make the machines of a fleet from a distribution')
    .description(
      'Writes machines as `winpv fleet simulate` reads them, one on each line, drawn by shares of Windows versions, installed drivers, platform devices, network cards, rings and policies. The same seed makes the same fleet. Changes nothing but the file that --out names.',
    )
    .requiredOption('--machines <n>', 'how many machines', countUpTo('--machines', MOST_MACHINES))
    .option(
      '--configurations <m>',
      `how many of them differ in more than their names (default: ${USUAL_CONFIGURATIONS}, or as many as there are machines)`,
      countUpTo('--configurations', MOST_CONFIGURATIONS),
    )
    .option('--seed <text>', 'what the draws begin with', '1')
    .option('--distribution <json>', 'shares of your own instead of those of a fleet on Xen as winpv imagines it')
    .requiredOption('--out <ndjson>', 'the file that is written')
    .addHelpText(
      'after',
      examples(
        'winpv fleet generate --machines 1000 --out fleet.ndjson',
        'winpv fleet generate --machines 1000000 --configurations 2000 --seed spring --out fleet.ndjson',
        'winpv fleet generate --machines 5000 --distribution ours.json --out fleet.ndjson --json',
      ),
    )
    .action(bind(generate));
