import type { DriverModel } from '../model.ts';
import { has } from './traits.ts';

/** Xen's own grants, and those below 32 that the crash dump library takes (spec xen-pv 6). */
const RESERVED = 32;
const RESERVED_BY_XEN = 8;

/** How many grants a bus leaves out of what it gives away; a bus of which nothing is known leaves what all do today. */
export const reservedGrants = (bus: DriverModel | undefined): number =>
  bus === undefined ? RESERVED : (bus.reservedGrants ?? (has(bus, 'crashReserve') ? RESERVED : RESERVED_BY_XEN));
