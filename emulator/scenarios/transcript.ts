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

/** What every release of some years does to rare machines: told, and no reason to stop a release. */
const INHERENT: ReadonlySet<string> = new Set(['F18']);

/** How much a failure mode weighs when a machine is harmed. */
export const severityOf = ({ failureMode, helpless }: Attribution): Finding['severity'] =>
  helpless === true || (failureMode !== undefined && INHERENT.has(failureMode)) ? 'warning' : 'error';

export const outputsOf = (steps: readonly Step[]): readonly GuestOutput[] => steps.flatMap(({ outputs }) => outputs);

export const notesOf = (outputs: readonly GuestOutput[]): readonly DriverNote[] =>
  outputs.flatMap((output) => (output.kind === 'driver.note' ? [output.note] : []));

/** What happened since the machine was last switched on, up to a point. */
export const lastBoot = (run: Run, until = run.steps.length): readonly GuestOutput[] => {
  const before = outputsOf(run.steps.slice(0, until));
  const start = before.findLastIndex(({ kind }) => kind === 'boot.started');
  return before.slice(Math.max(0, start));
};

/** What happened in each boot; the first is the one that the run began in. */
export const bootsOf = (steps: readonly Step[]): readonly (readonly GuestOutput[])[] => {
  const boots: GuestOutput[][] = [[]];
  for (const output of outputsOf(steps)) {
    if (output.kind === 'boot.started') boots.push([]);
    boots.at(-1)?.push(output);
  }
  return boots;
};
