import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { WinpvError } from '../../../../core/errors.ts';
import {
  CATALOG_OSES,
  type CatalogOs,
  formatOsAttr,
  osByCode,
  osByName,
  parseOsList,
  readsVersion2,
} from '../../../../packaging/formats/cat/os.ts';
import { parseCatalog } from '../../../../packaging/formats/cat/parse.ts';
import { osCodesOf } from '../../../../packaging/formats/cat/show.ts';
import { describeCorpus } from '../../../support/outside.ts';

const codes = (names: string): string =>
  parseOsList(names.split(','))
    .map(({ code }) => code)
    .join(',');

describe('the vocabulary of operating systems', () => {
  test('gives the OS list that MissionPlanner’s command made, whatever the order and case of the names', () => {
    const list =
      '10_x64,10_X86,SERVER10_X64,XP_X86,XP_X64,Server2003_X86,Server2003_X64,Vista_X86,Server2008_X86,Vista_X64,' +
      'Server2008_X64,7_X86,7_X64,Server2008R2_X64,8_X86,8_X64,6_3_X86,6_3_X64,Server8_X64';
    expect(codes(list)).toBe(
      'XPX86,XPX64,Server2003X86,Server2003X64,VistaX86,VistaX64,Server2008X86,Server2008X64,7X86,7X64,' +
        'Server2008R2X64,8X86,8X64,Server2012X64,_v63,_v63_X64,_v100,_v100_X64,Server_v100_X64',
    );
  });

  test.each([
    ['2000', '2000', '2:5.00'],
    ['XP_X64', 'XPX64', '2:5.1,2:5.2'],
    ['Server2008R2_IA64', 'Server2008R2IA64', '2:6.1'],
    ['8_ARM', '8ARM', '2:6.2'],
    ['Server6_3_X64', '_v63_Server_X64', '2:6.3'],
    ['10_AU_X64', '_v100_X64_RS1', '2:10.0'],
    ['SERVER2016_X64', 'Server_v100_X64_RS1', '2:10.0'],
    ['10_VB_ARM64', '_v100_ARM64_Vb', '2:10.0'],
    ['ServerFE_X64', 'Server_v100_X64_21H2', '2:10.0'],
    ['10_CO_X64', '_v100_X64_21H2', '2:10.0'],
    ['10_NI_ARM64', '_v100_ARM64_22H2', '2:10.0'],
    ['Server2025_X64', 'Server_v100_X64_24H2', '2:10.0'],
    ['10_25H2_X64', '_v100_X64_25H2', '2:10.0'],
  ])('%s is %s, OSAttr %s', (name, code, osAttr) => {
    const os = osByName(name);
    expect(os?.code).toBe(code);
    expect(formatOsAttr(os === undefined ? [] : [os])).toBe(osAttr);
  });

  test('has every row of the documented table: 67 systems, each name and code once', () => {
    const names = CATALOG_OSES.flatMap(({ name, aliases }) => [name, ...aliases]).flatMap((name) => name ?? []);
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
    expect(new Set(CATALOG_OSES.map(({ code }) => code)).size).toBe(CATALOG_OSES.length);
    expect(CATALOG_OSES.length).toBe(67);
    expect(CATALOG_OSES.filter(({ name }) => name === undefined).map(({ code }) => code)).toEqual([
      '10X86',
      '10X64',
      '_v100_X64_26H1',
    ]);
  });

  test('knows architecture, version and product type of each', () => {
    const facts = (name: string): unknown => {
      const { arch, major, minor, builds, productType } = osByName(name) as CatalogOs;
      return [arch, `${major}.${minor}.${builds[0]}`, productType];
    };
    expect(facts('XP_X64')).toEqual(['amd64', '5.2.3790', 1]);
    expect(facts('Server2022_X64')).toEqual(['amd64', '10.0.20348', 3]);
    expect(facts('10_CO_ARM64')).toEqual(['arm64', '10.0.22000', 1]);
    expect(facts('Server8_X64')).toEqual(['amd64', '6.2.9200', 3]);
  });

  test('Windows 8 and Server 2012 are the first that read version 2', () => {
    const first = CATALOG_OSES.findIndex(readsVersion2);
    expect(CATALOG_OSES[first]?.name).toBe('8_X86');
    expect(CATALOG_OSES.slice(first).every(readsVersion2)).toBe(true);
  });

  test('OSAttr names each version once, by number: 10.0 after 6.3', () => {
    expect(formatOsAttr(parseOsList('10_X64,6_3_X64,7_X64,7_X86,XP_X64,10_GE_X64'.split(',')))).toBe(
      '2:5.1,2:5.2,2:6.1,2:6.3,2:10.0',
    );
  });

  test('an unknown name is refused with the nearest one', () => {
    expect(() => parseOsList(['10_X64', '10_NY_X64'])).toThrow(WinpvError);
    expect(catchError(() => parseOsList(['10_NY_X64'])).diagnostics[0]).toMatchObject({
      code: 'CAT_OS_UNKNOWN',
      hint: 'Did you mean 10_NI_X64?',
    });
    expect(catchError(() => parseOsList([' ', ''])).code).toBe('CAT_OS_MISSING');
  });
});

const catchError = (body: () => unknown): WinpvError => {
  try {
    body();
  } catch (error) {
    if (error instanceof WinpvError) return error;
  }
  throw new Error('no WinpvError was thrown');
};

describeCorpus('the OS lists of real catalogs', (corpus) => {
  test('have codes of the vocabulary only, in canonical order', () => {
    const catalogs = readdirSync(corpus.path('signed'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      /^(inf2cat|microsoft).*\.cat$/.test(name),
    );
    const lists = catalogs
      .map((name) => osCodesOf(parseCatalog(corpus.file(`signed/${name}`), name).content.attributes))
      .filter((list) => list.length > 0);
    for (const list of lists) {
      expect(list.flatMap((code) => osByCode(code)?.code ?? [])).toEqual(list);
      const rows = list.map((code) => CATALOG_OSES.findIndex((os) => os.code === code));
      expect(rows).toEqual([...rows].sort((a, b) => a - b));
    }
    expect(lists.length).toBe(19);
  });
});
