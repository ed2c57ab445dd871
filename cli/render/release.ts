import type { Plan } from '../../release/plan.ts';
import type { ReleaseRecord } from '../../release/record.ts';

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
];

/** What was made and what to do next, in about ten lines. */
export const releaseLines = (record: ReleaseRecord, out: string, elapsedMs: number): readonly string[] => {
  const packages = record.brands.flatMap((brand) => brand.packages);
  const signed = packages.flatMap((pack) => pack.files).filter((file) => !file.path.endsWith('.inf'));
  const [first] = record.brands;
  const trust = `${out}/${first?.id ?? 'BRAND'}/trust/root.pem`;
  const test = record.signing.kind === 'test';
  return [
    `${out}: ${count(packages.length, 'driver package')} of ${count(record.brands.length, 'brand')}, dated ${record.date}, made and verified in ${(elapsedMs / 1000).toFixed(1)} s.`,
    ...record.brands.map((brand) => {
      const drivers = [...new Set(brand.packages.map((pack) => pack.driver))].join(', ');
      const architectures = [...new Set(brand.packages.map((pack) => pack.architecture))].join(', ');
      return `  ${brand.id}: ${drivers} (${architectures}); ${[...brand.cabinets, brand.zip].map((file) => file.path).join(', ')}`;
    }),
    `Signed: ${count(signed.length, 'file')} by ${record.signing.subject}${test ? ', with test time stamps' : ''}.`,
    ...(record.standIns
      ? ['Stand-ins: the binaries are valid images without a driver in them; put your own into `sources`.']
      : []),
    record.rehearsal === 'switched off'
      ? 'Rehearsal: switched off by the project.'
      : 'Rehearsal: not there yet; this version does not try the packages in an emulated guest.',
    'Next:',
    ...(test ? [`  node cli/winpv.js verify ${out} --ca ${trust}`] : [`  node cli/winpv.js verify ${out}`]),
    `  node cli/winpv.js inf show ${out}/${first?.packages[0]?.files[0]?.path ?? ''}`,
    `  node cli/winpv.js brand show example-vendor    then write a brand of your own`,
  ];
};
