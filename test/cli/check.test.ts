import { copyFileSync, cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { winpv, winpvJson } from '../support/command-line.ts';
import { makeProject, type TestProject } from '../support/project.ts';

const PROJECT = `brands: [xenproject, example-vendor]
sources: { default: stand-in }
drivers: [xenbus, xenvbd, xenvif, xennet]
architectures: [x64, x86]
rehearse: false
`;
const GUEST = 'windows-10-22h2-x64';
const QUICK = ['--guest', GUEST, '--scenario', 'fresh-install-second-platform', '--scenario', 'safe-mode'];

let project: TestProject;
let bundle: string;
beforeAll(async () => {
  project = await makeProject({ 'winpv.yaml': PROJECT });
  const { exit } = await winpv(['release', '-C', project.folder, '--out', project.path('out'), '--date', '2026-05-04']);
  expect(exit).toBe(0);
  bundle = project.path('out', 'xenproject');
});
afterAll(() => project.dispose());

/** The brand with its disk driver's INF of another platform's image. */
const broken = async (): Promise<string> => {
  const own = await makeProject({ 'winpv.yaml': PROJECT });
  await winpv(['release', '-C', own.folder, '--out', own.path('out'), '--date', '2026-05-04']);
  copyFileSync(
    own.path('out', 'xenproject', 'xenbus', 'x86', 'xenbus.sys'),
    own.path('out', 'xenproject', 'xenbus', 'x64', 'xenbus.sys'),
  );
  return own.path('out', 'xenproject');
};

describe('winpv check', () => {
  test('lists guests and scenarios', async () => {
    const { result } = await winpvJson(['check', '--list']);
    expect(result.guests).toContainEqual({ id: GUEST, windows: 'Windows 10 22H2', arch: 'x64' });
    const kinds = ['fresh-install', 'upgrade', 'rollback', 'uninstall', 'rebrand', 'foreign', 'platform-switch'];
    for (const kind of [...kinds, 'sysprep', 'safe-mode']) {
      expect(result.scenarios.some(({ id }: { id: string }) => id.startsWith(kind))).toBe(true);
    }
  });

  test('answers with a verdict, and each run with its findings and boots', async () => {
    const { exit, ok, result } = await winpvJson(['check', bundle, ...QUICK]);
    expect({ exit, ok }).toEqual({ exit: 0, ok: true });
    expect(result).toMatchObject({ verdict: 'pass', guests: [GUEST] });
    expect(result.runs).toHaveLength(2);
    expect(result.runs[0]).toMatchObject({ guest: GUEST, verdict: 'pass', boots: expect.any(Number) });
  });

  test('takes a ZIP as it takes the folder, and earlier releases of both kinds', async () => {
    const zip = project.path('out', 'xenproject.zip');
    const from = ['--from', bundle, '--from', project.path('out', 'example-vendor.zip')];
    const scenarios = ['--scenario', 'upgrade-in-place', '--scenario', 'foreign-stack'];
    const { result } = await winpvJson(['check', zip, '--guest', GUEST, ...scenarios, ...from]);
    const names = result.runs.map(({ scenario }: { scenario: string }) => scenario);
    expect(names).toContain(`upgrade-in-place:${bundle}`);
    expect(names).toContain(`foreign-stack:${project.path('out', 'example-vendor.zip')}`);
  });

  test('shows a row a scenario, and a column for all guests that fare alike', async () => {
    const guests = ['--guest', 'windows-10-22h2', '--guest', 'server-2022'];
    const { stdout } = await winpv(['check', bundle, ...guests, '--scenario', 'safe-mode']);
    expect(stdout).toContain('  safe-mode  ok\n');
    expect(stdout).toContain('A  windows-10-22h2-{x86,x64}, server-2022-x64\n');
    expect(stdout).toContain('pass: 3 of 3 runs pass.');
  });
});

describe('the forms of the answer', () => {
  test('JUnit: a suite a guest, a case a run', async () => {
    const { stdout } = await winpv(['check', bundle, ...QUICK, '--format', 'junit']);
    expect(stdout).toContain(`<testsuite name="${GUEST}" tests="2" failures="0"`);
    expect(stdout).toContain(`<testcase classname="${GUEST}" name="safe-mode"`);
  });

  test('JSON: what --json prints', async () => {
    const form = await winpv(['check', bundle, ...QUICK, '--format', 'json']);
    expect(JSON.parse(form.stdout)).toMatchObject({ ok: true, command: 'check', result: { verdict: 'pass' } });
  });

  test('HTML, on stdout or in a file', async () => {
    const page = project.path('report.html');
    const { stdout } = await winpv(['check', bundle, ...QUICK, '--format', 'html', '--html', page]);
    expect(stdout).toContain('<td class="pass" data-verdict="pass"');
    expect(readFileSync(page, 'utf8')).toBe(stdout);
  });
});

describe('transcripts', () => {
  test('are saved, and play to the same end', async () => {
    const file = project.path('saved.json');
    await winpv(['check', bundle, ...QUICK, '--save', file]);
    const { exit, result } = await winpvJson(['check', '--replay', file]);
    expect(exit).toBe(0);
    expect(result).toMatchObject({ verdict: 'pass', replay: { same: true, differences: [] } });
    expect(result.runs).toHaveLength(2);
  });

  test('of another version are refused', async () => {
    const file = project.path('other.json');
    writeFileSync(file, '{ "version": 2 }');
    const { exit, error } = await winpvJson(['check', '--replay', file]);
    expect(exit).toBe(4);
    expect(error).toMatchObject({ code: 'CHECK_TRANSCRIPT', at: { file, line: 1, column: 3 } });
  });

  test('that differ fail, and say where', async () => {
    const file = project.path('differs.json');
    await winpv(['check', bundle, ...QUICK, '--save', file]);
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace(/("verdict":"pass","boots":)\d+/, (_all, head) => `${head}77`),
    );
    const { exit, error, result } = await winpvJson(['check', '--replay', file]);
    expect(exit).toBe(5);
    expect(error?.code).toBe('CHECK_REPLAY_DIFFERS');
    expect(result.replay).toMatchObject({
      same: false,
      differences: [{ what: 'boots', saved: 77, now: expect.any(Number) }],
    });
  });
});

test('a bundle that lacks a file ends with 5, and keeps the finding under its own code', async () => {
  const copy = project.path('without-xencrsh');
  cpSync(bundle, copy, { recursive: true });
  rmSync(join(copy, 'xenvbd', 'x64', 'xencrsh.sys'));
  const { exit, error, diagnostics } = await winpvJson(['check', copy, ...QUICK]);
  expect(exit).toBe(5);
  expect(error).toMatchObject({ code: 'CHECK_FAILED', failureMode: 'F37' });
  expect(diagnostics?.map(({ code }) => code)).toContain('BUNDLE_FILE_MISSING');
});

describe('bad input', () => {
  const refused = async (...args: readonly string[]) => {
    const files = ['--html', project.path('never.html'), '--save', project.path('never.json')];
    const answer = await winpvJson(['check', ...args, ...files]);
    expect(existsSync(project.path('never.html')) || existsSync(project.path('never.json'))).toBe(false);
    return answer;
  };

  test('the folder of several brands: tells which to name', async () => {
    const { exit, error } = await refused(project.path('out'));
    expect(exit).toBe(4);
    expect(error).toMatchObject({ code: 'CHECK_NOT_A_BUNDLE', at: { file: project.path('out') } });
    expect(error?.hint).toContain(bundle);
  });

  test('a folder without packages, and a file that is none', async () => {
    const empty = await refused(project.path('.winpv'));
    expect(empty).toMatchObject({
      exit: 4,
      error: { code: 'CHECK_NOT_A_BUNDLE', at: { file: project.path('.winpv') } },
    });
    const file = await refused(project.path('winpv.yaml'));
    expect(file).toMatchObject({ exit: 4, error: { code: 'CHECK_NOT_A_BUNDLE' } });
  });

  test('guests and scenarios that there are not', async () => {
    expect(await refused(bundle, '--guest', 'windows-11-24h2-x46')).toMatchObject({
      exit: 3,
      error: { code: 'CHECK_GUEST_UNKNOWN', hint: 'Did you mean `windows-11-24h2-x64`?' },
    });
    expect(await refused(bundle, '--scenario', 'unistall')).toMatchObject({
      exit: 3,
      error: { code: 'CHECK_SCENARIO_UNKNOWN', hint: 'Did you mean `uninstall`?' },
    });
  });

  test('an INF of one architecture with images of another', async () => {
    const folder = await broken();
    const { exit, error } = await refused(folder, ...QUICK);
    expect(exit).toBe(4);
    expect(error).toMatchObject({ code: 'BUNDLE_ARCHITECTURE' });
    expect(error?.at?.file).toContain('xenbus');
  });

  test('a guest that the packages are not for', async () => {
    const { exit, error } = await refused(bundle, '--guest', 'windows-11-24h2-arm64');
    expect(exit).toBe(4);
    expect(error).toMatchObject({ code: 'CHECK_NO_GUEST', at: { file: bundle } });
  });
});
