import type { Diagnostic } from '../../core/errors.ts';
import type { InfReport, InfVerdict } from '../../packaging/bundle/inf-report.ts';
import { formatPosition, renderDiagnostic } from './diagnostics.ts';
import { escapeShown } from './markup.ts';

export const attributes = (values: Readonly<Record<string, string | number>>): string =>
  Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeShown(String(value))}"`)
    .join('');

/** An error fails its case; a warning or a note passes and is told as output. */
const findingCase = (suite: string, finding: Diagnostic): readonly string[] => {
  const { code, severity, message, at } = finding;
  const name = `${code}${at?.line === undefined ? '' : ` at line ${at.line}`}`;
  const text = escapeShown(renderDiagnostic(finding).join('\n'));
  const head = `    <testcase${attributes({ classname: suite, name })}>`;
  if (severity !== 'error') return [head, `      <system-out>${text}</system-out>`, '    </testcase>'];
  const place = at === undefined ? message : `${formatPosition(at)}: ${message}`;
  return [head, `      <failure${attributes({ type: code, message: place })}>${text}</failure>`, '    </testcase>'];
};

/** What a suite of the form is, with its cases as lines. */
export interface JunitSuite {
  readonly name: string;
  readonly tests: number;
  readonly failures: number;
  readonly cases: readonly string[];
}

interface Findings {
  readonly name: string;
  readonly findings: readonly Diagnostic[];
}

/** A case a finding; without findings there is one case, which passed. */
export const suiteOfFindings = ({ name, findings }: Findings): JunitSuite => ({
  name,
  tests: Math.max(1, findings.length),
  failures: findings.filter(({ severity }) => severity === 'error').length,
  cases:
    findings.length === 0
      ? [`    <testcase${attributes({ classname: name, name: 'nothing found' })}/>`]
      : findings.flatMap((finding) => findingCase(name, finding)),
});

const suiteLines = ({ name, tests, failures, cases }: JunitSuite): readonly string[] => [
  `  <testsuite${attributes({ name, tests, failures, errors: 0, skipped: 0, time: 0 })}>`,
  ...cases,
  '  </testsuite>',
];

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

/** A document in the XML form of JUnit. */
export const junitDocument = (name: string, suites: readonly JunitSuite[]): readonly string[] => {
  const tests = sum(suites.map((suite) => suite.tests));
  const failures = sum(suites.map((suite) => suite.failures));
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name, tests, failures, errors: 0, time: 0 })}>`,
    ...suites.flatMap(suiteLines),
    '</testsuites>',
  ];
};

const suiteOf = ({ path: name, findings }: InfReport): JunitSuite => suiteOfFindings({ name, findings });

/** A verdict in the XML form of JUnit: a suite an INF, a case a finding. */
export const junitLines = ({ infs, others }: InfVerdict): readonly string[] =>
  junitDocument('winpv inf verify', [
    ...infs.map(suiteOf),
    ...(others.length === 0 ? [] : [suiteOfFindings({ name: 'packages', findings: others })]),
  ]);
