import type { GuestOutput } from '../guest/events.ts';
import type { World } from '../guest/world.ts';
import type { Attribution } from './attribute.ts';
import { notesOf } from './transcript.ts';

/** F18: the bus takes a controller that was handed to the guest for emulated disks, and hides a PV disk. */
export const passedThrough = (
  { host }: World,
  vbd: number,
  outputs: readonly GuestOutput[],
): Attribution | undefined => {
  const { passThroughNvme, emulatedDisks } = host.settings;
  if (passThroughNvme === undefined || emulatedDisks === 'nvme') return undefined;
  if (!notesOf(outputs).some((note) => note.kind === 'xen.target-hidden' && note.vbd === vbd)) return undefined;
  return {
    failureMode: 'F18',
    message: `The bus takes the NVMe controller that was handed to the guest for emulated disks, and hides the PV disk ${vbd}.`,
    hint: 'Take a xenbus with the fix de5b538 (late 2025), or hand no NVMe controller to guests with this release.',
  };
};
