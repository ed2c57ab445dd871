import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { winpvJson } from '../support/command-line.ts';
import { projectRoot } from '../support/outside.ts';
import { filesBelow, makeProject, type TestProject } from '../support/project.ts';

let project: TestProject | undefined;
afterEach(() => project?.dispose());

const TEMPLATE = readFileSync(join(projectRoot, 'drivers/xenvbd/9.1.inf'), 'utf8');
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const BRAND = (id: string, prefix: string) =>
  `id: ${id}\nversion: 9.1.0.7\nvendorName: ${id}\nvendorPrefix: ${prefix}\nproductName: ${id}\n`;
const PROJECT =
  'brands: [acme.yaml, other.yaml]\nsources: { default: stand-in }\narchitectures: [x64]\ndrivers: [xenbus, xenvbd]\npatches: patches\n';

const META = (name: string, base: string, more = '') =>
  `${name}:\n  reason: disks time out later\n  base: { files: { src/xenvbd.inf: ${base} } }\n  drivers: [xenvbd]\n` +
  `  kind: inf\n  upstream: { state: submitted, link: "https://example.org/1" }\n${more}`;

const TIMEOUT =
  TEMPLATE.split(/\r?\n/).find((line) => /TimeOutValue/.test(line)) ?? expect.fail('no time-out in the template');
const SECTION = (() => {
  const before = TEMPLATE.slice(0, TEMPLATE.indexOf(TIMEOUT));
  return /\[([^\]]+)\][^[]*$/.exec(before)?.[1] ?? expect.fail('no section');
})();
const CHANGED = TIMEOUT.replace(/[^,]+$/, ' 180');
const EDIT = `subject: Wait longer for disks\nedits:\n  - { file: src/xenvbd.inf, section: "${SECTION}", replace: ${JSON.stringify(TIMEOUT)}, with: ${JSON.stringify(CHANGED)} }\n`;

const queue = (base = sha256(TEMPLATE), more = '', edit = EDIT) => ({
  'patches/acme/series': 'wait.yaml\n',
  'patches/acme/series.yaml': META('wait.yaml', base, more),
  'patches/acme/wait.yaml': edit,
});

const release = async (files: Readonly<Record<string, string>>, ...more: readonly string[]) => {
  project = await makeProject({
    'winpv.yaml': PROJECT,
    'acme.yaml': BRAND('acme', 'AC'),
    'other.yaml': BRAND('other', 'OT'),
    ...files,
  });
  return winpvJson(['release', '-C', project.folder, '--out', project.path('out'), '--date', '2026-05-04', ...more]);
};

const infOf = (brand: string, driver = 'xenvbd'): string =>
  readFileSync(project?.path('out', brand, driver, 'x64', `${driver}.inf`) ?? '', 'latin1');

describe('a brand’s patches', () => {
  test('are in its INFs and in no other brand’s, and the record says which lines of which file', async () => {
    const answer = await release(queue());
    expect(answer.error).toBeUndefined();
    expect(infOf('acme')).toContain(CHANGED.trim());
    expect(infOf('acme')).not.toContain(TIMEOUT.trim());
    expect(infOf('other')).toContain(TIMEOUT.trim());
    const line = TEMPLATE.split(/\r?\n/).indexOf(TIMEOUT) + 1;
    const [acme, other] = JSON.parse(readFileSync(project?.path('out/release.json') ?? '', 'utf8')).brands;
    const ofDriver = (brand: typeof acme, driver: string) =>
      brand.packages.find((one: { driver: string }) => one.driver === driver);
    expect(ofDriver(acme, 'xenvbd').patches).toEqual([
      {
        ...{ name: 'wait.yaml', sha256: sha256(EDIT), state: 'applied', kind: 'inf' },
        files: [
          {
            path: 'src/xenvbd.inf',
            before: sha256(TEMPLATE),
            after: sha256(TEMPLATE.replace(TIMEOUT, CHANGED)),
            lines: [[line, line]],
          },
        ],
      },
    ]);
    expect(ofDriver(acme, 'xenbus').patches).toBeUndefined();
    expect(ofDriver(other, 'xenvbd').patches).toBeUndefined();
  });

  test('are in the plan', async () => {
    const { result } = await release(queue(), '--dry-run');
    expect(result.brands[0].patches).toEqual([{ path: 'patches/acme/wait.yaml', sha256: sha256(EDIT) }]);
    expect(result.brands[1].patches).toBeUndefined();
  });

  test('may stand where the brand says', async () => {
    const files = Object.fromEntries(
      Object.entries(queue()).map(([name, text]) => [name.replace('patches/acme', 'mine'), text]),
    );
    await release({ ...files, 'patches/README.md': '', 'acme.yaml': `${BRAND('acme', 'AC')}patches: mine\n` });
    expect(infOf('acme')).toContain(CHANGED.trim());
    project?.dispose();
    const missing = await release({ 'patches/README.md': '', 'acme.yaml': `${BRAND('acme', 'AC')}patches: mine\n` });
    expect(missing).toMatchObject({ exit: 3, error: { code: 'CONFIG_INVALID', at: { line: 6, column: 1 } } });
  });

  test('that are there already are told, and change nothing', async () => {
    const there = `edits:\n  - { file: src/xenvbd.inf, section: "${SECTION}", replace: "x", with: ${JSON.stringify(TIMEOUT)} }\n`;
    const answer = await release(queue('a'.repeat(64), '', there));
    expect(answer.error).toBeUndefined();
    expect(answer.diagnostics).toContainEqual(expect.objectContaining({ code: 'PATCH_DROPPABLE', severity: 'info' }));
    expect(infOf('acme')).toContain(TIMEOUT.trim());
  });

  const HEADER = 'diff --git a/src/xenvbd.inf b/src/xenvbd.inf\n';
  const diffQueue = (diff: string, files = `src/xenvbd.inf: ${sha256(TEMPLATE)}`, drivers = 'xenvbd') => ({
    'patches/acme/series': 'one.patch\n',
    'patches/acme/series.yaml': META('one.patch', '')
      .replace(/files: \{.*?\}/, `files: { ${files} }`)
      .replace('[xenvbd]', `[${drivers}]`),
    'patches/acme/one.patch': diff,
  });
  const BODY = TEMPLATE.split('\n').slice(0, -1);
  const GONE = `${HEADER}deleted file mode 100644\n--- a/src/xenvbd.inf\n+++ /dev/null\n@@ -1,${BODY.length} +0,0 @@\n${BODY.map((line) => `-${line}\n`).join('')}`;
  const HUNK = `@@ -1,2 +1,3 @@\n ${BODY[0]}\n+; more\n ${BODY[1]}\n ${BODY[2]}\n`.replace('1,2 +1,3', '1,3 +1,4');
  const stray = (path: string) => `--- a/${path}\n+++ b/${path}\n${HUNK}`;

  test.each([
    ['takes the INF away', diffQueue(GONE), 'PATCH_CONFLICT'],
    ['renames the INF', diffQueue(`${HEADER}rename from src/xenvbd.inf\nrename to src/other.inf\n`), 'PATCH_CONFLICT'],
    ['misspells the INF', diffQueue(stray('src/xenvdb.inf'), `src/xenvdb.inf: ${sha256(TEMPLATE)}`), 'PATCH_CONFLICT'],
    ['is said to be for another driver', diffQueue(stray('src/xenvbd.inf'), undefined, 'xenbus'), 'PATCH_SERIES'],
  ])('of which one %s would leave it as it is, so they stop the release', async (_what, files, code) => {
    const answer = await release(files);
    expect(answer.error).toMatchObject({ code });
    expect(filesBelow(project?.path('out') ?? '')).toEqual([]);
  });

  test('whose folder has nearly the name of a brand without patches are told; others’ are not', async () => {
    const renamed = (folder: string) =>
      Object.fromEntries(Object.entries(queue()).map(([name, text]) => [name.replace('acme', folder), text]));
    const told = async (files: Readonly<Record<string, string>>) => {
      const { diagnostics } = await release(files, '--dry-run');
      project?.dispose();
      return diagnostics.filter(({ code }: { code: string }) => code === 'PATCH_SERIES');
    };
    expect(await told(renamed('acmee'))).toEqual([
      expect.objectContaining({ severity: 'warning', at: { file: expect.stringMatching(/acmee$/) } }),
    ]);
    expect(await told({ ...renamed('acmee'), ...queue() })).toEqual([]);
    expect(await told(renamed('quite-another'))).toEqual([]);
  });

  test('for other versions do not speak of the build', async () => {
    const files = diffQueue('--- a/src/x.c\n+++ b/src/x.c\n@@ -1 +1 @@\n-a\n+b\n', `src/x.c: ${sha256('a\n')}`);
    const told = async (more: string) => {
      const meta = files['patches/acme/series.yaml'] + more;
      const { diagnostics } = await release({ ...files, 'patches/acme/series.yaml': meta });
      return diagnostics.some(({ code }: { code: string }) => code === 'PATCH_NOT_BUILT');
    };
    expect(await told('  versions: ["9.1"]\n')).toBe(true);
    project?.dispose();
    expect(await told('  versions: ["8.2"]\n')).toBe(false);
  });

  test.each([
    ['was made against another file', queue('a'.repeat(64)), 4, 'PATCH_BASE_DIFFERS'],
    ['does not fit', queue(undefined, '', EDIT.replace('replace: "', 'replace: "X')), 4, 'PATCH_EDIT_CONFLICT'],
    ['is past its day', queue(undefined, '  expires: 2026-05-03\n'), 3, 'PATCH_EXPIRED'],
    [
      'leads out of the tree',
      queue(undefined, '', EDIT.replace('src/xenvbd.inf', '../xenvbd.inf')),
      3,
      'PATCH_PATH_REFUSED',
    ],
    ['is missing', { ...queue(), 'patches/acme/series': 'wait.yaml\nmore.patch\n' }, 3, 'PATCH_SERIES'],
  ])('of which one %s stop the release, and nothing is written', async (_what, files, exit, code) => {
    const answer = await release(files);
    expect(answer).toMatchObject({ exit, error: { code } });
    expect(answer.error?.at?.file).toContain('patches/acme');
    expect(filesBelow(project?.path('out') ?? '')).toEqual([]);
  });
});
