import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../core/bytes.ts';
import { diffPackages, type PackageFileBytes } from '../../../packaging/bundle/diff.ts';
import { encodeUnsignedCatalog } from '../../../packaging/formats/cat/encode.ts';
import { parseCatalog } from '../../../packaging/formats/cat/parse.ts';
import { signedPackage, standIn } from '../../support/signed-package.ts';

const inf = (name: string, id: string, driverVer: string): string => `[Version]
Signature="$Windows NT$"
Class=System
Provider=Acme
DriverVer=${driverVer}
[Manufacturer]
Acme=M,NTamd64
[M.NTamd64]
Device=I,${id}
[I]
CopyFiles=@${name}.sys
[I.Services]
AddService=${name},2,S
[S]
ServiceType=1
StartType=3
ErrorControl=1
ServiceBinary=%13%\\${name}.sys
[DestinationDirs]
DefaultDestDir=13
[SourceDisksNames]
1=disk
[SourceDisksFiles]
${name}.sys=1
`;
const file = (name: string, content: string | Uint8Array): PackageFileBytes => ({
  name,
  path: `folder/${name}`,
  bytes: typeof content === 'string' ? utf8(content) : content,
});
const A = file('x64/a.inf', inf('a', 'ACME\\A', '01/01/2026,1.0.0.0'));
const B = file('x64/b.inf', inf('b', 'ACME\\B', '01/01/2026,1.0.0.0'));
const SYS = file('x64/a.sys', 'first');
const NOTHING = { gained: [], lost: [] };

describe('two packages', () => {
  test('are the same when they are, whatever the case of names and the comments in the INF', () => {
    const again = [
      file('X64/A.inf', `; note\n${inf('a', 'ACME\\A', '01/01/2026,1.0.0.0')}`),
      file('x64/A.SYS', 'first'),
    ];
    expect(diffPackages([A, SYS], again)).toMatchObject({
      same: true,
      infs: { ...NOTHING, changed: [] },
      contents: { ...NOTHING, changed: [] },
    });
  });

  test('have INFs gained and lost, with all that these do', () => {
    const diff = diffPackages([A], [A, B]);
    expect(diff.infs).toMatchObject({ gained: ['x64/b.inf'], lost: [], changed: [{ path: 'x64/b.inf' }] });
    expect(diff.ids).toEqual({ gained: ['ACME\\B'], lost: [], changed: [] });
    expect(diff.services.gained).toEqual(['b']);
    expect(diff.files.gained).toEqual(['b.sys']);
    expect(diff.same).toBe(false);
    expect(diffPackages([A, B], [A]).ids.lost).toEqual(['ACME\\B']);
  });

  test('with one INF left over on each side have that one renamed', () => {
    const diff = diffPackages([A, B], [A, file('x64/c.inf', inf('b', 'ACME\\B', '01/02/2026,1.0.0.0'))]);
    expect(diff.infs).toMatchObject({ ...NOTHING, changed: [{ path: 'x64/c.inf' }] });
    expect(diff.ids).toEqual({ gained: [], lost: [], changed: [] });
    expect(diff.driverVer.direction).toBe('forward');
  });

  test('neither gain nor lose what moves from one INF to the other', () => {
    const swapped = [
      file('x64/a.inf', inf('a', 'ACME\\B', '01/01/2026,1.0.0.0')),
      file('x64/b.inf', inf('b', 'ACME\\A', '01/01/2026,1.0.0.0')),
    ];
    const diff = diffPackages([A, B], swapped);
    expect(diff.ids).toEqual({ gained: [], lost: [], changed: [] });
    expect(diff.infs.changed).toHaveLength(2);
    expect(diff.same).toBe(false);
  });

  test('go backward when one of their INFs does', () => {
    const diff = diffPackages(
      [A, B],
      [
        file('x64/a.inf', inf('a', 'ACME\\A', '02/01/2026,1.0.0.0')),
        file('x64/b.inf', inf('b', 'ACME\\B', '12/01/2025,1.0.0.0')),
      ],
    );
    expect(diff.driverVer).toEqual({ from: '01/01/2026,1.0.0.0', to: '12/01/2025,1.0.0.0', direction: 'backward' });
  });

  test('have files gained, lost and changed', () => {
    const diff = diffPackages([A, SYS, file('old.txt', 'x')], [A, file('x64/a.sys', 'second'), file('new.txt', 'x')]);
    expect(diff.contents).toEqual({ gained: ['new.txt'], lost: ['old.txt'], changed: ['x64/a.sys'] });
    expect(diff.same).toBe(false);
  });

  test('with a catalog or an image that cannot be read are compared by its bytes', () => {
    const broken = [file('x.cat', 'no catalog'), file('x.sys', 'MZ no image')];
    expect(diffPackages(broken, broken).same).toBe(true);
    expect(diffPackages(broken, [file('x.cat', 'other'), file('x.sys', 'MZ no image')]).contents.changed).toEqual([
      'x.cat',
    ]);
  });
});

describe('signatures', () => {
  test('do not count: neither those of images nor those of catalogs, nor when a catalog was made', async () => {
    const signed = (await signedPackage()).files.map(({ path, bytes }) => file(path, bytes));
    const unsigned = signed.map((one) => {
      if (one.name === 'x64/demo.sys') return file(one.name, standIn());
      if (one.name === 'extra.dll') return file(one.name, standIn({ timeDateStamp: 2 }));
      if (!one.name.endsWith('.cat')) return one;
      const { content } = parseCatalog(one.bytes, one.name);
      return file(one.name, encodeUnsignedCatalog({ ...content, thisUpdate: content.thisUpdate + 86_400_000 }));
    });
    expect(unsigned.filter((one, index) => one.bytes !== signed[index]?.bytes)).toHaveLength(3);
    expect(diffPackages(signed, unsigned)).toMatchObject({ same: true });
  });

  test('another image, and a catalog for other systems or files, do', async () => {
    const signed = (await signedPackage()).files.map(({ path, bytes }) => file(path, bytes));
    const other = signed.map((one) => {
      if (one.name === 'x64/demo.sys') return file(one.name, standIn({ timeDateStamp: 3 }));
      if (!one.name.endsWith('.cat')) return one;
      const { content } = parseCatalog(one.bytes, one.name);
      return file(one.name, encodeUnsignedCatalog({ ...content, members: content.members.slice(0, 2) }));
    });
    expect(diffPackages(signed, other).contents.changed).toEqual([expect.stringMatching(/\.cat$/), 'x64/demo.sys']);
  });
});
