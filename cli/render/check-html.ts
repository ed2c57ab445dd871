import type { Diagnostic } from '../../core/errors.ts';
import { type FindingGroup, groupFindings, whereOf } from '../../emulator/finding-groups.ts';
import { type Cell, type CheckReport, countsOf, matrixOf } from './check-report.ts';
import { formatPosition } from './diagnostics.ts';
import { escapeShown } from './markup.ts';

const STYLE = `
body { font: 15px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 110em; padding: 0 1em; color: #1b1f24; background: #fff; }
h1 { font-size: 1.4em; } h2 { font-size: 1.15em; margin-top: 2em; }
.error, .fail { color: #b3261e; } .warning { color: #8a5a00; } .info { color: #22577a; } .pass { color: #1b6e2c; }
.matrix { overflow-x: auto; } table { border-collapse: collapse; }
thead th { vertical-align: bottom; font-weight: normal; font-size: .85em; } thead th span { writing-mode: vertical-rl; transform: rotate(180deg); white-space: nowrap; }
tbody th { text-align: left; font-weight: normal; padding-right: 1em; white-space: nowrap; position: sticky; left: 0; background: #fff; }
td { border: 1px solid #d0d7de; text-align: center; padding: .1em .4em; font-size: .85em; min-width: 2.2em; }
td[data-verdict="fail"] { background: #fde8e6; color: #b3261e; font-weight: bold; }
td[data-verdict="pass"] { background: #e8f5ea; color: #1b6e2c; } td.warn { background: #fff4d6; color: #8a5a00; }
td.none { color: #6a737d; } .finding { border-left: 3px solid; padding: .1em .8em; margin: 1em 0; } .finding > * { color: #1b1f24; }
.where, .hint { color: #444; } code { font: 13px ui-monospace, monospace; }
`;

const MARKS: Readonly<Record<Cell, string>> = { pass: 'ok', warn: 'warn', fail: 'FAIL', none: '–' };

const verdictOf = (cell: Cell): string =>
  cell === 'none' ? '' : ` data-verdict="${cell === 'fail' ? 'fail' : 'pass'}"`;

const matrix = ({ runs }: CheckReport): readonly string[] => {
  const { guests, scenarios, cell, counts } = matrixOf(runs);
  const row = (id: string): string => {
    const cells = guests.map((guest) => {
      const state = cell(id, guest);
      const [failed, all] = counts(id, guest);
      const title = all === 0 ? 'not applicable' : `${id} on ${guest}: ${all - failed} of ${all} runs pass`;
      return `<td class="${state}"${verdictOf(state)} title="${escapeShown(title)}">${MARKS[state]}</td>`;
    });
    return `<tr><th scope="row">${escapeShown(id)}</th>${cells.join('')}</tr>`;
  };
  return [
    '<div class="matrix"><table><thead><tr><th></th>',
    ...guests.map((guest) => `<th scope="col"><span>${escapeShown(guest)}</span></th>`),
    '</tr></thead><tbody>',
    ...scenarios.map(({ id }) => row(id)),
    '</tbody></table></div>',
  ];
};

const mode = (failureMode: string | undefined): string =>
  failureMode === undefined ? '' : ` <strong>${escapeShown(failureMode)}</strong>`;

const paragraph = (kind: string, text: string | undefined): string =>
  text === undefined ? '' : `<p class="${kind}">${escapeShown(text)}</p>`;

const groupPart = (group: FindingGroup): string => {
  const { severity, code, failureMode, messages, event, hint, runs } = group;
  return [
    `<div class="finding ${severity}"><p><strong class="${severity}">${severity} ${code}</strong>${mode(failureMode)} in ${runs} ${runs === 1 ? 'run' : 'runs'}</p>`,
    paragraph('where', whereOf(group)),
    '<ul>',
    ...[...messages].map(
      ([message, count]) => `<li>${escapeShown(message)}${count > 1 ? ` <small>(${count} runs)</small>` : ''}</li>`,
    ),
    '</ul>',
    paragraph('event', event === undefined ? undefined : `Event: ${event}`),
    paragraph('hint', hint),
    '</div>',
  ].join('\n');
};

const staticPart = (finding: Diagnostic): string => {
  const { severity, code, failureMode, message, hint, at } = finding;
  const place = at === undefined ? '' : ` <code>${escapeShown(formatPosition(at))}</code>`;
  return [
    `<div class="finding ${severity}"><p><strong class="${severity}">${severity} ${code}</strong>${mode(failureMode)}${place}</p>`,
    paragraph('message', message),
    paragraph('hint', hint),
    '</div>',
  ].join('\n');
};

/** A rehearsal as one page that needs nothing else, and runs nothing. */
export const checkHtmlLines = (report: CheckReport): readonly string[] => {
  const { failed, runs } = countsOf(report);
  const groups = groupFindings(report.runs);
  const title = escapeShown(report.title);
  return [
    '<!DOCTYPE html>',
    '<html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<title>${title}: ${report.verdict}</title>`,
    `<style>${STYLE}</style></head><body>`,
    `<h1>Rehearsal of ${title}: <span class="${report.verdict}">${report.verdict}</span></h1>`,
    `<p>${runs - failed} of ${runs} runs pass.</p>`,
    ...(runs === 0 ? [] : matrix(report)),
    ...(groups.length === 0 ? [] : ['<h2>What the runs found</h2>', ...groups.map(groupPart)]),
    ...(report.findings.length === 0 ? [] : ['<h2>What the packages show</h2>', ...report.findings.map(staticPart)]),
    '</body></html>',
  ];
};
