import { z } from 'zod';
import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import { type ResultSet, type TestAttempt, type TestResult, type TestStatus, testStatus, timeOf } from './results.ts';

const text = z.string().nullish();
/** The kit's flags arrive as JSON booleans or as words. */
const flag = z
  .union([z.boolean(), z.string()])
  .nullish()
  .transform((value) => value === true || (typeof value === 'string' && value.toLowerCase() === 'true'));

const project = z.looseObject({
  name: z.string(),
  productinstances: z.array(
    z.looseObject({
      name: z.string().optional(),
      osplatform: text,
      targets: z.array(z.looseObject({ name: z.string(), key: text })).nullish(),
    }),
  ),
});
const listedTest = z.looseObject({ name: z.string(), id: z.string(), testtype: z.string(), status: z.string() });
const testRun = z.looseObject({
  name: z.string(),
  status: z.string(),
  instanceid: text,
  arefiltersapplied: flag,
  target: text,
  completiontime: text,
});
const envelope = z.looseObject({ result: z.string(), content: z.unknown(), message: z.unknown().optional() });

type TestRun = z.output<typeof testRun>;

const refuse = (file: string, message: string): WinpvError => new WinpvError('HLK_RESULTS', message, { at: { file } });

/** A run with the place it was read from. @throws WinpvError HLK_RESULTS for a status that the kit does not have */
const attemptOf = (run: TestRun, file: string): TestAttempt => ({
  status: statusOf(run.status, file),
  filtered: run.arefiltersapplied,
  finished: run.completiontime ?? undefined,
  instance: run.instanceid ?? undefined,
});

const statusOf = (word: string, file: string): TestStatus => {
  const status = testStatus(word);
  if (status !== undefined) return status;
  throw refuse(file, `${JSON.stringify(shownText(word))} is no status of a test.`);
};

/** Reads one test run: what AutoHCK writes as `Result_<instance>_<test>.json`. @throws WinpvError HLK_RESULTS */
export const parseTestRun = (
  bytes: Uint8Array,
  file: string,
): { readonly run: TestRun; readonly attempt: TestAttempt } => {
  const parsed = testRun.safeParse(unwrapped(jsonOf(bytes, file), file));
  if (!parsed.success) throw refuse(file, 'The file is no result of one test.');
  return { run: parsed.data, attempt: attemptOf(parsed.data, file) };
};

const jsonOf = (bytes: Uint8Array, file: string): unknown => {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new WinpvError('HLK_RESULTS', 'The file is not JSON.', { at: { file }, cause });
  }
};

/** What is in the envelope; the thing itself when there is none. */
const unwrapped = (value: unknown, file: string): unknown => {
  const parsed = envelope.safeParse(value);
  if (!parsed.success || !/^(success|failure)$/i.test(parsed.data.result)) return value;
  if (/^success$/i.test(parsed.data.result)) return parsed.data.content;
  const said = typeof parsed.data.message === 'string' ? `: ${shownText(parsed.data.message)}` : '';
  throw refuse(file, `toolsHCK answered with a failure${said}.`);
};

/** Runs of one test on one device, oldest first, as one result. */
export const gatherRuns = (
  runs: readonly { readonly run: Pick<TestRun, 'name' | 'target'>; readonly attempt: TestAttempt }[],
): readonly TestResult[] => {
  const groups = new Map<
    string,
    { readonly run: Pick<TestRun, 'name' | 'target'>; readonly attempts: TestAttempt[] }
  >();
  for (const { run, attempt } of runs) {
    const key = JSON.stringify([run.name, run.target ?? '']);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { run, attempts: [attempt] });
    else group.attempts.push(attempt);
  }
  return [...groups.values()].map(({ run, attempts }) => {
    // Sorting keeps the order of the file for runs that do not say when they ended.
    const ordered = [...attempts].sort((a, b) => (timeOf(a.finished) ?? 0) - (timeOf(b.finished) ?? 0));
    const last = ordered.at(-1);
    return {
      ...{ name: run.name, id: undefined, target: run.target ?? undefined, excuse: undefined, attempts: ordered },
      ...{ status: last?.status ?? 'not-run', filtered: last?.filtered ?? false },
    };
  });
};

/**
 * Reads what toolsHCK or rtoolsHCK prints with `--json`: a project, a list of tests, a list of results, or an array of
 * such answers in one file (spec hlk 4.2).
 * @throws WinpvError HLK_RESULTS
 */
export const parseToolsHck = (bytes: Uint8Array, file: string): ResultSet => {
  const value = jsonOf(bytes, file);
  const answers = Array.isArray(value) ? value : [value];
  const items = answers.flatMap((answer): readonly unknown[] => {
    const content = unwrapped(answer, file);
    return Array.isArray(content) ? content : [content];
  });
  const projects = items.flatMap((item) => partOf(project, item));
  const listed = items.flatMap((item) => partOf(listedTest, item));
  const runs = items.flatMap((item) =>
    listedTest.safeParse(item).success
      ? []
      : partOf(testRun, item).map((run) => ({ run, attempt: attemptOf(run, file) })),
  );
  if (projects.length + listed.length + runs.length === 0)
    throw refuse(file, 'The file holds neither a project, nor tests, nor results.');
  const instances = projects.flatMap(({ productinstances }) => productinstances);
  return {
    ...{ source: 'toolshck', file, project: projects[0]?.name, stopped: undefined },
    platforms: instances.flatMap(({ osplatform }) => osplatform ?? []),
    targets: instances
      .flatMap(({ targets }) => targets ?? [])
      .map(({ name, key }) => ({ name, key: key ?? undefined })),
    results: mergeListed(gatherRuns(runs), listed, file),
    diagnostics: unread(items.length - projects.length - listed.length - runs.length, file),
  };
};

const partOf = <S extends z.ZodType>(schema: S, item: unknown): readonly z.output<S>[] => {
  const parsed = schema.safeParse(item);
  return parsed.success ? [parsed.data] : [];
};

/** Tests without a run of their own count as what the list says of them. */
const mergeListed = (
  runs: readonly TestResult[],
  listed: readonly z.output<typeof listedTest>[],
  file: string,
): readonly TestResult[] => {
  const withRuns = new Set(runs.map(({ name }) => name));
  const ids = new Map(listed.map(({ name, id }) => [name, id]));
  const others = listed
    .filter(({ name }) => !withRuns.has(name))
    .map(
      ({ name, id, status }): TestResult => ({
        ...{ name, id, target: undefined, status: statusOf(status, file), filtered: false },
        ...{ excuse: undefined, attempts: [] },
      }),
    );
  return [...runs.map((run) => ({ ...run, id: ids.get(run.name) })), ...others];
};

const unread = (count: number, file: string): readonly Diagnostic[] =>
  count <= 0
    ? []
    : [
        problem('HLK_NOT_READ', `${count} entries are of a kind that is not read.`, {
          at: { file },
          severity: 'warning',
        }),
      ];
