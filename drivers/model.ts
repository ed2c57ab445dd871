import type { FourPartVersion } from '../core/version.ts';

/** Versions of an interface that a bus answers to, both included. */
export type VersionRange = readonly [oldest: number, newest: number];

/** What the code of one image does differently from other builds of it (spec xen-pv 1 to 3); data, so that it survives JSON. */
export interface DriverModel {
  /** The image, lower case, without extension: `xenbus`, `xen`, `xenfilt`, `xenbus_monitor`. */
  readonly image: string;
  /** Of its version resource; undefined when it has none. */
  readonly version?: FourPartVersion;
  /** Compiled-in vendor prefix: `XP`. */
  readonly prefix?: string;
  /** Company of its version resource, which the drivers write to xenstore too: `Xen Project`. */
  readonly vendorName?: string;
  /** Compiled-in device id of the vendor's own platform function: `C000`. */
  readonly vendorDeviceId?: string;
  /** Day of the source, `2025-08-18`: which of the changes that the specification dates it has. */
  readonly built: string;
  /** Maintenance branch when it is not master: `8.2`. */
  readonly line: string;
  /** For a bus: revisions that it lists, in the order of its table; eight hex digits. Empty for one of 2013-05 (`CLASS_` ids). */
  readonly rows?: readonly string[];
  /** For a bus and xenfilt: what it answers to. Empty for those of 2013, which knew no versions. */
  readonly provides?: Readonly<Record<string, VersionRange>>;
  /** For a child: what it asks for when it starts. Empty for those of 2013. */
  readonly needs?: Readonly<Record<string, { readonly version: number; readonly optional: boolean }>>;
  /** For a bus: grants that it leaves alone, where that is known better than by its day (spec xen-pv 6). */
  readonly reservedGrants?: number;
  /** Several builds are possible, and they would not all do the same: what is undecided, for people. */
  readonly undecided?: readonly string[];
}
