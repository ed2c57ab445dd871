import { type Diagnostic, problem } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import { holdsOn } from './errata.ts';
import { dayOf, type EvidenceRequest, errataFor, evidenceOf } from './evidence.ts';
import { checkFilters } from './gate-filters.ts';
import { checkPlaylists } from './gate-playlist.ts';
import type { HlkPackage } from './package.ts';
import { codeOfPlatform } from './platforms.ts';
import { type ResultSet, retryLedger, type TestResult, timeOf } from './results.ts';

/** Whether anything failed or did not run that no erratum names. */
export const checkTests = (request: EvidenceRequest): readonly Diagnostic[] => [
  ...request.packages.flatMap((hlk) => checkPackage(hlk, request)),
  ...request.results.flatMap((set) => [...set.diagnostics, ...checkSet(set, request)]),
  ...checkUnused(request),
  ...checkRetries(request),
  ...checkPlaylists(request),
  ...checkFilters(request),
];

const sameTest = (a: string, b: string): boolean => a.trim().toLowerCase() === b.trim().toLowerCase();

const OUTCOMES = [
  { outcome: 'failed', count: 'failed', code: 'HLK_TEST_FAILED', verb: 'failed' },
  { outcome: 'not-run', count: 'notRun', code: 'HLK_TEST_NOT_RUN', verb: 'did not run' },
] as const;

/** A package has counts only: as many errata have to be named as there are tests that did not pass. */
const checkPackage = (hlk: HlkPackage, request: EvidenceRequest): readonly Diagnostic[] => {
  const at = { file: hlk.file };
  return hlk.info.projects.flatMap(({ name, rollup, instances }) => {
    if (rollup === undefined || rollup.passed + rollup.failed + rollup.notRun === 0)
      return [problem('HLK_NO_EVIDENCE', `The project "${shownText(name)}" has no test results.`, { at })];
    const codes = instances.flatMap((instance) => instance.codes);
    const errata = errataFor(request, codes);
    const found = OUTCOMES.flatMap(({ outcome, count, code, verb }) => {
      const excused = new Set(
        errata.filter((one) => one.outcome === outcome).map(({ test }) => test.trim().toLowerCase()),
      ).size;
      if (rollup[count] <= excused) return [];
      const named = excused === 0 ? 'no erratum is named' : `errata are named for ${excused}`;
      return [
        problem(code, `${rollup[count]} of ${sumOf(rollup)} tests ${verb} in "${shownText(name)}", and ${named}.`, {
          at,
          hint: 'Name each with the id that Microsoft gave (--errata), or apply the playlist and filters of the kit and pack again.',
        }),
      ];
    });
    return [...found, ...checkStatus(hlk, instances, rollup.failed + rollup.notRun > 0 && found.length === 0)];
  });
};

const sumOf = ({
  passed,
  failed,
  notRun,
}: {
  readonly passed: number;
  readonly failed: number;
  readonly notRun: number;
}): number => passed + failed + notRun;

/** What the words mean is documented nowhere: a pass is a pass, a failure one that errata may excuse, the rest is said. */
const checkStatus = (
  { file }: HlkPackage,
  instances: HlkPackage['info']['projects'][number]['instances'],
  excused: boolean,
): readonly Diagnostic[] =>
  instances.flatMap(({ status, codes }) => {
    if (status === undefined || /^pass(ed)?$/i.test(status)) return [];
    const severity = /^fail(ed)?$/i.test(status) && !excused ? 'error' : 'warning';
    const what = codes.map(shownText).join(', ') || 'a Windows without a code';
    return [problem('HLK_STATUS', `The status of ${what} is "${shownText(status)}".`, { at: { file }, severity })];
  });

/** The systems that results are for; those of the packages when the export calls them by names of its own. */
const codesOf = ({ platforms }: ResultSet, { packages }: EvidenceRequest): readonly string[] => {
  const codes = platforms.flatMap((platform) => codeOfPlatform(platform) ?? []);
  return codes.length > 0 ? codes : evidenceOf(packages).map(({ code }) => code);
};

const isOpen = ({ status }: TestResult): boolean => status !== 'passed' && status !== 'failed';

const checkSet = (set: ResultSet, request: EvidenceRequest): readonly Diagnostic[] => {
  const at = { file: set.file };
  const errata = errataFor(request, codesOf(set, request));
  const found: Diagnostic[] = [];
  if (set.stopped !== undefined)
    found.push(problem('HLK_TEST_NOT_RUN', `The run is not whole: ${set.stopped}.`, { at }));
  for (const result of set.results) {
    const { name, status, excuse } = result;
    if (status === 'passed') continue;
    const outcome = isOpen(result) ? 'not-run' : 'failed';
    const excused = errata.some((one) => one.outcome === outcome && sameTest(one.test, name));
    if (excused) continue;
    if (excuse !== undefined) {
      found.push(
        problem('HLK_ERRATUM_UNNAMED', `"${shownText(name)}" failed and is excused as "${shownText(excuse)}".`, {
          at,
          hint: 'That is the laboratory’s own note. Name the erratum with the id that Microsoft gave (--errata).',
        }),
      );
      continue;
    }
    const code = outcome === 'failed' ? 'HLK_TEST_FAILED' : 'HLK_TEST_NOT_RUN';
    found.push(problem(code, `"${shownText(name)}" ${outcome === 'failed' ? 'failed' : `is ${status}`}.`, { at }));
  }
  return [...found, ...checkSameRun(set, request), ...checkAge(set, request)];
};

/** Results of another project, or with other failures than the package, are evidence for something else. */
const checkSameRun = (set: ResultSet, { packages }: EvidenceRequest): readonly Diagnostic[] => {
  const at = { file: set.file };
  const projects = packages.flatMap(({ info }) => info.projects);
  const own = projects.filter(({ name }) => name === set.project);
  if (projects.length === 0) return [];
  if (set.project !== undefined && own.length === 0) {
    const message = `The results are of the project "${shownText(set.project)}", which no package has.`;
    return [problem('HLK_OTHER_RUN', message, { at })];
  }
  const keys = new Set(
    projects.flatMap(({ instances }) =>
      instances.flatMap(({ targets }) => targets.map(({ key }) => key.toUpperCase())),
    ),
  );
  const foreign = set.targets.filter(({ key }) => key !== undefined && !keys.has(key.toUpperCase()));
  if (foreign.length > 0 && foreign.length === set.targets.length)
    return [problem('HLK_OTHER_RUN', 'The results are of devices that no package has.', { at })];
  const rollup = own[0]?.rollup;
  const failed = set.results.filter(({ status }) => status === 'failed').length;
  const passed = set.results.filter(({ status }) => status === 'passed').length;
  if (rollup === undefined || own.length > 1 || (passed >= rollup.passed && failed <= rollup.failed + rollup.notRun))
    return [];
  const message = `The results have ${passed} passed and ${failed} failed tests, the package ${rollup.passed} and ${rollup.failed}.`;
  return [problem('HLK_OTHER_RUN', message, { at, severity: 'warning' })];
};

const checkAge = (set: ResultSet, { release, nowMs }: EvidenceRequest): readonly Diagnostic[] => {
  const at = { file: set.file };
  const ends = set.results.flatMap(({ attempts }) => timeOf(attempts.at(-1)?.finished) ?? []);
  if (ends.length === 0) return [];
  const madeMs = Date.parse(`${release.date}T00:00:00Z`);
  const old = ends.filter((time) => time + 86_400_000 < madeMs).length;
  const future = ends.filter((time) => time > nowMs + 86_400_000).length;
  return [
    ...(old > 0
      ? [
          problem('HLK_OLDER_THAN_RELEASE', `${old} tests ended before ${release.date}, the date of the drivers.`, {
            at,
          }),
        ]
      : []),
    ...(future > 0 ? [problem('HLK_CLOCK', `${future} tests end in the future.`, { at })] : []),
  ];
};

const checkRetries = ({ results }: EvidenceRequest): readonly Diagnostic[] =>
  retryLedger(results)
    .filter(({ failures, status }) => failures > 0 && status === 'passed')
    .map(({ name, target, attempts, failures }) => {
      const where = target === undefined ? '' : ` on ${shownText(target)}`;
      const message = `"${shownText(name)}"${where} failed ${failures} of ${attempts} times before it passed.`;
      return problem('HLK_RETRIED', message, { severity: 'warning' });
    });

/** An erratum for a test that the results have as passed, or that has run out. */
const checkUnused = ({ errata, results, nowMs }: EvidenceRequest): readonly Diagnostic[] => {
  const tests = results.flatMap((set) => set.results);
  return errata.flatMap(({ file, errata: list }) =>
    list.flatMap((one) => {
      const at = { file };
      if (!holdsOn(one, dayOf(nowMs))) {
        const message = `The erratum ${one.id} for "${shownText(one.test)}" ended on ${one.expires ?? ''}.`;
        return [problem('HLK_ERRATUM_UNUSED', message, { at, severity: 'warning' })];
      }
      const own = tests.filter(({ name }) => sameTest(name, one.test));
      if (tests.length === 0 || own.some(({ status }) => status !== 'passed')) return [];
      const message = `The erratum ${one.id} is for "${shownText(one.test)}", which ${own.length === 0 ? 'was not among the tests' : 'passed'}.`;
      return [problem('HLK_ERRATUM_UNUSED', message, { at, severity: 'warning' })];
    }),
  );
};
