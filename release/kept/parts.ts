import { formatDate } from '../../core/date.ts';
import { WinpvError } from '../../core/errors.ts';
import type { PlannedBrand } from '../plan.ts';
import type { Prepared } from '../prepare.ts';

/** One of several parts that a release is made in; counted from 1. */
export interface Part {
  readonly number: number;
  readonly of: number;
}

/** What a part has to do. */
export interface Share extends Part {
  /** In the order of the project. */
  readonly brands: readonly string[];
  /** About how long it takes on one core. */
  readonly costMs: number;
}

export const partName = ({ number, of }: Part): string => `${number}/${of}`;

const MOST_PARTS = 1000;

/** `2/3`. @throws WinpvError PART_UNKNOWN */
export const parsePart = (text: string): Part => {
  const [, number, of] = /^([1-9]\d{0,3})\/([1-9]\d{0,3})$/.exec(text) ?? [];
  const part = { number: Number(number), of: Number(of) };
  if (part.number <= part.of && part.of <= MOST_PARTS) return part;
  throw new WinpvError('PART_UNKNOWN', `"${text}" is no part of a release.`, {
    hint: `Write it as --part 2/3: the second of three, of at most ${MOST_PARTS}.`,
  });
};

/**
 * What things cost in milliseconds of one core, measured with `npm run bench matrix-each`: they need not be right, only in
 * proportion, and the same on every machine.
 */
const PACKAGE_MS = 30;
/** Two RSA-3072 signatures: its own and its time stamp's. */
const IMAGE_MS = 8;
/** Hashed five times, deflated twice. */
const MEGABYTE_MS = 160;
const RUN_MS = 5;
/** A stand-in's size. */
const STAND_IN_BYTES = 8192;

const costOf = (brand: PlannedBrand, { loaded, plan }: Prepared): number => {
  const packages = brand.packages.map(({ driver, architecture, component }) => {
    const input = loaded.drivers.find(({ definition }) => definition.name === (component?.package ?? driver));
    const own = input?.source.files.get(architecture) ?? [];
    const sizes =
      own.length > 0 ? own.map(({ bytes }) => bytes.length) : (input?.generation.files ?? []).map(() => STAND_IN_BYTES);
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    return PACKAGE_MS + (sizes.length + 1) * IMAGE_MS + (bytes / 1e6) * MEGABYTE_MS;
  });
  const runs = plan.rehearsal === 'switched off' ? 0 : plan.rehearsal.guests.length * plan.rehearsal.scenarios.length;
  return packages.reduce((sum, cost) => sum + cost, 0) + brand.cabinets.length * IMAGE_MS + runs * RUN_MS;
};

/**
 * Deals the brands of a release out to parts: the costliest first, each to the part that has least to do. A brand stays
 * whole, for its archives and its rehearsal are of all its packages; so there are no more parts than brands.
 */
export const sharesOf = (prepared: Prepared, parts: number): readonly Share[] => {
  const { brands } = prepared.plan;
  const of = Math.max(1, Math.min(parts, brands.length));
  const shares = Array.from({ length: of }, (_, index) => ({
    ...{ number: index + 1, of, costMs: 0 },
    brands: new Set<string>(),
  }));
  const costs = brands.map((brand, index) => ({ id: brand.id, index, cost: costOf(brand, prepared) }));
  for (const { id, cost } of costs.sort((a, b) => b.cost - a.cost || a.index - b.index)) {
    const lightest = shares.reduce((best, one) => (one.costMs < best.costMs ? one : best));
    lightest.brands.add(id);
    lightest.costMs += cost;
  }
  return shares.map((share) => ({
    ...share,
    costMs: Math.round(share.costMs),
    brands: brands.map(({ id }) => id).filter((id) => share.brands.has(id)),
  }));
};

/** The release with the brands of one part only. @throws WinpvError PART_UNKNOWN when there are not so many parts */
export const partOf = (prepared: Prepared, part: Part): Prepared => {
  const share = sharesOf(prepared, part.of).find(({ number, of }) => number === part.number && of === part.of);
  if (share === undefined) {
    const count = prepared.plan.brands.length;
    const brands = count === 1 ? 'one brand' : `${count} brands`;
    throw new WinpvError('PART_UNKNOWN', `There is no part ${partName(part)}: the release has ${brands}.`, {
      hint: `A brand is made whole, so there are at most ${count} parts; \`winpv plan\` lists them.`,
    });
  }
  const { plan, loaded } = prepared;
  return {
    ...prepared,
    part,
    plan: { ...plan, brands: plan.brands.filter(({ id }) => share.brands.includes(id)) },
    loaded: { ...loaded, brands: loaded.brands.filter((one) => share.brands.includes(one.loaded.brand.id)) },
  };
};

/** What narrows a release, as options of the command line. */
export interface PartSelection {
  readonly brands?: readonly string[] | undefined;
  readonly drivers?: readonly string[] | undefined;
  readonly architectures?: readonly string[] | undefined;
}

/** The options of `winpv release` that make a part; the date is named, for clocks differ. */
export const partArguments = (share: Share, { date }: Prepared, selection: PartSelection): string =>
  [
    `--part ${partName(share)} --date ${formatDate(date)}`,
    ...(selection.brands ?? []).map((name) => `--brand ${name}`),
    ...(selection.drivers ?? []).map((name) => `--driver ${name}`),
    ...(selection.architectures ?? []).map((name) => `--arch ${name}`),
  ].join(' ');
