import { shownLine } from '../../core/spelling.ts';
import type { PackageDiff } from '../../packaging/bundle/diff.ts';
import type { InfChange, InfDiff, NamesDiff, RegistryRow } from '../../packaging/formats/inf/diff.ts';
import type { FactDetail } from '../../packaging/formats/inf/install-facts.ts';

const detailText = (detail: FactDetail): string => {
  if (detail === null || detail === '') return 'nothing';
  return typeof detail === 'object' ? detail.join(', ') : String(detail);
};

const changeLine = ({ name, field, from, to }: InfChange, scope = ''): string => {
  const values = [from, to].map((all) => all.map(detailText).join(' | '));
  return `  ~ ${scope}${name}: ${field} ${values.join(' -> ')}`;
};

const names = ({ gained, lost }: NamesDiff): readonly string[] => [
  ...lost.map((name) => `  - ${name}`),
  ...gained.map((name) => `  + ${name}`),
];

const registryText = ({ scope, key, name, type, value }: RegistryRow): string =>
  `${scope}: ${key}${name === '' ? '' : `\\${name}`} = ${detailText(type)} ${value === null ? '' : detailText(value)}`;

const registryLines = ({ registry }: InfDiff): readonly string[] => [
  ...registry.lost.map((row) => `  - ${registryText(row)}`),
  ...registry.gained.map((row) => `  + ${registryText(row)}`),
  ...registry.changed.map((change) => changeLine(change, `${change.scope}: `)),
];

const part = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : [title, ...lines];

const driverVerLines = ({ driverVer }: InfDiff): readonly string[] => {
  const { from, to, direction } = driverVer;
  if (from === to) return [];
  return [`  ${from ?? '(none)'} -> ${to ?? '(none)'}${direction === 'same' ? '' : ` (${direction})`}`];
};

const packageLines = (diff: InfDiff | PackageDiff): readonly string[] => {
  if (!('infs' in diff)) return [];
  const changed = diff.infs.changed.map(({ path }) => `  ~ ${path}`);
  const contents = diff.contents.changed.map((name) => `  ~ ${name}`);
  return [
    ...part('INFs', [...names({ gained: diff.infs.gained, lost: diff.infs.lost }), ...changed]),
    ...part('Content of files', [...names(diff.contents), ...contents]),
  ];
};

/** A difference for people: - lost, + gained, ~ changed. Text from the INFs is made fit to be shown. */
export const diffLines = (diff: InfDiff | PackageDiff): readonly string[] => {
  if (diff.same) return ['No difference in what they do.'];
  const things = (name: 'ids' | 'services' | 'files'): readonly string[] => [
    ...names(diff[name]),
    ...diff[name].changed.map((change) => changeLine(change)),
  ];
  const version = diff.version.map(({ name, from, to }) => `  ~ ${name}: ${from ?? 'nothing'} -> ${to ?? 'nothing'}`);
  return [
    ...part('DriverVer', driverVerLines(diff)),
    ...part('Windows', names(diff.os)),
    ...part('Ids', things('ids')),
    ...part('Services', things('services')),
    ...part('Files', things('files')),
    ...part('Registry', registryLines(diff)),
    ...part('[Version]', version),
    ...part('Other directives', names(diff.directives)),
    ...packageLines(diff),
  ].map(shownLine);
};
