import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { brandSchema, brandSchemaJson, driverVersion } from '../../branding/brand.ts';
import { knownKeys } from '../../branding/schema-keys.ts';
import { load, plain, refusal, refusals, withKeys } from '../support/brand-file.ts';

describe('a brand', () => {
  test('needs an id, a version, a vendor, a prefix and a product; the rest has defaults', () => {
    expect(load().brand).toEqual({
      ...plain,
      version: [9, 1, 0, 4],
      versions: {},
      forceActivate: false,
      forceUnplug: false,
      rewriteVersions: false,
      extraFiles: {},
      timestampServers: [],
      services: [],
      strings: {},
    });
    expect(load().notes).toEqual([]);
    expect(refusals('{}').map(({ message }) => message)).toEqual(
      ['id', 'version', 'vendorName', 'vendorPrefix', 'productName'].map((key) => `"${key}" is missing.`),
    );
  });

  test('may say all that the contract names', () => {
    const all = {
      versions: { xenvif: '9.1.0.5' },
      objectPrefix: 'AcmeXen',
      vendorDeviceId: 'c8ff',
      copyright: 'Copyright © Acme',
      forceActivate: true,
      forceUnplug: true,
      rewriteVersions: true,
      msiUpgradeCodes: { x86: '{0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f}', x64: '0A1B2C3D-0000-4000-8000-0A1B2C3D4E60' },
      supportUrl: 'https://example.com/help?a=b&c=d',
      timestampServers: ['http://timestamp.example.com'],
      drivers: ['xenbus', 'xenvbd'],
      services: [{ name: 'acmeagent', displayName: 'Acme Agent', program: 'acmeagent.exe', package: 'xeniface' }],
      strings: { 'de-DE': { Vendor: 'Acme GmbH' }, '0411': { Vendor: 'アクメ' } },
      patches: 'patches/acme',
    };
    const { brand } = load(all);
    expect(Object.keys(brand).sort()).toEqual([...knownKeys(brandSchema, [])].sort());
    expect(brand).toMatchObject({
      ...all,
      versions: { xenvif: [9, 1, 0, 5] },
      vendorDeviceId: 'C8FF',
      msiUpgradeCodes: { x86: '0A1B2C3D-0000-4000-8000-0A1B2C3D4E5F', x64: '0A1B2C3D-0000-4000-8000-0A1B2C3D4E60' },
      services: [{ as: 'driver', start: 'auto', eventSource: false, files: [] }],
    });
    expect(driverVersion(brand, 'xenvif')).toEqual([9, 1, 0, 5]);
    expect(driverVersion(brand, 'xenbus')).toEqual([9, 1, 0, 4]);
    expect(driverVersion(brand, 'toString')).toEqual([9, 1, 0, 4]);
  });

  test('is data: what looks like code is text or refused, and nothing is looked up outside the file', () => {
    expect(load({ productName: 'Acme $1 & \\1 $env:USER é 山 🐼' }).brand.productName).toBe(
      'Acme $1 & \\1 $env:USER é 山 🐼',
    );
  });
});

describe('a version', () => {
  test.each(['9.1.0.0', '0.0.0.1', '65535.65535.65535.65535'])('may be %s', (version) => {
    expect(load({ version }).brand.version.join('.')).toBe(version);
  });

  test.each([
    '9.1.0',
    '9.1',
    '9.1.0.0.0',
    '9.1.0.65536',
    '0.0.0.0',
    '9.1.0.x',
    '9.1.0.-1',
    ' 9.1.0.0',
    '9.1.0.0\n',
    'v9.1.0.0',
    '',
  ])('may not be %j', (version) => {
    expect(refusal('version', version).message).toContain('has to be four numbers');
  });

  test('of two numbers, which YAML takes for one, is told what it should be', () => {
    const found = refusals(withKeys({ version: 9.1 }));
    expect(found).toMatchObject([
      { message: '"version" has to be four numbers, for example 9.1.0.0, or `{ git: "v*" }` or `{ counter: 9.1.0 }`.' },
    ]);
    expect(found[0]).not.toHaveProperty('hint');
  });

  test('that no installer can carry is a warning', () => {
    const { notes } = load({ version: '256.0.0.1', versions: { xenvif: '9.300.0.0' } });
    expect(notes).toMatchObject([
      { code: 'BRAND_VERSION_LARGE', severity: 'warning', at: { line: 3 } },
      { code: 'BRAND_VERSION_LARGE', severity: 'warning', at: { line: 8 } },
    ]);
  });
});

describe('addresses and codes', () => {
  test.each([
    'ftp://example.com',
    'javascript:alert(1)',
    'example.com',
    'https://',
    'https://a b',
    'https://me:pw@example.com/',
    'https://example.com/"',
    'https://example.com/$(id)',
    'https://example.com/@VENDOR_NAME@',
    'https://example.com/\u202ea',
  ])('%j is no support address', (supportUrl) => {
    refusal('supportUrl', supportUrl);
  });

  test('an upgrade code is a GUID, and upstream’s published ones belong to upstream', () => {
    expect(refusals(withKeys({ msiUpgradeCodes: { x64: 'D60FED1E' } }))).toHaveLength(1);
    const published = { x64: 'd60fed1e-0000-4000-8000-000000000000' };
    expect(refusals(withKeys({ msiUpgradeCodes: published }))).toMatchObject([
      { code: 'BRAND_UPGRADE_CODE_DEFAULT', at: { line: 8, column: 10 } },
    ]);
    expect(load({ vendorName: 'Xen Project', msiUpgradeCodes: published }).brand.id).toBe('acme');
    // Only its names make a brand upstream's.
    expect(refusals(withKeys({ id: 'xenproject', msiUpgradeCodes: published }))).toMatchObject([
      { code: 'BRAND_UPGRADE_CODE_DEFAULT' },
    ]);
    const nothing = { x86: '{00000000-0000-0000-0000-000000000000}' };
    expect(refusals(withKeys({ msiUpgradeCodes: nothing }))).toMatchObject([{ code: 'CONFIG_INVALID' }]);
  });
});

describe('a misspelt key', () => {
  test.each([
    ['vendorNmae', 'vendorName'],
    ['vendor_prefix', 'vendorPrefix'],
    ['devcieId', 'vendorDeviceId'],
    ['VENDOR_DEVICE_ID', 'vendorDeviceId'],
    ['timestampServer', 'timestampServers'],
    ['forceactivate', 'forceActivate'],
    ['copyrigth', 'copyright'],
  ])('%s: did you mean %s?', (key, meant) => {
    const found = refusals(`${withKeys({}).slice(0, -2)},\n "${key}": 1\n}`);
    expect(found).toEqual([
      {
        code: 'CONFIG_UNKNOWN_KEY',
        severity: 'error',
        message: `"${key}" is not a brand setting.`,
        at: { file: 'acme.json', line: 7, column: 2 },
        excerpt: ` "${key}": 1`,
        hint: `Did you mean \`${meant}\`?`,
      },
    ]);
  });
});

describe('the JSON schema of a brand', () => {
  const schema = brandSchemaJson();

  test('knows every key, and no other', () => {
    expect(Object.keys(schema.properties ?? {})).toEqual(knownKeys(brandSchema, []));
    expect(schema).toMatchObject({ title: 'brand', additionalProperties: false });
    expect(schema.required).toEqual(['id', 'version', 'vendorName', 'vendorPrefix', 'productName']);
  });

  test('describes each key in words', () => {
    const properties = Object.values(schema.properties ?? {}) as readonly { readonly description?: string }[];
    for (const { description } of properties) expect(description?.length).toBeGreaterThan(10);
  });
});

describe('any text', () => {
  const key = fc.constantFrom(
    'id',
    'version',
    'vendorName',
    'vendorPrefix',
    'productName',
    'vendorDeviceId',
    'strings',
    'services',
    'msiUpgradeCodes',
    'xyz',
  );
  const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom('XP', 'C147', '9.1.0.0', '%', 'Microsoft'));

  test('gives a brand or complaints that stand in the file', () => {
    const keys = fc.dictionary(key, value, { maxKeys: 6 });
    fc.assert(
      fc.property(keys, fc.boolean(), (some, complete) => {
        const source = JSON.stringify(complete ? { ...plain, ...some } : some, null, 1);
        const lines = source.split('\n').length;
        for (const { at, message } of refusals(source)) {
          expect(message.length).toBeGreaterThan(10);
          expect(at?.line).toBeGreaterThanOrEqual(1);
          expect(at?.line).toBeLessThanOrEqual(lines);
          expect(at?.column).toBeGreaterThanOrEqual(1);
        }
      }),
      { numRuns: 500 },
    );
  });
});
