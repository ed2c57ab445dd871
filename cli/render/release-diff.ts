import { shownLine } from '../../core/spelling.ts';
import type { CatalogDiff, FileDiff, ReleaseDiff, ReleasedPackageDiff } from '../../packaging/bundle/diff-releases.ts';
import type { NamesDiff } from '../../packaging/formats/inf/diff.ts';
import { diffLines } from './inf-diff.ts';

const names = ({ gained, lost }: NamesDiff, indent = '  '): readonly string[] => [
  ...lost.map((name) => `${indent}- ${name}`),
  ...gained.map((name) => `${indent}+ ${name}`),
];

const part = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : [title, ...lines];

const fileLine = ({ name, change, version, signers }: FileDiff): string => {
  const said = [
    change === 're-signed' ? 'same but for its signature' : 'other content',
    ...(version === undefined ? [] : [`version ${version.from ?? 'none'} -> ${version.to ?? 'none'}`]),
    ...(signers === undefined
      ? []
      : [`signed by ${signers.from.join(' and ') || 'nobody'} -> ${signers.to.join(' and ') || 'nobody'}`]),
  ];
  return `    ~ ${name}: ${said.join(', ')}`;
};

const catalogLines = ({ name, osAttributes, hardwareIds, files }: CatalogDiff): readonly string[] => [
  ...part(`  ${name}: systems`, names(osAttributes, '    ')),
  ...part(`  ${name}: ids`, names(hardwareIds, '    ')),
  ...part(`  ${name}: files`, names(files, '    ')),
];

const packageLines = ({ folder, does, files, catalogs, same }: ReleasedPackageDiff): readonly string[] => [
  '',
  `${folder === '' ? '(the folder itself)' : folder}${same ? ': does the same' : ''}`,
  ...(same ? [] : diffLines(does).map((line) => `  ${line}`)),
  ...catalogs.flatMap(catalogLines),
  ...part('  Bytes', files.map(fileLine)),
];

/** The difference of two releases for people: - lost, + gained, ~ changed. */
export const releaseDiffLines = (diff: ReleaseDiff): readonly string[] => {
  const { same, resigned, brands, drivers, architectures, packages, changed } = diff;
  const verdict = !same
    ? 'The releases differ.'
    : resigned
      ? 'The releases do and hold the same; only signatures differ.'
      : 'The releases do and hold the same.';
  return [
    verdict,
    ...part('Brands', names(brands)),
    ...part('Drivers', names(drivers)),
    ...part('Architectures', names(architectures)),
    ...part('Packages', names(packages)),
    ...changed.flatMap(packageLines),
  ].map(shownLine);
};
