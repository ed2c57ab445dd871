import type { RunResult, Scenario, ScenarioInput } from './scenarios/contract.ts';
import { judgeRun } from './scenarios/judge.ts';
import { Run } from './scenarios/run.ts';

/** Plays a scenario in a guest, once for each release that a machine may have had before. */
export const rehearseScenario = (scenario: Scenario, input: ScenarioInput): readonly RunResult[] => {
  if (!scenario.applies(input)) return [];
  return scenario.runs(input).map(({ variant, begin, play }) => {
    const run = new Run(input, begin);
    play(run);
    return judgeRun(run, variant === '' ? scenario.id : `${scenario.id}:${variant}`);
  });
};
