import { parseServiceTime } from '../../../publishing/partner-center/contract.ts';
import { isWatched, publishLabel, withPublished } from '../windows-update/published.ts';
import { isOn, strike } from './faults.ts';
import { approvalEndsAt, rejectionMessages } from './label-review.ts';
import { type Advanced, failRun } from './reports.ts';
import { type CloudState, type LabelRow, withRow } from './state.ts';
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

/** Looks again later: something has not happened yet. */
const RECHECK_MS = 10 * STEP_MS.label;

const waitFor = (state: CloudState, row: LabelRow, now: number): number | undefined => {
  const submission = state.submissions.get(row.submissionId);
  if (row.run.step === 'publishJobValidation' && (submission === undefined || !isIngested(submission))) {
    return now + RECHECK_MS;
  }
  if (row.run.step !== 'microsoftApproval' || !isOn(state, 'approval-held')) return undefined;
  // one that is being cancelled waits for that
  return Math.max(now + RECHECK_MS, row.cancelAt ?? 0);
};

const put = (state: CloudState, row: LabelRow): Advanced => ({
  state: withRow(state, 'labels', row.id, row),
  writes: [],
});

/** Why a step fails, after the faults that strike at it. */
const messagesAt = (before: CloudState, row: LabelRow, now: number): Scripted => {
  switch (row.run.step) {
    case 'preProcessShippingLabel':
      return scripted(before, 'fail-label', 'The label was told to fail.', preProcessMessages(before, row));
    case 'microsoftApproval':
      return scripted(before, 'approval-rejected', 'Microsoft rejects the label.', rejectionMessages(before, row, now));
    default:
      return { state: before, messages: [] };
  }
};

interface Scripted {
  readonly state: CloudState;
  readonly messages: readonly string[];
}

const scripted = (before: CloudState, fault: string, message: string, found: readonly string[]): Scripted => {
  const { state, strikes } = strike(before, fault);
  return { state, messages: strikes ? [...found, message] : found };
};

const stepEnds = (before: CloudState, row: LabelRow, now: number): Advanced => {
  const { step } = row.run;
  const again = waitFor(before, row, now);
  if (again !== undefined) return put(before, { ...row, dueAt: again });
  const { state, messages } = messagesAt(before, row, now);
  if (messages.length > 0) {
    const failed = failRun(state, { step, messages }, now);
    const next: LabelRow = { ...row, run: failed.run, dueAt: undefined };
    return { state: withRow(failed.state, 'labels', row.id, next), writes: failed.writes };
  }
  const run = { ...row.run, state: 'completed' as const };
  if (labelSteps(row).at(-1) === step) {
    return { state: publishLabel(state, { ...row, run, dueAt: undefined }, now), writes: [] };
  }
  const approvedAt = step === 'microsoftApproval' ? now : row.approvedAt;
  return put(state, { ...row, run, approvedAt, dueAt: now + STEP_MS.between });
};

const endOf = (state: CloudState, row: LabelRow, step: string, now: number): number => {
  if (step === 'microsoftApproval') return approvalEndsAt(state, row, now);
  const soonest = now + STEP_MS.label;
  if (step !== 'publishing' || isOn(state, 'go-live-ignored')) return soonest;
  return Math.max(soonest, parseServiceTime(row.settings.publishingSpecifications?.goLiveDate ?? '') ?? 0);
};

const stepBegins = (state: CloudState, row: LabelRow, now: number): Advanced => {
  const steps = labelSteps(row);
  const step = row.run.state === 'notStarted' ? row.run.step : (steps[steps.indexOf(row.run.step) + 1] ?? row.run.step);
  const reviewedAt = step === 'microsoftApproval' ? now : row.reviewedAt;
  const run = { step, state: 'started' as const, messages: [] };
  return put(state, { ...row, run, reviewedAt, dueAt: endOf(state, row, step, now) });
};

/**
 * The end of a cancelled label is not documented: here its approval fails, with a message, and a roll-out that is watched
 * is stopped. Cancelling a change that is not approved yet leaves what was published before.
 */
const cancelled = (state: CloudState, row: LabelRow, now: number): Advanced => {
  const inReview = row.run.step === 'microsoftApproval';
  const run = { step: 'microsoftApproval', state: 'failed' as const, messages: ['The shipping label was cancelled.'] };
  const next: LabelRow = { ...row, run, dueAt: undefined, cancelAt: undefined };
  const stops = !inReview && row.published !== undefined && row.published.expiredAt === undefined;
  if (!stops) return put(state, next);
  return { state: withPublished(state, next, { stoppedAt: now, because: 'It was cancelled.' }), writes: [] };
};

/** Whether a label can be cancelled: while Microsoft approves, or while the offer is rolled out. */
export const canCancel = (state: CloudState, row: LabelRow, now: number): boolean => {
  if (row.settings.destination === 'anotherPartner') return false;
  const { step, state: progress } = row.run;
  if (step === 'microsoftApproval' && progress !== 'failed') return true;
  const { published } = row;
  if (published === undefined || progress !== 'completed' || labelSteps(row).at(-1) !== step) return false;
  // that labels of a test audience, whose roll-out is over at once, can be cancelled as well is assumed
  const forTests = (published.targeting.restrictedToAudiences ?? []).length > 0;
  return isWatched(state, row, now) || (forTests && published.expiredAt === undefined);
};

export const advanceLabel = (state: CloudState, id: string, now: number): Advanced => {
  const row = state.labels.get(id);
  if (row === undefined) return { state, writes: [] };
  if (row.cancelAt !== undefined && row.cancelAt <= now) return cancelled(state, row, now);
  return row.run.state === 'started' ? stepEnds(state, row, now) : stepBegins(state, row, now);
};
