import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Architecture, infArchitecture } from '../../core/architecture.ts';
import type { DriverGeneration } from '../../drivers/contract.ts';
import { DRIVERS } from '../../drivers/index.ts';
import { renderText } from '../../packaging/bundle/render-template.ts';
import { sectionOf } from '../../packaging/formats/inf/document.ts';
import { installTarget, packageFiles } from '../../packaging/formats/inf/model.ts';
import { projectRoot } from '../support/outside.ts';
import {
  AWKWARD,
  type RenderedInf,
  renderDriver,
  TEST_BRANDS,
  type TestBrand,
  tokensFor,
  windows10,
  windows11,
} from './render.ts';

const generations = DRIVERS.flatMap((driver) =>
  driver.generations.map((generation) => ({ driver, generation, of: `${driver.name} ${generation.name}` })),
);

const cases = generations.flatMap(({ driver, generation, of }) =>
  (Object.keys(generation.windows) as Architecture[]).flatMap((architecture) =>
    TEST_BRANDS.map((brand) => ({ driver, generation, of, architecture, brand, vendor: brand.vendorName })),
  ),
);

const fill = (text: string, brand: TestBrand, architecture: Architecture): string =>
  renderText(text, 'definition', tokensFor(brand, architecture)).text;

const SERVICE_TYPE = { kernel: 1, 'own-process': 0x10 } as const;
const START_TYPE = { boot: 0, auto: 2, demand: 3 } as const;
const SERVICE_FLAGS = { function: 0x2, filter: 0, companion: 0x800 } as const;

const expectedServices = (generation: DriverGeneration, brand: TestBrand, architecture: Architecture): unknown =>
  generation.services.map((service) => {
    const file = generation.files.find(({ name }) => name === service.file);
    return {
      name: service.name,
      flags: SERVICE_FLAGS[service.role],
      serviceType: SERVICE_TYPE[service.type],
      startType: START_TYPE[service.start],
      errorControl: 1,
      binary: `%${file?.dirid}%\\${fill(file?.installedName ?? '', brand, architecture)}`,
      loadOrderGroup: service.group ?? '',
    };
  });

/** What installing does on an older and on a newer Windows: templates may tell them apart. */
const effects = (inf: RenderedInf, architecture: Architecture): readonly ReturnType<typeof installTarget>[] =>
  [windows10, windows11].map((windows) => installTarget(inf.document, inf.model, windows(architecture)));

/** Libraries that Windows brings. */
const OF_WINDOWS = new Set(['11\\netevent.dll']);

describe.each(cases)('$of for $architecture, branded for $vendor', ({ driver, generation, architecture, brand }) => {
  const inf = renderDriver(driver, generation, brand, architecture);
  const targets = effects(inf, architecture);

  test('parses without a warning, and no placeholder is left', () => {
    expect(inf.document.warnings).toEqual([]);
    expect(inf.document.table.text).not.toMatch(/@[A-Z_]+@|\$ARCH\$/);
  });

  test('says who, what and when in [Version]', () => {
    const { version } = inf.model;
    expect(version).toMatchObject({
      signature: '$Windows NT$',
      class: driver.className,
      classGuid: driver.classGuid,
      provider: brand.vendorName,
      catalogFiles: { default: `${driver.name}.cat` },
      pnpLockdown: generation.name === '9.1',
    });
    expect(version.driverVer?.text).toBe(`${brand.infDate},${brand.version}`);
    expect(version.driverVer?.version).toEqual(brand.version.split('.').map(Number));
    expect(version.entries.DriverPackageDisplayName).toBe(`${brand.productName} ${driver.title.package}`);
  });

  test('matches the ids of the definition, in that order, on that architecture only', () => {
    const decorations = [...new Set(inf.model.devices.map(({ os }) => os))];
    expect(decorations.length > 0).toBe(generation.kind === 'device');
    for (const os of decorations) {
      expect(os).toMatch(new RegExp(`^NT${infArchitecture(architecture)}(\\.10\\.0\\.\\.\\.25398)?$`));
      const devices = inf.model.devices.filter((device) => device.os === os);
      expect(devices.flatMap(({ ids }) => ids)).toEqual(generation.hardwareIds(brand));
      for (const { manufacturer, description } of devices) {
        expect(manufacturer).toBe(brand.vendorName);
        expect(description).toBe(`${brand.productName} ${driver.title.device}`);
      }
    }
    expect(inf.model.primitive).toBe(generation.kind === 'primitive');
  });

  test('installs the services of the definition', () => {
    for (const target of targets) {
      const services = target.services.map(
        ({ name, flags, serviceType, startType, errorControl, binary, loadOrderGroup }) => ({
          ...{ name, flags, serviceType, startType, errorControl, binary, loadOrderGroup },
        }),
      );
      expect(services).toEqual(expectedServices(generation, brand, architecture));
    }
  });

  test('copies the files of the definition, each from the folder of the INF', () => {
    const expected = generation.files.map((file) => ({
      name: fill(file.installedName, brand, architecture),
      source: file.name,
      sourcePath: file.name,
      dirid: file.dirid,
      subdir: '',
      flags: 0,
    }));
    const byName = (a: { readonly source: string }, b: { readonly source: string }): number =>
      a.source < b.source ? -1 : 1;
    for (const target of targets) {
      const files = target.files.map(({ name, source, sourcePath, dirid, subdir, flags }) => ({
        ...{ name, source, sourcePath, dirid, subdir, flags },
      }));
      expect(files.sort(byName)).toEqual([...expected].sort(byName));
    }
  });

  test('puts every file of the definition, and no other, into the catalog', () => {
    const catalogued = packageFiles(
      inf.document,
      inf.model,
      [windows10, windows11].map((windows) => windows(architecture)),
    );
    expect(catalogued.map(({ source }) => source).sort()).toEqual(generation.files.map(({ name }) => name).sort());
  });

  test('starts no program and names no library that it does not install (F35)', () => {
    for (const target of targets) {
      const installed = new Set(target.files.map(({ name, dirid }) => `${dirid}\\${name}`.toLowerCase()));
      const named = [
        ...target.services.map(({ binary }) => binary.replace(/^%(\d+)%/, '$1')),
        ...[...inf.document.table.text.matchAll(/System32\\([^"\\\r\n]+\.dll)|"([^",\r\n]+\.(?:dll,Entry|exe))"/g)].map(
          ([, library, registered = '']) => `11\\${library ?? registered.replace(',Entry', '')}`,
        ),
      ];
      const lost = named.filter((path) => !installed.has(path.toLowerCase()) && !OF_WINDOWS.has(path));
      expect(lost).toEqual([]);
    }
  });

  test('has lines that end as Windows ends them, and is ASCII or UTF-16', () => {
    expect(inf.document.table.text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    expect(inf.document.encoding).toBe(brand === AWKWARD ? 'utf-16le' : 'ansi');
  });

  test('reaches every section that it has (F13)', () => {
    const fixed = ['version', 'manufacturer', 'sourcedisksnames', 'sourcedisksfiles', 'destinationdirs', 'strings'];
    const installRoots = [
      ...inf.model.devices.map(({ installSection }) => installSection),
      ...targets.flatMap(({ sections }) => sections),
    ];
    const suffixed = installRoots.flatMap((root) =>
      ['', '.hw', '.services', '.coinstallers', '.wmi'].map((end) => root + end),
    );
    const models = inf.model.devices.map(({ section }) => section);
    const known = new Set([...fixed, ...suffixed, ...models].map((name) => name.toLowerCase()));
    const referenced = new Set(
      inf.document.sections
        .filter(({ name }) => name.toLowerCase() !== 'strings')
        .flatMap(({ lines }) => lines.flatMap(({ key, fields }) => (key === null ? [] : fields)))
        .map((field) => field.toLowerCase()),
    );
    const lost = inf.document.sections
      .map(({ name }) => name.toLowerCase())
      .filter((name) => !known.has(name) && !referenced.has(name));
    expect(lost).toEqual([]);
  });

  test('defines every string that it uses, uses every one that it defines, and repeats none', () => {
    const strings = (sectionOf(inf.document, 'Strings')?.lines ?? []).map(({ rawKey }) => (rawKey ?? '').toLowerCase());
    const used = new Set(
      [...inf.document.table.text.matchAll(/%([A-Za-z][A-Za-z0-9]*)%/g)]
        .map(([, name = '']) => name.toLowerCase())
        .filter((name) => name !== 'systemroot'),
    );
    expect([...strings].sort()).toEqual([...used].sort());
  });

  test('has no section twice and no entry with fields that Windows ignores', () => {
    expect(inf.document.sections.filter(({ headers }) => headers.length > 1).map(({ name }) => name)).toEqual([]);
    const trailing = inf.document.sections.flatMap(({ lines }) =>
      lines.filter(({ raw }) => raw.length > 1 && raw.at(-1) === '').map(({ line }) => line),
    );
    expect(trailing).toEqual([]);
  });
});

describe('the templates', () => {
  test.each(generations)('$of is plain ASCII with tokens', ({ generation }) => {
    const bytes = readFileSync(join(projectRoot, generation.template));
    expect(bytes.every((byte) => byte < 0x80 && byte !== 0x09)).toBe(true);
    expect(
      bytes
        .toString('latin1')
        .split('\n')
        .filter((line) => /[ \t\r]$/.test(line)),
    ).toEqual([]);
  });

  test('are all named by a definition, and every definition has its own', () => {
    const paths = generations.map(({ generation }) => generation.template);
    expect(new Set(paths).size).toBe(paths.length);
    for (const path of paths) expect(existsSync(join(projectRoot, path))).toBe(true);
  });
});
