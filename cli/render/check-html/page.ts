import { groupFindings } from '../../../emulator/finding-groups.ts';
import { type CheckReport, countsOf, matrixOf } from '../check-report.ts';
import { escapeShown } from '../markup.ts';
import type { ReportAssets } from '../report/assets.ts';
import { reportPageLines } from '../report/page.ts';
import { findingsPart, packagesPart } from './findings.ts';
import { matrixPart } from './matrix.ts';
import type { StoryRecorder } from './stories.ts';

const VERDICTS = { pass: ['✓', 'Every run passes'], fail: ['✕', 'Not to be published like this'] } as const;

const figure = (name: string, value: number): string => `<div><dt>${name}</dt><dd>${value}</dd></div>`;

const header = (report: CheckReport): readonly string[] => {
  const { failed, runs } = countsOf(report);
  const { guests, scenarios } = matrixOf(report.runs);
  const [mark, words] = VERDICTS[report.verdict];
  const warned = report.runs.filter(({ findings }) => findings.some(({ severity }) => severity === 'warning')).length;
  return [
    '<header class="top">',
    '<p class="kicker">winpv rehearsal</p>',
    `<h1>${escapeShown(report.title)}</h1>`,
    `<p class="verdict ${report.verdict}" data-result="${report.verdict}"><span class="mark" aria-hidden="true">${mark}</span> ${words}</p>`,
    '<dl class="figures">',
    figure('runs', runs),
    figure('fail', failed),
    figure('with warnings', warned),
    figure('guests', guests.length),
    figure('scenarios', scenarios.length),
    '</dl>',
    ...(report.note === undefined ? [] : [`<p class="note">${escapeShown(report.note)}</p>`]),
    '</header>',
  ];
};

const LINKS = [
  ['findings', 'Findings'],
  ['packages', 'Packages'],
  ['matrix', 'Matrix'],
  ['runs', 'Runs'],
] as const;

const navigation = (there: readonly string[]): string => {
  const links = LINKS.filter(([id]) => there.includes(id)).map(([id, name]) => `<li><a href="#${id}">${name}</a></li>`);
  return `<nav aria-label="Parts of the report"><ul>${links.join('')}</ul></nav>`;
};

/** The place of the runs: a script shows them, and says so where it does not run. */
const RUNS = [
  '<section id="runs" aria-labelledby="runs-title">',
  '<h2 id="runs-title" tabindex="-1">Runs</h2>',
  '<noscript><p class="nothing">This page shows the events and device trees of each run with a script of its own, which is switched off here. Findings, advice and matrix are whole without it.</p></noscript>',
  '<div id="run-list"></div>',
  '</section>',
];

/**
 * A rehearsal as one page that needs nothing else: findings with what to do, and the matrix, as markup; each run with its
 * device trees, boots, events and the ways of its requests, from data that stands in the page once.
 */
export const checkPageLines = (
  report: CheckReport,
  stories: StoryRecorder,
  assets: ReportAssets,
): readonly string[] => {
  const groups = groupFindings(report.runs);
  const matrix = matrixPart(report, groups);
  const packages = packagesPart(report.findings);
  const there = [
    'findings',
    'runs',
    ...(matrix.length > 0 ? ['matrix'] : []),
    ...(packages.length > 0 ? ['packages'] : []),
  ];
  const body = [
    '<a class="skip" href="#main">Skip to the findings</a>',
    ...header(report),
    navigation(there),
    '<main id="main" tabindex="-1">',
    ...(report.runs.length === 0
      ? ['<p class="nothing">No scenario says anything for these packages and guests.</p>']
      : []),
    ...findingsPart(groups),
    ...packages,
    ...matrix,
    ...RUNS,
    '</main>',
    '<footer><p>Made by <code>winpv check</code>. <code>winpv explain CODE</code> tells more of a code or a failure mode.</p></footer>',
  ];
  return reportPageLines({ title: `${report.title}: ${report.verdict}`, body, data: stories.parts(groups) }, assets);
};
