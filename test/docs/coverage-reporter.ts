import { spawnSync } from 'node:child_process';
import { relative } from 'node:path';
import type { Reporter, TestCase, TestModule, Vitest } from 'vitest/node';
import { hasOracle, ORACLES, projectRoot } from '../support/outside.ts';
import { type CoverageRow, coveragePage, type NamedTest } from './coverage-page.ts';
import { namedBy } from './coverage-titles.ts';

/** What ran of a file: each test with its state, and the names of it and of its groups. */
export interface Ran {
  readonly names: readonly string[];
  readonly fullName: string;
  readonly state: 'passed' | 'failed' | 'skipped' | 'pending';
}

const hasGit = (): boolean => spawnSync('git', ['--version'], { stdio: 'ignore' }).status === 0;

/** Files whose tests need something that their titles do not name. */
const NEEDS: ReadonlyMap<string, () => boolean> = new Map([
  ['test/oracles/azurite.test.ts', () => process.env.WINPV_AZURITE !== undefined],
  ['test/cli/patch.test.ts', hasGit],
  ['test/release/brand-versions.test.ts', hasGit],
]);

/** Why a test may be skipped: the tool that it asks is not here. Test support says so in a name. */
const isExcused = (file: string, { names }: Ran): boolean => {
  const asked = ORACLES.filter((tool) => names.some((name) => name.startsWith(`${tool} `)));
  if (asked.some((tool) => !hasOracle(tool))) return true;
  return names.some((name) => /^needs \S|SoftHSM2 needs \S/.test(name)) || NEEDS.get(file)?.() === false;
};

const namesAround = (test: TestCase): readonly string[] => {
  const names = [test.name];
  for (let { parent } = test; parent.type === 'suite'; parent = parent.parent) names.push(parent.name);
  return names;
};

const ranIn = (module: TestModule): readonly Ran[] =>
  [...module.children.allTests()].map((test) => ({
    names: namesAround(test),
    fullName: test.fullName,
    state: test.result().state,
  }));

/** What is wrong with a named test of a file that ran; nothing when all that has its name passed. */
const complaintOf = ({ file, title }: NamedTest, ran: readonly Ran[]): string | undefined => {
  const meant = ran.filter(({ names }) => names.some((name) => namedBy(title, name)));
  // Without the corpus or a table of data one skipped test stands for those that read it.
  const missing = meant.length === 0 ? ran.filter((one) => one.state === 'skipped' && isExcused(file, one)) : [];
  if (meant.length === 0) return missing.length > 0 ? undefined : 'did not run';
  if (meant.some(({ state }) => state === 'failed')) return 'failed';
  const bare = meant.filter((one) => one.state !== 'passed' && !isExcused(file, one));
  return bare.length === 0 ? undefined : `was skipped, though nothing that it needs is missing: ${bare[0]?.fullName}`;
};

/** What the rows claim and a run does not show, as lines; `whole` says that every file should have run. */
export const unshown = (
  rows: readonly CoverageRow[],
  ran: ReadonlyMap<string, readonly Ran[]>,
  whole: boolean,
): readonly string[] =>
  rows.flatMap(({ id, tests }) =>
    tests.flatMap((named) => {
      const inFile = ran.get(named.file);
      if (inFile === undefined && !whole) return [];
      const complaint = complaintOf(named, inFile ?? []);
      return complaint === undefined ? [] : [`  ${id}  ${named.file} › ${named.title}: ${complaint}`];
    }),
  );

/**
 * Holds a run against docs/coverage.md: a test named there, of a file that ran, has to have passed; after a run of all files
 * every one has. A run by `-t` leaves tests out on purpose and is not judged.
 */
export const coverageReporter = (): Reporter => {
  let vitest: Vitest | undefined;
  return {
    onInit: (context) => {
      vitest = context;
    },
    onTestRunEnd: async (modules, _errors, reason) => {
      if (vitest === undefined || reason === 'interrupted' || vitest.config.testNamePattern !== undefined) return;
      const ran = new Map(modules.map((one) => [relative(projectRoot, one.moduleId), ranIn(one)]));
      const chosen = (vitest.config.project ?? []).length > 0;
      const whole = !chosen && modules.length >= (await vitest.globTestSpecifications()).length;
      const lines = unshown(coveragePage().rows, ran, whole);
      if (lines.length === 0) return;
      console.error(`\ndocs/coverage.md names tests that this run does not show:\n${lines.join('\n')}`);
      process.exitCode = 1;
    },
  };
};
