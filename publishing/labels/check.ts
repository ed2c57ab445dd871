import { type Diagnostic, problem } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import type { Audience } from '../partner-center/other-contract.ts';
import { checkBetween } from './check-between.ts';
import { checkRows } from './check-rows.ts';
import { checkSettings } from './check-settings.ts';
import { checkTargets } from './check-targets.ts';
import type { LabelRelease, LiveLabel, ResolvedLabel } from './contract.ts';
import { serviceName } from './identity.ts';

export interface LabelFacts {
  readonly release: LabelRelease;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** Undefined when the service was not asked. */
  readonly live: readonly LiveLabel[] | undefined;
  readonly audiences: readonly Audience[] | undefined;
  readonly busInstalled: boolean;
}

const submitted = (
  { label, submission, architecture, at }: ResolvedLabel,
  { submissions }: LabelRelease,
): readonly Diagnostic[] => {
  if (submission?.metadata !== undefined) return [];
  // Before anything is submitted labels are judged by what the release will be; whoever plans or makes them needs a submission.
  const severity = submissions.length === 0 ? 'warning' : 'error';
  const begun = submissions.some((one) => one.brand === label.brand && one.architecture === architecture);
  const message = begun
    ? `"${shownText(label.id)}": the submission of ${shownText(label.brand)} for ${architecture} has no driver metadata yet, which says what can be offered.`
    : `"${shownText(label.id)}": ${shownText(label.brand)} was not submitted${architecture === undefined ? '' : ` for ${architecture}`}.`;
  const hint = begun
    ? 'It comes minutes to hours after the signed package: `winpv submit … --resume` fetches it.'
    : 'A label is of a submission: `winpv submit` first.';
  return [problem('LABEL_NOT_SUBMITTED', message, { ...at, hint, severity })];
};

/** Everything that is known to be wrong with labels before any is made; errors stop, the rest is told. */
export const checkLabels = (labels: readonly ResolvedLabel[], facts: LabelFacts): readonly Diagnostic[] => [
  ...labels.flatMap((one) => [
    ...checkRows(one, facts.release),
    ...checkSettings(one, { ...facts, isLive: facts.live?.some(({ name }) => name === serviceName(one)) === true }),
    ...checkTargets(one),
    ...submitted(one, facts.release),
  ]),
  ...checkBetween(labels, facts),
];
