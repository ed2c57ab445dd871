import type { DumpMachine, DumpMode } from '../dump.ts';
import { FALLBACK_DEVICE, XENCRSH } from './limits.ts';

/** Keys below `data/scsi/target/<n>` that name the disk of each mode (spec xen-pv 4.3, 6). */
export const USAGE_KEY: Readonly<Record<DumpMode, string>> = { dump: 'dump', hiber: 'hibernation' };

export interface FoundTarget {
  readonly target: number;
  /** `768`, the key below `device/vbd`. */
  readonly device: string;
  /** No target was marked, so that the first disk is tried. */
  readonly guessed: boolean;
}

/** Digits at the beginning of a text as the C library reads them; 0 for a text without any. */
const leadingNumber = (text: string): number => Number.parseInt(text, 10) || 0;

/** The disk to write to: the first target that is marked, of those that the library looks at. */
export const findTarget = (machine: DumpMachine, mode: DumpMode): FoundTarget => {
  for (let target = 0; target < XENCRSH.targets; target += 1) {
    const area = `data/scsi/target/${target}`;
    if (leadingNumber(machine.storeRead(`${area}/${USAGE_KEY[mode]}`) ?? '') <= 0) continue;
    const device = machine.storeRead(`${area}/device`);
    if (device !== undefined) return { target, device, guessed: false };
  }
  return { target: 0, device: FALLBACK_DEVICE, guessed: true };
};
