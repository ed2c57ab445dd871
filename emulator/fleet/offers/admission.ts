import type { Availability } from '../../cloud/windows-update/availability.ts';
import type { FleetLabel } from '../label.ts';
import { isInsider, isTestRing, type MachineConfiguration } from '../machines/machine.ts';
import {
  compareWindows,
  type MachineWindows,
  RANGE_BUILDS,
  ServiceBuild,
  windowsText,
} from '../machines/windows-release.ts';
import type { Verdict } from './candidates.ts';
import { type Channel, isSince2004 } from './channels.ts';
import { rowWindows } from './os-rows.ts';
import { FLEET_REASONS, type FleetReasonCode } from './reasons.ts';

/** A label at the instant that is asked about. */
export interface LabelNow {
  readonly label: FleetLabel;
  /** Undefined when the file says nothing of its life: approved, and offered to every machine. */
  readonly availability: Availability | undefined;
}

/** Who is asked for. */
export interface Asking {
  readonly machine: MachineConfiguration;
  /** What the service takes as its Windows: during an upgrade that to which it goes. */
  readonly windows: MachineWindows;
  readonly channel: Channel;
  /** Whether the roll-out of a label has reached the machine. */
  readonly isIn: (label: FleetLabel) => boolean;
  readonly at: number;
}

const say = (code: FleetReasonCode, message: string = FLEET_REASONS[code]): Verdict => ({ code, message });
const assumed = (text: string): string => `${text} (assumed)`;

/** Device Manager fetches what comes by itself at any share, paused too (gradual-rollout.md); since 2004 it looks on the machine only. */
const isFetchedAtAnyShare = ({ class: kind }: FleetLabel, { channel, windows }: Asking): boolean =>
  kind === 'automatic' && channel === 'device-manager' && !isSince2004(windows);

/** A label whose life is told. */
const publishedBy = (label: FleetLabel, availability: Availability, asking: Asking): Verdict | undefined => {
  const { state, why } = availability;
  if (state === 'paused' && isFetchedAtAnyShare(label, asking)) return undefined;
  if (state !== 'rolling-out' && state !== 'live') return say(state, availability.assumed ? assumed(why) : why);
  if (!isGradual(asking.windows) && !availability.finalized)
    return say('before-finalize', `${FLEET_REASONS['before-finalize']} ${why}`);
  if (state === 'live' || isFetchedAtAnyShare(label, asking) || asking.isIn(label)) return undefined;
  return say('throttled', assumed(`${why} It has not reached this machine.`));
};

/** Step 1: is it published now, and to this machine? */
const published = ({ label, availability }: LabelNow, asking: Asking): Verdict | undefined => {
  if (label.destination !== 'windowsUpdate') return say('other-destination');
  if (availability !== undefined) return publishedBy(label, availability, asking);
  if (label.goLive === undefined || label.goLive <= asking.at) return undefined;
  return say('before-go-live', `It goes live on ${new Date(label.goLive).toISOString().slice(0, 10)}.`);
};

/** Gradual roll-outs reach Windows 10 1709 and later only (gradual-rollout.md). */
export const isGradual = ({ major, build }: MachineWindows): boolean =>
  major >= 10 && build >= ServiceBuild.version1709;

/** Step 2: audience, signature, S mode, policy. */
const admitted = ({ label }: LabelNow, { machine }: Asking): Verdict | undefined => {
  const { audiences, signature, publishingSpecifications: how } = label;
  if (signature === 'test') return say('test-signed');
  if (audiences.length === 0 && signature === 'attestation') return say('not-for-retail');
  if (audiences.length > 0 && !isOfAudience(machine.ring, audiences))
    return say(
      'other-audience',
      `The label is for a test audience; the ring of the machine is ${machine.ring ?? 'none'}, not \`Drivers\`.`,
    );
  if (machine.sMode && how?.publishToWindows10s !== true) return say('s-mode');
  if (machine.excludesDrivers) return say('drivers-excluded');
  if (machine.wsus && how?.isDisclosureRestricted === true) return say('not-in-wsus');
  return undefined;
};

/** Ids of audiences differ by account: any that is no ring of the machine is taken as Test Registry Key. */
const isOfAudience = (ring: string | undefined, audiences: readonly string[]): boolean =>
  isTestRing(ring) || audiences.some((one) => one.toLowerCase() === ring?.toLowerCase());

const build10 = (build: number): MachineWindows => ({ major: 10, minor: 0, build });

/** Releases that a range names and winpv does not know. */
const unknownTokens = ({ targeting: { inServicePublishInfo: range } }: FleetLabel): readonly string[] =>
  [range?.flooring, range?.ceiling].filter(
    (token): token is string => typeof token === 'string' && RANGE_BUILDS[token.toUpperCase()] === undefined,
  );

/** Step 3: floor and ceiling; the lowest release of the rows is a floor by itself. */
const inRange = ({ label }: LabelNow, { machine, windows }: Asking): Verdict | undefined => {
  const { inServicePublishInfo: range, coEngDriverPublishInfo: builds } = label.targeting;
  const [unknown] = unknownTokens(label);
  if (unknown !== undefined)
    return say('unknown-release', assumed(`winpv does not know ${unknown}: the label is taken to reach nobody`));
  const token = range?.flooring?.toUpperCase();
  const floor = token === undefined ? (builds?.flooringBuildNumber ?? undefined) : RANGE_BUILDS[token]?.[0];
  if (floor !== undefined && compareWindows(windows, build10(floor)) < 0)
    return say('below-floor', `${windowsText(windows)} is below the floor ${token ?? floor} (build ${floor}).`);
  const highest = range?.ceiling?.toUpperCase();
  const ceiling = highest === undefined ? (builds?.ceilingBuildNumber ?? undefined) : RANGE_BUILDS[highest]?.[1];
  if (ceiling !== undefined && compareWindows(windows, build10(ceiling)) > 0)
    return say(
      'above-ceiling',
      `${windowsText(windows)} is above the ceiling ${highest ?? ceiling} (build ${ceiling}).`,
    );
  if (label.isCoEngineered && !isInsider(machine.ring))
    return say('other-audience', 'Co-engineered labels reach Insiders only.');
  return undefined;
};

/** The level of the closest computer id that a label and a machine have in common, 0 the most specific; a label without comes last (assumed). */
export const chidLevel = (label: FleetLabel, { chids }: MachineConfiguration): number | undefined => {
  if (label.chids.size === 0) return Number.POSITIVE_INFINITY;
  const levels = [...label.chids].flatMap((chid) => chids?.get(chid) ?? []);
  return levels.length === 0 ? undefined : Math.min(...levels);
};

/** Step 4: computer ids. */
const isComputer = ({ label }: LabelNow, { machine }: Asking): Verdict | undefined => {
  if (chidLevel(label, machine) !== undefined) return undefined;
  return machine.chids === undefined
    ? say('other-chids', assumed('The record tells neither computer ids nor SMBIOS: the machine is taken to have none'))
    : say('other-chids');
};

/** The first of steps 1 to 4 that keeps a label from a machine; undefined when none does. */
export const keptFrom = (now: LabelNow, asking: Asking): Verdict | undefined =>
  published(now, asking) ?? admitted(now, asking) ?? inRange(now, asking) ?? isComputer(now, asking);

/** Before 1709 only what fits the computer most closely is compared (using-chids.md); later all is one group. */
export const isByChidLevel = ({ windows }: Asking): boolean => !isGradual(windows);

/** Codes of rows, and releases of a floor or ceiling, that winpv does not know: what they reach cannot be told. */
export const unknownCodes = (label: FleetLabel): readonly string[] => [
  ...new Set([
    ...label.rows.flatMap(({ osCode }) => (rowWindows(osCode) === undefined ? [osCode] : [])),
    ...unknownTokens(label),
  ]),
];
