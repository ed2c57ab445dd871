import type { Architecture } from '../../../core/architecture.ts';
import type { CalendarDate } from '../../../core/date.ts';
import type { FourPartVersion } from '../../../core/version.ts';
import type { Finding } from '../../scenarios/contract.ts';

/** What a machine does after it was offered something; the worst that can come of any order of arrival. */
export type FleetVerdict = 'boots' | 'degraded' | 'no-boot' | 'brand-flip' | 'restart';

/** A driver as a machine has it on a device. */
export interface InstalledDriver {
  /** As the machine names it: `oem12.inf`, or the name that the package gave it. */
  readonly inf: string;
  readonly provider: string;
  readonly date: CalendarDate | undefined;
  readonly version: FourPartVersion | undefined;
  /** `0xSSGGTHHH`: by which of its ids the device has the driver. */
  readonly rank?: number | undefined;
  /** The vendor prefix that the bus was built with; told by the ids of its children when absent. */
  readonly prefix?: string | undefined;
}

/** A device of the Xen family, or one that a release may serve. */
export interface FleetStateDevice {
  readonly hardwareIds: readonly string[];
  readonly compatibleIds: readonly string[];
  /** CM_PROB_* that the machine reports now; 0 for none. */
  readonly problem?: number | undefined;
  readonly driver: InstalledDriver | null;
}

/**
 * What makes machines alike for a rehearsal: everything of them but who they are. Machines with equal states are rehearsed
 * once; so are states that differ in what makes no difference.
 */
export interface FleetState {
  /** `10.0.19045` */
  readonly os: string;
  readonly arch: Architecture;
  readonly type: 'workstation' | 'server' | 'dc';
  readonly devices: readonly FleetStateDevice[];
  /** Keys of packages in the stock's library: all that Windows Update may bring, in whatever order. */
  readonly offered: readonly string[];
}

/** Something that a rehearsal found, with the device that it is about. */
export interface FleetFinding extends Pick<Finding, 'code' | 'severity' | 'message' | 'failureMode' | 'hint'> {
  /** Instance path in the emulated machine. */
  readonly device?: string;
}

export interface FleetOutcome {
  readonly outcome: FleetVerdict;
  /** Of the order of arrival that ends worst. */
  readonly findings: readonly FleetFinding[];
  /** Id of the emulated guest that stood for the machine; undefined when none could. */
  readonly guest: string | undefined;
  /** What the outcome rests on, for people: a Windows that stands for another, a release that is only the nearest known. */
  readonly assumed: readonly string[];
  /** Names of drivers in the order of arrival that ends worst, with `restart` between them; empty when nothing was brought. */
  readonly arrival: readonly string[];
  /** Restarts until the machine was stable. */
  readonly restarts: number;
}
