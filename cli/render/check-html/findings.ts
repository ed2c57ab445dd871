import type { Diagnostic, Severity } from '../../../core/errors.ts';
import { type FindingGroup, whereOf } from '../../../emulator/finding-groups.ts';
import { FAILURE_MODES } from '../../../packaging/formats/inf/pv/failure-modes.ts';
import { formatPosition } from '../diagnostics.ts';
import { escapeShown } from '../markup.ts';

/** Of a finding's place on the page. */
export const findingId = (index: number): string => `finding-${index + 1}`;

const SEVERITIES: Readonly<Record<Severity, string>> = { error: 'Error', warning: 'Warning', info: 'Note' };

interface Told {
  readonly id: string;
  readonly severity: Severity;
  readonly code: string;
  readonly failureMode: string | undefined;
  readonly hint: string | undefined;
  /** What stands beside the code: how many runs, or where in a file. */
  readonly place: string;
  readonly messages: readonly string[];
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly runs?: number;
}

/** The row of the table of failure modes, or else what was found. */
const heading = ({ failureMode, messages, code }: Told): readonly [badge: string, text: string] => {
  const summary = failureMode === undefined ? undefined : FAILURE_MODES[failureMode];
  return [failureMode ?? '', summary ?? messages[0] ?? code];
};

const paragraphs = (messages: readonly string[]): string =>
  messages.length === 1
    ? `<p class="said">${escapeShown(messages[0] ?? '')}</p>`
    : `<ul class="said">${messages.map((message) => `<li>${escapeShown(message)}</li>`).join('')}</ul>`;

const card = (told: Told): string => {
  const { id, severity, code, hint, place, messages, facts, runs } = told;
  const [badge, title] = heading(told);
  const rest = title === messages[0] ? messages.slice(1) : messages;
  const mode = badge === '' ? '' : `<span class="mode">${escapeShown(badge)}</span> `;
  return [
    `<article class="finding ${severity}" id="${id}" aria-labelledby="${id}-title">`,
    `<p class="meta"><span class="severity">${SEVERITIES[severity]}</span> <code>${escapeShown(code)}</code> <span>${escapeShown(place)}</span></p>`,
    `<h3 id="${id}-title" tabindex="-1">${mode}${escapeShown(title)}</h3>`,
    ...(rest.length === 0 ? [] : [paragraphs(rest)]),
    ...(facts.length === 0
      ? []
      : [`<dl>${facts.map(([name, value]) => `<dt>${name}</dt><dd>${escapeShown(value)}</dd>`).join('')}</dl>`]),
    ...(hint === undefined ? [] : [`<p class="todo"><strong>What to do</strong> ${escapeShown(hint)}</p>`]),
    ...(runs === undefined ? [] : [`<p class="opens" data-group="${runs}"></p>`]),
    '</article>',
  ].join('\n');
};

const counted = (count: number): string => `${count} ${count === 1 ? 'run' : 'runs'}`;

/** Most texts of one finding that are told; the runs have the others. */
const MESSAGES = 12;

const groupCard = (group: FindingGroup, index: number): string => {
  const { severity, code, failureMode, hint, messages, event, runs } = group;
  const texts = [...messages].map(([text, count]) =>
    count > 1 && messages.size > 1 ? `${text} (${counted(count)})` : text,
  );
  const more = texts.length - MESSAGES;
  return card({
    ...{ id: findingId(index), severity, code, failureMode, hint, runs: index, place: counted(runs) },
    messages: more > 0 ? [...texts.slice(0, MESSAGES), `and ${more} more like ${more === 1 ? 'it' : 'them'}`] : texts,
    facts: [['Where', whereOf(group)], ...(event === undefined ? [] : [['Broken by', event] as const])],
  });
};

const staticCard = ({ severity, code, failureMode, hint, message, at }: Diagnostic, index: number): string =>
  card({
    ...{ id: `package-${index + 1}`, severity, code, failureMode, hint, messages: [message], facts: [] },
    place: at === undefined ? '' : formatPosition(at),
  });

/** What the runs found, each cause once, with what to do. */
export const findingsPart = (groups: readonly FindingGroup[]): readonly string[] => [
  '<section id="findings" aria-labelledby="findings-title">',
  '<h2 id="findings-title">What the runs found</h2>',
  ...(groups.length === 0 ? ['<p class="nothing">Nothing: every run went as it should.</p>'] : groups.map(groupCard)),
  '</section>',
];

/** What was told of the packages without running anything. */
export const packagesPart = (findings: readonly Diagnostic[]): readonly string[] =>
  findings.length === 0
    ? []
    : [
        '<section id="packages" aria-labelledby="packages-title">',
        '<h2 id="packages-title">What the packages show</h2>',
        ...findings.map(staticCard),
        '</section>',
      ];
