import type { Severity } from '../core/errors.ts';
import type { Finding, RunResult } from './scenarios/contract.ts';
import { eventWords, outputWords } from './words.ts';

/** `upgrade-in-place` of `upgrade-in-place:8.2.1`. */
export const scenarioOf = ({ scenario }: Pick<RunResult, 'scenario'>): string => scenario.replace(/:.*$/, '');
/** `8.2.1` of it. */
const variantOf = ({ scenario }: RunResult): string => scenario.slice(scenarioOf({ scenario }).length + 1);

/** Findings of runs that come from one thing. */
export interface FindingGroup {
  readonly severity: Severity;
  readonly code: Finding['code'];
  readonly failureMode: string | undefined;
  readonly hint: string | undefined;
  /** What it says, each once, with how many runs say so. */
  readonly messages: ReadonlyMap<string, number>;
  /** The event that broke the first of them. */
  readonly event: string | undefined;
  readonly runs: number;
  /** Which runs they are, by position. */
  readonly at: readonly number[];
  /** Variants by scenario. */
  readonly scenarios: ReadonlyMap<string, ReadonlySet<string>>;
  readonly guests: ReadonlySet<string>;
}

/** Numbers and names of devices apart, for findings that have neither a failure mode nor advice. */
const skeleton = (message: string): string => message.replace(/\b[0-9A-F]{4,}\b|\d+|\{[^}]*\}/gi, '#');

const keyOf = ({ severity, code, failureMode, hint, message }: Finding): string =>
  JSON.stringify([severity, code, failureMode ?? '', failureMode === undefined ? (hint ?? skeleton(message)) : '']);

/** `step 12 of "first boot": restarted; then boot 2 stopped with 0x7B` */
export const eventOf = ({ step, event }: Finding): string | undefined => {
  const done = step === undefined ? [] : [`step ${step.number} (${step.stage}): ${eventWords(step.event)}`];
  const told = [...done, ...(event === undefined ? [] : [outputWords(event)])];
  return told.length === 0 ? undefined : told.join('; then ');
};

type Open = {
  -readonly [K in keyof FindingGroup]: FindingGroup[K] extends ReadonlyMap<string, ReadonlySet<string>>
    ? Map<string, Set<string>>
    : FindingGroup[K] extends ReadonlyMap<string, number>
      ? Map<string, number>
      : FindingGroup[K] extends ReadonlySet<string>
        ? Set<string>
        : FindingGroup[K] extends readonly number[]
          ? number[]
          : FindingGroup[K];
};

const opened = (finding: Finding): Open => ({
  severity: finding.severity,
  code: finding.code,
  failureMode: finding.failureMode,
  hint: finding.hint,
  messages: new Map(),
  event: eventOf(finding),
  runs: 0,
  at: [],
  scenarios: new Map(),
  guests: new Set(),
});

/** Findings that say the same of several runs, once: errors first, each kind in the order of the runs. */
export const groupFindings = (
  runs: readonly RunResult[],
  severities: readonly Severity[] = ['error', 'warning'],
): readonly FindingGroup[] => {
  const groups = new Map<string, Open>();
  for (const [index, run] of runs.entries()) {
    for (const finding of run.findings) {
      if (!severities.includes(finding.severity)) continue;
      const key = keyOf(finding);
      const group = groups.get(key) ?? opened(finding);
      groups.set(key, group);
      group.messages.set(finding.message, (group.messages.get(finding.message) ?? 0) + 1);
      group.runs += 1;
      if (group.at.at(-1) !== index) group.at.push(index);
      group.guests.add(run.guest);
      const variants = group.scenarios.get(scenarioOf(run)) ?? new Set();
      group.scenarios.set(scenarioOf(run), variants.add(variantOf(run)));
    }
  }
  return severities.flatMap((severity) => [...groups.values()].filter((group) => group.severity === severity));
};

const listed = (names: readonly string[], most: number): string =>
  names.length <= most ? names.join(', ') : `${names.slice(0, most).join(', ')} and ${names.length - most} more`;

const SHOWN = 3;

/** `upgrade-in-place (8.2.0, 8.2.1 and 9 more), uninstall on windows-10-22h2-x64 and 36 more` */
export const whereOf = ({ scenarios, guests }: FindingGroup): string => {
  const named = [...scenarios].map(([scenario, variants]) => {
    const own = [...variants].filter((variant) => variant !== '');
    return own.length === 0 ? scenario : `${scenario} (${listed(own, SHOWN)})`;
  });
  return `${listed(named, SHOWN)} on ${listed([...guests], SHOWN)}`;
};
