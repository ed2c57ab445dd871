import type { GuestOutput } from '../guest/events.ts';
import { type Attribution, attribute } from './attribute.ts';
import { inactivity } from './inactivity.ts';
import type { Run } from './run.ts';
import { notesOf } from './transcript.ts';
import { forced, resetsUnplug } from './unplug-facts.ts';

export type Stopped = Extract<GuestOutput, { kind: 'boot.stopped' }>;

/** A machine that does not start: the first of the reasons that a failure mode has, from the bottom of the stack up. */
export const whyStopped = (run: Run, stop: Stopped, outputs: readonly GuestOutput[]): Attribution => {
  const { cause, code } = stop;
  const told = (why: Attribution): Attribution => ({
    ...why,
    message: `The machine stops with ${code}. ${why.message}`,
  });
  if (cause.kind !== 'disk-gone') return told(attribute(cause, run));
  const notes = notesOf(outputs);
  const unplugged = notes.some((note) => note.kind === 'xen.unplug' && note.disks);
  const why = attribute(cause.because, run);
  const inactive = inactivity(outputs);
  if (inactive !== undefined && why.failureMode === undefined) return told(inactive);
  if (unplugged && !resetsUnplug(run)) {
    return told({
      failureMode: 'F13',
      message:
        'The emulated disk was unplugged before the PV driver was bound: the INF of the bus does not clear the request.',
      hint: 'Reach the section that sets XEN\\Unplug to 0 from the install section.',
    });
  }
  if (why.failureMode !== undefined) return told(why);
  if (unplugged && forced(run.world)) {
    return told({
      failureMode: 'F14',
      message: `ForceUnplug takes the emulated disk away at every start, and the PV disk does not come. ${why.message}`,
      hint: 'Delete Services\\XEN\\ForceUnplug with the drivers; set it only with drivers that work.',
    });
  }
  return told(why);
};
