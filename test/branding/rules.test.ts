import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type LoadedBrand, parseBrand } from '../../branding/load.ts';
import { checkBrands, checkDriverNames, checkIdListSizes } from '../../branding/rules.ts';

const brand = (id: string, prefix: string, more = ''): LoadedBrand =>
  parseBrand(
    `id: ${id}\nversion: 9.1.0.0\nvendorName: V\nvendorPrefix: ${prefix}\nproductName: P\n${more}`,
    `brands/${id}.yaml`,
  );

describe('the brands of one project', () => {
  test('that differ have nothing to complain of', () => {
    expect(checkBrands([brand('one', 'XP'), brand('two', 'XS', 'vendorDeviceId: C800'), brand('three', 'XN')])).toEqual(
      [],
    );
    expect(checkBrands([])).toEqual([]);
  });

  test('with one prefix are refused, naming both and pointing at the second', () => {
    expect(checkBrands([brand('one', 'XP'), brand('two', 'XP')])).toEqual([
      {
        code: 'BRAND_PREFIX_CLASH',
        severity: 'error',
        message: 'The brands "two" and "one" both use the vendor prefix XP.',
        at: { file: 'brands/two.yaml', line: 4, column: 15 },
        excerpt: 'vendorPrefix: XP',
        hint: 'The other one stands in brands/one.yaml:4. Give one of them its own.',
      },
    ]);
  });

  test('are compared as Windows compares ids: without case', () => {
    expect(checkBrands([brand('one', 'Xp'), brand('two', 'xP')])).toMatchObject([{ code: 'BRAND_PREFIX_CLASH' }]);
  });

  test('with one device id are refused, whichever way it is written', () => {
    const found = checkBrands([brand('one', 'AA', 'vendorDeviceId: C8E0'), brand('two', 'BB', 'vendorDeviceId: c8e0')]);
    expect(found).toMatchObject([
      {
        code: 'BRAND_DEVICE_ID_CLASH',
        message: 'The brands "two" and "one" both use the vendor device id C8E0.',
        at: { file: 'brands/two.yaml', line: 6, column: 17 },
      },
    ]);
  });

  test('with one id, or one upgrade code, are refused; one object prefix is a warning', () => {
    const codes = 'msiUpgradeCodes: { x64: 0A1B2C3D-0000-4000-8000-0A1B2C3D4E5F }';
    const found = checkBrands([
      brand('one', 'AA', `objectPrefix: Acme\n${codes}`),
      brand('one', 'BB', `objectPrefix: ACME\n${codes.replace('x64', 'x86')}`),
    ]);
    expect(found.map(({ code, severity }) => [code, severity])).toEqual([
      ['BRAND_ID_CLASH', 'error'],
      ['BRAND_OBJECT_PREFIX_CLASH', 'warning'],
      ['BRAND_UPGRADE_CODE_CLASH', 'error'],
    ]);
  });

  test('one upgrade code twice in one brand is said so', () => {
    const code = '0A1B2C3D-0000-4000-8000-0A1B2C3D4E5F';
    const [found] = checkBrands([brand('one', 'AA', `msiUpgradeCodes: { x86: ${code}, x64: ${code} }`)]);
    expect(found?.message).toBe(`The brand "one" uses twice the upgrade code ${code}.`);
  });

  const service = (name: string, program: string, as = 'driver'): string =>
    `services: [{ name: ${name}, displayName: S, program: ${program}, as: ${as}, package: xenbus }]`;

  test('user-mode services with one name, or with that of a driver service, are refused', () => {
    const found = checkBrands([
      brand('one', 'AA', service('acmeagent', 'a.exe')),
      brand('two', 'BB', service('AcmeAgent', 'b.exe')),
      brand('three', 'CC', service('xenbus_monitor', 'c.exe')),
    ]);
    expect(found.map(({ code, message, at }) => [code, message, at?.line])).toEqual([
      [
        'BRAND_SERVICE_CLASH',
        'The service xenbus_monitor of the brand "three" has the name of one that the drivers install.',
        6,
      ],
      ['BRAND_SERVICE_CLASH', 'The brands "two" and "one" both use the service name AcmeAgent.', 6],
    ]);
  });

  test('programs with one name are refused when the versions are the same as well', () => {
    const first = brand('one', 'AA', service('one', 'Agent.exe'));
    expect(checkBrands([first, brand('two', 'BB', service('two', 'agent.EXE'))])).toMatchObject([
      { code: 'BRAND_FILE_CLASH', severity: 'error' },
    ]);
    const later = parseBrand(
      `id: two\nversion: 9.1.0.1\nvendorName: V\nvendorPrefix: BB\nproductName: P\n${service('two', 'agent.exe')}`,
      'two.yaml',
    );
    expect(checkBrands([first, later])).toEqual([]);
  });

  test('programs are compared by the version of their package, where it is known', () => {
    const of = (id: string, prefix: string, version: string, more = '') =>
      parseBrand(
        `id: ${id}\nversion: ${version}\nvendorName: V\nvendorPrefix: ${prefix}\nproductName: P\n${service(id, 'agent.exe')}\n${more}`,
        `${id}.yaml`,
      );
    const one = of('one', 'AA', '9.1.0.1', 'versions: { xenbus: 9.1.0.8 }');
    const codes = (...brands: readonly LoadedBrand[]) => checkBrands(brands).map(({ code }) => code);
    expect(codes(one, of('two', 'BB', '9.1.0.8'))).toEqual(['BRAND_FILE_CLASH']);
    expect(codes(one, of('two', 'BB', '9.1.0.1'))).toEqual([]);
    expect(codes(of('a', 'AA', '{ counter: 9.1.0 }'), of('b', 'BB', '{ git: "v*" }'))).toEqual([]);
  });

  test('programs of components stay in the driver store and meet nobody', () => {
    const [one, two] = ['one', 'two'].map((id) => brand(id, `A${id}`, service(id, 'agent.exe', 'component')));
    expect(checkBrands([one, two].filter((each) => each !== undefined))).toEqual([]);
  });

  test('name drivers that there are', () => {
    const found = checkDriverNames(
      brand('one', 'AA', 'versions: { xenfilt: 9.1.0.2 }\ndrivers: [xenbus, xenvdb]\nextraFiles: { xennet: [a.txt] }'),
      ['xenbus', 'xenvbd', 'xennet'],
    );
    expect(found.map(({ message, at, hint }) => [message, at?.line, hint])).toEqual([
      ['There is no driver "xenvdb".', 7, 'Did you mean `xenvbd`?'],
      ['There is no driver "xenfilt".', 6, expect.stringContaining('The drivers are')],
    ]);
  });

  test('three with one prefix: each later one is named with the first', () => {
    const found = checkBrands([brand('a', 'XP'), brand('b', 'XP'), brand('c', 'XP')]);
    expect(found.map(({ message }) => message.slice(0, 25))).toEqual([
      'The brands "b" and "a" bo',
      'The brands "c" and "a" bo',
    ]);
  });
});

describe('the id list of a bus (spec xen-pv 1.4)', () => {
  const xenbus = (rows: number, ...classes: string[]) => ({
    enumerator: 'XENBUS',
    revisions: { length: rows },
    classes,
    lastId: 'XENCLASS',
  });

  test.each([
    ['two letters, IFACE: 12 rows fit', 'XP', 'IFACE', 12, undefined],
    ['two letters, IFACE: 13 rows are 1084 bytes', 'XP', 'IFACE', 13, 1084],
    ['five letters, IFACE: 11 rows fit', 'XCPng', 'IFACE', 11, undefined],
    ['five letters, VBD: 11 rows fit', 'XCPng', 'VBD', 11, undefined],
    ['five letters, VBD: 12 rows are 1026 bytes', 'XCPng', 'VBD', 12, 1026],
  ])('%s', (_, prefix, device, rows, size) => {
    const found = checkIdListSizes(brand('acme', prefix), [xenbus(rows, device)]);
    expect(found.map(({ message }) => Number(/is (\d+) bytes/.exec(message)?.[1]))).toEqual(
      size === undefined ? [] : [size],
    );
  });

  test('too long is F10, points at the prefix and says how many rows would fit', () => {
    expect(checkIdListSizes(brand('acme', 'XCPng'), [xenbus(12, 'VBD', 'VIF', 'IFACE')])).toMatchObject([
      {
        code: 'BRAND_ID_LIST_TOO_LONG',
        severity: 'error',
        failureMode: 'F10',
        at: { file: 'brands/acme.yaml', line: 4, column: 15 },
        hint: 'Use a shorter vendorPrefix, or a bus with at most 11 revisions.',
      },
      { message: expect.stringContaining("XENBUS's VIF") },
      { message: expect.stringContaining("XENBUS's IFACE") },
    ]);
  });

  test('of another bus ends with another id: XENDEVICE takes two bytes more', () => {
    const bus = { enumerator: 'XENVIF', revisions: { length: 12 }, classes: ['NET'], lastId: 'XENDEVICE' };
    // 12 rows of 41 characters and a NUL, and XENDEVICE with its own: 12 * 84 + 20 = 1028.
    const [found] = checkIdListSizes(brand('acme', 'ABCDE'), [bus]);
    expect(found?.message).toContain('is 1028 bytes long for 12 revisions');
  });

  test('is judged by 2 * (length + 1) for each row and 18 for the last id, whatever the prefix and the class', () => {
    const word = fc.stringMatching(/^[A-Z][A-Z0-9]{0,9}$/);
    fc.assert(
      fc.property(word, word, fc.integer({ min: 1, max: 40 }), (prefix, device, rows) => {
        const id = `XENBUS\\VEN_${prefix}C000&DEV_${device}&REV_09000000`;
        const size = rows * 2 * (id.length + 1) + 18;
        const found = checkIdListSizes(brand('acme', `"${prefix}"`), [xenbus(rows, device)]);
        expect(found).toHaveLength(size < 1024 ? 0 : 1);
      }),
    );
  });
});
