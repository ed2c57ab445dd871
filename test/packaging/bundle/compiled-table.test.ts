import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../core/bytes.ts';
import { xenbus } from '../../../drivers/xenbus/definition.ts';
import { xennet } from '../../../drivers/xennet/definition.ts';
import { xenvbd } from '../../../drivers/xenvbd/definition.ts';
import { xenvif } from '../../../drivers/xenvif/definition.ts';
import { xenvkbd } from '../../../drivers/xenvkbd/definition.ts';
import { compiledTable, type TableBus } from '../../../packaging/bundle/compiled-table.ts';
import { isPe, parsePe } from '../../../packaging/formats/pe/parse.ts';
import { busWith, HEAD, HEAD_OF_XENVIF, type Row } from '../../support/compiled-table.ts';
import { describeCorpus } from '../../support/outside.ts';
import { checked, driverPackage, exchanged, withCatalogs } from '../../support/pv-package.ts';

const read = (bytes: Uint8Array, bus: TableBus = 'xenbus') =>
  compiledTable(parsePe(bytes, 'xenbus.sys'), bus)?.map(({ revision, versions }) => [revision, ...versions]);

describe('the revision table in a binary', () => {
  test('is read as it was compiled', () => {
    expect(read(busWith(HEAD))).toEqual(HEAD);
  });

  test('of the time before consoles has ten versions a row', () => {
    const old = [
      [0x08000009, 1, 2, 4, 1, 1, 1, 1, 1, 1, 1],
      [0x0800000a, 1, 2, 5, 1, 1, 1, 1, 1, 1, 1],
      [0x0800000b, 1, 2, 5, 1, 2, 1, 1, 2, 1, 1],
    ];
    expect(read(busWith(old))).toEqual(old);
  });

  test('of xenbus may have one row', () => {
    expect(read(busWith(HEAD.slice(4)))).toEqual(HEAD.slice(4));
  });

  test('of xenvif and xenvkbd is read in their forms, with and without the later columns', () => {
    const bare = HEAD_OF_XENVIF.map((row) => row.slice(0, 5));
    const keyboard = [
      [0x09000000, 1, 0, 0],
      [0x09000001, 1, 1, 1],
      [0x09000002, 1, 2, 1],
    ];
    expect(read(busWith(HEAD_OF_XENVIF, '9.1.0.30', xenvif), 'xenvif')).toEqual(HEAD_OF_XENVIF);
    expect(read(busWith(bare, '9.1.0.30', xenvif), 'xenvif')).toEqual(bare);
    expect(read(busWith(keyboard, '9.1.0.30', xenvkbd), 'xenvkbd')).toEqual(keyboard);
    expect(read(busWith(HEAD_OF_XENVIF.slice(0, 1), '9.1.0.30', xenvif), 'xenvif')).toBeUndefined();
  });

  test('does not show in one that has none', () => {
    expect(read(busWith([]))).toBeUndefined();
  });

  test.each(['xenbus', 'xenvif', 'xenvkbd'] as const)("of %s is in none of Debian's UEFI programs", (bus) => {
    const folder = '/usr/lib/systemd/boot/efi';
    const programs = existsSync(folder) ? readdirSync(folder).map((name) => readFileSync(`${folder}/${name}`)) : [];
    for (const bytes of programs.filter((one) => isPe(one))) expect(read(new Uint8Array(bytes), bus)).toBeUndefined();
  });
});

describeCorpus('real images', (corpus) => {
  test.each(['xenbus', 'xenvif', 'xenvkbd'] as const)('have no table that looks like one of %s', (bus) => {
    const names = readdirSync(corpus.path('signed/pe/own')).filter((name) => name.endsWith('.sys'));
    expect(names.length).toBeGreaterThan(10);
    for (const name of names) expect(read(corpus.file(`signed/pe/own/${name}`), bus), name).toBeUndefined();
  });
});

describe('bus and child of one folder, the table in the binary', () => {
  const folder = (rows: readonly Row[]) => {
    const bare = [...driverPackage(xenbus), ...driverPackage(xenvbd)].filter(({ path }) => !path.endsWith('.cat'));
    return withCatalogs(exchanged(bare, 'xenbus.sys', busWith(rows)), '10_X64');
  };
  const found = (rows: readonly Row[]): readonly string[] =>
    checked(folder(rows))
      .filter(({ severity }) => severity === 'error')
      .map(({ failureMode, code, at }) => `${failureMode} ${code} ${at?.file}`);

  test('fit', () => {
    expect(found(HEAD)).toEqual([]);
  });

  test('F03: the table ends before what the child binds, whatever the INF looks like', () => {
    expect(found(HEAD.slice(0, 3))).toEqual(['F03 PV_REVISION_UNLISTED xenvbd.inf']);
  });

  test('F07: a number twice, as upstream had it for a fortnight in 2021', () => {
    const twice = [
      [0x09000008, 1, 3, 9, 1, 2, 1, 2, 4, 1, 1, 2],
      [0x09000008, 1, 4, 9, 1, 2, 1, 2, 4, 1, 1, 2],
    ];
    expect(found([...twice, ...HEAD.slice(2)])).toEqual(['F07 PV_REVISION_TWICE xenbus.inf']);
  });
});

describe('xenvif and xennet of one folder, the table in the binary', () => {
  const found = (rows: readonly Row[], revision = '09000005'): readonly string[] => {
    const bare = [...driverPackage(xenvif), ...driverPackage(xennet)].filter(({ path }) => !path.endsWith('.cat'));
    const bound = bare.map((file) =>
      file.path === 'xennet.inf'
        ? {
            ...file,
            bytes: utf8(
              Buffer.from(file.bytes)
                .toString()
                .replaceAll(/REV_[0-9A-F]{8}/g, `REV_${revision}`),
            ),
          }
        : file,
    );
    return checked(withCatalogs(exchanged(bound, 'xenvif.sys', busWith(rows, '9.1.0.30', xenvif)), '10_X64'))
      .filter(({ severity }) => severity === 'error')
      .map(({ failureMode, code, at }) => `${failureMode} ${code} ${at?.file}`);
  };
  const OWN_ROW: Row = [0x09000006, 2, 11, 2, 1, 3];

  test('fit', () => {
    expect(found(HEAD_OF_XENVIF)).toEqual([]);
  });

  test("F03: the table ends before what the child binds; a vendor's own row is one like any other", () => {
    expect(found(HEAD_OF_XENVIF.slice(0, 4))).toEqual(['F03 PV_REVISION_UNLISTED xennet.inf']);
    expect(found(HEAD_OF_XENVIF, '09000006')).toEqual(['F03 PV_REVISION_UNLISTED xennet.inf']);
    expect(found([...HEAD_OF_XENVIF, OWN_ROW], '09000006')).toEqual([]);
  });

  test('F07: a number twice', () => {
    expect(found([...HEAD_OF_XENVIF, ...HEAD_OF_XENVIF.slice(4)])).toEqual(['F07 PV_REVISION_TWICE xenvif.inf']);
  });
});
