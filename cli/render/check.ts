import type { Finding, RunResult } from '../../emulator/scenarios/contract.ts';
import type { Paint } from './style.ts';

const scenarioOf = ({ scenario }: RunResult): string => scenario.replace(/:.*$/, '');

/** The worst of the runs of one scenario in one guest. */
const cell = (runs: readonly RunResult[]): 'pass' | 'warn' | 'fail' | '' => {
  if (runs.length === 0) return '';
  if (runs.some(({ verdict }) => verdict === 'fail')) return 'fail';
  return runs.some(({ findings }) => findings.some(({ severity }) => severity === 'warning')) ? 'warn' : 'pass';
};

const MARKS = { pass: 'ok', warn: 'warn', fail: 'FAIL', '': '-' } as const;
const COLOURS = { pass: 'green', warn: 'yellow', fail: 'red', '': 'dim' } as const;

/** Scenario × guest: a row for each guest, a column for each scenario. */
const matrix = (runs: readonly RunResult[], paint: Paint): readonly string[] => {
  const scenarios = [...new Set(runs.map(scenarioOf))];
  const guests = [...new Set(runs.map(({ guest }) => guest))];
  const width = Math.max(...guests.map((guest) => guest.length));
  const rows = guests.map((guest) => {
    const marks = scenarios.map((scenario, index) => {
      const state = cell(runs.filter((run) => run.guest === guest && scenarioOf(run) === scenario));
      return paint(COLOURS[state], MARKS[state].padEnd(Math.max(4, String(index + 1).length)));
    });
    return `  ${guest.padEnd(width)}  ${marks.join(' ')}`.trimEnd();
  });
  const heads = scenarios.map((_scenario, index) => String(index + 1).padEnd(4)).join(' ');
  const names = scenarios.map((scenario, index) => `  ${String(index + 1).padStart(2)} ${scenario}`);
  return [...names, '', `  ${''.padEnd(width)}  ${heads}`.trimEnd(), ...rows];
};

interface Told {
  readonly finding: Finding;
  readonly where: string[];
}

/** Findings that say the same of several runs, once, with the runs. */
const merged = (runs: readonly RunResult[]): readonly Told[] => {
  const groups = new Map<string, Told>();
  for (const { guest, scenario, findings } of runs) {
    for (const finding of findings) {
      if (finding.severity === 'info') continue;
      const key = `${finding.severity} ${finding.code} ${finding.failureMode ?? ''} ${finding.message}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { finding, where: [`${scenario} on ${guest}`] });
      else group.where.push(`${scenario} on ${guest}`);
    }
  }
  return [...groups.values()];
};

const SHOWN = 3;

const told = ({ finding, where }: Told, paint: Paint): readonly string[] => {
  const { severity, code, failureMode, message, hint } = finding;
  const more = where.length > SHOWN ? ` and ${where.length - SHOWN} more` : '';
  const mode = failureMode === undefined ? '' : ` ${failureMode}`;
  return [
    `${paint(severity === 'error' ? 'red' : 'yellow', severity)} ${code}${mode}  ${where.slice(0, SHOWN).join(', ')}${more}`,
    `  ${message}`,
    ...(hint === undefined ? [] : [`  hint: ${hint}`]),
  ];
};

/** The answer for people: the matrix, what broke, and the verdict. */
export const checkLines = (runs: readonly RunResult[], verdict: 'pass' | 'fail', paint: Paint): readonly string[] => {
  const failed = runs.filter((run) => run.verdict === 'fail').length;
  const total = `${verdict}: ${runs.length - failed} of ${runs.length} runs pass.`;
  const findings = merged(runs).flatMap((one) => ['', ...told(one, paint)]);
  return [...matrix(runs, paint), ...findings, '', total];
};
