import type { SubmissionState } from '../../../publishing/submission/state.ts';
import type { RecordedBrand } from '../../../release/record.ts';
import type { RecordedCell } from '../../../release/rehearsal/rehearse-brand.ts';
import { escapeShown } from '../markup.ts';
import { hidden, type ReleaseFacts, section, table } from './facts.ts';

const findingLines = ({ rehearsal }: RecordedBrand): readonly string[] =>
  (rehearsal?.findings ?? []).map(
    ({ code, severity, failureMode, message, runs, waived }) =>
      `<li><span class="chip ${severity === 'error' ? 'no-boot' : 'restart'}">${severity}</span> <code>${escapeShown(code)}</code>${failureMode === undefined ? '' : ` <span class="quiet">${escapeShown(failureMode)}</span>`} ${escapeShown(message)} <span class="quiet">${runs} ${runs === 1 ? 'run' : 'runs'}</span>${waived === undefined ? '' : `<br><em>Accepted: ${escapeShown(waived)}</em>`}</li>`,
  );

const VERDICTS = { pass: ['boots', 'passes'], waived: ['restart', 'accepted'] } as const;

const CELLS = {
  pass: ['boots', '✓', 'passes'],
  warn: ['restart', '!', 'passes, with a warning'],
  fail: ['no-boot', '✕', 'fails'],
} as const;

/** A scenario that says nothing of a guest has an empty cell. */
const cell = (verdict: RecordedCell | undefined): string => {
  if (verdict === undefined) return `<td>${hidden('not tried')}</td>`;
  const [kind, mark, words] = CELLS[verdict];
  return `<td class="has ${kind}" data-verdict="${verdict === 'fail' ? 'fail' : 'pass'}"><span aria-hidden="true">${mark}</span>${hidden(words)}</td>`;
};

const brandLines = (brand: RecordedBrand): readonly string[] => {
  const { id, rehearsal } = brand;
  if (rehearsal === undefined)
    return [
      `<h3>${escapeShown(id)}</h3>`,
      '<p class="nothing">It was not rehearsed: the project switched that off.</p>',
    ];
  const { verdict, guests, scenarios, before, runs, boots, cells } = rehearsal;
  const [kind, words] = VERDICTS[verdict];
  const findings = findingLines(brand);
  const rows = scenarios.map(
    (scenario) =>
      `<tr><th scope="row">${escapeShown(scenario)}</th>${guests.map((guest) => cell(cells[scenario]?.[guest])).join('')}</tr>`,
  );
  return [
    `<h3>${escapeShown(id)} <span class="chip ${kind}">${words}</span></h3>`,
    `<p>${runs} runs with ${boots} boots${before.length === 0 ? '' : `; machines had ${before.map(escapeShown).join(', ')} before`}.</p>`,
    ...table(`Rehearsal of ${escapeShown(id)}`, ['Scenario', ...guests.map(escapeShown)], rows),
    ...(findings.length === 0 ? [] : ['<ul class="troubles">', ...findings, '</ul>']),
    `<p class="quiet"><code>winpv check OUT/${escapeShown(id)} --html check.html</code> shows each run with its device trees and events.</p>`,
  ];
};

/** What emulated guests made of each brand. */
export const rehearsalSection = ({ record }: ReleaseFacts): readonly string[] =>
  section('rehearsal', 'Rehearsal', [
    ...record.brands.flatMap(brandLines),
    ...((record.waivers ?? []).length === 0
      ? []
      : [
          '<h3>Waivers</h3><ul>',
          ...(record.waivers ?? []).map(
            ({ finding, failureMode, reason }) =>
              `<li><code>${escapeShown(finding)}</code>${failureMode === undefined ? '' : ` ${escapeShown(failureMode)}`}: ${escapeShown(reason)}</li>`,
          ),
          '</ul>',
        ]),
  ]);

const productName = (product: SubmissionState['plan']['product']): string =>
  'create' in product ? product.create.productName : `product ${product.existing}`;

const submissionRow = (state: SubmissionState): string => {
  const { plan, product, submission, workflow, outcome, verdict, labels = [] } = state;
  const cells = [
    product.id ?? '–',
    submission.id ?? '–',
    workflow === undefined ? '–' : `${workflow.step}, ${workflow.state}`,
    verdict === undefined ? outcome : `${outcome}, ${verdict}`,
    labels.length === 0
      ? '–'
      : labels.map(({ name, id }) => `${name}${id === undefined ? ' (asked for)' : ''}`).join(', '),
  ];
  return `<tr><th scope="row">${escapeShown(productName(plan.product))}</th>${cells.map((cell) => `<td>${escapeShown(cell)}</td>`).join('')}</tr>`;
};

/** How submissions of the release are, as far as this folder knows. */
export const submissionSection = ({ submissions, record }: ReleaseFacts): readonly string[] =>
  section(
    'submission',
    'Submission',
    submissions.length === 0
      ? [
          `<p class="nothing">Nothing was submitted when this page was made.${record.standIns ? ' Stand-ins can be published to the emulator only.' : ''} <code>winpv report OUT</code> makes the page again with what is known then.</p>`,
        ]
      : table(
          'Submissions',
          ['Product', 'Product id', 'Submission', 'Step', 'Outcome', 'Labels'],
          submissions.map(submissionRow),
        ),
  );
