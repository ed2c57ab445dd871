import { createHash } from 'node:crypto';
import { nextShipRoomDay } from './ship-room.ts';

const DAY_MS = 86_400_000;

/** How a label reaches its machines (spec windows-update 5): Microsoft chooses by risk. */
export const ROLLOUT_CURVES = ['at-once', 'one-percent', 'clusters-first'] as const;
export type RolloutCurve = (typeof ROLLOUT_CURVES)[number];

/** What happened to a label, and when; milliseconds since 1970. */
export interface LabelTimes {
  readonly submitted: number;
  readonly goLive?: number | undefined;
  /** One of the automatic flags is set: Microsoft has to approve. */
  readonly automatic: boolean;
  /** Audiences that it is restricted to; empty for everyone. */
  readonly audiences: readonly string[];
  /** When Microsoft approved, where that is known. */
  readonly approved?: number | undefined;
  readonly paused?: number | undefined;
  /** All rows were removed. */
  readonly expired?: number | undefined;
  /** Cancelled, or stopped by the ship room. */
  readonly stopped?: number | undefined;
  readonly finalized?: number | undefined;
  readonly curve: RolloutCurve;
}

export type AvailabilityState =
  | 'in-approval'
  | 'before-go-live'
  | 'rolling-out'
  | 'paused'
  | 'stopped'
  | 'live'
  | 'expired';

export interface Availability {
  readonly state: AvailabilityState;
  /** Part of the machines that are offered it, 0 to 1. */
  readonly share: number;
  /** When the first machines were, or will be, offered it. */
  readonly since: number;
  /** When this changes by itself. */
  readonly next?: number;
  readonly why: string;
  /** It rests on what Microsoft does not publish. */
  readonly assumed: boolean;
}

/** A step of a roll-out: from so many days after its begin, so many machines. */
export interface RolloutStage {
  readonly day: number;
  readonly share: number;
}

/**
 * Microsoft publishes where a roll-out begins (1 %, or active and representative machines) and that it ends at 100 %, not
 * the days between: these are assumed.
 */
export const ROLLOUT_STAGES: Readonly<Record<RolloutCurve, readonly RolloutStage[]>> = {
  'at-once': [{ day: 0, share: 1 }],
  'one-percent': [
    { day: 0, share: 0.01 },
    { day: 3, share: 0.05 },
    { day: 7, share: 0.1 },
    { day: 10, share: 0.25 },
    { day: 14, share: 0.5 },
    { day: 20, share: 1 },
  ],
  'clusters-first': [
    { day: 0, share: 0.002 },
    { day: 7, share: 0.01 },
    { day: 10, share: 0.05 },
    { day: 14, share: 0.1 },
    { day: 17, share: 0.25 },
    { day: 21, share: 0.5 },
    { day: 26, share: 1 },
  ],
};
/** A roll-out is watched for so long, however it begins (gradual-rollout.md). */
export const MONITORING_DAYS = 30;
/** A flight among Insiders reports within about two weeks (driver-flighting.md). */
const FLIGHT_DAYS = 14;

/** When Microsoft approves a label: at once for a test audience and for most optional ones, after a flight for automatic ones. */
export const approvalOf = ({ submitted, automatic, audiences, approved }: LabelTimes): number => {
  if (approved !== undefined) return approved;
  if (audiences.length > 0 || !automatic) return submitted;
  return nextShipRoomDay(submitted + FLIGHT_DAYS * DAY_MS);
};

const day = (epochMs: number): string => new Date(epochMs).toISOString().slice(0, 10);
const percent = (share: number): string => `${Number((share * 100).toFixed(1))} %`;

/** When the first machines are offered a label, if nothing stops it. */
export const offeredSince = (times: LabelTimes): number => Math.max(approvalOf(times), times.goLive ?? 0);

/** Test audiences have all of it at once, and nobody watches. */
export const stagesOf = ({ audiences, curve }: LabelTimes): readonly RolloutStage[] =>
  ROLLOUT_STAGES[audiences.length > 0 ? 'at-once' : curve];

/** What machines are offered of a label at an instant (spec windows-update 5). */
export const labelAvailability = (times: LabelTimes, at: number): Availability => {
  const approval = approvalOf(times);
  const since = offeredSince(times);
  const assumed = times.approved === undefined && times.automatic && times.audiences.length === 0;
  const off = (state: AvailabilityState, why: string, next?: number): Availability => ({
    ...{ state, share: 0, since, why, assumed },
    ...(next === undefined ? {} : { next }),
  });
  if (times.expired !== undefined && at >= times.expired) return off('expired', `It expired on ${day(times.expired)}.`);
  if (times.stopped !== undefined && at >= times.stopped)
    return off('stopped', `It was stopped on ${day(times.stopped)}.`);
  if (at < approval)
    return off(
      'in-approval',
      `Microsoft has not approved it; ${day(approval)} is the first day on which it can.`,
      approval,
    );
  if (at < since) return off('before-go-live', `It goes live on ${day(since)}.`, since);
  if (times.paused !== undefined && at >= times.paused)
    return off('paused', `It is paused since ${day(times.paused)}.`);
  const stages = stagesOf(times);
  const reached = stages.findLast((stage) => at >= since + stage.day * DAY_MS) ?? { day: 0, share: 0 };
  const following = stages.find((stage) => at < since + stage.day * DAY_MS);
  const share = times.finalized !== undefined && at >= times.finalized ? 1 : reached.share;
  if (share >= 1)
    return { state: 'live', share, since, why: `All machines are offered it since ${day(since)}.`, assumed };
  const next = following === undefined ? undefined : since + following.day * DAY_MS;
  return {
    ...{ state: 'rolling-out', share, since, assumed: true },
    ...(next === undefined ? {} : { next }),
    why: `The roll-out that began on ${day(since)} is at ${percent(share)}.`,
  };
};

/**
 * Where a machine stands in the roll-out of a label, 0 to 1: it is offered the label while that is below the share. Which
 * machines the service picks is not published; a hash is as good, and a machine once in stays in (assumed).
 */
export const rolloutPosition = (machineId: string, labelId: string): number =>
  createHash('sha256').update(`${labelId}\0${machineId}`).digest().readUIntBE(0, 6) / 2 ** 48;

export const isInShare = (machineId: string, labelId: string, share: number): boolean =>
  rolloutPosition(machineId, labelId) < share;
