import type { Expectation } from './run.ts';

/** Disks and cards on the paravirtual path, as far as the release has drivers for them. */
export const PV: Expectation = { disks: 'pv', nics: 'pv', settled: true };
/** Everything on emulated hardware. */
export const EMULATED: Expectation = { disks: 'emulated', nics: 'emulated', settled: true };
/** Nothing is lost. */
export const ALL_THERE: Expectation = { disks: 'any', nics: 'any', settled: true };
