import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { diskFiles } from '../../cli/adapters/files.ts';
import { utf8 } from '../../core/bytes.ts';
import { WinpvError } from '../../core/errors.ts';
import { encodeCab } from '../../packaging/formats/cab/encode.ts';
import { winpv, winpvJson } from '../support/command-line.ts';
import { filesBelow, makeProject, type TestProject } from '../support/project.ts';

let project: TestProject;
beforeEach(async () => {
  project = await makeProject({});
});
afterEach(() => project.dispose());

const cabOf = (...names: readonly string[]): Uint8Array =>
  encodeCab(
    names.map((name) => ({ name, bytes: utf8(`content of ${name}`), modified: Date.UTC(2026, 0, 1) })),
    { compress: 'none' },
  );

/** A cabinet whose only file has this name, whatever the name: it is put in place of one of equal length. */
const cabNamed = (name: string): Uint8Array => {
  const stored = Buffer.from(name, 'utf8');
  const cab = Buffer.from(cabOf('x'.repeat(stored.length)));
  stored.copy(cab, cab.indexOf('xx'.slice(0, stored.length)));
  // The mark that a name is UTF-8 is in the attributes, two bytes before it.
  cab.writeUInt16LE(0xa0, cab.indexOf(stored) - 2);
  return cab;
};

const extract = (cab: Uint8Array, out = project.path('out')) => {
  project.write('a.cab', cab);
  return winpvJson(['cab', 'extract', project.path('a.cab'), '--out', out]);
};

describe('winpv cab extract', () => {
  test('writes below a folder that is there, beside what it holds, and through a link that is the folder itself', async () => {
    project.write('real/pkg/kept.txt', 'kept');
    symlinkSync(project.path('real'), project.path('out'));
    expect((await extract(cabOf('pkg\\a.inf', 'b.txt'))).exit).toBe(0);
    expect(filesBelow(project.path('real'))).toEqual(['b.txt', 'pkg/a.inf', 'pkg/kept.txt']);
    expect(readFileSync(project.path('real/pkg/a.inf'), 'utf8')).toBe('content of pkg\\a.inf');
  });

  test.each([
    ['a link to a folder elsewhere', 'pkg', 'elsewhere'],
    ['a link to a folder beside it', 'pkg', 'out/other'],
    ['a link further down', 'pkg/deep', 'elsewhere'],
    ['a link that leads nowhere', 'pkg', 'nowhere'],
    ['a link where a file is to be', 'pkg/deep/a.inf', 'elsewhere/a.inf'],
    ['a link to nowhere where a file is to be', 'pkg/deep/a.inf', 'nowhere'],
  ])('never writes through %s', async (_what, link, target) => {
    mkdirSync(project.path('elsewhere'));
    project.write('elsewhere/a.inf', 'old');
    mkdirSync(project.path('out/other'), { recursive: true });
    mkdirSync(join(project.path('out', link), '..'), { recursive: true });
    symlinkSync(project.path(target), project.path('out', link));
    const { exit, error } = await extract(cabOf('first.txt', 'pkg\\deep\\a.inf'));
    expect([exit, error?.code]).toEqual([8, 'OUTPUT_NOT_EMPTY']);
    expect(error?.at?.file).toBe(project.path('out', link));
    expect(filesBelow(project.path('elsewhere'))).toEqual(['a.inf']);
    expect(readFileSync(project.path('elsewhere/a.inf'), 'utf8')).toBe('old');
    expect([project.path('out/first.txt'), project.path('nowhere')].filter((path) => existsSync(path))).toEqual([]);
  });

  test('replaces no file and takes none for a folder', async () => {
    project.write('out/pkg', 'a file');
    const { exit, error } = await extract(cabOf('first.txt', 'pkg\\a.inf'));
    expect([exit, error?.code, error?.at?.file]).toEqual([8, 'OUTPUT_NOT_EMPTY', project.path('out/pkg')]);
    project.write('plain', 'a file');
    expect((await extract(cabOf('a.inf'), project.path('plain'))).error?.code).toBe('OUTPUT_NOT_EMPTY');
    expect(filesBelow(project.path('out'))).toEqual(['pkg']);
  });

  test.each([
    'a/../b',
    '..\\b',
    '\\b\\c',
    '/etc/b',
    'C:\\b',
    'C:b',
    '\\\\server\\b',
    'b.txt:stream',
    'con',
    'pkg\\NUL.txt',
    'nul .txt',
    'CONIN$',
    'com¹.sys',
    'b.sys.',
    'b.sys ',
    'b \\c',
    'b\u202egpj.sys',
    'b\u200b.sys',
    'b\tc',
  ])('refuses the name %j and writes nothing', async (name) => {
    const { exit, error } = await extract(cabNamed(name));
    expect([exit, error?.code]).toEqual([4, 'CAB_NAME_UNSAFE']);
    expect(error?.at?.file).toBe(project.path('a.cab'));
    expect(filesBelow(project.path('out'))).toEqual([]);
  });

  test('refuses names that are one on some system: by case, and by Unicode form', async () => {
    const twoNames = (first: string, second: string): Uint8Array => {
      const cab = Buffer.from(cabOf(first, 'q'.repeat(Buffer.byteLength(second))));
      const at = cab.indexOf('qqq');
      cab.write(second, at, 'utf8');
      cab.writeUInt16LE(0xa0, at - 2);
      return cab;
    };
    for (const [first, second] of [
      ['a\\Driver.sys', 'A\\driver.SYS'],
      ['\u00e9t\u00e9.inf', 'e\u0301te\u0301.inf'],
      ['pkg', 'PKG\\a.inf'],
    ] as const) {
      const { exit, error } = await extract(twoNames(first, second));
      expect([first, exit, error?.code]).toEqual([first, 4, 'CAB_NAME_TWICE']);
    }
    expect(filesBelow(project.path('out'))).toEqual([]);
  });

  test('takes back what it wrote when the disk fails in the middle', async () => {
    project.write('a.cab', cabOf('one.txt', 'two.txt', 'three.txt'));
    const files = {
      ...diskFiles,
      write: async (path: string, bytes: Uint8Array): Promise<void> => {
        if (path.endsWith('three.txt')) throw new WinpvError('FILE_UNWRITABLE', 'No space left.');
        return diskFiles.write(path, bytes);
      },
    };
    const args = ['cab', 'extract', project.path('a.cab'), '--out', project.path('out')];
    expect((await winpvJson(args, { files })).error?.code).toBe('FILE_UNWRITABLE');
    expect(filesBelow(project.path('out'))).toEqual([]);
  });

  test('writes names as long as cabinets have them', async () => {
    const name = `${'n'.repeat(251)}.sys`;
    expect((await extract(cabOf(name))).exit).toBe(0);
    expect(filesBelow(project.path('out'))).toEqual([name]);
  });

  test('shows no control character of a name to the terminal', async () => {
    project.write('a.cab', cabNamed('b\u001b[2Jc'));
    const { stdout } = await winpv(['cab', 'list', project.path('a.cab')]);
    expect(stdout).not.toContain('\u001b');
  });
});

describe('winpv cab create', () => {
  const names = async (cab: string): Promise<readonly string[]> =>
    (await winpvJson(['cab', 'list', cab])).result.files.map(({ name }: { readonly name: string }) => name);

  beforeEach(() => {
    project.write('x64/xenbus/xenbus.inf', 'inf');
    project.write('x64/xenbus/sub/a.txt', 'a');
    project.write('x64/xenvbd/xenvbd.inf', 'inf');
  });

  test.each([
    ['x64/xenbus', ['xenbus\\sub\\a.txt', 'xenbus\\xenbus.inf']],
    ['x64/xenbus/', ['xenbus\\sub\\a.txt', 'xenbus\\xenbus.inf']],
    ['x64/xenbus/.', ['sub\\a.txt', 'xenbus.inf']],
    ['x64/xenbus/sub/..', ['sub\\a.txt', 'xenbus.inf']],
    ['x64/xenbus/sub/../../xenvbd', ['xenvbd\\xenvbd.inf']],
    ['x64/xenbus/sub/a.txt', ['a.txt']],
  ])('names what is in %s from the folder given', async (folder, expected) => {
    const cab = project.path('made.cab');
    expect((await winpvJson(['cab', 'create', cab, `${project.folder}/${folder}`])).exit).toBe(0);
    expect(await names(cab)).toEqual(expected);
  });

  test('leaves itself out of a folder that is packed again, and gives the same bytes', async () => {
    const cab = project.path('x64/made.cab');
    const args = ['cab', 'create', cab, `${project.path('x64')}/.`, '--date', '2026-02-03'];
    expect((await winpvJson(args)).exit).toBe(0);
    const first = readFileSync(cab);
    expect((await winpvJson(args)).result.files).not.toContain('made.cab');
    expect(readFileSync(cab)).toEqual(first);
    project.write('x64/link-source.txt', 'x');
    symlinkSync(project.path('x64'), project.path('also'));
    expect((await winpvJson(['cab', 'create', project.path('also/made.cab'), ...args.slice(3)])).result.files).toEqual([
      'link-source.txt',
      'xenbus/sub/a.txt',
      'xenbus/xenbus.inf',
      'xenvbd/xenvbd.inf',
    ]);
  });

  test('refuses the cabinet among its inputs', async () => {
    const cab = project.path('made.cab');
    const { exit, error } = await winpvJson(['cab', 'create', cab, project.path('x64/../made.cab')]);
    expect([exit, error?.code]).toEqual([2, 'USAGE']);
    expect(filesBelow(project.folder)).not.toContain('made.cab');
  });

  test('refuses two files of one name, naming both paths', async () => {
    project.write('other/XENBUS.INF', 'inf');
    const one = project.path('x64/xenbus/xenbus.inf');
    const two = project.path('other/XENBUS.INF');
    const { exit, error } = await winpvJson(['cab', 'create', project.path('made.cab'), one, two]);
    expect([exit, error?.code, error?.at?.file]).toEqual([4, 'CAB_NAME_TWICE', two]);
    expect(error?.message).toContain(one);
    const folder = project.path('x64/xenbus');
    const again = await winpvJson(['cab', 'create', project.path('made.cab'), folder, folder]);
    expect(again.error?.code).toBe('CAB_NAME_TWICE');
    expect(filesBelow(project.folder)).not.toContain('made.cab');
  });

  test('dates its files by --date, which is held to the rule for days', async () => {
    const cab = project.path('made.cab');
    const call = (date: string, env = {}) =>
      winpvJson(['cab', 'create', cab, project.path('x64'), '--date', date], { env });
    expect((await call('2026-02-03', { SOURCE_DATE_EPOCH: '1' })).exit).toBe(0);
    const { result } = await winpvJson(['cab', 'list', cab]);
    expect(result.files[0].date).toBe('2026-02-03T00:00:00');
    for (const date of ['2026-02-30', '1600-01-01', '1979-12-31', '2108-01-01', '0000-00-00', 'now']) {
      const { exit, error } = await call(date);
      expect([date, exit, error?.code]).toEqual([date, 2, 'DATE_INVALID']);
      expect(error?.hint).toMatch(/^(For example 2026-01-31\.|Cabinets and ZIPs hold no other days\.)$/);
    }
    expect((await call('2026-06-16')).error?.code).toBe('DATE_IN_FUTURE');
  });
});
