import type { Diagnostic } from '../../core/errors.ts';
import type { InfReport, InfVerdict } from '../../packaging/bundle/inf-report.ts';
import { formatPosition, renderDiagnostic } from './diagnostics.ts';
import { escapeShown } from './markup.ts';

const attributes = (values: Readonly<Record<string, string | number>>): string =>
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

interface Suite {
  readonly name: string;
  readonly findings: readonly Diagnostic[];
}

const failuresOf = ({ findings }: Suite): number => findings.filter(({ severity }) => severity === 'error').length;
const testsOf = (suite: Suite): number => Math.max(1, suite.findings.length);

/** A file without findings is one case that passed. */
const suiteLines = (suite: Suite): readonly string[] => {
  const { name, findings } = suite;
  const counts = { tests: testsOf(suite), failures: failuresOf(suite), errors: 0, skipped: 0, time: 0 };
  return [
    `  <testsuite${attributes({ name, ...counts })}>`,
    ...(findings.length === 0
      ? [`    <testcase${attributes({ classname: name, name: 'nothing found' })}/>`]
      : findings.flatMap((finding) => findingCase(name, finding))),
    '  </testsuite>',
  ];
};

const suiteOf = ({ path: name, findings }: InfReport): Suite => ({ name, findings });

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

/** A verdict in the XML form of JUnit: a suite an INF, a case a finding. */
export const junitLines = ({ infs, others }: InfVerdict): readonly string[] => {
  const suites = [...infs.map(suiteOf), ...(others.length === 0 ? [] : [{ name: 'packages', findings: others }])];
  const totals = { name: 'winpv inf verify', tests: sum(suites.map(testsOf)), failures: sum(suites.map(failuresOf)) };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ ...totals, errors: 0, time: 0 })}>`,
    ...suites.flatMap(suiteLines),
    '</testsuites>',
  ];
};
