import type { GuestOutput } from '../guest/events.ts';
import type { Attribution } from './attribute.ts';
import { notesOf } from './transcript.ts';

/** The bus is there and lists nothing: F22 and F24. */
export const inactivity = (outputs: readonly GuestOutput[]): Attribution | undefined => {
  const notes = notesOf(outputs);
  const inert = notes.find((note) => note.kind === 'xen.inert');
  if (inert?.kind === 'xen.inert') {
    return {
      failureMode: 'F24',
      message: `${inert.module} does nothing: ${inert.reason}.`,
      hint: 'Ship xen.sys, xenbus.sys and xenfilt.sys of one build.',
    };
  }
  const active = notes.filter((note) => note.kind === 'xen.active');
  if (active.length > 0 && active.every((note) => note.kind === 'xen.active' && !note.active)) {
    const [first] = active;
    const because = first?.kind === 'xen.active' ? first.because : '';
    return {
      failureMode: 'F22',
      message: `No platform function is the active one: ${because}.`,
      hint: 'Remove ActiveDeviceID below the service of xenfilt before a machine is moved.',
    };
  }
  return undefined;
};

export const restlessness = (outputs: readonly GuestOutput[]): Attribution => {
  const inert = inactivity(outputs);
  if (inert !== undefined) return inert;
  const wanted = outputs.filter(({ kind }) => kind === 'restart.wanted' || kind === 'driver.note');
  const last = wanted.at(-1);
  const because =
    last?.kind === 'restart.wanted'
      ? last.because
      : last?.kind === 'driver.note' && last.note.kind === 'xen.reboot-requested'
        ? last.note.because
        : 'a restart is wanted again and again';
  return { failureMode: 'F47', message: `The machine is not stable after three restarts: ${because}.` };
};
