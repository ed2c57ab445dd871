import type { SignatureFileReport } from '../../../release/making/signature-report.ts';
import { escapeShown } from '../markup.ts';
import { hidden, type ReleaseFacts, section } from './facts.ts';

type Table = SignatureFileReport['tables'][number];
type Loads = Table['answers'][number]['loads'];

const MARKS: Readonly<Record<Loads, readonly [mark: string, kind: string, words: string]>> = {
  yes: ['✓', 'boots', 'loads'],
  no: ['✕', 'no-boot', 'does not load'],
  depends: ['?', 'restart', 'depends'],
};

interface Machine {
  readonly windows: string;
  readonly arch: string;
  readonly switches: readonly string[];
  readonly answer: Table['answers'][number];
}

const machinesOf = ({ answers }: Table): readonly Machine[] =>
  answers.flatMap((answer) =>
    answer.machines.map((machine) => {
      const [windows = '', arch = '', ...switches] = machine.split(' ');
      return { windows, arch, switches, answer };
    }),
  );

/** What most machines have: test signing off, Secure Boot on where there is any. */
const STATES = [
  ['as installed', []],
  ['Secure Boot', ['secureBoot']],
  ['test mode', ['testSigning']],
] as const;

const sameSwitches = (a: readonly string[], b: readonly string[]): boolean => a.join(' ') === b.join(' ');

const cell = (machine: Machine | undefined): string => {
  if (machine === undefined) return `<td>${hidden('not there')}</td>`;
  const { loads, reason } = machine.answer;
  const [mark, kind, words] = MARKS[loads];
  return `<td class="has ${kind}" title="${escapeShown(reason)}"><span aria-hidden="true">${mark}</span>${hidden(words)}</td>`;
};

/** The processors that the files of a table are for: on every other the answer is the same no. */
const archesOf = (machines: readonly Machine[]): readonly string[] => {
  const arches = [...new Set(machines.map(({ arch }) => arch))];
  const runs = arches.filter((arch) =>
    machines.some((one) => one.arch === arch && !/another processor/.test(one.answer.reason)),
  );
  return runs.length === 0 ? arches : runs;
};

const shortName = (file: string): string => file.slice(file.indexOf('/') + 1);

const tableLines = (table: Table, index: number): readonly string[] => {
  const machines = machinesOf(table);
  const [first = ''] = table.files;
  const title = `${shortName(first)}${table.files.length > 1 ? ` and ${table.files.length - 1} more` : ''}`;
  const { explanation } = table;
  const systems = archesOf(machines).flatMap((arch) =>
    [...new Set(machines.filter((one) => one.arch === arch).map(({ windows }) => windows))].map((windows) => ({
      windows,
      arch,
    })),
  );
  const reasons = table.answers.filter(({ reason }) => !/another processor/.test(reason));
  return [
    `<details class="package"><summary>${escapeShown(title)}</summary>`,
    ...(explanation === undefined
      ? []
      : [`<p class="note"><strong>${escapeShown(explanation.why)}</strong> ${escapeShown(explanation.todo)}</p>`]),
    `<p class="quiet">${table.files.map(escapeShown).join(', ')}</p>`,
    `<div class="scroll" role="region" aria-label="Windows that load the files of table ${index + 1}" tabindex="0"><table class="plain">`,
    `<thead><tr><th scope="col">Windows</th>${STATES.map(([words]) => `<th scope="col">${words}</th>`).join('')}</tr></thead><tbody>`,
    ...systems.map(({ windows, arch }) => {
      const own = machines.filter((one) => one.windows === windows && one.arch === arch);
      const cells = STATES.map(([, switches]) => cell(own.find((one) => sameSwitches(one.switches, switches))));
      return `<tr><th scope="row">${escapeShown(windows)} ${escapeShown(arch)}</th>${cells.join('')}</tr>`;
    }),
    '</tbody></table></div>',
    '<ul>',
    ...reasons.map(
      ({ loads, reason, source }) =>
        `<li>${MARKS[loads][2]}: ${escapeShown(reason)} <span class="quiet">${escapeShown(source)}</span></li>`,
    ),
    '</ul></details>',
  ];
};

/** Which Windows loads which file, by who signed it. */
export const signaturesSection = ({ signatures, record }: ReleaseFacts): readonly string[] =>
  section('signatures', 'Signatures', [
    `<p>Signed by <strong>${escapeShown(record.signing.subject)}</strong>${record.signing.kind === 'test' ? ', for test machines only' : ''}. Files that are signed alike stand together.</p>`,
    ...signatures.tables.flatMap(tableLines),
  ]);
