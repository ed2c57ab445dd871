import { nextRolloutAt } from '../windows-update/published.ts';
import { isOn, strike } from './faults.ts';
import { advanceLabel } from './label-workflow.ts';
import { type Advanced, failRun } from './reports.ts';
import { type CloudState, clockOf, ONLY, type PreprodRow, type Run, type SubmissionRow, withRow } from './state.ts';
import { LATE_MS, STEP_MS, submissionSteps } from './steps.ts';

/** What time alone does: submissions, labels and pre-production packages that go on when their moment has come. */

interface DueEvent {
  readonly at: number;
  readonly run: (state: CloudState, now: number) => Advanced;
}

const complaintsAt = (before: CloudState, row: SubmissionRow, step: string) => {
  const scripted = strike(before, `fail-${step}`);
  const found = (row.inspection?.complaints ?? []).filter((complaint) => complaint.step === step);
  const messages = found.map(({ message }) => message);
  return { state: scripted.state, messages: scripted.strikes ? [...messages, `${step} was told to fail.`] : messages };
};

const stepEnds = (before: CloudState, row: SubmissionRow, run: Run, now: number): Advanced => {
  const { state, messages } = complaintsAt(before, row, run.step);
  if (messages.length > 0) {
    const failed = failRun(state, { step: run.step, messages }, now);
    const next: SubmissionRow = { ...row, run: failed.run, dueAt: undefined };
    return { state: withRow(failed.state, 'submissions', row.id, next), writes: failed.writes };
  }
  const last = submissionSteps(state).at(-1) === run.step;
  const late = isOn(state, 'late-metadata') ? LATE_MS : STEP_MS.metadata;
  const next: SubmissionRow = {
    ...row,
    run: { ...run, state: 'completed' },
    dueAt: last ? undefined : now + STEP_MS.between,
    ...(last && !isOn(state, 'no-metadata') ? { metadataAt: now + late } : {}),
  };
  return { state: withRow(state, 'submissions', row.id, next), writes: [] };
};

const stepBegins = (state: CloudState, row: SubmissionRow, now: number): Advanced => {
  const steps = submissionSteps(state);
  const step = steps[row.run === undefined ? 0 : steps.indexOf(row.run.step) + 1] ?? 'finalizeIngestion';
  const next: SubmissionRow = {
    ...row,
    commitStatus: 'commitComplete',
    run: { step, state: 'started', messages: [] },
    dueAt: now + (step === 'manualReview' ? STEP_MS.review : STEP_MS.submission),
    ...(step === 'signing' ? { work: 'sign' } : {}),
  };
  return { state: withRow(state, 'submissions', row.id, next), writes: [] };
};

const advanceSubmission = (state: CloudState, id: string, now: number): Advanced => {
  const row = state.submissions.get(id);
  if (row === undefined) return { state, writes: [] };
  return row.run?.state === 'started' ? stepEnds(state, row, row.run, now) : stepBegins(state, row, now);
};

const metadataComes = (state: CloudState, id: string): Advanced => {
  const row = state.submissions.get(id);
  if (row === undefined) return { state, writes: [] };
  const next: SubmissionRow = { ...row, metadataAt: undefined, work: 'describe' };
  return { state: withRow(state, 'submissions', id, next), writes: [] };
};

const advancePreprod = (state: CloudState, row: PreprodRow, now: number): Advanced => {
  const status = row.problem === undefined ? 'Succeeded' : 'Failed';
  const next: PreprodRow = { ...row, status, changedAt: now, dueAt: undefined };
  return { state: withRow(state, 'preprod', row.id, next), writes: [] };
};

/** What is to come, and when. What waits for work on bytes is not due before that is done. */
const eventsOf = (state: CloudState): readonly DueEvent[] => [
  ...[...state.submissions.values()].flatMap(({ id, dueAt, metadataAt, work }): readonly DueEvent[] => [
    ...(dueAt === undefined || work !== undefined
      ? []
      : [{ at: dueAt, run: (s: CloudState, now: number) => advanceSubmission(s, id, now) }]),
    ...(metadataAt === undefined || work !== undefined
      ? []
      : [{ at: metadataAt, run: (s: CloudState) => metadataComes(s, id) }]),
  ]),
  ...[...state.labels.values()].flatMap(({ id, dueAt, cancelAt }): readonly DueEvent[] =>
    [dueAt, cancelAt].flatMap((at) =>
      at === undefined ? [] : [{ at, run: (s: CloudState, now: number) => advanceLabel(s, id, now) }],
    ),
  ),
  ...[...state.preprod.values()].flatMap((row): readonly DueEvent[] =>
    row.dueAt === undefined || row.work !== undefined
      ? []
      : [{ at: row.dueAt, run: (s: CloudState, now: number) => advancePreprod(s, row, now) }],
  ),
];

const firstOf = (events: readonly DueEvent[]): DueEvent | undefined =>
  events.reduce<DueEvent | undefined>(
    (first, event) => (first === undefined || event.at < first.at ? event : first),
    undefined,
  );

/** When the workflow of anything goes on; undefined when nothing waits. */
export const nextWorkflowAt = (state: CloudState): number | undefined => firstOf(eventsOf(state))?.at;

/** When something happens next by itself, roll-outs included; undefined when nothing does. */
export const nextEventAt = (state: CloudState, now: number): number | undefined => {
  const [workflow, rollout] = [nextWorkflowAt(state), nextRolloutAt(state, now)];
  return workflow === undefined || rollout === undefined ? (workflow ?? rollout) : Math.min(workflow, rollout);
};

/** Lets everything happen that is due, one after the other, each at its own time. */
export const advance = (before: CloudState, now: number): Advanced => {
  let state = before;
  const writes: Uint8Array[] = [];
  for (;;) {
    const event = firstOf(eventsOf(state));
    if (event === undefined || event.at > now) return { state, writes };
    const next = event.run(state, event.at);
    state = next.state;
    writes.push(...next.writes);
  }
};

/** Puts the emulated time ahead by so much more. */
export const moveClock = (state: CloudState, byMs: number): CloudState => {
  const clock = clockOf(state);
  return withRow(state, 'clock', ONLY, { ...clock, aheadMs: clock.aheadMs + Math.max(0, byMs) });
};
