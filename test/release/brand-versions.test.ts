import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { describedVersion } from '../../branding/version-rule.ts';
import { winpvJson } from '../support/command-line.ts';
import { makeProject, type TestProject } from '../support/project.ts';

let project: TestProject | undefined;
afterEach(() => project?.dispose());

const brand = (version: string) =>
  `id: acme\nversion: ${version}\nvendorName: Acme\nvendorPrefix: AC\nproductName: Acme\n`;
const start = async (version: string): Promise<TestProject> => {
  project = await makeProject({
    'winpv.yaml': 'brands: [acme.yaml]\nsources: { default: stand-in }\narchitectures: [x64]\ndrivers: [xencrsh]\n',
    'acme.yaml': brand(version),
  });
  return project;
};

let outs = 0;
const release = async (...more: readonly string[]) => {
  outs += 1;
  const out = project?.path(`out${outs}`) ?? '';
  const answer = await winpvJson([
    'release',
    '-C',
    project?.folder ?? '',
    '--out',
    out,
    '--date',
    '2026-05-04',
    ...more,
  ]);
  const inf =
    answer.exit === 0 && more.length === 0 ? readFileSync(`${out}/acme/xencrsh/x64/xencrsh.inf`, 'latin1') : '';
  return { answer, driverVer: /^DriverVer\s*=\s*(.*?)\s*$/m.exec(inf)?.[1] };
};

describe('a description of git’s', () => {
  test.each([
    ['v9.1.0-42-gabcdef0', [9, 1, 0, 42]],
    ['9.1-0-g1234567', [9, 1, 0, 0]],
    ['xenbus-8.2.1.5-3-gabcdef0123', [8, 2, 1, 8]],
    ['v9.1.0.65535-1-gabcdef0', undefined],
    ['release-3-gabcdef0', undefined],
    ['v9.1.0-rc1-3-gabcdef0', undefined],
    ['v9.1.0', undefined],
  ])('%s is version %j', (text, version) => {
    expect(describedVersion(text)).toEqual(version);
  });
});

describe.skipIf(spawnSync('git', ['--version']).status !== 0)('a version from git', () => {
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=T', '-c', 'user.email=t@e', ...args], {
      ...{ cwd: project?.folder, env: { PATH: process.env.PATH, HOME: '/nonexistent' } },
    });

  test('is that of the newest tag and the commits since', async () => {
    await start('{ git: "v*" }');
    git('init', '-q');
    git('add', 'winpv.yaml', 'acme.yaml');
    git('commit', '-qm', 'one');
    git('tag', 'v9.1.0');
    git('commit', '--allow-empty', '-qm', 'two');
    git('commit', '--allow-empty', '-qm', 'three');
    git('tag', 'other-1.0.0');
    expect((await release()).driverVer).toBe('05/04/2026,9.1.0.2');
    expect((await winpvJson(['brand', 'show', project?.path('acme.yaml') ?? ''])).result.version).toEqual({
      git: 'v*',
    });
  });

  test('without a tag or a checkout is refused at the key', async () => {
    await start('{ git: "v*" }');
    expect((await release()).answer).toMatchObject({
      exit: 3,
      error: { code: 'BRAND_VERSION_UNKNOWN', at: { line: 2 } },
    });
    git('init', '-q');
    git('commit', '--allow-empty', '-qm', 'one');
    git('tag', 'nothing');
    const { answer } = await release();
    expect(answer.error?.hint).toContain('git tag v9.1.0');
  });
});

describe('a counted version', () => {
  test('counts releases, and gives the same release the same number', async () => {
    const at = await start('{ counter: 9.1.0 }');
    expect((await release()).driverVer).toBe('05/04/2026,9.1.0.1');
    expect((await release()).driverVer).toBe('05/04/2026,9.1.0.1');
    expect((await release('--dry-run')).answer.result.brands[0].packages[0].version).toBe('9.1.0.1');
    at.write('acme.yaml', `${brand('{ counter: 9.1.0 }')}copyright: Acme\n`);
    expect((await release()).driverVer).toBe('05/04/2026,9.1.0.2');
    at.write('acme.yaml', brand('{ counter: 9.1.0 }'));
    expect((await release()).driverVer).toBe('05/04/2026,9.1.0.1');
    at.write('acme.yaml', brand('{ counter: 9.2.0 }'));
    expect((await release()).driverVer).toBe('05/04/2026,9.2.0.1');
  });

  test.each(['{ counter: "9.1" }', '{ counter: 9.1.0.1 }', '{ git: "$(id)" }', '{ git: "-x" }', '{ svn: 1 }', '7'])(
    'and others have their forms: %s is refused',
    async (version) => {
      await start(version);
      const { answer } = await release();
      expect(answer.exit).toBe(3);
      expect(answer.error?.at).toMatchObject({ line: 2 });
    },
  );
});
