import { SHIPPED_BRANDS } from '../../branding/shipped.ts';
import { PAGE_NAME } from '../../release/output.ts';
import type { Plan } from '../../release/plan.ts';
import type { ReleaseRecord } from '../../release/record.ts';
import { pathWord } from './shell.ts';

const SHIPPED: ReadonlySet<string> = new Set(SHIPPED_BRANDS.map(({ id }) => id));

const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

/** A plan for people. */
export const planLines = (plan: Plan): readonly string[] => [
  `A release dated ${plan.date}, ${plan.signing.kind}-signed. Nothing was written.`,
  ...plan.brands.flatMap((brand) => [
    '',
    brand.id,
    ...brand.packages.map(
      ({ folder, version, source, generation, windows }) =>
        `  ${folder.padEnd(14)} ${version}  ${source}${generation === undefined ? '' : ` (${generation})`}  ${windows.join(', ')}`,
    ),
    ...brand.cabinets.map(({ path, packages }) => `  ${path}: ${packages.join(', ')}`),
    `  ${brand.zip}`,
  ]),
  '',
  ...plannedRehearsal(plan.rehearsal),
];

/** In what every brand would be rehearsed. */
const plannedRehearsal = (rehearsal: Plan['rehearsal']): readonly string[] => {
  if (rehearsal === 'switched off') return ['Rehearsal: switched off by the project.'];
  const { guests, scenarios, from = [] } = rehearsal;
  return [
    'Rehearsal of each brand, in those of the guests that it is for:',
    `  guests: ${guests.join(', ')}`,
    `  scenarios: ${scenarios.join(', ')}`,
    ...(from.length === 0 ? [] : [`  upgrades from: ${from.join(', ')}, and the releases that winpv knows`]),
  ];
};

/** How the rehearsals of all brands went. */
const rehearsalLines = (record: ReleaseRecord): readonly string[] => {
  const all = record.brands.flatMap(({ rehearsal }) => rehearsal ?? []);
  if (all.length === 0) return ['Rehearsal: switched off by the project.'];
  const runs = all.reduce((sum, one) => sum + one.runs, 0);
  const guests = new Set(all.flatMap((one) => one.guests)).size;
  const waived = new Set(all.flatMap(({ findings }) => findings.flatMap((one) => (one.waived ? [one.code] : []))));
  const accepted = waived.size === 0 ? 'all pass' : `what fails is waived: ${[...waived].join(', ')}`;
  return [`Rehearsal: ${count(runs, 'run')} in ${count(guests, 'emulated guest')}; ${accepted}.`];
};

const TIME_STAMPS: Readonly<Record<string, string>> = {
  test: ', with test time stamps',
  none: ', without time stamps',
};

export interface ReleaseDone {
  /** The output folder as the user named it. */
  readonly out: string;
  readonly elapsedMs: number;
  /** How winpv is called, ready for a shell. */
  readonly invocation: string;
  /** Warnings about INF templates that winpv wrote itself. */
  readonly ownWarnings: number;
  /** What is told of a rehearsed publication. */
  readonly publication?: readonly string[];
  /** How many brands were there already. */
  readonly reused?: number;
}

/** Commands that can be typed as they stand, but for the root of a key that is not ours. */
const nextLines = (record: ReleaseRecord, { out, invocation }: ReleaseDone): readonly string[] => {
  const below = (path: string): string => pathWord(`${out.replace(/(?<=[^/])\/+$/, '')}/${path}`);
  const [first] = record.brands;
  const inf = first?.packages[0]?.files.find(({ path }) => /\.inf$/i.test(path));
  const test = record.signing.kind === 'test';
  const root = test ? below(`${first?.id ?? ''}/trust/root.pem`) : 'ROOT.pem';
  return [
    `${below(PAGE_NAME)} shows all of it in a browser.`,
    test ? 'Next:' : 'Next, where ROOT.pem is the root certificate of your key:',
    `  ${invocation} verify ${pathWord(out)} --ca ${root}`,
    ...(inf === undefined ? [] : [`  ${invocation} inf show ${below(inf.path)}`]),
    // Whoever tries winpv out with the brands that it comes with has none of their own.
    ...(record.standIns && record.brands.every(({ id }) => SHIPPED.has(id)) ? [`  ${invocation} init my-drivers`] : []),
  ];
};

/** What was made and what to do next, in about ten lines. */
export const releaseLines = (record: ReleaseRecord, done: ReleaseDone): readonly string[] => {
  const packages = record.brands.flatMap((brand) => brand.packages);
  const signed = packages.flatMap((pack) => pack.files).filter((file) => !/\.inf$/i.test(file.path));
  const stamps = TIME_STAMPS[record.signing.timestamps] ?? ', with time stamps';
  return [
    `${done.out}: ${count(packages.length, 'driver package')} of ${count(record.brands.length, 'brand')}, dated ${record.date}, made and verified in ${(done.elapsedMs / 1000).toFixed(1)} s.`,
    ...record.brands.map((brand) => {
      const drivers = [...new Set(brand.packages.map((pack) => pack.driver))].join(', ');
      const architectures = [...new Set(brand.packages.map((pack) => pack.architecture))].join(', ');
      return `  ${brand.id}: ${drivers} (${architectures}); ${[...brand.cabinets, brand.zip].map((file) => file.path).join(', ')}`;
    }),
    ...(done.reused === undefined || done.reused === 0
      ? []
      : [
          `Unchanged: ${done.reused} of ${count(record.brands.length, 'brand')}, taken from an earlier run after a look at every file.`,
        ]),
    `Signed: ${count(signed.length, 'file')} by ${record.signing.subject}${stamps}.`,
    ...(record.standIns
      ? [
          'Stand-ins: those binaries are valid images without a driver in them; name your own under `sources` in winpv.yaml.',
        ]
      : []),
    ...(done.ownWarnings === 0
      ? []
      : [`Warnings about winpv's own INF templates: ${done.ownWarnings}; --verbose shows them.`]),
    ...rehearsalLines(record),
    ...(done.publication ?? []),
    ...nextLines(record, done),
  ];
};
