import type { CloudState, InstallRow, LabelRow } from '../partner-center/state.ts';
import type { AvailabilityState, RolloutCurve } from './availability.ts';
import { judgeMeasures, type MeasureVerdict, measureCohorts, stopReason } from './measures.ts';
import { audienceNames, availabilityOf, isWatched, labelTimes, offeredTargeting, withPublished } from './published.ts';

/** Where the labels of an account stand on their way to machines. */
export interface LabelRollout {
  readonly id: string;
  readonly name: string;
  readonly productId: string;
  readonly submissionId: string;
  readonly step: string;
  readonly progress: string;
  readonly messages: readonly string[];
  /** `rejected` when its workflow failed before anything was offered. */
  readonly state: AvailabilityState | 'rejected';
  readonly share: number;
  readonly since: string | null;
  readonly nextEventAt: string | null;
  readonly curve: RolloutCurve;
  readonly audiences: readonly string[];
  /** How many rows are offered. */
  readonly rows: number;
  /** Windows before 1709 is offered it too. */
  readonly finalized: boolean;
  readonly why: string;
  readonly assumed: boolean;
  readonly reports: number;
  readonly measures: readonly MeasureVerdict[];
}

const reportsOf = ({ installs }: CloudState, id: string): readonly InstallRow[] =>
  [...installs.values()].filter(({ label }) => label === id);

export const measuresOf = (state: CloudState, row: LabelRow, now: number): readonly MeasureVerdict[] =>
  judgeMeasures(measureCohorts(reportsOf(state, row.id), now));

const iso = (at: number | undefined): string | null =>
  at === undefined || !Number.isFinite(at) ? null : new Date(at).toISOString();

const rolloutOf = (state: CloudState, row: LabelRow, now: number): LabelRollout => {
  const { state: stage, share, since, finalized, why, assumed, next } = availabilityOf(state, row, now);
  const { published, run } = row;
  const rejected = published === undefined && run.state === 'failed';
  const events = [row.dueAt, row.cancelAt, rejected ? undefined : next].filter((at) => at !== undefined);
  const because = published?.because === undefined ? '' : ` ${published.because}`;
  const gone = stage === 'expired' || rejected;
  return {
    ...{ id: row.id, name: row.settings.name, productId: row.productId, submissionId: row.submissionId },
    ...{ step: run.step, progress: run.state, messages: run.messages },
    ...{ state: rejected ? ('rejected' as const) : stage, share, finalized, assumed },
    since: published === undefined ? null : iso(since),
    nextEventAt: events.length === 0 ? null : iso(Math.min(...events)),
    curve: published?.curve ?? labelTimes(state, row, now).curve,
    audiences: audienceNames(state, offeredTargeting(row, now) ?? row.targeting),
    rows: gone ? 0 : (offeredTargeting(row, now)?.hardwareIds ?? []).length,
    why: rejected ? `The workflow failed in ${run.step}.` : `${why}${because}`,
    reports: reportsOf(state, row.id).length,
    measures: measuresOf(state, row, now),
  };
};

export const rolloutsOf = (state: CloudState, now: number): readonly LabelRollout[] =>
  [...state.labels.values()]
    .filter(({ settings }) => settings.destination === 'windowsUpdate')
    .map((row) => rolloutOf(state, row, now));

/** Whether time alone brings a label further. */
export const isOnItsWay = ({ state, finalized }: LabelRollout): boolean =>
  ['in-approval', 'before-go-live', 'rolling-out'].includes(state) || (state === 'live' && !finalized);

/** The ship room pauses a roll-out that it watches when a measure fails (assumed: at once, and never by itself again). */
export const pauseFailing = (before: CloudState, ids: Iterable<string>, now: number): CloudState => {
  let state = before;
  for (const id of ids) {
    const row = state.labels.get(id);
    if (row?.published === undefined || row.published.pausedAt !== undefined || !isWatched(state, row, now)) continue;
    const reason = stopReason(measuresOf(state, row, now));
    if (reason !== undefined) state = withPublished(state, row, { pausedAt: now, because: reason });
  }
  return state;
};
