import { KNOWN_RELEASES } from '../../history/releases.ts';
import { generatedDevices } from './devices.ts';
import type { FleetDistribution } from './distribution.ts';
import { type FleetRandom, pick, seededRandom } from './random.ts';

export { DEFAULT_DISTRIBUTION, distributionSchema, type FleetDistribution } from './distribution.ts';

export interface GenerateRequest {
  readonly machines: number;
  /** How many distinct ones there are to be; fewer when the distribution has no more. */
  readonly configurations: number;
  /** The same seed makes the same fleet. */
  readonly seed: string;
  readonly distribution: FleetDistribution;
}

export interface GeneratedFleet {
  /** Distinct configurations that there are. */
  readonly configurations: number;
  /** NDJSON in pieces of some hundred kilobytes, each made when it is asked for: a line for each machine. */
  readonly parts: Iterable<Uint8Array>;
}

/** A configuration, and how frequent it is. */
interface Configuration {
  /** A line without its beginning: `"os":"10.0.19045",…}`. */
  readonly rest: string;
  readonly share: number;
}

/** Draws for each configuration that is wanted, before there are taken to be no more. */
const TRIES = 40;

/** One row of each list. */
interface Drawn {
  readonly windows: FleetDistribution['windows'][number];
  readonly stack: FleetDistribution['stacks'][number];
  readonly platform: FleetDistribution['platforms'][number];
  readonly nics: number;
  readonly ring: string | null;
  readonly excludeDrivers: boolean;
}

/** Since when drivers run on Windows 10 and later only (spec xen-pv 8, F46: not exact). */
const WINDOWS_10_ONLY_SINCE = '2023-09-13';
const isOfToday = ({ like }: Drawn['stack']): boolean =>
  KNOWN_RELEASES.some(
    ({ label, builds }) => label === like && builds.some(({ built }) => built >= WINDOWS_10_ONLY_SINCE),
  );

const stacksFor = new WeakMap<FleetDistribution['stacks'], FleetDistribution['stacks']>();

/** Those that a Windows before 10 can have. */
const olderStacks = (stacks: FleetDistribution['stacks']): FleetDistribution['stacks'] => {
  const known = stacksFor.get(stacks) ?? stacks.filter((stack) => !isOfToday(stack));
  stacksFor.set(stacks, known);
  return known.length > 0 ? known : stacks;
};

const draw = (random: FleetRandom, distribution: FleetDistribution): Drawn => {
  const { stacks, platforms, nics, rings, policies } = distribution;
  const windows = pick(random, distribution.windows);
  return {
    windows,
    stack: pick(random, windows.os.startsWith('10.') ? stacks : olderStacks(stacks)),
    platform: pick(random, platforms),
    nics: pick(random, nics).count,
    ring: pick(random, rings).ring,
    excludeDrivers: pick(random, policies).excludeDrivers,
  };
};

const restOf = ({ windows: { os, arch, type }, stack, platform, nics, ring, excludeDrivers }: Drawn): string => {
  const machine = {
    ...{ os, arch, type },
    ...(excludeDrivers ? { policy: { excludeDrivers } } : {}),
    ...(ring === null ? {} : { ring }),
    devices: generatedDevices(stack, platform, nics),
  };
  return JSON.stringify(machine).slice(1);
};

/** Distinct configurations, each as frequent as it was drawn. Draws that make the same machine are one. */
const configurationsOf = ({ configurations, seed, distribution }: GenerateRequest): readonly Configuration[] => {
  const random = seededRandom(`${seed} configurations`);
  const rests = new Map<string, string>();
  const shares = new Map<string, number>();
  for (let tries = configurations * TRIES; tries > 0; tries -= 1) {
    const drawn = draw(random, distribution);
    const key = JSON.stringify(drawn);
    const rest = rests.get(key) ?? (shares.size < configurations ? restOf(drawn) : undefined);
    if (rest === undefined) continue;
    rests.set(key, rest);
    shares.set(rest, (shares.get(rest) ?? 0) + 1);
  }
  return [...shares].map(([rest, share]) => ({ rest, share }));
};

const PART_BYTES = 256 * 1024;
const encoder = new TextEncoder();

const idOf = (index: number): string => `vm-${String(index + 1).padStart(7, '0')}`;

/** Each configuration comes once before any comes twice, as far as there are machines. */
function* partsOf(
  configurations: readonly Configuration[],
  { machines, seed }: GenerateRequest,
): Generator<Uint8Array> {
  const random = seededRandom(`${seed} machines`);
  let lines: string[] = [];
  let length = 0;
  for (let index = 0; index < machines; index += 1) {
    const { rest } = configurations[index] ?? pick(random, configurations);
    const line = `{"id":"${idOf(index)}",${rest}\n`;
    lines.push(line);
    length += line.length;
    if (length < PART_BYTES) continue;
    yield encoder.encode(lines.join(''));
    lines = [];
    length = 0;
  }
  if (lines.length > 0) yield encoder.encode(lines.join(''));
}

/** Makes the machines of a fleet by a distribution. */
export const generateFleet = (request: GenerateRequest): GeneratedFleet => {
  const configurations = configurationsOf(request);
  return {
    configurations: configurations.length,
    parts: { [Symbol.iterator]: () => partsOf(configurations, request) },
  };
};
