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
  /** How long it was paused before, in milliseconds: its stages come so much later. */
  readonly heldMs?: number | undefined;
  /** All rows were removed. */
  readonly expired?: number | undefined;
  /** Cancelled, or stopped by the ship room. */
  readonly stopped?: number | undefined;
  /** When the roll-out was over; by itself that comes after 30 days. */
  readonly finalized?: number | undefined;
  /** A flight among Insiders with a partner: it ends after 60 days, and is never retail. */
  readonly coEngineered?: boolean | undefined;
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
  /** The roll-out is over: Windows before 1709, which gradual roll-outs do not reach, is offered it too. */
  readonly finalized: boolean;
  readonly why: string;
  /** It rests on what Microsoft does not publish. */
  readonly assumed: boolean;
}

/** A step of a roll-out: from so many days after its begin, so many machines. */
export interface RolloutStage {
  readonly day: number;
  readonly share: number;
}

type RolloutStages = readonly [RolloutStage, ...RolloutStage[]];

/**
 * Microsoft publishes where a roll-out begins (1 %, or active and representative machines) and that it ends at 100 %, not
 * the days between: these are assumed.
 */
export const ROLLOUT_STAGES: Readonly<Record<RolloutCurve, RolloutStages>> = {
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

/** The first day on which the ship room can approve what Microsoft decides on: after a flight (assumed to last two weeks). */
export const approvalAfterFlight = (submitted: number): number => nextShipRoomDay(submitted + FLIGHT_DAYS * DAY_MS);

/** When Microsoft approves a label: at once for a test audience and for most optional ones, after a flight for automatic ones. */
export const approvalOf = ({ submitted, automatic, audiences, approved }: LabelTimes): number => {
  if (approved !== undefined) return approved;
  return audiences.length > 0 || !automatic ? submitted : approvalAfterFlight(submitted);
};

const day = (epochMs: number): string => new Date(epochMs).toISOString().slice(0, 10);
const percent = (share: number): string => `${Number((share * 100).toFixed(1))} %`;

/** When the first machines are offered a label, if nothing stops it. */
export const offeredSince = (times: LabelTimes): number => Math.max(approvalOf(times), times.goLive ?? 0);

/** Test audiences have all of it at once, and nobody watches. */
export const stagesOf = ({ audiences, curve }: LabelTimes): RolloutStages =>
  ROLLOUT_STAGES[audiences.length > 0 ? 'at-once' : curve];

/** When a roll-out is over, if nothing stops it: at once for a test audience, which nobody watches. */
export const finalizedAt = (times: LabelTimes): number => {
  const since = offeredSince(times);
  if (times.finalized !== undefined) return Math.max(since, times.finalized);
  return times.audiences.length > 0 ? since : since + MONITORING_DAYS * DAY_MS + (times.heldMs ?? 0);
};

/** When a stage begins, if nothing stops it: a pause keeps what had begun before it, and puts off the rest. */
const beginOf = (times: LabelTimes, { day: days }: RolloutStage): number =>
  offeredSince(times) + days * DAY_MS + (days === 0 ? 0 : (times.heldMs ?? 0));

/** When a machine is first offered a label, if nothing stops it: with its stage, or, when its Windows is old, at the end. */
export const reachedAt = (times: LabelTimes, stage: RolloutStage, atTheEnd: boolean): number =>
  atTheEnd ? finalizedAt(times) : Math.min(beginOf(times, stage), finalizedAt(times));

const CO_ENGINEERING_DAYS = 60;

/** When nobody is offered it any more: the rows were removed, or a co-engineering flight ended. */
export const expiryOf = (times: LabelTimes): number | undefined => {
  const { expired, coEngineered } = times;
  if (coEngineered !== true) return expired;
  return Math.min(expired ?? Number.POSITIVE_INFINITY, offeredSince(times) + CO_ENGINEERING_DAYS * DAY_MS);
};

type Off = Pick<Availability, 'state' | 'why'> & { readonly until?: number };

/** Why nobody is offered a label at an instant; undefined when some are. */
const offAt = (times: LabelTimes, at: number): Off | undefined => {
  const { paused, stopped } = times;
  const [approval, since, expiry] = [approvalOf(times), offeredSince(times), expiryOf(times)];
  if (expiry !== undefined && at >= expiry) return { state: 'expired', why: `It expired on ${day(expiry)}.` };
  if (stopped !== undefined && at >= stopped) return { state: 'stopped', why: `It was stopped on ${day(stopped)}.` };
  if (at < approval)
    return {
      state: 'in-approval',
      why: `Microsoft has not approved it; ${day(approval)} is the first day on which it can.`,
      until: approval,
    };
  if (at < since) return { state: 'before-go-live', why: `It goes live on ${day(since)}.`, until: since };
  return paused !== undefined && at >= paused
    ? { state: 'paused', why: `It is paused since ${day(paused)}.` }
    : undefined;
};

/** The earliest of some instants that is still to come. */
const coming = (at: number, instants: readonly (number | undefined)[]): Pick<Availability, 'next'> => {
  const later = instants.filter((one): one is number => one !== undefined && one > at && Number.isFinite(one));
  return later.length === 0 ? {} : { next: Math.min(...later) };
};

/** What machines are offered of a label at an instant (spec windows-update 5). */
export const labelAvailability = (times: LabelTimes, at: number): Availability => {
  const since = offeredSince(times);
  const assumed = times.approved === undefined && times.automatic && times.audiences.length === 0;
  const off = offAt(times, at);
  const ends = [times.paused, times.stopped, expiryOf(times)];
  if (off !== undefined) {
    const { until, ...rest } = off;
    const next = coming(at, rest.state === 'expired' ? [] : [until, ...ends]);
    return { share: 0, since, finalized: false, assumed, ...next, ...rest };
  }
  const over = finalizedAt(times);
  const stages = stagesOf(times).map((stage) => ({ from: beginOf(times, stage), share: stage.share }));
  const reached = stages.findLast(({ from }) => at >= from)?.share ?? 0;
  const finalized = at >= over;
  const next = coming(at, [...stages.map(({ from }) => from), over, ...ends]);
  if (finalized || reached >= 1)
    return {
      ...{ state: 'live', share: 1, since, finalized, assumed, ...next },
      why: `All machines are offered it since ${day(since)}.`,
    };
  return {
    ...{ state: 'rolling-out', share: reached, since, finalized, assumed: true, ...next },
    why: `The roll-out that began on ${day(since)} is at ${percent(reached)}.`,
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
