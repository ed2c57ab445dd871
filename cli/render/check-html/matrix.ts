import type { FindingGroup } from '../../../emulator/finding-groups.ts';
import { scenarioOf } from '../../../emulator/finding-groups.ts';
import { type Cell, type CheckMatrix, type CheckReport, matrixOf } from '../check-report.ts';
import { escapeShown } from '../markup.ts';
import { findingId } from './findings.ts';

const MARKS: Readonly<Record<Cell, string>> = { pass: '✓', warn: '!', fail: '✕', none: '' };
const WORDS: Readonly<Record<Cell, string>> = { pass: 'pass', warn: 'warning', fail: 'fail', none: 'not tried' };

const verdictOf = (cell: Cell): string =>
  cell === 'none' ? '' : ` data-verdict="${cell === 'fail' ? 'fail' : 'pass'}"`;

const hidden = (text: string): string => `<span class="vh">${escapeShown(text)}</span>`;

/** What a column of guests has in common: `windows-10`, `windows-11`, `server`. */
const familyOf = (guest: string): string => /^(windows-\d+|server)-/.exec(guest)?.[1] ?? '';

interface Family {
  readonly name: string;
  readonly guests: string[];
}

/** Neighbours of one family; the order of the guests stays. */
const familiesOf = (guests: readonly string[]): readonly Family[] => {
  const families: Family[] = [];
  for (const guest of guests) {
    const name = familyOf(guest);
    const last = families.at(-1);
    if (last?.name === name) last.guests.push(guest);
    else families.push({ name, guests: [guest] });
  }
  return families;
};

const FAMILY_TITLES: Readonly<Record<string, string>> = { server: 'Windows Server', '': 'Guests' };
const titleOf = ({ name }: Family): string => FAMILY_TITLES[name] ?? name.replace('windows-', 'Windows ');

/** The words of the family are for those who hear the name; the others have them above. */
const guestHead = ({ name }: Family, guest: string): string => {
  const rest = name === '' ? guest : guest.slice(name.length + 1);
  const family = name === '' ? '' : hidden(`${name}-`);
  return `<th scope="col" data-guest="${escapeShown(guest)}"><span>${family}${escapeShown(rest)}</span></th>`;
};

/** The finding that a failing cell leads to where no script shows its runs. */
const firstFindings = (groups: readonly FindingGroup[], { runs }: CheckReport): ReadonlyMap<string, string> => {
  const first = new Map<string, string>();
  for (const [index, { at, severity }] of groups.entries()) {
    if (severity !== 'error') continue;
    for (const run of at.flatMap((position) => runs[position] ?? [])) {
      const key = `${scenarioOf(run)} ${run.guest}`;
      if (!first.has(key)) first.set(key, findingId(index));
    }
  }
  return first;
};

const cellOf = (
  { cell, counts }: CheckMatrix,
  {
    scenario,
    guest,
    finding,
  }: { readonly scenario: string; readonly guest: string; readonly finding: string | undefined },
): string => {
  const state = cell(scenario, guest);
  const [failed, all] = counts(scenario, guest);
  const place = ` data-guest="${escapeShown(guest)}"`;
  if (state === 'none') return `<td class="none"${place}>${hidden(WORDS.none)}</td>`;
  const mark = `<span aria-hidden="true">${MARKS[state]}</span>`;
  if (state !== 'fail') return `<td class="${state}"${verdictOf(state)}${place}>${mark}${hidden(WORDS[state])}</td>`;
  const told = `${scenario} on ${guest}: ${failed} of ${all} ${all === 1 ? 'run fails' : 'runs fail'}`;
  const link = `<a href="#${finding ?? 'findings'}" title="${escapeShown(told)}">${mark}${hidden(told)}</a>`;
  return `<td class="fail"${verdictOf(state)}${place}>${link}</td>`;
};

const LEGEND = [
  ['fail', 'a run fails'],
  ['warn', 'passes, with a warning'],
  ['pass', 'all runs pass'],
] as const;

const legendItem = ([cell, words]: (typeof LEGEND)[number]): string =>
  `<li><span class="swatch ${cell}" aria-hidden="true">${MARKS[cell]}</span> ${words}</li>`;

/** Scenario × guest, a cell as bad as the worst of its runs. Failing cells are links. */
export const matrixPart = (report: CheckReport, groups: readonly FindingGroup[]): readonly string[] => {
  if (report.runs.length === 0) return [];
  const matrix = matrixOf(report.runs);
  const families = familiesOf(matrix.guests);
  const findings = firstFindings(groups, report);
  const row = ({ id, runs }: CheckMatrix['scenarios'][number]): string => {
    const variants = runs > 1 ? ` <span class="variants">×${runs}${hidden(' runs')}</span>` : '';
    const cells = matrix.guests.map((guest) =>
      cellOf(matrix, { scenario: id, guest, finding: findings.get(`${id} ${guest}`) }),
    );
    return `<tr data-scenario="${escapeShown(id)}"><th scope="row"><span class="name">${escapeShown(id)}</span>${variants}</th>${cells.join('')}</tr>`;
  };
  return [
    '<section id="matrix" aria-labelledby="matrix-title">',
    '<h2 id="matrix-title">Scenarios and guests</h2>',
    `<ul class="legend">${LEGEND.map(legendItem).join('')}</ul>`,
    '<div class="scroll" role="region" aria-label="Matrix, wider than a small screen" tabindex="0">',
    '<table class="matrix">',
    `<caption class="vh">Each row is a way through the life of a machine, each column a Windows.</caption>`,
    '<thead><tr><th scope="col" rowspan="2" class="corner">Scenario</th>',
    ...families.map(
      (family) =>
        `<th scope="colgroup" colspan="${family.guests.length}" class="family"><span>${escapeShown(titleOf(family))}</span></th>`,
    ),
    '</tr><tr>',
    ...families.flatMap((family) => family.guests.map((guest) => guestHead(family, guest))),
    '</tr></thead><tbody>',
    ...matrix.scenarios.map(row),
    '</tbody></table></div></section>',
  ];
};
