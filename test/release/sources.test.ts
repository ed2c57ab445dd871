import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { winpvJson } from '../support/command-line.ts';
import { binariesOf, buildTree, COMMIT, DATE, finishedInf, type SourceFiles } from '../support/import-tree.ts';
import { type Oracle, oracle } from '../support/outside.ts';
import { contentBelow, filesBelow, makeProject, type TestProject } from '../support/project.ts';
import { tarOf } from '../support/tar.ts';

const cleanups: (() => void)[] = [];
afterAll(() => {
  for (const clean of cleanups) clean();
});

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const yamlFor = (source: string, drivers = 'xenvbd', architectures = 'x64'): string =>
  `brands: [xenproject]\nsources:\n  xenvbd: ${source}\ndrivers: [${drivers}]\narchitectures: [${architectures}]\n`;

const projectOf = async (
  source: string,
  files: SourceFiles = {},
  more: readonly string[] = [],
): Promise<TestProject> => {
  const project = await makeProject({ 'winpv.yaml': yamlFor(source, ...more), ...files });
  cleanups.push(project.dispose);
  return project;
};

const releaseOf = (project: TestProject, ...more: readonly string[]) =>
  winpvJson(['release', '-C', project.folder, '--out', project.path('out'), '--date', DATE, ...more]);

interface Recorded {
  readonly inputs: readonly { readonly path: string; readonly sha256: string }[];
  readonly brands: readonly { readonly packages: readonly { readonly sourceRevision?: string }[] }[];
}

const recordOf = (project: TestProject): Recorded => JSON.parse(readFileSync(project.path('out/release.json'), 'utf8'));

/** Writes the files into a folder of their own. */
const onDisk = (files: SourceFiles): string => {
  const folder = mkdtempSync(join(tmpdir(), 'winpv-source-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, 'tree', name)), { recursive: true });
    writeFileSync(join(folder, 'tree', name), content);
  }
  return folder;
};

const python = (folder: string, program: string): Uint8Array => {
  execFileSync('python3', ['-c', program], { cwd: folder });
  return new Uint8Array(readFileSync(join(folder, 'made')));
};

const ARCHIVES: Readonly<Record<string, readonly [tool: Oracle, pack: (folder: string) => Uint8Array]>> = {
  'a tar': ['tar', (folder) => execFileSync('tar', ['-C', join(folder, 'tree'), '-c', '.'], { maxBuffer: 2 ** 26 })],
  'a tar.gz': [
    'tar',
    (folder) => execFileSync('tar', ['-C', join(folder, 'tree'), '-cz', '.'], { maxBuffer: 2 ** 26 }),
  ],
  'a tar.gz of pax headers, below another folder': [
    'python3',
    (folder) =>
      python(folder, "import tarfile; t = tarfile.open('made', 'w:gz'); t.add('tree', 'build-203'); t.close()"),
  ],
  'a ZIP by Python': [
    'python3',
    (folder) => python(folder, "import shutil; shutil.make_archive('a', 'zip', 'tree'); shutil.move('a.zip', 'made')"),
  ],
  'a ZIP': [
    'zip',
    (folder) => {
      execFileSync('zip', ['-qr', '../made.zip', '.'], { cwd: join(folder, 'tree') });
      return new Uint8Array(readFileSync(join(folder, 'made.zip')));
    },
  ],
};

describe('a release from an archive', () => {
  for (const [what, [tool, pack]] of Object.entries(ARCHIVES)) {
    oracle(
      tool,
      `writes ${what}: the release is the one from the folder, and the record names archive and commit`,
      async () => {
        const tree = await buildTree();
        const bytes = pack(onDisk(tree));
        const fromFolder = await projectOf(
          '{ tree: upstream }',
          Object.fromEntries(Object.entries(tree).map(([name, content]) => [`upstream/${name}`, content])),
        );
        const fromArchive = await projectOf(`{ tree: xenvbd.bin, sha256: ${sha256(bytes)} }`, { 'xenvbd.bin': bytes });
        for (const project of [fromFolder, fromArchive]) {
          const answer = await releaseOf(project);
          expect(answer.error).toBeUndefined();
          expect(recordOf(project).brands[0]?.packages.map((pack) => pack.sourceRevision)).toEqual([COMMIT]);
        }
        expect(recordOf(fromArchive).inputs).toContainEqual({ path: 'xenvbd.bin', sha256: sha256(bytes) });
        const packages = ({ folder }: TestProject) => contentBelow(join(folder, 'out/xenproject/xenvbd'));
        expect(packages(fromArchive)).toEqual(packages(fromFolder));
      },
    );
  }

  test('of binaries takes the drivers of one package from it as well', async () => {
    const files = Object.fromEntries(
      Object.entries(binariesOf()).map(([name, bytes]) => [`drivers/xenvbd/x64/Release/${name}`, bytes]),
    );
    const project = await projectOf('{ binaries: bin.tgz }', { 'bin.tgz': new Uint8Array(gzipSync(tarOf(files))) }, [
      'xenvbd, xendisk, xencrsh',
    ]);
    expect((await releaseOf(project)).error).toBeUndefined();
  });

  test('that all drivers come from gives the parts of a package their binaries, with INFs of their own', async () => {
    const yaml =
      'brands: [xenproject]\nsources: { default: { tree: all.tar } }\ndrivers: [xenvbd, xencrsh]\narchitectures: [x64]\n';
    const project = await projectOf('stand-in', { 'all.tar': tarOf(await buildTree()) });
    project.write('winpv.yaml', yaml);
    expect((await releaseOf(project)).error).toBeUndefined();
    expect(filesBelow(project.path('out/xenproject/xencrsh/x64'))).toEqual([
      'xencrsh.cat',
      'xencrsh.inf',
      'xencrsh.sys',
    ]);
  });

  test('with an INF for another architecture is refused, naming it', async () => {
    const tree = tarOf({ ...(await buildTree()), ...(await buildTree('xenvbd/x86')) });
    const project = await projectOf('{ tree: a.tar }', { 'a.tar': tree }, ['xenvbd', 'x86']);
    const { error } = await releaseOf(project);
    expect(error?.code).toBe('BUNDLE_NO_WINDOWS');
    expect(error?.at?.file).toContain('a.tar/xenvbd/x86/xenvbd.inf');
  });

  test('that would be destroyed by the output is refused', async () => {
    const project = await projectOf('{ tree: a.tar }', { 'a.tar': tarOf(await buildTree()) });
    const answer = await winpvJson(['release', '-C', project.folder, '--out', project.path('a.tar'), '--date', DATE]);
    expect(answer.ok).toBe(false);
    expect(filesBelow(project.folder)).toContain('a.tar');
  });
});

describe('a source is refused', () => {
  const refused = async (source: string, files: SourceFiles = {}) => {
    const project = await projectOf(source, files);
    const before = filesBelow(project.folder);
    const { error, exit } = await releaseOf(project);
    expect(filesBelow(project.folder)).toEqual(before);
    return { code: error?.code, exit, message: error?.message ?? '', at: error?.at };
  };

  test('when its hash is another than the pinned one', async () => {
    const answer = await refused(`{ tree: a.tar, sha256: ${'ab'.repeat(32)} }`, { 'a.tar': tarOf(await buildTree()) });
    expect([answer.code, answer.exit]).toEqual(['SOURCE_HASH_DIFFERS', 4]);
  });

  test('when a folder is pinned', async () => {
    const answer = await refused(`{ tree: up, sha256: ${'ab'.repeat(32)} }`, {
      'up/x64/xenvbd.inf': await finishedInf(),
    });
    expect([answer.code, answer.exit, answer.at?.line]).toEqual(['SOURCE_PIN_MISPLACED', 3, 3]);
  });

  test('when an address has no hash, or is http elsewhere', async () => {
    const open = await refused('{ tree: "https://example.com/a.tar" }');
    expect([open.code, open.exit, open.at?.line]).toEqual(['SOURCE_NOT_PINNED', 3, 3]);
    const plain = await refused(`{ tree: "http://example.com/a.tar", sha256: ${'ab'.repeat(32)} }`);
    expect([plain.code, plain.exit]).toEqual(['SOURCE_ADDRESS', 3]);
  });

  test('when it is no archive, or one of something else', async () => {
    expect((await refused('{ tree: a.tar }', { 'a.tar': '<!DOCTYPE html>' })).code).toBe('SOURCE_NOT_AN_ARCHIVE');
    const other = await refused('{ tree: a.tar }', { 'a.tar': tarOf({ 'src/xenvbd/fdo.c': 'int x;' }) });
    expect([other.code, other.exit]).toEqual(['SOURCE_LAYOUT', 4]);
  });

  test('when a name leads out of it', async () => {
    const answer = await refused('{ tree: a.tar }', {
      'a.tar': tarOf({ ...(await buildTree()), '../../evil.sys': 'x' }),
    });
    expect([answer.code, answer.exit]).toEqual(['TAR_NAME_UNSAFE', 4]);
  });
});

describe('a release from an address', () => {
  test('is made once from the network and again without it', async () => {
    const bytes = tarOf(await buildTree());
    const server = createServer((_request, response) => response.end(bytes));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const url = `http://127.0.0.1:${port}/xenvbd.tar`;
    const project = await projectOf(`{ tree: "${url}", sha256: ${sha256(bytes)} }`);
    expect((await releaseOf(project)).error).toBeUndefined();
    const first = readFileSync(project.path('out/release.json'));
    await new Promise((done) => server.close(done));
    expect((await releaseOf(project, '--clean')).error).toBeUndefined();
    expect(readFileSync(project.path('out/release.json'))).toEqual(first);
    expect(recordOf(project).inputs).toContainEqual({ path: url, sha256: sha256(bytes) });
  });
});
