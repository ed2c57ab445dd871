import { describe, expect, test } from 'vitest';
import type { Brand } from '../../branding/brand.ts';
import { parseBrand } from '../../branding/load.ts';
import { type TokenContext, tokenTable } from '../../branding/tokens.ts';
import { describeCorpus } from '../support/outside.ts';

const brandOf = (more = ''): Brand =>
  parseBrand(
    `id: acme\nversion: 9.1.0.42\nvendorName: Acme Corp\nvendorPrefix: AC\nproductName: Acme\n${more}`,
    'acme.yaml',
  ).brand;

const context: TokenContext = { driver: 'xenbus', date: { year: 2026, month: 3, day: 7 }, arch: 'x64' };

const valuesOf = (brand: Brand, more: Partial<TokenContext> = {}): Readonly<Record<string, string>> =>
  Object.fromEntries(tokenTable(brand, { ...context, ...more }).map(({ name, value }) => [name, value]));

describe('the token table', () => {
  test('has the values of upstream’s script, in its order, and the older names after them', () => {
    const brand = brandOf(
      'objectPrefix: AcmeXen\nvendorDeviceId: c8e0\ncopyright: (c) Acme\nforceActivate: true\nforceUnplug: true',
    );
    const table = tokenTable(brand, { ...context, revision: '1087a8d' });
    expect(table.map(({ name, value }) => `${name}=${value}`)).toEqual([
      'VENDOR_NAME=Acme Corp',
      'PRODUCT_NAME=Acme',
      'VENDOR_DEVICE_ID=C8E0',
      'VENDOR_PREFIX=AC',
      'OBJECT_PREFIX=AcmeXen',
      'COPYRIGHT=(c) Acme',
      'MAJOR_VERSION=9',
      'MINOR_VERSION=1',
      'MICRO_VERSION=0',
      'BUILD_NUMBER=42',
      'FORCE_ACTIVATE=1',
      'FORCE_UNPLUG=1',
      'GIT_REVISION=1087a8d',
      'INF_DATE=03/07/2026',
      'INF_ARCH=amd64',
      'YEAR=2026',
      'MONTH=3',
      'DAY=7',
      'COMPANY_NAME=Acme Corp',
      'PCI_VENDOR_ID=5853',
      'PCI_DEVICE_ID=C8E0',
      'PCI_REVISION=01',
    ]);
  });

  test('is empty where the brand says nothing, so that the lines fall away; a version of 0 is not empty', () => {
    const empty = tokenTable(brandOf(), context).filter(({ value }) => value === '');
    expect(empty.map(({ name }) => name)).toEqual([
      'VENDOR_DEVICE_ID',
      'OBJECT_PREFIX',
      'COPYRIGHT',
      'FORCE_ACTIVATE',
      'FORCE_UNPLUG',
      'GIT_REVISION',
    ]);
    expect(valuesOf(brandOf()).MICRO_VERSION).toBe('0');
  });

  test('takes the version of the driver: the release’s, the brand’s for it, or the brand’s', () => {
    const brand = brandOf('versions: { xenvbd: 9.2.0.1 }');
    const build = (more: Partial<TokenContext>): string => {
      const values = valuesOf(brand, more);
      return `${values.MINOR_VERSION}.${values.BUILD_NUMBER}`;
    };
    expect(build({})).toBe('1.42');
    expect(build({ driver: 'xenvbd' })).toBe('2.1');
    expect(build({ driver: 'xenvbd', version: [9, 3, 0, 5] })).toBe('3.5');
    const keys = tokenTable(brand, { ...context, driver: 'xenvbd' });
    expect(keys.find(({ name }) => name === 'BUILD_NUMBER')?.key).toBe('versions.xenvbd');
  });

  test.each([
    ['x64', 'amd64'],
    ['x86', 'x86'],
    ['arm64', 'arm64'],
  ] as const)('names %s as INFs do: %s', (arch, name) => {
    expect(valuesOf(brandOf(), { arch }).INF_ARCH).toBe(name);
  });

  test('names a brand key that exists, wherever a brand key feeds the token', () => {
    const brand = brandOf('objectPrefix: A\nvendorDeviceId: C8E0\ncopyright: c');
    for (const { key } of tokenTable(brand, context)) if (key !== undefined) expect(brand).toHaveProperty(key);
  });
});

describeCorpus('the tokens of upstream’s templates', (corpus) => {
  const index = JSON.parse(new TextDecoder().decode(corpus.file('xen/index.json'))) as unknown;
  const texts = JSON.stringify(index);

  test('are all in the table', () => {
    const used = new Set(texts.match(/@[A-Z_]+@/g));
    const known = tokenTable(brandOf(), context).map(({ name }) => `@${name}@`);
    expect(used.size).toBeGreaterThan(10);
    expect([...used].filter((token) => !known.includes(token))).toEqual([]);
  });
});
