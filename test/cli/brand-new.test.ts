import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { parseBrand } from '../../branding/load.ts';
import { winpvJson } from '../support/command-line.ts';
import { filesBelow, makeProject, type TestProject } from '../support/project.ts';

let project: TestProject | undefined;
afterEach(() => project?.dispose());

const made = async (id: string, ...more: readonly string[]) => {
  project = await makeProject({});
  const out = project.path('acme.yaml');
  const before = filesBelow(project.folder);
  const answer = await winpvJson(['brand', 'new', id, '--out', out, ...more]);
  return { answer, out, added: filesBelow(project.folder).filter((path) => !before.includes(path)) };
};

describe('winpv brand new', () => {
  test('writes a brand that loads with these values, and that a release takes', async () => {
    const options = ['--vendor', "D'Oh & Söhne, 100 €", '--product', '# Acme: yes', '--prefix', 'AC'];
    const { answer, out } = await made('acme', ...options, '--device-id', 'c8e4', '--first-version', '1.2.3.4');
    expect(answer.result).toEqual({ file: out, id: 'acme' });
    const { brand } = parseBrand(readFileSync(out), out);
    expect(brand).toMatchObject({
      ...{ id: 'acme', version: [1, 2, 3, 4], vendorName: "D'Oh & Söhne, 100 €", productName: '# Acme: yes' },
      ...{ vendorPrefix: 'AC', vendorDeviceId: 'C8E4', objectPrefix: 'DOhSohne100' },
    });
    project?.write('winpv.yaml', 'brands: [acme.yaml]\nsources: { default: stand-in }\narchitectures: [x64]\n');
    const folder = project?.folder ?? '';
    const release = await winpvJson([
      'release',
      '-C',
      folder,
      '--out',
      project?.path('out') ?? '',
      '--date',
      '2026-05-04',
    ]);
    expect(release.error).toBeUndefined();
  });

  test('says what it leaves out as comments that are valid when they are used', async () => {
    const { out } = await made('acme', '--vendor', '株式会社', '--prefix', 'AC');
    const text = readFileSync(out, 'utf8');
    const used = text.replace(/^# ([a-zA-Z]+: )/gm, '$1');
    const { brand } = parseBrand(used, out);
    expect(brand).toMatchObject({
      objectPrefix: 'MyCompany',
      vendorDeviceId: 'C8E0',
      forceActivate: true,
      forceUnplug: true,
    });
    expect(parseBrand(text, out).brand.forceUnplug).toBe(false);
  });

  test.each([
    ['an id', 'Acme', ['--vendor', 'A', '--prefix', 'AC'], 'CONFIG_INVALID'],
    ['a vendor', 'acme', ['--vendor', 'x $(id)', '--prefix', 'AC'], 'BRAND_TEXT_REFUSED'],
    ['a vendor over two lines', 'acme', ['--vendor', 'x\nforceUnplug: true', '--prefix', 'AC'], 'BRAND_TEXT_REFUSED'],
    ['a prefix', 'acme', ['--vendor', 'A', '--prefix', 'A-C'], 'CONFIG_INVALID'],
    ['a device id', 'acme', ['--vendor', 'A', '--prefix', 'AC', '--device-id', 'C147'], 'BRAND_DEVICE_ID_REFUSED'],
    ['a version', 'acme', ['--vendor', 'A', '--prefix', 'AC', '--first-version', '1"\nid: b'], 'CONFIG_INVALID'],
  ])('refuses %s that no brand may have, and writes nothing', async (_what, id, options, code) => {
    const { answer, added } = await made(id, ...options);
    expect(answer.exit).toBe(3);
    expect(answer.error?.code).toBe(code);
    expect(added).toEqual([]);
  });

  test('replaces nothing', async () => {
    const { out } = await made('acme', '--vendor', 'A', '--prefix', 'AC');
    const before = readFileSync(out, 'utf8');
    const again = await winpvJson(['brand', 'new', 'other', '--vendor', 'B', '--prefix', 'BB', '--out', out]);
    expect(again.exit).toBe(8);
    expect(readFileSync(out, 'utf8')).toBe(before);
  });
});

describe('winpv schema', () => {
  test('is one schema with the project and the brand, which know the keys of both', async () => {
    const { result } = await winpvJson(['schema']);
    expect(Object.keys(result.$defs)).toEqual(['project', 'brand']);
    expect(Object.keys(result.$defs.project.properties)).toEqual(
      expect.arrayContaining(['brands', 'sources', 'windows']),
    );
    expect(Object.keys(result.$defs.brand.properties)).toEqual(
      expect.arrayContaining(['id', 'vendorPrefix', 'extraFiles']),
    );
    expect(result.$defs.project.additionalProperties).toBe(false);
    expect(JSON.stringify(result.$defs)).not.toContain('$schema');
  });
});
