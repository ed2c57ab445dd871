import type { DiskUsage, Machine } from '../behaviour.ts';
import { targetOf } from './targets.ts';

/** Keys of a target that say what its disk is used for; the crash dump library looks for them (spec xen-pv 4.3, 6). */
export const USAGES = ['paging', 'hibernation', 'dump'] as const satisfies readonly DiskUsage['of'][];

const memoryName = (target: number): string => `usage ${target}`;

const usedFor = (machine: Machine, target: number): readonly string[] => {
  const known = machine.recall('xenvbd', memoryName(target));
  return Array.isArray(known) ? known.map(String) : [];
};

/** Writes what a target is used for; nothing, until Windows says so. */
export const writeUsage = (machine: Machine, target: number): void => {
  const used = usedFor(machine, target);
  for (const usage of USAGES) {
    machine.storeWrite(`data/scsi/target/${target}/${usage}`, used.includes(usage) ? '1' : '0');
  }
};

/** Windows puts a page file, a dump or the image of a hibernation on a disk, or takes it away. */
export const noteUsage = (machine: Machine, { vbd, of, on }: DiskUsage): void => {
  const target = targetOf(vbd);
  if (target === undefined) return;
  const others = usedFor(machine, target).filter((one) => one !== of);
  machine.remember('xenvbd', memoryName(target), on ? [...others, of] : others);
  writeUsage(machine, target);
};
