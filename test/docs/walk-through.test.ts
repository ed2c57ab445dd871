import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileExecutable, executable } from '../support/executable.ts';
import { projectRoot } from '../support/outside.ts';
import { type Fence, fencesOf } from './markdown.ts';

/** Blocks marked `sh` are commands to run, in their order; a block marked `text` is what the one before it prints. */
const WALKED = ['README.md', 'docs/guide/first-release.md', 'docs/guide/rebrand.md'];

const folder = mkdtempSync(join(tmpdir(), 'winpv-walk-'));
const programs = join(folder, 'programs');

/** What `npm ci` fetched and made is here; the tests are what runs now. All else goes to the real npm. */
const NPM = `#!/bin/sh
case "$1" in ci|test) exit 0;; esac
PATH="\${PATH#*:}" exec npm "$@"
`;

beforeAll(() => {
  compileExecutable();
  mkdirSync(programs);
  writeFileSync(join(programs, 'npm'), NPM, { mode: 0o755 });
  const call = `#!/bin/sh\nexec '${process.execPath}' '${executable}' "$@"\n`;
  writeFileSync(join(programs, 'winpv'), call, { mode: 0o755 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A folder that looks like a clone: what a release writes into is its own. */
const cloneFor = (name: string): string => {
  const clone = join(folder, name);
  mkdirSync(clone);
  for (const entry of ['cli', 'build', 'branding', 'drivers', 'docs', 'node_modules', 'CHANGELOG.md']) {
    symlinkSync(join(projectRoot, entry), join(clone, entry));
  }
  cpSync(join(projectRoot, 'package.json'), join(clone, 'package.json'));
  cpSync(join(projectRoot, 'examples'), join(clone, 'examples'), {
    recursive: true,
    filter: (path) => !path.endsWith('.winpv'),
  });
  return clone;
};

/** Guides begin in a folder of the reader's, with winpv installed. */
const emptyFolder = (name: string): string => {
  mkdirSync(join(folder, name));
  return join(folder, name);
};

const blocksOf = (page: string): readonly Fence[] => fencesOf(readFileSync(join(projectRoot, page), 'utf8'));

/** Days and durations are those of the day and the machine. */
const steady = (line: string): string =>
  line
    .replace(/\d{4}-\d{2}-\d{2}/g, 'DAY')
    .replace(/in \d+\.\d s/, 'in TIME')
    .trimEnd();

const runBlock = (block: Fence, cwd: string): string => {
  const env = { ...process.env, PATH: `${programs}:${process.env.PATH}` };
  const { status, stdout, stderr } = spawnSync('bash', ['-e', '-u', '-o', 'pipefail'], {
    ...{ cwd, env, input: block.lines.join('\n'), encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  });
  expect(status, `line ${block.line}: ${block.lines.join('\n')}\n${stdout}\n${stderr}`).toBe(0);
  return stdout;
};

describe.each(WALKED)('%s', (page) => {
  test('runs word for word, and prints what it says', () => {
    const name = page.replace(/\W/g, '-');
    const clone = page === 'README.md' ? cloneFor(name) : emptyFolder(name);
    let printed = '';
    for (const block of blocksOf(page)) {
      if (block.language === 'sh') printed += runBlock(block, clone);
      if (block.language !== 'text') continue;
      const lines = printed.split('\n').map(steady);
      expect(block.lines.map(steady).filter((line) => !lines.includes(line))).toEqual([]);
    }
    expect(printed).not.toBe('');
    expect(existsSync(join(clone, '.winpv')), 'nothing beside the projects').toBe(false);
  }, 240_000);
});

describe('the README', () => {
  test('has the two commands, which are scripts of the package', () => {
    const { scripts } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
    const commands = blocksOf('README.md').flatMap(({ lines }) => lines);
    expect(commands).toEqual(expect.arrayContaining(['npm ci && npm start', 'npm ci && npm test']));
    expect(scripts).toMatchObject({ start: expect.stringContaining('examples/quickstart'), test: 'vitest run' });
  });

  test('shows that a changed byte is found', () => {
    const clone = join(folder, 'README-md');
    expect(existsSync(join(clone, 'dist', 'broken')), 'the README was walked through').toBe(true);
    const { status, stdout } = spawnSync(
      process.execPath,
      [executable, 'verify', 'dist/broken', '--ca', 'dist/quickstart/xenproject/trust/root.pem', '--json'],
      { cwd: clone, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
    );
    expect(status).toBe(5);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false });
  });
});
