import type { GuestOutput } from '../guest/events.ts';
import type { Attribution } from './attribute.ts';
import { notesOf } from './transcript.ts';

/** The host does not serve a device that the guest has: F58 for a card, whose emulated twin is gone. */
export const unservedDevice = (
  outputs: readonly GuestOutput[],
  type: 'vbd' | 'vif',
  id: number,
): Attribution | undefined => {
  const device = `device/${type}/${id}`;
  const note = notesOf(outputs).findLast((one) => one.kind === 'xen.not-connected' && one.device === device);
  if (note?.kind !== 'xen.not-connected') return undefined;
  if (note.keys === true) {
    return { failureMode: 'F42', message: note.reason, hint: 'Repair what the backend says of its disk.' };
  }
  return {
    ...(type === 'vif' ? { failureMode: 'F58' } : {}),
    message: `The backend of ${device} on this host does not connect. ${note.reason}`,
    hint: 'See what the host says of this backend.',
  };
};
