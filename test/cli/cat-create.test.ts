import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CATALOG_OSES } from '../../packaging/formats/cat/os.ts';
import { winpvJson } from '../support/command-line.ts';
import { filesBelow, makeProject, type TestProject } from '../support/project.ts';

let project: TestProject;
beforeEach(async () => {
  project = await makeProject({});
});
afterEach(() => project.dispose());

interface InfParts {
  readonly id: string;
  readonly catalog: string;
  readonly source?: string;
  readonly targets?: readonly string[];
}

const inf = ({ id, catalog, source = `${id}.bin=1`, targets = ['amd64'] }: InfParts): string =>
  [
    ...['[Version]', 'Signature="$Windows NT$"', 'Class=System', 'Provider=X', 'DriverVer=05/04/2026,1.0.0.0'],
    ...[`CatalogFile=${catalog}`, '[Manufacturer]', `X=M,${targets.map((target) => `NT${target}`).join(',')}`],
    ...targets.flatMap((target) => [`[M.NT${target}]`, `D=I,Root\\${id.toUpperCase()},Root\\Common`]),
    ...['[I]', `CopyFiles=@${id}.bin`, '[DestinationDirs]', 'DefaultDestDir=12'],
    ...['[SourceDisksNames]', '1=d', '[SourceDisksFiles]', source, ''],
  ].join('\r\n');

const create = (dir: string, os = '10_X64', ...more: readonly string[]) =>
  winpvJson(['cat', 'create', '--dir', project.path(dir), '--os', os, ...more]);
const show = async (path: string) => (await winpvJson(['cat', 'show', project.path(path)])).result;
const namesIn = async (path: string): Promise<readonly string[]> => [
  ...new Set<string>(
    (await show(path)).members.map(({ attributes }: { attributes: Record<string, string> }) => attributes.File),
  ),
];

describe('winpv cat create of a folder', () => {
  test('with several INFs: a catalog each with its own files, and in all of them the ids of all, by file name', async () => {
    project.write('d/Zeta.inf', inf({ id: 'zeta', catalog: 'Zeta.cat' }));
    project.write('d/alpha.inf', inf({ id: 'alpha', catalog: 'alpha.cat', source: 'alpha.bin=1,sub\\deep' }));
    project.write('d/zeta.bin', 'z');
    project.write('d/Sub/Deep/ALPHA.BIN', 'a');
    project.write('d/readme.txt', 'not installed');
    const { exit, result, diagnostics } = await create('d', ' 10_x64, SERVER2016_X64,');
    expect([exit, diagnostics]).toEqual([0, []]);
    expect(result.catalogs.map(({ path }: { path: string }) => path)).toEqual([
      project.path('d/alpha.cat'),
      project.path('d/Zeta.cat'),
    ]);
    expect([...(await namesIn('d/alpha.cat'))].sort()).toEqual(['alpha.bin', 'alpha.inf']);
    expect([...(await namesIn('d/Zeta.cat'))].sort()).toEqual(['zeta.bin', 'zeta.inf']);
    for (const name of ['alpha', 'Zeta'])
      expect((await show(`d/${name}.cat`)).hardwareIds).toEqual(['root\\alpha', 'root\\common', 'root\\zeta']);
  });

  test('puts INFs that name one catalog into it together', async () => {
    for (const id of ['a', 'b']) {
      project.write(`d/${id}.inf`, inf({ id, catalog: 'Both.cat' }));
      project.write(`d/${id}.bin`, id);
    }
    expect((await create('d')).result.catalogs).toHaveLength(1);
    expect([...(await namesIn('d/Both.cat'))].sort()).toEqual(['a.bin', 'a.inf', 'b.bin', 'b.inf']);
  });

  test('tells of INFs below that get no catalog, but for those that are installed', async () => {
    project.write(
      'd/a.inf',
      inf({ id: 'a', catalog: 'a.cat' })
        .replace('CopyFiles=@a.bin', 'CopyFiles=@a.bin,@c.inf')
        .replace('a.bin=1', 'a.bin=1\r\nc.inf=1,sub'),
    );
    project.write('d/a.bin', 'a');
    project.write('d/sub/c.inf', inf({ id: 'c', catalog: 'c.cat' }));
    project.write('d/sub/other.inf', inf({ id: 'o', catalog: 'o.cat' }));
    const { exit, diagnostics } = await create('d');
    expect(exit).toBe(0);
    expect(diagnostics.map(({ code, severity, at }) => [code, severity, at?.file])).toEqual([
      ['CAT_INF_BELOW', 'warning', project.path('d/sub/other.inf')],
    ]);
  });

  test('names the folders to call it for when all INFs stand below', async () => {
    for (const arch of ['x64', 'x86']) project.write(`d/${arch}/a.inf`, inf({ id: 'a', catalog: 'a.cat' }));
    const { exit, error } = await create('d');
    expect([exit, error?.code, error?.at?.file]).toEqual([4, 'CAT_NO_INF', project.path('d')]);
    expect(error?.hint).toContain(project.path('d/x64'));
    expect(error?.hint).toContain(project.path('d/x86'));
  });

  test('refuses two files that are one on Windows, and a folder where a catalog is to be', async () => {
    project.write('d/a.inf', inf({ id: 'a', catalog: 'a.cat' }));
    project.write('d/a.bin', 'a');
    project.write('d/A.BIN', 'another');
    const twice = await create('d');
    expect([twice.exit, twice.error?.code]).toEqual([4, 'CAT_NAME_TWICE']);
    project.write('e/a.inf', inf({ id: 'a', catalog: 'z.cat' }));
    project.write('e/b.inf', inf({ id: 'b', catalog: 'b.cat' }));
    project.write('e/a.bin', 'a');
    project.write('e/b.bin', 'b');
    project.write('out/z.cat/file', 'x');
    const folder = await create('e', '10_X64', '--out', project.path('out'));
    expect([folder.exit, folder.error?.code, folder.error?.at?.file]).toEqual([
      8,
      'FILE_UNWRITABLE',
      project.path('out/z.cat'),
    ]);
    expect(filesBelow(project.path('out'))).toEqual(['z.cat/file']);
  });

  test('takes every name of the vocabulary, whatever its case, and writes its code and version', async () => {
    const targets = ['x86', 'amd64', 'ia64', 'arm', 'arm64'];
    project.write('d/a.inf', inf({ id: 'a', catalog: 'a.cat', targets }));
    project.write('d/a.bin', 'a');
    for (const { name, code, osAttr } of CATALOG_OSES) {
      if (name === undefined) continue;
      const { exit } = await create('d', name.toLowerCase(), '--out', project.path('out'));
      expect([name, exit]).toEqual([name, 0]);
      const { osAttributes, operatingSystems, members } = await show('out/a.cat');
      expect([osAttributes, operatingSystems[0].name, members[0].attributes.OSAttr]).toEqual([
        [code],
        name,
        osAttr.join(','),
      ]);
    }
  });
});

describe('winpv cat create of a definition file', () => {
  const cdf = (...lines: readonly string[]): string => ['[CatalogHeader]', ...lines, ''].join('\r\n');
  const made = (path: string) => winpvJson(['cat', 'create', '--cdf', project.path(path)]);

  test('in the form that build scripts write: version 1, current folder, files of sub-folders in any case', async () => {
    project.write('d/AMD64/Acme.DLL', 'not an image');
    project.write('d/acme.inf', 'text');
    project.write(
      'd/acme.cdf',
      cdf(
        ...['Name=acme.cat', 'ResultDir=.\\', 'PublicVersion=0x0000001', 'EncodingType=0x00010001'],
        ...['CATATTR1=0x10010001:OSAttr:2:10.0', '', '[CatalogFiles]', '<hash>acme.inf=acme.inf'],
        ...['<hash>acme.dll=amd64\\acme.dll', '<hash>acme.dllATTR1=0x10010001:File:acme.dll'],
      ),
    );
    const { exit, result, diagnostics } = await made('d/acme.cdf');
    expect([exit, result.catalogs[0].path, diagnostics]).toEqual([0, project.path('d/acme.cat'), []]);
    const { version, attributes, members } = await show('d/acme.cat');
    expect([version, attributes, members.length]).toEqual([1, { OSAttr: '2:10.0' }, 2]);
  });

  test('does not choose between two files that differ by case only', async () => {
    project.write('d/a.txt', 'a');
    project.write('d/A.txt', 'b');
    project.write('d/a.cdf', cdf('Name=a.cat', '[CatalogFiles]', '<hash>a=A.TXT'));
    expect((await made('d/a.cdf')).error?.code).toBe('CAT_CDF_FILE_MISSING');
    project.write('d/b.cdf', cdf('Name=b.cat', '[CatalogFiles]', '<hash>a=A.txt'));
    expect((await made('d/b.cdf')).exit).toBe(0);
  });
});
