import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import { type JunitCase, type JunitSuite, parseJunit } from './junit.ts';
import type { ResultSet, TestResult, TestStatus } from './results.ts';
import { gatherRuns, parseTestRun } from './toolshck.ts';

export interface NamedContent {
  /** Without a folder. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What of an AutoHCK output folder is read (spec hlk 4.3). */
export const isAutoHckFile = (name: string): boolean => name === 'junit.xml' || RUN.test(name);

const RUN = /^Result_.+\.json$/i;
const ERRATA = /^\s*Passed with errata:?\s*/i;

/**
 * Reads AutoHCK's output folder: `junit.xml` for what came out, and every `Result_*.json` for what it took, since a test
 * that was tried again appears as passed.
 * @throws WinpvError XML_*, HLK_RESULTS
 */
export const readAutoHck = (files: readonly NamedContent[], folder: string): ResultSet => {
  const report = files.find(({ name }) => name === 'junit.xml');
  if (report === undefined)
    throw new WinpvError('HLK_RESULTS', 'The folder has no junit.xml.', { at: { file: folder } });
  const suite = parseJunit(report.bytes, `${folder}/junit.xml`);
  const tests = suite.cases.filter(({ className }) => className !== 'AutoHCK');
  const runs = gatherRuns(
    files.filter(({ name }) => RUN.test(name)).map(({ name, bytes }) => parseTestRun(bytes, `${folder}/${name}`)),
  );
  const { platform, project, tag } = suite.properties;
  return {
    ...{ source: 'autohck', file: folder, project: project ?? tag, targets: [] },
    platforms: platform === undefined ? [] : [platform],
    results: tests.map((test) => joined(test, runs)),
    stopped: stoppedBy(suite),
    diagnostics: orphans(tests, runs, folder),
  };
};

/** The session's own case tells whether the run came to its end: one that did not leaves skipped tests, not failed ones. */
const stoppedBy = ({ cases, properties }: JunitSuite): string | undefined => {
  const session = cases.filter(({ className }) => className === 'AutoHCK').at(-1);
  if (session === undefined) return 'the report does not say that the session ended';
  if (session.errored) return 'the session ended with an error';
  if (session.skipped) return 'the session was cancelled, or goes on';
  const status = properties.status?.toLowerCase();
  return status === undefined || /^(passed|failed|success|failure)/.test(status)
    ? undefined
    : `the session is ${shownText(status)}`;
};

const statusOf = ({ failed, errored, skipped }: JunitCase): TestStatus =>
  failed || errored ? 'failed' : skipped ? 'not-run' : 'passed';

const joined = (test: JunitCase, runs: readonly TestResult[]): TestResult => {
  const own = runs.filter(({ name }) => name === test.name);
  const excuse = test.output.find((text) => ERRATA.test(text))?.replace(ERRATA, '');
  const attempts = own.flatMap((one) => one.attempts);
  // A test with an erratum failed; the report calls it passed.
  const status = excuse === undefined ? statusOf(test) : 'failed';
  return {
    ...{ name: test.name, id: undefined, target: own[0]?.target, status, attempts },
    ...{
      excuse: excuse?.trim(),
      filtered: own.some(({ filtered }) => filtered),
    },
  };
};

/** Runs of tests that the report does not have are of another session. */
const orphans = (tests: readonly JunitCase[], runs: readonly TestResult[], folder: string): readonly Diagnostic[] => {
  const known = new Set(tests.map(({ name }) => name));
  return runs
    .filter(({ name }) => !known.has(name))
    .map(({ name }) =>
      problem('HLK_OTHER_RUN', `There is a result of "${shownText(name)}", which junit.xml does not have.`, {
        at: { file: folder },
      }),
    );
};
