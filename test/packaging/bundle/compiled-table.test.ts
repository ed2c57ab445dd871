import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { xenbus } from '../../../drivers/xenbus/definition.ts';
import { xenvbd } from '../../../drivers/xenvbd/definition.ts';
import { compiledTable } from '../../../packaging/bundle/compiled-table.ts';
import { isPe, parsePe } from '../../../packaging/formats/pe/parse.ts';
import { busWith, HEAD, type Row } from '../../support/compiled-table.ts';
import { describeCorpus } from '../../support/outside.ts';
import { checked, driverPackage, exchanged, withCatalogs } from '../../support/pv-package.ts';

const read = (bytes: Uint8Array) =>
  compiledTable(parsePe(bytes, 'xenbus.sys'))?.map(({ revision, versions }) => [revision, ...versions]);

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

  test('does not show in one that has none', () => {
    expect(read(busWith([]))).toBeUndefined();
    expect(read(busWith(HEAD.slice(0, 1)))).toBeUndefined();
  });

  test("is in none of Debian's UEFI programs", () => {
    const folder = '/usr/lib/systemd/boot/efi';
    const programs = existsSync(folder) ? readdirSync(folder).map((name) => readFileSync(`${folder}/${name}`)) : [];
    for (const bytes of programs.filter((one) => isPe(one))) expect(read(new Uint8Array(bytes))).toBeUndefined();
  });
});

describeCorpus('real images', (corpus) => {
  test('have no table that looks like one of xenbus', () => {
    const names = readdirSync(corpus.path('signed/pe/own')).filter((name) => name.endsWith('.sys'));
    expect(names.length).toBeGreaterThan(10);
    for (const name of names) expect(read(corpus.file(`signed/pe/own/${name}`)), name).toBeUndefined();
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
