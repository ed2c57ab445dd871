import { describe, expect, test } from 'vitest';
import { WinpvError } from '../../../../core/errors.ts';
import { locatePackages } from '../../../../packaging/bundle/import/layout.ts';
import { sourceRevision } from '../../../../packaging/bundle/import/revision.ts';
import { openArchive } from '../../../../packaging/bundle/import/source-tree.ts';
import { tarOf } from '../../../support/tar.ts';

const locate = (names: readonly string[], driver = 'xenbus') =>
  locatePackages({
    path: 'a.tar',
    names,
    driver,
    marks: [`${driver}.inf`, `${driver}.sys`],
    wanted: ['x64', 'x86'],
  }).map(({ architecture, folder }) => `${architecture} ${folder}`);

const refusal = (names: readonly string[], driver?: string): WinpvError => {
  try {
    locate(names, driver);
  } catch (error) {
    if (error instanceof WinpvError) return error;
    throw error;
  }
  throw new Error('it was not refused');
};

const both = (pattern: string): readonly string[] =>
  ['x64', 'x86'].flatMap((arch) =>
    ['inf', 'sys', 'pdb'].map((ending) => `${pattern.replace('ARCH', arch)}/xenbus.${ending}`),
  );

describe('a package is found', () => {
  for (const [what, pattern] of [
    ["in upstream's build tree", 'xenbus/ARCH'],
    ['below any other folders', 'build-117/out/xenbus/ARCH'],
    ['in folders of architectures alone', 'ARCH'],
    ["in XCP-ng's tree by driver", 'xenbus/ARCH/Release'],
    ["in XCP-ng's tree by platform", 'ARCH/Release/xenbus'],
    ['below folders of a configuration', 'vs2022/Windows10Release/ARCH/package'],
  ] as const) {
    test(what, () => {
      expect(locate(both(pattern))).toEqual(['x64', 'x86'].map((arch) => `${arch} ${pattern.replace('ARCH', arch)}/`));
    });
  }

  test("under Visual Studio's names of the architectures", () => {
    expect(locate(['xenbus/Win32/xenbus.inf', 'xenbus/AMD64/xenbus.inf'])).toEqual([
      'x64 xenbus/AMD64/',
      'x86 xenbus/Win32/',
    ]);
  });

  test('among two drivers', () => {
    const names = [...both('xenbus/ARCH'), ...both('xenvbd/ARCH').map((name) => name.replace(/xenbus\./, 'xenvbd.'))];
    expect(locate(names)).toEqual(['x64 xenbus/x64/', 'x86 xenbus/x86/']);
    expect(locate(names, 'xenvbd')).toEqual(['x64 xenvbd/x64/', 'x86 xenvbd/x86/']);
  });

  test('in its own folder when another driver has a copy of its file', () => {
    expect(locate(['xenvif/x64/xenbus.sys', 'xenbus/x64/xenbus.sys'])).toEqual(['x64 xenbus/x64/']);
  });
});

describe('a source is refused', () => {
  test('when it is no build tree, saying what was looked for and what was found', () => {
    const { code, message } = refusal(['readme.txt', 'src/xenbus/fdo.c']);
    expect(code).toBe('SOURCE_LAYOUT');
    expect(message).toContain('Looked for xenbus/x64/xenbus.inf, xenbus/x86/xenbus.inf');
    expect(message).toContain('found readme.txt, src/xenbus/');
  });

  test('when it holds two builds of one architecture, naming both', () => {
    const { code, message } = refusal([...both('xenbus/ARCH/Debug'), ...both('xenbus/ARCH/Release')]);
    expect(code).toBe('SOURCE_AMBIGUOUS');
    expect(message).toContain('xenbus/x64/Debug/, xenbus/x64/Release/');
  });
});

describe('the source commit', () => {
  const commit = '0123456789abcdef0123456789abcdef01234567';
  const revision = (files: Readonly<Record<string, string>>) =>
    sourceRevision(openArchive(tarOf({ 'a/xenbus/x64/xenbus.sys': 'x', ...files }), 'a.tar'), 'a/xenbus/x64/');

  test('is in revision or .revision beside the package or above it; the nearest counts', async () => {
    expect(await revision({ 'a/revision': `${commit}\r\n` })).toBe(commit);
    expect(await revision({ 'a/xenbus/.revision': commit.toUpperCase() })).toBe(commit);
    expect(await revision({ revision: 'f'.repeat(40), 'a/xenbus/revision': `${commit} (HEAD -> master)` })).toBe(
      commit,
    );
  });

  test('is unknown without one, or when it is no commit', async () => {
    expect(await revision({})).toBeUndefined();
    expect(await revision({ revision: 'trunk' })).toBeUndefined();
    expect(await revision({ 'b/revision': commit })).toBeUndefined();
  });
});
