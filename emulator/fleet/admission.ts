import type { Availability } from '../cloud/windows-update/availability.ts';
import type { Verdict } from './candidates.ts';
import type { FleetLabel } from './label.ts';
import { isInsider, isTestRing, type MachineConfiguration } from './machine.ts';
import { rowWindows } from './os-rows.ts';
import { FLEET_REASONS, type FleetReasonCode } from './reasons.ts';
import { compareWindows, type MachineWindows, RELEASE_BUILDS, ServiceBuild } from './windows-release.ts';

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
  /** Whether the roll-out of a label has reached the machine. */
  readonly isIn: (label: FleetLabel) => boolean;
  readonly at: number;
}

const say = (code: FleetReasonCode, message: string = FLEET_REASONS[code]): Verdict => ({ code, message });
const assumed = (text: string): string => `${text} (assumed)`;

/** Step 1: is it published now, and to this machine? */
const published = ({ label, availability }: LabelNow, { machine, isIn, at }: Asking): Verdict | undefined => {
  if (label.destination !== 'windowsUpdate') return say('other-destination');
  if (availability === undefined) {
    if (label.goLive === undefined || label.goLive <= at) return undefined;
    return say('before-go-live', `It goes live on ${new Date(label.goLive).toISOString().slice(0, 10)}.`);
  }
  const { state, why } = availability;
  if (state === 'rolling-out') {
    if (label.times?.finalized === undefined && !isGradual(machine.windows)) return say('before-finalize');
    return isIn(label) ? undefined : say('throttled', assumed(`${why} It has not reached this machine.`));
  }
  return state === 'live' ? undefined : say(state, availability.assumed ? assumed(why) : why);
};

/** Gradual roll-outs reach Windows 10 1709 and later only (gradual-rollout.md). */
const isGradual = ({ major, build }: MachineWindows): boolean => major >= 10 && build >= ServiceBuild.version1709;

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

const windowsText = ({ major, minor, build }: MachineWindows): string => `${major}.${minor}.${build}`;
const build10 = (build: number): MachineWindows => ({ major: 10, minor: 0, build });

/** Step 3: floor and ceiling; the lowest release of the rows is a floor by itself. */
const inRange = ({ label }: LabelNow, { machine, windows }: Asking): Verdict | undefined => {
  const { inServicePublishInfo: range, coEngDriverPublishInfo: builds } = label.targeting;
  const token = range?.flooring?.toUpperCase();
  const floor = token === undefined ? (builds?.flooringBuildNumber ?? undefined) : RELEASE_BUILDS[token]?.[0];
  if (floor !== undefined && compareWindows(windows, build10(floor)) < 0)
    return say('below-floor', `${windowsText(windows)} is below the floor ${token ?? floor} (build ${floor}).`);
  const highest = range?.ceiling?.toUpperCase();
  const ceiling = highest === undefined ? (builds?.ceilingBuildNumber ?? undefined) : RELEASE_BUILDS[highest]?.[1];
  if (ceiling !== undefined && compareWindows(windows, build10(ceiling)) > 0)
    return say(
      'above-ceiling',
      `${windowsText(windows)} is above the ceiling ${highest ?? ceiling} (build ${ceiling}).`,
    );
  if (builds?.flooringBuildNumber != null && !isInsider(machine.ring))
    return say('other-audience', 'Co-engineered labels reach Insiders only.');
  return undefined;
};

/** Step 4: computer ids. The level is 0 for a label without. */
const chidLevel = (label: FleetLabel, { chids }: MachineConfiguration): number | undefined => {
  if (label.chids.size === 0) return Number.POSITIVE_INFINITY;
  const levels = [...label.chids].flatMap((chid) => chids?.get(chid) ?? []);
  return levels.length === 0 ? undefined : Math.min(...levels);
};

/** The first of steps 1 to 4 that keeps a label from a machine; undefined when none does. */
export const keptFrom = (now: LabelNow, asking: Asking): Verdict | undefined =>
  published(now, asking) ??
  admitted(now, asking) ??
  inRange(now, asking) ??
  (chidLevel(now.label, asking.machine) === undefined ? say('other-chids') : undefined);

/** Before 1709 only labels of the closest computer id are compared (using-chids.md); one without comes last (assumed). */
export const worseChid = (labels: readonly FleetLabel[], { machine, windows }: Asking): ReadonlySet<FleetLabel> => {
  if (isGradual(windows)) return new Set();
  const levels = labels.map((label) => chidLevel(label, machine) ?? Number.POSITIVE_INFINITY);
  const best = Math.min(...levels);
  return new Set(labels.filter((_label, index) => (levels[index] ?? 0) > best));
};

/** Codes of rows that winpv does not know: what they reach cannot be told. */
export const unknownCodes = ({ rows }: FleetLabel): readonly string[] => [
  ...new Set(rows.flatMap(({ osCode }) => (rowWindows(osCode) === undefined ? [osCode] : []))),
];
