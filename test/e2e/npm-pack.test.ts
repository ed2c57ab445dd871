import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { projectRoot } from '../support/outside.ts';

const folder = mkdtempSync(join(tmpdir(), 'winpv-pack-'));
const clone = join(folder, 'clone');
const home = join(folder, 'empty');
const installed = join(home, 'node_modules', 'winpv');

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const npm = (cwd: string, ...args: readonly string[]): Ran =>
  spawnSync('npm', [...args], { cwd, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });

/** Runs the installed winpv as its user does, in the folder where it was installed. */
const run = (...args: readonly string[]): Ran =>
  spawnSync(join(home, 'node_modules', '.bin', 'winpv'), [...args], { cwd: home, encoding: 'utf8' });

/** What a clone does not have: what was made or fetched. */
const MADE = new Set(['node_modules', 'build', 'dist', '.git', '.winpv']);

const copyProject = (): void => {
  cpSync(projectRoot, clone, { recursive: true, filter: (path) => !MADE.has(basename(path)) });
  symlinkSync(join(projectRoot, 'node_modules'), join(clone, 'node_modules'));
  // Keys that a release in the clone made: they are nobody's but its own.
  mkdirSync(join(clone, 'examples', 'quickstart', '.winpv', 'keys'), { recursive: true });
  writeFileSync(join(clone, 'examples', 'quickstart', '.winpv', 'keys', 'signer.p12'), 'secret');
};

/**
 * `npm install`, from npm's cache. Where that does not have the dependencies, the package is unpacked as npm does, its
 * command is linked, and the dependencies are those of this tree.
 */
const install = (archive: string): void => {
  mkdirSync(home);
  writeFileSync(join(home, 'package.json'), '{ "name": "empty", "private": true }\n');
  const { status } = npm(home, 'install', '--offline', '--no-audit', '--no-fund', archive);
  if (status === 0) return;
  const modules = join(home, 'node_modules');
  mkdirSync(join(modules, '.bin'), { recursive: true });
  expect(spawnSync('tar', ['-xzf', archive, '-C', folder]).status).toBe(0);
  cpSync(join(folder, 'package'), installed, { recursive: true });
  const { bin, dependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  symlinkSync(join('..', 'winpv', bin.winpv), join(modules, '.bin', 'winpv'));
  for (const name of Object.keys(dependencies)) {
    mkdirSync(join(modules, name, '..'), { recursive: true });
    symlinkSync(join(projectRoot, 'node_modules', name), join(modules, name));
  }
};

describe('the package that `npm pack` makes of a clone', () => {
  let files: readonly string[] = [];

  beforeAll(() => {
    copyProject();
    const { status, stdout, stderr } = npm(clone, 'pack', '--json', '--foreground-scripts=false', '--offline');
    expect(status, stderr).toBe(0);
    const [packed] = JSON.parse(stdout.slice(stdout.indexOf('[\n'))) as {
      filename: string;
      files: { path: string }[];
    }[];
    files = packed?.files.map(({ path }) => path) ?? [];
    install(join(clone, packed?.filename ?? ''));
  }, 300_000);

  test('holds what it runs on and what it is read with', () => {
    expect(files).toEqual(
      expect.arrayContaining([
        ...['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'cli/winpv.js', 'build/main.js'],
        ...[
          'build/process.js',
          'build/rehearsal-worker.js',
          'branding/brands/xenproject.yaml',
          'drivers/xenbus/9.1.inf',
        ],
        ...['docs/README.md', 'docs/man/winpv.1', 'docs/reference/winpv.yaml', 'docs/guide/first-release.md'],
        ...['examples/quickstart/winpv.yaml', 'examples/quickstart/fleet.ndjson', 'ci/gitlab.yml'],
      ]),
    );
    expect(files.some((path) => path.startsWith('cli/render/report/client/'))).toBe(true);
  });

  test('holds no tests, no sources in TypeScript, no source maps, no keys and nothing that was made', () => {
    const strange = files.filter(
      (path) =>
        /(^|\/)(test|tests|corpus|node_modules|dist|\.winpv|\.ci|\.git)\//.test(path) ||
        /\.(ts|map|p12|pfx|tgz|key)$/.test(path),
    );
    expect(strange).toEqual([]);
    expect(files.filter((path) => !path.startsWith('docs/')).length).toBeLessThan(600);
  });

  test('every link of its README leads to a file of it, or out of it', () => {
    const text = readFileSync(join(installed, 'README.md'), 'utf8');
    const links = [...text.matchAll(/\]\(([^)#\s]+)/g)].map(([, link = '']) => link);
    const local = links.filter((link) => !/^[a-z]+:/.test(link));
    expect(local.length).toBeGreaterThan(3);
    expect(local.filter((link) => !existsSync(join(installed, link)))).toEqual([]);
  });

  test('installed into an empty folder, tells its version and its help', () => {
    expect(run('--version').stdout.trim()).toBe(JSON.parse(readFileSync(join(clone, 'package.json'), 'utf8')).version);
    expect(run('--help').stdout).toContain('begin a project');
  });

  test('releases the quick start from there, and verifies it', () => {
    cpSync(join(installed, 'examples', 'quickstart'), join(home, 'quickstart'), { recursive: true });
    const made = run('release', '-C', 'quickstart', '--out', 'out', '--date', '2026-05-04', '--json');
    expect(made.status, made.stdout).toBe(0);
    const told = run('verify', 'out', '--ca', 'out/xenproject/trust/root.pem', '--json');
    expect(JSON.parse(told.stdout)).toMatchObject({ ok: true });
    expect(readFileSync(join(home, 'out', 'report.html'), 'utf8')).toContain('xenproject');
  }, 120_000);

  test('begins a project with `winpv init` and releases it', () => {
    expect(run('init', 'mine', '--vendor', 'Acme Ltd.', '--prefix', 'AC').status).toBe(0);
    const made = run('release', '-C', 'mine', '--out', 'mine/dist', '--date', '2026-05-04');
    expect(made.stdout, made.stderr).toContain('made and verified');
  }, 120_000);
});
