import { parseServiceTime } from '../../../publishing/partner-center/contract.ts';
import { isOn, strike } from './faults.ts';
import { type Advanced, failRun } from './reports.ts';
import { type CloudState, type LabelRow, type LabelTargeting, withRow } from './state.ts';
import { isIngested, labelSteps, STEP_MS } from './steps.ts';

/** The workflow of a shipping label, step by step. */

const audienceOf = (state: CloudState, row: LabelRow): readonly string[] =>
  (row.targeting.restrictedToAudiences ?? []).map((id) => state.audiences.get(id.toLowerCase())?.audienceName ?? '');

/** Where this is refused is not known: labels are accepted here and fail in their first step. */
const preProcessMessages = (state: CloudState, row: LabelRow): readonly string[] => {
  const attested = state.products.get(row.productId)?.settings.testHarness === 'attestation';
  const forTests = audienceOf(state, row).some((name) => ['CoDev', 'Test Registry Key'].includes(name));
  const messages: string[] = [];
  if (attested && row.settings.destination === 'windowsUpdate' && !forTests) {
    messages.push('A driver that is signed by attestation is published to a test audience only.');
  }
  if (row.settings.destination === 'windowsUpdate' && (row.targeting.hardwareIds ?? []).length === 0) {
    messages.push('The label targets no hardware id.');
  }
  return messages;
};

/** What was pending is done when the workflow is. */
const settled = (targeting: LabelTargeting): LabelTargeting => ({
  ...targeting,
  hardwareIds: (targeting.hardwareIds ?? [])
    .filter(({ distributionState }) => distributionState !== 'pendingRemove')
    .map((row) => ({ ...row, distributionState: 'added' as const })),
  chids: (targeting.chids ?? [])
    .filter(({ distributionState }) => distributionState !== 'PendingRemove')
    .map((row) => ({ ...row, distributionState: 'Added' as const })),
});

/** Looks again later: something has not happened yet. */
const RECHECK_MS = 10 * STEP_MS.label;

const waitFor = (state: CloudState, row: LabelRow, now: number): number | undefined => {
  const submission = state.submissions.get(row.submissionId);
  if (row.run.step === 'publishJobValidation' && (submission === undefined || !isIngested(submission))) {
    return now + RECHECK_MS;
  }
  return row.run.step === 'microsoftApproval' && isOn(state, 'approval-held') ? now + RECHECK_MS : undefined;
};

const put = (state: CloudState, row: LabelRow): Advanced => ({
  state: withRow(state, 'labels', row.id, row),
  writes: [],
});

const stepEnds = (before: CloudState, row: LabelRow, now: number): Advanced => {
  const { step } = row.run;
  if (step === 'preProcessShippingLabel') {
    const scripted = strike(before, 'fail-label');
    const found = preProcessMessages(scripted.state, row);
    const messages = scripted.strikes ? [...found, 'The label was told to fail.'] : found;
    if (messages.length > 0) {
      const failed = failRun(scripted.state, { step, messages }, now);
      const next: LabelRow = { ...row, run: failed.run, dueAt: undefined };
      return { state: withRow(failed.state, 'labels', row.id, next), writes: failed.writes };
    }
  }
  const again = waitFor(before, row, now);
  if (again !== undefined) return put(before, { ...row, dueAt: again });
  const run = { ...row.run, state: 'completed' as const };
  const last = labelSteps(row).at(-1) === step;
  if (last) return put(before, { ...row, run, dueAt: undefined, targeting: settled(row.targeting) });
  return put(before, { ...row, run, dueAt: now + STEP_MS.between });
};

const stepBegins = (state: CloudState, row: LabelRow, now: number): Advanced => {
  const steps = labelSteps(row);
  const step = row.run.state === 'notStarted' ? row.run.step : (steps[steps.indexOf(row.run.step) + 1] ?? row.run.step);
  const goLive = parseServiceTime(row.settings.publishingSpecifications?.goLiveDate ?? '') ?? 0;
  const takes = step === 'microsoftApproval' ? STEP_MS.approval : STEP_MS.label;
  const dueAt = step === 'publishing' ? Math.max(now + takes, goLive) : now + takes;
  return put(state, { ...row, run: { step, state: 'started', messages: [] }, dueAt });
};

/** The end of a cancelled label is not documented: here its approval fails, with a message. */
const cancelled = (state: CloudState, row: LabelRow): Advanced => {
  const run = { step: 'microsoftApproval', state: 'failed' as const, messages: ['The shipping label was cancelled.'] };
  return put(state, { ...row, run, dueAt: undefined, cancelAt: undefined });
};

export const advanceLabel = (state: CloudState, id: string, now: number): Advanced => {
  const row = state.labels.get(id);
  if (row === undefined) return { state, writes: [] };
  if (row.cancelAt !== undefined && row.cancelAt <= now) return cancelled(state, row);
  return row.run.state === 'started' ? stepEnds(state, row, now) : stepBegins(state, row, now);
};
