import type { GuestOutput } from '../../emulator/guest/events.ts';
import type { Played } from './rehearsal.ts';

/** Text that would run, or show something else than it is, where it is taken for markup. */
export const HOSTILE = '"><img src=x onerror=alert(1)></script><script>alert(2)</script>\u202e\'&';

const withOutputs = ({ run, result }: Played, change: (output: GuestOutput) => GuestOutput): Played => {
  const copy: Played['run'] = Object.create(Object.getPrototypeOf(run), Object.getOwnPropertyDescriptors(run));
  const steps = run.steps.map((step) => ({ ...step, outputs: step.outputs.map(change) }));
  return { run: Object.assign(copy, { steps }), result };
};

/** Strings of a value, changed wherever they stand. */
const mapped = <T>(value: T, change: (text: string) => string): T => {
  if (typeof value === 'string') return change(value) as T;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((part) => mapped(part, change)) as T;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, mapped(part, change)])) as T;
};

/** A run in which every name that can come from a bundle is hostile. */
export const withHostileNames = (played: Played): Played => {
  const changed = withOutputs(played, (output) => {
    const { kind } = output;
    return { ...mapped(output, (text) => `${text}${HOSTILE}`), kind } as GuestOutput;
  });
  const { result } = played;
  const findings = result.findings.map((finding) => ({
    ...finding,
    message: `${finding.message}${HOSTILE}`,
    hint: HOSTILE,
    failureMode: HOSTILE,
  }));
  return {
    run: changed.run,
    result: { ...result, guest: `windows-10${HOSTILE}`, scenario: `fresh-install${HOSTILE}:${HOSTILE}`, findings },
  };
};

/** Runs that are alike and yet differ in some of what happened; nine of ten pass. */
export const manyRuns = (played: Played, count: number): readonly Played[] =>
  Array.from({ length: count }, (_, index) => {
    const { run } = withOutputs(played, (output) =>
      output.kind === 'boot.stopped' || output.kind === 'device.started' || output.kind === 'device.arrived'
        ? ({ ...output, reason: `${index}`, device: `XENBUS\\VEN_XP&DEV_VBD\\${index}` } as unknown as GuestOutput)
        : output,
    );
    const { result } = played;
    const verdict = index % 10 === 0 ? 'fail' : 'pass';
    const findings = verdict === 'fail' ? result.findings : [];
    const names = {
      guest: `windows-10-${index % 40}-x64`,
      scenario: `scenario-${Math.floor(index / 40) % 25}:${index}`,
    };
    return { run, result: { ...result, ...names, verdict, findings } };
  });
