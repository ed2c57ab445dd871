import type { RecordedBrand, RecordedPackage } from '../../../release/record.ts';
import { escapeShown } from '../markup.ts';
import { hidden, type ReleaseFacts, section, table } from './facts.ts';

/** An anchor for a package. */
export const packageId = ({ folder }: Pick<RecordedPackage, 'folder'>): string =>
  folder.replaceAll(/[^A-Za-z0-9-]+/g, '-');

const unique = (values: readonly string[]): readonly string[] => [...new Set(values)];

/** Brand × driver and processor: which version there is, each leading to what it was made from. */
export const matrixSection = ({ record }: ReleaseFacts): readonly string[] => {
  const drivers = unique(record.brands.flatMap(({ packages }) => packages.map(({ driver }) => driver)));
  const columns = drivers.flatMap((driver) =>
    unique(
      record.brands.flatMap(({ packages }) =>
        packages.filter((one) => one.driver === driver).map(({ architecture }) => architecture),
      ),
    ).map((architecture) => ({ driver, architecture })),
  );
  const cell = (brand: RecordedBrand, { driver, architecture }: (typeof columns)[number]): string => {
    const own = brand.packages.find((one) => one.driver === driver && one.architecture === architecture);
    if (own === undefined) return `<td>${hidden('none')}</td>`;
    return `<td><a href="#${packageId(own)}">${escapeShown(own.version)}</a></td>`;
  };
  return section('packages', 'Brands, drivers and processors', [
    ...table(
      'The same as a table, wider than a small screen',
      ['Brand', ...columns.map(({ driver, architecture }) => `${escapeShown(driver)} ${escapeShown(architecture)}`)],
      record.brands.map(
        (brand) =>
          `<tr><th scope="row">${escapeShown(brand.id)}</th>${columns.map((column) => cell(brand, column)).join('')}</tr>`,
      ),
    ),
  ]);
};

const MODES = [
  ['none', 'syntax'],
  ['k', 'known problems'],
  ['w', 'declarative'],
  ['u', 'universal'],
  ['h', 'current WHQL'],
] as const;

const modesOf = ({ infModes }: RecordedPackage): string =>
  MODES.map(([mode, words]) => {
    const has = infModes.includes(mode);
    return `<li><span class="chip ${has ? 'boots' : 'no-boot'}"><span aria-hidden="true">${has ? '✓' : '✕'}</span> ${words}</span>${hidden(has ? ' passes' : ' does not pass')}</li>`;
  }).join('');

const size = (bytes: number): string => (bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} KiB`);

const fileRow = (
  folder: string,
  { path, bytes, sha256, authenticode, standIn, prebuilt }: RecordedPackage['files'][number],
): string => {
  const notes = [
    ...(standIn === true ? ['stand-in'] : []),
    ...(prebuilt === undefined ? [] : [`signed before: ${escapeShown(prebuilt)}`]),
  ];
  return `<tr><th scope="row">${escapeShown(path.slice(folder.length + 1))}${notes.length === 0 ? '' : ` <span class="quiet">${notes.join(', ')}</span>`}</th><td class="number">${size(bytes)}</td><td><code class="hash">${sha256}</code>${authenticode === undefined ? '' : `<br><code class="hash quiet">${authenticode}</code>`}</td></tr>`;
};

const patchLines = ({ patches = [] }: RecordedPackage): readonly string[] =>
  patches.length === 0
    ? []
    : [
        '<h4>Patches</h4><ul>',
        ...patches.map(
          ({ name, state, kind }) =>
            `<li><code>${escapeShown(name)}</code> <span class="quiet">${kind}, ${state}</span></li>`,
        ),
        '</ul>',
      ];

const packageLines = (pack: RecordedPackage): readonly string[] => {
  const { driver, architecture, version, folder, source, sourceRevision, windows, hardwareIds, files } = pack;
  return [
    `<details class="package"><summary>${escapeShown(driver)} ${escapeShown(architecture)} <span class="quiet">${escapeShown(version)}, ${escapeShown(source)}${sourceRevision === undefined ? '' : ` at ${escapeShown(sourceRevision)}`}</span></summary>`,
    // A browser opens what a link leads into.
    `<dl class="meanings" id="${packageId(pack)}">`,
    `<div><dt>For</dt><dd>${windows.map(escapeShown).join(', ')}</dd></div>`,
    `<div><dt>Ids</dt><dd>${hardwareIds.map((id) => `<code>${escapeShown(id)}</code>`).join('<br>')}</dd></div>`,
    '</dl>',
    `<h4>Rules of Windows for its INF</h4><ul class="chips">${modesOf(pack)}</ul>`,
    ...patchLines(pack),
    ...table(
      `Files of ${escapeShown(driver)} ${escapeShown(architecture)}`,
      ['File', 'Size', 'SHA-256 <span class="quiet">and Authenticode hash</span>'],
      files.map((file) => fileRow(folder, file)),
    ),
    '</details>',
  ];
};

/** What was built from what, package by package. */
export const sourcesSection = ({ record }: ReleaseFacts): readonly string[] =>
  section('sources', 'Built from what', [
    ...record.brands.flatMap((brand) => [`<h3>${escapeShown(brand.id)}</h3>`, ...brand.packages.flatMap(packageLines)]),
    ...(record.inputs.length === 0
      ? []
      : [
          '<h3>Inputs</h3>',
          ...table(
            'Inputs',
            ['Input', 'SHA-256'],
            record.inputs.map(
              ({ path, sha256 }) =>
                `<tr><th scope="row">${escapeShown(path)}</th><td><code class="hash">${sha256}</code></td></tr>`,
            ),
          ),
        ]),
  ]);
