import { eventOf, type FindingGroup } from '../../../emulator/finding-groups.ts';
import type { RunResult } from '../../../emulator/scenarios/contract.ts';
import type { Run } from '../../../emulator/scenarios/run.ts';
import { shareValues } from '../../../emulator/shared-values.ts';
import { storyOf } from '../../../emulator/story/story.ts';
import { scriptJson } from '../report/page.ts';

/** Characters of stories that a page carries: of runs that pass, and of all. What is beyond is told by its verdict alone. */
const MOST = { passing: 12_000_000, all: 36_000_000 } as const;

/** What a page tells of runs when they are opened, taken down as they are played. */
export interface StoryRecorder {
  add(played: { readonly result: RunResult; readonly run: Run }): void;
  /** JSON for a script element, in parts: a value that occurs in many runs is there once. */
  parts(groups: readonly FindingGroup[]): readonly string[];
}

/** A finding as it stands in a run: which group it is in is told by the page. */
const findingsOf = ({ findings }: RunResult) =>
  findings.map((finding) => {
    const { code, severity, message, failureMode, hint } = finding;
    const event = eventOf(finding);
    return { code, severity, message, failureMode, hint, event };
  });

/**
 * Records what happened in runs, in the form that the page reads.
 * @param limits characters, for tests
 */
export const recordStories = (limits: { readonly passing: number; readonly all: number } = MOST): StoryRecorder => {
  const { add, entries } = shareValues();
  const safe: string[] = [];
  const runs: string[] = [];
  let size = 0;
  const count = (): void => {
    for (const entry of entries.slice(safe.length)) {
      const text = scriptJson(entry);
      safe.push(text);
      size += text.length;
    }
  };
  return {
    add: ({ result, run }) => {
      const { guest, scenario, verdict, boots } = result;
      const fits = size < (verdict === 'pass' ? limits.passing : limits.all);
      const story = fits ? add(storyOf(run, result)) : null;
      const findings = size < limits.all ? add(findingsOf(result)) : null;
      const errors = result.findings.filter(({ severity }) => severity === 'error').length;
      const warnings = result.findings.filter(({ severity }) => severity === 'warning').length;
      runs.push(scriptJson(JSON.stringify([guest, scenario, verdict, boots, errors, warnings, findings, story])));
      count();
    },
    parts: (groups) => [
      '{"values":[',
      ...listed(safe),
      '],"runs":[',
      ...listed(runs),
      `],"groups":${JSON.stringify(groups.map(({ at }) => at))}}`,
    ],
  };
};

const listed = (lines: readonly string[]): readonly string[] =>
  lines.map((line, index) => (index < lines.length - 1 ? `${line},` : line));
