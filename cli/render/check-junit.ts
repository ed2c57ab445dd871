import { eventOf } from '../../emulator/finding-groups.ts';
import type { Finding, RunResult } from '../../emulator/scenarios/contract.ts';
import type { CheckReport } from './check-report.ts';
import { attributes, type JunitSuite, junitDocument, suiteOfFindings } from './junit.ts';
import { escapeShown } from './markup.ts';

const textOf = (finding: Finding): string => {
  const { severity, code, failureMode, message, hint } = finding;
  const event = eventOf(finding);
  return [
    `${severity} ${code}${failureMode === undefined ? '' : ` ${failureMode}`}: ${message}`,
    ...(event === undefined ? [] : [`event: ${event}`]),
    ...(hint === undefined ? [] : [`hint: ${hint}`]),
  ].join('\n');
};

/** One case: it fails with its first error, and tells the rest. */
const caseOf = ({ guest, scenario, findings }: RunResult): readonly string[] => {
  const head = `    <testcase${attributes({ classname: guest, name: scenario })}`;
  if (findings.length === 0) return [`${head}/>`];
  const [first] = findings.filter(({ severity }) => severity === 'error');
  const text = escapeShown(findings.map(textOf).join('\n\n'));
  const mode = first?.failureMode === undefined ? '' : `${first.failureMode}: `;
  return [
    `${head}>`,
    first === undefined
      ? `      <system-out>${text}</system-out>`
      : `      <failure${attributes({ type: first.code, message: `${mode}${first.message}` })}>${text}</failure>`,
    '    </testcase>',
  ];
};

const suiteOf = (name: string, runs: readonly RunResult[]): JunitSuite => ({
  name,
  tests: runs.length,
  failures: runs.filter(({ verdict }) => verdict === 'fail').length,
  cases: runs.flatMap(caseOf),
});

/** A suite a guest, a case a run; what is told of the packages without running them is a suite of its own. */
export const checkJunitLines = ({ runs, findings }: CheckReport): readonly string[] => {
  const guests = new Map<string, RunResult[]>();
  for (const run of runs) {
    const own = guests.get(run.guest);
    if (own === undefined) guests.set(run.guest, [run]);
    else own.push(run);
  }
  return junitDocument('winpv check', [
    ...[...guests].map(([guest, own]) => suiteOf(guest, own)),
    ...(findings.length === 0 ? [] : [suiteOfFindings({ name: 'packages', findings })]),
  ]);
};
