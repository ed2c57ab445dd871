import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseBrand } from '../../branding/load.ts';
import { checkBrands } from '../../branding/rules.ts';
import { SHIPPED_BRANDS, shippedBrand } from '../../branding/shipped.ts';
import { projectRoot } from '../support/outside.ts';

const read = (file: string): string => readFileSync(join(projectRoot, file), 'utf8');
const loaded = SHIPPED_BRANDS.map(({ file }) => parseBrand(read(file), file));

describe('the shipped brands', () => {
  test('are the files of their folder', () => {
    const files = readdirSync(join(projectRoot, 'branding', 'brands')).map((name) => `branding/brands/${name}`);
    expect(files.sort()).toEqual(SHIPPED_BRANDS.map(({ file }) => file).sort());
  });

  test.each(SHIPPED_BRANDS)('$id loads clean, under its own name', ({ id, file }) => {
    const { brand, notes } = parseBrand(read(file), file);
    expect(brand.id).toBe(id);
    expect(notes).toEqual([]);
  });

  test.each(SHIPPED_BRANDS.filter(({ id }) => id !== 'xenproject'))(
    '$id says that it is an example',
    ({ id, file }) => {
      expect(id).toMatch(/^example-/);
      expect(read(file)).toMatch(/^# An example[:,]/);
    },
  );

  test('can stand in one project, but for Qubes, which has upstream’s prefix', () => {
    const others = loaded.filter(({ brand }) => brand.id !== 'example-qubes');
    expect(checkBrands(others)).toEqual([]);
    expect(checkBrands(loaded)).toMatchObject([{ code: 'BRAND_PREFIX_CLASH' }]);
  });

  test('upstream’s brand has the defaults of upstream’s scripts (spec xen-pv 7.1)', () => {
    expect(loaded.find(({ brand }) => brand.id === 'xenproject')?.brand).toMatchObject({
      version: [9, 1, 0, 0],
      vendorName: 'Xen Project',
      vendorPrefix: 'XP',
      productName: 'Xen',
      objectPrefix: 'XenProject',
      copyright: 'Copyright (c) Xen Project.',
      forceActivate: false,
      forceUnplug: false,
    });
  });

  test('are found by id', () => {
    expect(shippedBrand('xenproject')?.file).toBe('branding/brands/xenproject.yaml');
    expect(shippedBrand('toString')).toBeUndefined();
  });
});
