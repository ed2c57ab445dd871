import type { Share } from '../../release/kept/parts.ts';
import type { ReleaseRecord } from '../../release/record.ts';

/** A part of a release as a job. */
export interface PartJob {
  readonly share: Share;
  /** Options of `winpv release`. */
  readonly args: string;
}

const nameOf = ({ number, of }: Share): string => `${number}/${of}`;

/** What GitHub Actions takes as a matrix, with `fromJSON`. */
export const matrixOf = (jobs: readonly PartJob[]) => ({
  include: jobs.map(({ share, args }) => ({ part: nameOf(share), args })),
});

const MAX_NAMED = 6;

const brandsOf = ({ brands }: Share): string =>
  brands.length <= MAX_NAMED
    ? brands.join(', ')
    : `${brands.slice(0, MAX_NAMED).join(', ')} and ${brands.length - MAX_NAMED} more`;

/** The parts for people. */
export const matrixLines = (jobs: readonly PartJob[], asked: number): readonly string[] => [
  ...jobs.map(({ share }) => {
    const seconds = Math.max(1, Math.round(share.costMs / 1000));
    return `${nameOf(share).padEnd(7)} about ${seconds} s of one core: ${brandsOf(share)}`;
  }),
  ...(jobs.length < asked ? [`There are no more parts than brands, which are made whole.`] : []),
  'With --json this is the matrix for the runners; each runs `winpv release ARGS --out DIR`, and one `winpv merge DIR...`.',
];

/** A pipeline for GitLab, as a child of the one that made it: the jobs are defined by ci/gitlab.yml. */
export const gitlabPipeline = (jobs: readonly PartJob[]): string => {
  const rows = jobs.map(
    ({ share, args }) =>
      `      - { WINPV_PART: "${nameOf(share)}", WINPV_FOLDER: "part-${share.number}", WINPV_ARGS: "${args}" }`,
  );
  return [
    '# Made by `winpv plan --matrix gitlab`; the jobs extend those of ci/gitlab.yml.',
    'include:',
    '  - local: $WINPV_TEMPLATE',
    'release part:',
    '  extends: .winpv-part',
    '  parallel:',
    '    matrix:',
    ...rows,
    'merge parts:',
    '  extends: .winpv-merge',
    '  needs: [release part]',
    '',
  ].join('\n');
};

export interface MergeDone {
  readonly out: string;
  readonly elapsedMs: number;
  readonly parts: number;
}

/** What was joined. */
export const mergeLines = (record: ReleaseRecord, { out, elapsedMs, parts }: MergeDone): readonly string[] => {
  const packages = record.brands.flatMap((brand) => brand.packages).length;
  return [
    `${out}: ${packages} driver packages of ${record.brands.length} brands, dated ${record.date}, joined from ${parts} parts and verified in ${(elapsedMs / 1000).toFixed(1)} s.`,
    `Signed by ${record.signing.subject}.`,
  ];
};
