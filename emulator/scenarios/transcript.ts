import type { DriverNote } from '../../drivers/behaviour.ts';
import type { GuestOutput } from '../guest/events.ts';
import type { Attribution } from './attribute.ts';
import type { Finding } from './contract.ts';
import type { Run, Step } from './run.ts';

export const finding = (
  code: Finding['code'],
  severity: Finding['severity'],
  { failureMode, message, hint }: Attribution,
  event?: GuestOutput,
): Finding => ({
  code,
  severity,
  message,
  ...(failureMode === undefined ? {} : { failureMode }),
  ...(hint === undefined ? {} : { hint }),
  ...(event === undefined ? {} : { event }),
});

export const outputsOf = (steps: readonly Step[]): readonly GuestOutput[] => steps.flatMap(({ outputs }) => outputs);

export const notesOf = (outputs: readonly GuestOutput[]): readonly DriverNote[] =>
  outputs.flatMap((output) => (output.kind === 'driver.note' ? [output.note] : []));

/** What happened since the machine was last switched on, up to a point. */
export const lastBoot = (run: Run, until = run.steps.length): readonly GuestOutput[] => {
  const before = outputsOf(run.steps.slice(0, until));
  const start = before.findLastIndex(({ kind }) => kind === 'boot.started');
  return before.slice(Math.max(0, start));
};
