import type { Finding } from './contract.ts';
import type { Run, Step } from './run.ts';

/**
 * Names the step of a run that a finding comes from: the one whose output it speaks of, or the last one before the machine was
 * looked at.
 * @param after number of steps that were taken by then; all of them when not given
 */
export const located = (run: Run, found: readonly Finding[], after = run.steps.length): readonly Finding[] =>
  found.map((finding) => {
    if (finding.severity === 'info' || finding.step !== undefined) return finding;
    const index = stepOf(run.steps, finding, after);
    const step = run.steps[index];
    return step === undefined
      ? finding
      : { ...finding, step: { number: index + 1, stage: step.stage, event: step.event } };
  });

const stepOf = (steps: readonly Step[], { event }: Finding, after: number): number => {
  const own = event === undefined ? -1 : steps.findLastIndex(({ outputs }) => outputs.includes(event));
  return own < 0 ? after - 1 : own;
};
