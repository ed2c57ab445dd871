import type { FleetReasonCode } from '../../../emulator/fleet/offers/reasons.ts';
import { FLEET_REASONS } from '../../../emulator/fleet/offers/reasons.ts';
import type { FleetVerdict } from '../../../emulator/fleet/outcome/model.ts';
import type { LabelRollout } from '../../../emulator/fleet/outcome/rollouts.ts';
import { type FleetTotals, type LabelTotals, VERDICTS } from '../../../emulator/fleet/totals.ts';
import { type FleetResult, OUTCOME_WORDS, type Trouble, troublesOf } from '../fleet.ts';
import { escapeShown } from '../markup.ts';
import type { ReportAssets } from '../report/assets.ts';
import { reportPageLines } from '../report/page.ts';
import { count, stackedBar } from './bars.ts';
import { rolloutPart } from './rollout.ts';

/** What a page tells of a simulation. */
export interface FleetReport {
  readonly title: string;
  readonly at: string;
  readonly result: FleetResult;
  readonly totals: FleetTotals;
  readonly rollouts: readonly LabelRollout[];
}

const HARMFUL: readonly FleetVerdict[] = ['no-boot', 'brand-flip', 'degraded'];

const figure = (name: string, value: number): string => `<div><dt>${name}</dt><dd>${count(value)}</dd></div>`;

const outcomeParts = (outcomes: Readonly<Record<FleetVerdict, number>>) =>
  VERDICTS.map((verdict) => ({ kind: verdict, words: verdict, value: outcomes[verdict] }));

const header = ({ title, at, result }: FleetReport): readonly string[] => {
  const { machines, configurations, states, offered, outcomes } = result;
  const harmed = HARMFUL.reduce((sum, verdict) => sum + outcomes[verdict], 0);
  const [kind, mark, words] =
    harmed === 0
      ? (['pass', '✓', 'No machine would be in trouble'] as const)
      : (['fail', '✕', `${count(harmed)} machines would be in trouble`] as const);
  return [
    '<header class="top">',
    '<p class="kicker">winpv fleet</p>',
    `<h1>${escapeShown(title)}</h1>`,
    `<p class="verdict ${kind}" data-result="${kind}"><span class="mark" aria-hidden="true">${mark}</span> ${words}</p>`,
    '<dl class="figures">',
    figure('machines', machines),
    figure('offered something', offered),
    figure('configurations', configurations),
    figure('states rehearsed', states),
    ...(result.badLines === 0 ? [] : [figure('lines that are none', result.badLines)]),
    '</dl>',
    `<p class="note">As of ${escapeShown(at)}.</p>`,
    '</header>',
  ];
};

const outcomesPart = ({ result }: FleetReport): readonly string[] => [
  '<section id="outcomes" aria-labelledby="outcomes-title">',
  '<h2 id="outcomes-title">What becomes of the machines</h2>',
  ...stackedBar('Machines', outcomeParts(result.outcomes)),
  '<dl class="meanings">',
  ...VERDICTS.map((verdict) => `<div><dt>${verdict}</dt><dd>${OUTCOME_WORDS[verdict]}</dd></div>`),
  '</dl>',
  '</section>',
];

const reasonRows = (reasons: LabelTotals['reasons']): readonly string[] =>
  (Object.entries(reasons) as [FleetReasonCode, number][])
    .sort((a, b) => b[1] - a[1])
    .map(
      ([code, machines]) =>
        `<tr><th scope="row"><code>${code}</code></th><td class="number">${count(machines)}</td><td>${escapeShown(FLEET_REASONS[code])}</td></tr>`,
    );

const labelPart = (label: LabelTotals, { result, rollouts }: FleetReport): readonly string[] => {
  const { id, brand, driver, automatic, optional, upgrade, offered, outcomes, reasons } = label;
  const rollout = rollouts.find((one) => one.label === id);
  const rows = reasonRows(reasons);
  const ways = [
    { kind: 'automatic', words: 'by itself', value: automatic },
    { kind: 'optional', words: 'optional', value: optional },
    { kind: 'upgrade', words: 'with an upgrade', value: upgrade },
    { kind: 'nobody', words: 'not offered', value: Math.max(0, result.machines - offered) },
  ];
  return [
    `<article class="label" data-label="${escapeShown(id)}">`,
    `<h3>${escapeShown(id)} <span class="quiet">${escapeShown(brand)} ${escapeShown(driver)}</span></h3>`,
    ...stackedBar('Offered', ways),
    ...(offered === 0
      ? []
      : ['<h4>Of those that are offered it</h4>', ...stackedBar('Outcomes', outcomeParts(outcomes))]),
    ...(rollout === undefined ? [] : ['<h4>Roll-out</h4>', ...rolloutPart(rollout)]),
    ...(rows.length === 0
      ? []
      : [
          `<details><summary>Reasons, in machines</summary><div class="scroll" role="region" aria-label="Reasons of ${escapeShown(id)}" tabindex="0"><table class="plain"><thead><tr><th scope="col">Reason</th><th scope="col">Machines</th><th scope="col">Meaning</th></tr></thead><tbody>`,
          ...rows,
          '</tbody></table></div></details>',
        ]),
    '</article>',
  ];
};

const troublePart = ({ machines, outcome, labels, guest, findings }: Trouble): readonly string[] => [
  `<li><p><strong>${count(machines)}</strong> <span class="chip ${outcome}">${outcome}</span> offered ${escapeShown(labels)}, for example as ${escapeShown(guest)}</p>`,
  '<ul>',
  ...findings.map(
    ({ code, message, failureMode }) =>
      `<li><code>${code}</code>${failureMode === undefined ? '' : ` <span class="quiet">${failureMode}</span>`} ${escapeShown(message)}</li>`,
  ),
  '</ul></li>',
];

const troublesPart = (troubles: readonly Trouble[]): readonly string[] =>
  troubles.length === 0
    ? []
    : [
        '<section id="troubles" aria-labelledby="troubles-title">',
        '<h2 id="troubles-title">Machines in trouble</h2>',
        '<ul class="troubles">',
        ...troubles.slice(0, 100).flatMap(troublePart),
        '</ul></section>',
      ];

/** Windows × outcome, in machines. */
const windowsPart = ({ totals }: FleetReport): readonly string[] => {
  const rows = new Map<string, Record<FleetVerdict, number>>();
  for (const { machines, group } of totals.groups()) {
    const row = rows.get(group.windows) ?? { boots: 0, restart: 0, degraded: 0, 'brand-flip': 0, 'no-boot': 0 };
    row[group.outcome.outcome] += machines;
    rows.set(group.windows, row);
  }
  const cell = (verdict: FleetVerdict, value: number): string =>
    `<td class="number${value > 0 ? ` has ${verdict}` : ''}">${value === 0 ? '<span class="vh">none</span>' : count(value)}</td>`;
  return [
    '<section id="windows" aria-labelledby="windows-title">',
    '<h2 id="windows-title">By Windows</h2>',
    '<div class="scroll" role="region" aria-label="Windows and outcomes" tabindex="0"><table class="plain">',
    `<thead><tr><th scope="col">Windows</th>${VERDICTS.map((verdict) => `<th scope="col">${verdict}</th>`).join('')}</tr></thead><tbody>`,
    ...[...rows]
      .sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
      .map(
        ([windows, row]) =>
          `<tr><th scope="row">${escapeShown(windows)}</th>${VERDICTS.map((verdict) => cell(verdict, row[verdict])).join('')}</tr>`,
      ),
    '</tbody></table></div></section>',
  ];
};

const assumptions = ({ rollouts }: FleetReport): readonly string[] => {
  const all = [...new Set(rollouts.flatMap(({ assumed }) => assumed))];
  return [
    '<section id="assumed" aria-labelledby="assumed-title">',
    '<h2 id="assumed-title">What this rests on</h2>',
    '<ul>',
    '<li>How the service compares an offer with what a machine has is not published: rank, then date, then version, as Windows does.</li>',
    '<li>Rows of clients are taken not to reach servers.</li>',
    ...all.map((one) => `<li>${escapeShown(one)}</li>`),
    '</ul></section>',
  ];
};

const LINKS = [
  ['outcomes', 'Outcomes'],
  ['labels', 'Labels'],
  ['troubles', 'Troubles'],
  ['windows', 'Windows'],
  ['assumed', 'Rests on'],
] as const;

/** A simulation as one page that needs nothing else, and no script. */
export const fleetPageLines = (report: FleetReport, assets: ReportAssets): readonly string[] => {
  const troubles = troublesOf(report.totals);
  const links = LINKS.filter(([id]) => id !== 'troubles' || troubles.length > 0);
  const body = [
    '<a class="skip" href="#main">Skip to the outcomes</a>',
    ...header(report),
    `<nav aria-label="Parts of the report"><ul>${links.map(([id, name]) => `<li><a href="#${id}">${name}</a></li>`).join('')}</ul></nav>`,
    '<main id="main" tabindex="-1">',
    ...outcomesPart(report),
    '<section id="labels" aria-labelledby="labels-title"><h2 id="labels-title">Labels</h2>',
    ...report.result.labels.flatMap((label) => labelPart(label, report)),
    '</section>',
    ...troublesPart(troubles),
    ...windowsPart(report),
    ...assumptions(report),
    '</main>',
    '<footer><p>Made by <code>winpv fleet simulate</code>; docs/guide/fleet.md says how it works.</p></footer>',
  ];
  return reportPageLines({ title: `${report.title}: fleet`, body, data: [] }, assets);
};
