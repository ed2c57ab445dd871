import type { Diagnostic } from '../../core/errors.ts';
import type { InfReport, InfVerdict } from '../../packaging/bundle/inf-report.ts';
import { formatPosition } from './diagnostics.ts';
import { rulesText } from './inf-report.ts';
import { escapeShown } from './markup.ts';

const STYLE = `
body { font: 15px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 78em; padding: 0 1em; color: #1b1f24; background: #fff; }
h1 { font-size: 1.4em; } h2 { font-size: 1.15em; margin-top: 2em; }
.error { color: #b3261e; } .warning { color: #8a5a00; } .info { color: #22577a; } .valid { color: #1b6e2c; }
.findings { padding-left: 1.2em; }
table.source { border-collapse: collapse; font: 13px/1.4 ui-monospace, monospace; width: 100%; }
table.source th { color: #6a737d; font-weight: normal; padding: 0 1em 0 0; text-align: right; user-select: none; vertical-align: top; }
table.source td { white-space: pre-wrap; overflow-wrap: anywhere; }
tr.has-error > td { background: #fde8e6; } tr.has-warning > td { background: #fff4d6; } tr.has-info > td { background: #e6f1f8; }
td.note { border-left: 3px solid; font-family: system-ui, sans-serif; padding: .2em .8em; white-space: normal; }
.hint { color: #444; } :target > td { outline: 2px solid #0b62c4; }
`;

const SEVERITIES = ['error', 'warning', 'info'] as const;

/** `InfVerif 1235, failure mode F33` */
const origin = ({ rule, failureMode }: Diagnostic): string => {
  const parts = [
    ...(rule === undefined ? [] : [`InfVerif ${rule}`]),
    ...(failureMode === undefined ? [] : [`failure mode ${failureMode}`]),
  ];
  return parts.length === 0 ? '' : ` <small>(${escapeShown(parts.join(', '))})</small>`;
};

const findingText = (finding: Diagnostic): string => {
  const { code, severity, message, hint } = finding;
  const advice = hint === undefined ? '' : `<br><span class="hint">${escapeShown(hint)}</span>`;
  return `<strong class="${severity}">${severity} ${code}</strong>${origin(finding)} ${escapeShown(message)}${advice}`;
};

const sourceRow = (report: InfReport, id: string, index: number, found: readonly Diagnostic[]): string => {
  const worst = SEVERITIES.find((severity) => found.some((finding) => finding.severity === severity));
  const mark = worst === undefined ? '' : ` class="has-${worst}"`;
  const line = index + 1;
  const notes = found.map(
    (finding) => `<tr><th></th><td class="note ${finding.severity}">${findingText(finding)}</td></tr>`,
  );
  const text = escapeShown(report.lines[index] ?? '');
  return [`<tr id="${id}-L${line}"${mark}><th>${line}</th><td>${text}</td></tr>`, ...notes].join('\n');
};

const listItem = (report: InfReport, id: string, finding: Diagnostic): string => {
  const line = finding.at?.file === report.path ? finding.at.line : undefined;
  const place = line === undefined ? '' : ` <a href="#${id}-L${line}">line ${line}</a>`;
  return `<li>${findingText(finding)}${place}</li>`;
};

const infPart = (report: InfReport, index: number): string => {
  const id = `inf${index + 1}`;
  const byLine = new Map<number, Diagnostic[]>();
  for (const finding of report.findings) {
    const line = finding.at?.line ?? 0;
    const own = byLine.get(line);
    if (own === undefined) byLine.set(line, [finding]);
    else own.push(finding);
  }
  const verdict =
    report.verdict === 'valid' ? '<span class="valid">valid</span>' : '<span class="error">not valid</span>';
  const rows = report.lines.map((_, at) => sourceRow(report, id, at, byLine.get(at + 1) ?? []));
  return [
    `<section id="${id}" data-verdict="${report.verdict}">`,
    `<h2>${escapeShown(report.path)}: ${verdict}</h2>`,
    `<p>${report.errors} errors, ${report.warnings} warnings.</p>`,
    '<ol class="findings">',
    ...report.findings.map((finding) => listItem(report, id, finding)),
    '</ol>',
    '<table class="source">',
    ...rows,
    '</table>',
    '</section>',
  ].join('\n');
};

const othersPart = (others: readonly Diagnostic[]): readonly string[] =>
  others.length === 0
    ? []
    : [
        '<section><h2>Other files of the packages</h2>',
        '<ol class="findings">',
        ...others.map((finding) => {
          const place = finding.at === undefined ? '' : `${escapeShown(formatPosition(finding.at))} `;
          return `<li>${place}${findingText(finding)}</li>`;
        }),
        '</ol></section>',
      ];

/** INFs with their findings beside the lines: one page that needs nothing else, and runs nothing. */
export const infHtmlLines = ({ infs, others, mode, verdict }: InfVerdict): readonly string[] => {
  const [only] = infs;
  const title = infs.length === 1 && only !== undefined ? only.path : `${infs.length} INFs`;
  return [
    '<!DOCTYPE html>',
    '<html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<title>${escapeShown(title)}: ${verdict}</title>`,
    `<style>${STYLE}</style></head><body>`,
    `<h1>${escapeShown(title)}</h1>`,
    `<p>Judged by the ${rulesText(mode)}: <strong>${verdict}</strong>.</p>`,
    ...infs.map(infPart),
    ...othersPart(others),
    '</body></html>',
  ];
};

/** A page an INF, with names that follow from the paths; the first also tells of the other files. */
export const htmlPages = (
  verdict: InfVerdict,
): readonly { readonly name: string; readonly lines: readonly string[] }[] => {
  const taken = new Set<string>();
  return verdict.infs.map((report, index) => {
    const base = report.path.replace(/^[./\\]+/, '').replace(/[^A-Za-z0-9._-]+/g, '_');
    const name = taken.has(base.toLowerCase()) ? `${base}.${index + 1}` : base;
    taken.add(name.toLowerCase());
    const own = { ...verdict, verdict: report.verdict, infs: [report], others: index === 0 ? verdict.others : [] };
    return { name: `${name}.html`, lines: infHtmlLines(own) };
  });
};
