import type { FleetReasonCode } from '../../emulator/fleet/offers/reasons.ts';
import type { FleetOutcome, FleetVerdict } from '../../emulator/fleet/outcome/model.ts';
import { type FleetSummary, type FleetTotals, type LabelTotals, VERDICTS } from '../../emulator/fleet/totals.ts';

/** `result` of `fleet simulate` (contract 8). */
export interface FleetResult extends FleetSummary {
  /** Distinct machines, as far as they were told apart. */
  readonly configurations: number;
  /** Distinct states that were rehearsed. */
  readonly states: number;
}

export const fleetResult = (
  { machines, offered, outcomes, badLines, labels }: FleetSummary,
  { configurations, rehearsed }: { readonly configurations: number; readonly rehearsed: number },
): FleetResult => ({
  ...{ machines, configurations, states: rehearsed, offered, outcomes, badLines, labels },
});

const count = (value: number): string => value.toLocaleString('en-GB');

/** What each outcome means. */
export const OUTCOME_WORDS: Readonly<Record<FleetVerdict, string>> = {
  boots: 'goes on as it is',
  restart: 'needs a restart, then all works',
  degraded: 'starts, but something does not work',
  'brand-flip': 'another brand takes the place of the one that it has',
  'no-boot': 'does not start any more',
};

/** Reasons that say something of an offer, not against it. */
const NOTES: readonly FleetReasonCode[] = ['downgrade', 'orphaned'];
const MOST_REASONS = 5;

const labelText = ({
  id,
  brand,
  driver,
  offered,
  automatic,
  optional,
  upgrade,
  outcomes,
  reasons,
}: LabelTotals): readonly string[] => {
  const ways = [
    ...(automatic > 0 ? [`${count(automatic)} by itself`] : []),
    ...(optional > 0 ? [`${count(optional)} optional`] : []),
    ...(upgrade > 0 ? [`${count(upgrade)} with an upgrade`] : []),
  ];
  const bad = VERDICTS.filter((verdict) => verdict !== 'boots' && outcomes[verdict] > 0);
  const why = (Object.entries(reasons) as [FleetReasonCode, number][]).sort((a, b) => b[1] - a[1]);
  const kept = why.filter(([code]) => !NOTES.includes(code)).slice(0, MOST_REASONS);
  return [
    `  ${id}  ${brand} ${driver}: ${offered === 0 ? 'offered to nobody' : `offered to ${count(offered)} (${ways.join(', ')})`}`,
    ...(bad.length === 0
      ? []
      : [`    of these ${bad.map((verdict) => `${count(outcomes[verdict])} ${verdict}`).join(', ')}`]),
    ...why.filter(([code]) => NOTES.includes(code)).map(([code, machines]) => `    ${code}: ${count(machines)}`),
    ...(kept.length === 0
      ? []
      : [`    not offered: ${kept.map(([code, machines]) => `${count(machines)} ${code}`).join(', ')}`]),
  ];
};

/** Something that goes wrong, with how many machines it meets. */
export interface Trouble {
  machines: number;
  readonly outcome: FleetVerdict;
  readonly labels: string;
  /** A Windows as an example. */
  readonly guest: string;
  readonly findings: FleetOutcome['findings'];
}

const MOST_TROUBLES = 10;
const MOST_FINDINGS = 3;

/** What goes wrong, each once; the most frequent first. */
export const troublesOf = (totals: FleetTotals): readonly Trouble[] => {
  const found = new Map<string, Trouble>();
  for (const { machines, group } of totals.groups()) {
    const { outcome, guest = 'no guest' } = group.outcome;
    if (outcome === 'boots' || outcome === 'restart') continue;
    const labels = [...new Set(group.offers.map((offer) => offer.label.id))].join(', ') || 'nothing';
    const findings = group.outcome.findings.slice(0, MOST_FINDINGS);
    const key = [outcome, labels, ...findings.map(({ code, message }) => `${code} ${message}`)].join('\n');
    const known = found.get(key) ?? { machines: 0, outcome, labels, guest, findings };
    known.machines += machines;
    found.set(key, known);
  }
  return [...found.values()].sort((a, b) => b.machines - a.machines);
};

const troubleText = (totals: FleetTotals): readonly string[] => {
  const all = troublesOf(totals);
  const more = all.length - MOST_TROUBLES;
  return [
    ...all
      .slice(0, MOST_TROUBLES)
      .flatMap(({ machines, outcome, labels, guest, findings }) => [
        `  ${count(machines)}  ${outcome}, offered ${labels}, for example as ${guest}`,
        ...findings.map(({ code, message }) => `    ${code}: ${message}`),
      ]),
    ...(more > 0 ? [`  ${more} more kinds; the lines of --out have them all`] : []),
  ];
};

/** What people are told of a fleet. */
export const fleetLines = (result: FleetResult, totals: FleetTotals): readonly string[] => {
  const { machines, configurations, states, offered, outcomes, badLines, labels } = result;
  const width = count(machines).length;
  const trouble = troubleText(totals);
  return [
    `${count(machines)} machines of ${count(configurations)} configurations; ${count(states)} states rehearsed`,
    `${count(offered)} are offered something`,
    '',
    ...VERDICTS.map(
      (verdict) => `  ${count(outcomes[verdict]).padStart(width)}  ${verdict.padEnd(10)}  ${OUTCOME_WORDS[verdict]}`,
    ),
    '',
    'Labels:',
    ...labels.flatMap(labelText),
    ...(trouble.length === 0 ? [] : ['', 'Machines in trouble:', ...trouble]),
    ...(badLines === 0 ? [] : ['', `${count(badLines)} lines of the fleet are no machines`]),
  ];
};
