import { SHARING_STEPS, SUBMISSION_STEPS, WINDOWS_UPDATE_STEPS } from '../../../publishing/partner-center/contract.ts';
import { isOn } from './faults.ts';
import type { CloudState, LabelRow, SubmissionRow } from './state.ts';

/**
 * How long things take. Nobody outside Microsoft knows: these are choices, long enough that a client has to wait and short
 * enough that one can watch. A step is `started` for its time, then `completed` for a moment, as seen from outside.
 */
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export const STEP_MS = {
  /** From commit to the first step. */
  first: 30_000,
  submission: 2 * MINUTE,
  /** Between `completed` and the next step. */
  between: 5_000,
  review: 120 * HOUR,
  metadata: 10 * MINUTE,
  label: MINUTE,
  approval: HOUR,
  cancel: 25 * HOUR,
  preprod: 3 * MINUTE,
} as const;

/** What is late, is hours late. */
export const LATE_MS = 6 * HOUR;

/** How far lists of labels are behind, when they are. */
export const LIST_LATE_MS = 10 * MINUTE;

/** The steps that a submission goes through with the faults that are on. */
export const submissionSteps = (state: CloudState): readonly string[] =>
  SUBMISSION_STEPS.filter((step) => {
    if (step === 'manualReview') return isOn(state, 'manual-review');
    return !(isOn(state, 'skip-steps') && ['scanning', 'catalogCreation'].includes(step));
  });

export const labelSteps = ({ settings }: LabelRow): readonly string[] =>
  settings.destination === 'anotherPartner' ? SHARING_STEPS : WINDOWS_UPDATE_STEPS;

/** Whether ingestion is over, and well: then the downloads are there. */
export const isIngested = (row: SubmissionRow): boolean =>
  row.receivedSubmissionId !== undefined ||
  (row.run?.step === 'finalizeIngestion' && row.run.state === 'completed' && row.signed !== undefined);

/** Whether labels can be made: targeting needs what preparation found out. */
export const isPrepared = (row: SubmissionRow): boolean => {
  if (isIngested(row)) return true;
  const steps: readonly string[] = SUBMISSION_STEPS;
  return row.run?.state !== 'failed' && steps.indexOf(row.run?.step ?? '') > steps.indexOf('preparation');
};
