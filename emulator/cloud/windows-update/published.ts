import { parseServiceTime } from '../../../publishing/partner-center/wire.ts';
import { isOn, strike } from '../partner-center/faults.ts';
import {
  type CloudState,
  type LabelRow,
  type LabelTargeting,
  type PublishedLabel,
  withRow,
} from '../partner-center/state.ts';
import {
  type Availability,
  finalizedAt,
  type LabelTimes,
  labelAvailability,
  type RolloutCurve,
} from './availability.ts';

/** From the end of a label's workflow on: what Windows Update has of it. */

const DAY_MS = 86_400_000;

export const isAutomatic = ({ settings: { publishingSpecifications: how } }: LabelRow): boolean =>
  how?.isAutoInstallOnApplicableSystems === true || how?.isAutoInstallDuringOSUpgrade === true;

/** Names of the audiences that a targeting is restricted to. */
export const audienceNames = (state: CloudState, { restrictedToAudiences }: LabelTargeting): readonly string[] =>
  (restrictedToAudiences ?? []).map((id) => state.audiences.get(id.toLowerCase())?.audienceName ?? id);

const isAbsent = (value: unknown): boolean => value === undefined || value === null;

const goLiveOf = ({ settings: { publishingSpecifications: how } }: LabelRow): number | undefined =>
  parseServiceTime(how?.goLiveDate ?? '');

const sameAudiences = (a: LabelTargeting, b: LabelTargeting): boolean =>
  [...(a.restrictedToAudiences ?? [])].sort().join() === [...(b.restrictedToAudiences ?? [])].sort().join();

/** Microsoft chooses by risk; that optional ones come to everyone at once is said, the rest is assumed. */
const curveOf = (row: LabelRow): RolloutCurve => (isAutomatic(row) ? 'one-percent' : 'at-once');

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

const hasRows = ({ hardwareIds }: LabelTargeting): boolean => (hardwareIds ?? []).length > 0;

/** A fault: rows that were removed are offered for another day. */
const lingering = (state: CloudState, before: PublishedLabel | undefined, targeting: LabelTargeting, now: number) => {
  const fewer = (before?.targeting.hardwareIds ?? []).length > (targeting.hardwareIds ?? []).length;
  return before !== undefined && fewer && isOn(state, 'expired-offered')
    ? { lingering: { targeting: before.targeting, until: now + DAY_MS } }
    : {};
};

/** The end of the workflow: what is offered is what the label says now. A roll-out begins anew for other audiences. */
export const publishLabel = (before: CloudState, row: LabelRow, now: number): CloudState => {
  const targeting = settled(row.targeting);
  const put = (state: CloudState, published: PublishedLabel | undefined): CloudState =>
    withRow(state, 'labels', row.id, { ...row, targeting, published });
  if (row.settings.destination !== 'windowsUpdate') return put(before, row.published);
  const old = row.published;
  const again = old === undefined || old.expiredAt !== undefined || !sameAudiences(old.targeting, targeting);
  const life: Omit<PublishedLabel, 'targeting'> =
    again || old.stoppedAt !== undefined
      ? { at: now, approvedAt: row.approvedAt ?? now, curve: curveOf(row) }
      : { ...old, lingering: undefined };
  const common = { ...life, ...lingering(before, old, targeting, now) };
  if (!hasRows(targeting)) return put(before, { ...common, targeting: old?.targeting ?? targeting, expiredAt: now });
  const lost = strike(before, 'rows-lost');
  const hardwareIds = (targeting.hardwareIds ?? []).slice(0, lost.strikes ? -1 : undefined);
  return put(lost.state, { ...common, targeting: { ...targeting, hardwareIds } });
};

/** What Windows Update offers of a label at an instant; undefined when it has none of it. */
export const offeredTargeting = ({ published }: LabelRow, now: number): LabelTargeting | undefined =>
  published?.lingering !== undefined && now < published.lingering.until
    ? published.lingering.targeting
    : published?.targeting;

const lingers = ({ lingering: rows }: PublishedLabel, now: number): boolean => rows !== undefined && now < rows.until;

const publishedTimes = (state: CloudState, row: LabelRow, published: PublishedLabel, now: number): LabelTimes => {
  const told = isOn(state, 'rollout-paused') || isOn(state, 'measure-failing') ? published.at : undefined;
  const targeting = offeredTargeting(row, now) ?? published.targeting;
  return {
    ...{ submitted: row.createdAt, automatic: isAutomatic(row), audiences: audienceNames(state, targeting) },
    ...{ approved: published.approvedAt, goLive: published.at, curve: published.curve, heldMs: published.heldMs },
    ...{ paused: published.pausedAt ?? told, stopped: published.stoppedAt, finalized: published.finalizedAt },
    expired: lingers(published, now) ? undefined : published.expiredAt,
    coEngineered: !isAbsent(targeting.coEngDriverPublishInfo),
  };
};

/** The life of a label as far as it is known, for machines that ask. */
export const labelTimes = (state: CloudState, row: LabelRow, now: number): LabelTimes => {
  if (row.published !== undefined) return publishedTimes(state, row, row.published, now);
  const { step, state: progress } = row.run;
  const failed = progress === 'failed';
  const inReview = step === 'microsoftApproval' && progress === 'started';
  // nothing is offered before the workflow ends, whatever its step: never earlier than the next thing that happens
  const soonest = Math.max(row.dueAt ?? 0, now + 1);
  return {
    ...{ submitted: row.createdAt, automatic: isAutomatic(row), audiences: audienceNames(state, row.targeting) },
    ...(row.approvedAt === undefined && inReview ? { approved: soonest } : { approved: row.approvedAt }),
    ...(failed ? { stopped: row.createdAt } : {}),
    ...{ goLive: Math.max(goLiveOf(row) ?? 0, soonest), curve: curveOf(row) },
  };
};

export const availabilityOf = (state: CloudState, row: LabelRow, now: number): Availability =>
  labelAvailability(labelTimes(state, row, now), now);

/** Whether a roll-out is watched: 30 days from its begin, unless it goes to a test audience or ended otherwise. */
export const isWatched = (state: CloudState, row: LabelRow, now: number): boolean => {
  const { published } = row;
  if (published === undefined || published.stoppedAt !== undefined || published.expiredAt !== undefined) return false;
  return now < finalizedAt(publishedTimes(state, row, published, now));
};

/** While a roll-out comes in stages its label is locked, but for cancelling (gradual-rollout.md). */
export const isLocked = (state: CloudState, row: LabelRow, now: number): boolean =>
  row.published?.curve !== undefined && row.published.curve !== 'at-once' && isWatched(state, row, now);

/** When what machines are offered changes next by itself; undefined when it does not. */
export const nextRolloutAt = (state: CloudState, now: number): number | undefined => {
  let first: number | undefined;
  for (const row of state.labels.values()) {
    if (row.published === undefined) continue;
    const ends = lingers(row.published, now) ? row.published.lingering?.until : undefined;
    for (const at of [availabilityOf(state, row, now).next, ends]) {
      if (at !== undefined && at > now && (first === undefined || at < first)) first = at;
    }
  }
  return first;
};

/** Stops or pauses what is offered of a label. */
export const withPublished = (state: CloudState, row: LabelRow, change: Partial<PublishedLabel>): CloudState =>
  row.published === undefined
    ? state
    : withRow(state, 'labels', row.id, { ...row, published: { ...row.published, ...change } });
