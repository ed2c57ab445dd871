import { describe, expect, test } from 'vitest';
import type { Io } from '../../../cli/io.ts';
import { reporterFor, serviceAnnotations } from '../../../cli/render/progress/reporter.ts';
import { duration, stepText } from '../../../cli/render/progress/steps.ts';
import type { ReportEvent } from '../../../core/ports.ts';

const QUIET = { json: false, quiet: false, verbose: false, events: false } as const;

/** A machine whose clock stands where it was put, and what it wrote to stderr. */
const machine = (env: Readonly<Record<string, string>>, isTerminal = false) => {
  const written: string[] = [];
  const wakes: { readonly at: number; wake(): void }[] = [];
  let now = 0;
  const io = {
    ...{ env, argv: ['release', '--out', 'x'] },
    stderr: { isTerminal, write: (text: string) => void written.push(text), flush: async () => undefined },
    clock: { now: () => 1_700_000_000_000 + now },
    elapsedMs: () => now,
    timer: { wait: (ms: number) => new Promise<void>((wake) => wakes.push({ at: now + ms, wake })) },
  } as unknown as Io;
  const pass = async (ms: number): Promise<void> => {
    now += ms;
    for (const one of wakes.splice(0)) {
      if (one.at <= now) one.wake();
      else wakes.push(one);
    }
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { io, pass, text: () => written.join('') };
};

const started = (step: string): ReportEvent => ({ kind: 'step.started', step });
const finished = (step: string): ReportEvent => ({ kind: 'step.finished', step, elapsedMs: 1500 });
const progress = (step: string, done: number): ReportEvent => ({
  kind: 'progress',
  step,
  done,
  total: 200,
  unit: 'runs',
});

/** What a terminal shows after it obeyed every carriage return. */
const onScreen = (text: string): readonly string[] =>
  text.split('\n').map((line) => {
    let shown = '';
    for (const part of line.split('\r')) shown = part + shown.slice(part.length);
    return shown.trimEnd();
  });

describe('progress on a terminal', () => {
  test('is one line that tells how far, how long still, and what goes on beside it, and is gone at the end', async () => {
    const { io, pass, text } = machine({}, true);
    const reporter = reporterFor(io, QUIET);
    reporter.emit(started('acme: sign'));
    reporter.emit(started('acme: rehearse'));
    await pass(4000);
    reporter.emit(progress('acme: rehearse', 50));
    expect(onScreen(text()).at(-1)).toBe('███░░░░░░░░░ acme: rehearse: 50 of 200 runs, about 12 s left (+1)');
    reporter.emit({ kind: 'note', message: 'A server is slow.' });
    await pass(200);
    reporter.emit(progress('acme: rehearse', 200));
    reporter.emit(finished('acme: rehearse'));
    reporter.emit(finished('acme: sign'));
    reporter.end();
    expect(onScreen(text())).toEqual(['A server is slow.', '']);
  });

  test('is drawn ten times a second at most, and never wider than a terminal', async () => {
    const { io, pass, text } = machine({}, true);
    const reporter = reporterFor(io, QUIET);
    for (let i = 0; i < 1000; i += 1) {
      await pass(1);
      reporter.emit(progress('a brand with a name that is much longer than anybody would have: rehearse', i % 200));
    }
    const drawn = text()
      .split('\r')
      .filter((part) => part.trim() !== '');
    expect(drawn.length).toBeLessThanOrEqual(10);
    expect(Math.max(...drawn.map(({ length }) => length))).toBeLessThanOrEqual(78);
  });
});

describe('progress in a log', () => {
  test('is a line every ten seconds, and nothing for work that is short', async () => {
    const { io, pass, text } = machine({});
    const reporter = reporterFor(io, QUIET);
    reporter.emit(started('upload'));
    reporter.emit({ kind: 'progress', step: 'upload', done: 5 * 1024 * 1024, total: 50 * 1024 * 1024, unit: 'bytes' });
    expect(text()).toBe('');
    await pass(10_000);
    reporter.emit({ kind: 'progress', step: 'upload', done: 10 * 1024 * 1024, total: 50 * 1024 * 1024, unit: 'bytes' });
    expect(text()).toBe('upload: 10.0 of 50.0 MiB, about 40 s left\n');
  });

  test('is folded for GitHub, with a line for each stage, and closed before what was found', async () => {
    const { io, text } = machine({ GITHUB_ACTIONS: 'true', CI: 'true' });
    const reporter = reporterFor(io, QUIET);
    reporter.emit(started('pack'));
    reporter.emit(finished('pack'));
    reporter.end();
    reporter.end();
    expect(text()).toBe('::group::winpv release\npack (1500 ms)\n::endgroup::\n');
  });

  test('is a section for GitLab', async () => {
    const { io, text } = machine({ GITLAB_CI: 'true', CI: 'true' });
    const reporter = reporterFor(io, QUIET);
    reporter.emit(finished('pack'));
    reporter.end();
    expect(text()).toBe(
      '\x1b[0Ksection_start:1700000000:winpv[collapsed=true]\r\x1b[0Kwinpv release\npack (1500 ms)\n\x1b[0Ksection_end:1700000000:winpv\r\x1b[0K\n',
    );
  });

  test('beats once a minute while somebody is waited for, and stops when all is over', async () => {
    const { io, pass, text } = machine({ CI: '1' });
    const reporter = reporterFor(io, QUIET);
    reporter.emit(started('signing at Microsoft'));
    await pass(60_000);
    await pass(60_000);
    expect(text()).toBe('signing at Microsoft (still at it, 60 s)\nsigning at Microsoft (still at it, 2 min)\n');
    reporter.end();
    await pass(60_000);
    expect(text().split('\n')).toHaveLength(3);
  });

  test.each([
    ['--quiet', { ...QUIET, quiet: true }],
    ['--json', { ...QUIET, json: true }],
  ])('is silent with %s', (_name, output) => {
    const { io, text } = machine({ CI: 'true', GITHUB_ACTIONS: 'true' });
    const reporter = reporterFor(io, output);
    reporter.emit(finished('pack'));
    reporter.emit({ kind: 'note', message: 'A note.' });
    reporter.end();
    expect(text()).toBe('');
  });

  test('is NDJSON with --events, whatever runs the job', () => {
    const { io, text } = machine({ CI: 'true', GITHUB_ACTIONS: 'true' });
    const reporter = reporterFor(io, { ...QUIET, events: true });
    reporter.emit(started('pack'));
    reporter.end();
    expect(text()).toBe('{"type":"step.started","atMs":0,"step":"pack"}\n');
  });
});

describe('what was found', () => {
  const finding = {
    code: 'CONFIG_SYNTAX',
    severity: 'error',
    message: 'A, b',
    at: { file: 'a.inf', line: 3, column: 7 },
  } as const;

  test('stands beside the line in a job of GitHub, and nowhere else', () => {
    expect(serviceAnnotations(machine({ GITHUB_ACTIONS: 'true' }).io, [finding])).toEqual([
      '::error file=a.inf,line=3,col=7,title=CONFIG_SYNTAX::A, b',
    ]);
    expect(serviceAnnotations(machine({ GITLAB_CI: 'true' }).io, [finding])).toEqual([]);
    expect(serviceAnnotations(machine({ GITHUB_ACTIONS: 'false' }).io, [finding])).toEqual([]);
  });
});

describe('the words', () => {
  test.each([
    [0, '1 s'],
    [89_000, '89 s'],
    [120_000, '2 min'],
    [3 * 3600_000 + 5 * 60_000, '3 h 5 min'],
  ])('of %i ms are %s', (ms, words) => {
    expect(duration(ms)).toBe(words);
  });

  test('guess no time before a twentieth is done', () => {
    const state = { step: 's', since: 0, done: 1, total: 100, unit: 'files' };
    expect(stepText(state, 60_000)).toBe('s: 1 of 100 files');
    expect(stepText({ ...state, done: 50 }, 60_000)).toBe('s: 50 of 100 files, about 60 s left');
  });
});
