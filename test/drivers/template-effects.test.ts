import { describe, expect, test } from 'vitest';
import type { DriverDefinition } from '../../drivers/contract.ts';
import { DRIVERS, driverNamed, generationOf } from '../../drivers/index.ts';
import { sectionOf } from '../../packaging/formats/inf/document.ts';
import { type InstallTarget, installTarget } from '../../packaging/formats/inf/model.ts';
import {
  type RenderedInf,
  renderDriver,
  TEST_BRANDS,
  type TestBrand,
  WITH_EVERYTHING,
  windows10,
  windows11,
  XEN_PROJECT,
} from './render.ts';

const effect = (inf: RenderedInf, windows = windows10): InstallTarget =>
  installTarget(inf.document, inf.model, windows('x64'));

const registryOf = (name: string, line: string, brand: TestBrand, windows = windows10): readonly string[] => {
  const driver: DriverDefinition = driverNamed(name);
  const generation = generationOf(driver, line) ?? driver.generations[0];
  const target = effect(renderDriver(driver, generation, brand), windows);
  return [...target.registry, ...target.services.flatMap(({ registry }) => registry)].map(
    ({ key, name: value, flags, value: data }) => `${key} ${value} 0x${flags.toString(16)} ${JSON.stringify(data)}`,
  );
};

describe('the first start after an installation', () => {
  const unplug = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\XEN\\Unplug';

  test('keeps emulated disks and network cards: xenbus clears both requests, each child its own (F13, F58)', () => {
    for (const brand of TEST_BRANDS) {
      expect(registryOf('xenbus', '9.1', brand)).toEqual(
        expect.arrayContaining([`${unplug} DISKS 0x10001 0`, `${unplug} NICS 0x10001 0`]),
      );
      expect(registryOf('xenvbd', '9.1', brand)).toContain(`${unplug} DISKS 0x10001 0`);
      for (const windows of [windows10, windows11]) {
        expect(registryOf('xenvif', '9.1', brand, windows)).toContain(`${unplug} NICS 0x10001 0`);
      }
    }
  });

  test('forces the unplug only for a brand that asks for it (F14)', () => {
    const force = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\XEN\\ForceUnplug DISKS 0x10001 1';
    expect(registryOf('xenvbd', '9.1', WITH_EVERYTHING)).toContain(force);
    expect(registryOf('xenvbd', '9.1', XEN_PROJECT).join('\n')).not.toContain('ForceUnplug');
    for (const windows of [windows10, windows11]) {
      const forceCards = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\XEN\\ForceUnplug NICS 0x10001 1';
      expect(registryOf('xennet', '9.1', WITH_EVERYTHING, windows)).toContain(forceCards);
      expect(registryOf('xennet', '9.1', XEN_PROJECT, windows).join('\n')).not.toContain('ForceUnplug');
    }
  });
});

describe('the boot flags of network drivers', () => {
  const cases = ['xenvif', 'xennet'].map((name) => ({ name, driver: driverNamed(name) }));

  test.each(cases)('of $name are set in the registry before build 25398, and by the directive since (F31)', (row) => {
    const inf = renderDriver(row.driver, row.driver.generations[0], WITH_EVERYTHING);
    const directivesOn = (windows: typeof windows10): readonly string[] =>
      installTarget(inf.document, inf.model, windows('x64')).services.flatMap(({ section }) =>
        (sectionOf(inf.document, section)?.lines ?? []).flatMap(({ key, fields }) =>
          key === 'BootFlags' ? fields : [],
        ),
      );
    expect(directivesOn(windows10)).toEqual([]);
    expect(directivesOn(windows11)).toEqual(['0x81']);
    const write = `HKR BootFlags 0x10003 ${0x81}`;
    expect(registryOf(row.name, '9.1', WITH_EVERYTHING, windows10)).toContain(write);
    expect(registryOf(row.name, '9.1', WITH_EVERYTHING, windows11)).not.toContain(write);
  });
});

describe('the interface to Xen', () => {
  test.each(['9.1', '8.2'])('is open to the system and to administrators alone in the %s line (F43)', (line) => {
    const driver = driverNamed('xeniface');
    const inf = renderDriver(driver, generationOf(driver, line) ?? driver.generations[0], XEN_PROJECT);
    const security = 'HKR Security 0x0 "D:P(A;;GA;;;SY)(A;;GA;;;BA)"';
    expect(registryOf('xeniface', line, XEN_PROJECT)).toContain(security);
    const [install = ''] = effect(inf).sections;
    const classes = sectionOf(inf.document, `${install}.WMI`)?.lines ?? [];
    expect(classes).toHaveLength(3);
    for (const { fields } of classes) {
      const [entry] = sectionOf(inf.document, fields[2] ?? '')?.lines ?? [];
      expect(entry?.fields).toEqual(['O:BAG:BAD:(A;;GA;;;BA)(A;;GA;;;SY)']);
    }
  });
});

describe('forced activation', () => {
  const classKey = 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\Class';

  test('appends the filter to both classes and never replaces their lists (F21)', () => {
    const filters = registryOf('xenbus', '9.1', WITH_EVERYTHING).filter((write) => write.includes('UpperFilters'));
    expect(filters).toEqual([
      `${classKey}\\{4d36e97d-e325-11ce-bfc1-08002be10318} UpperFilters 0x10008 ["XENFILT"]`,
      `${classKey}\\{4d36e96a-e325-11ce-bfc1-08002be10318} UpperFilters 0x10008 ["XENFILT"]`,
    ]);
  });

  test('ranks the platform functions, the vendor function last and highest', () => {
    const writes = registryOf('xenbus', '9.1', WITH_EVERYTHING).filter((write) => write.includes('Precedence'));
    expect(writes).toEqual([
      'HKR\\Parameters\\Precedence PCI\\VEN_5853&DEV_0001 0x10001 1',
      'HKR\\Parameters\\Precedence PCI\\VEN_5853&DEV_0002 0x10001 2',
      `HKR\\Parameters\\Precedence PCI\\VEN_5853&DEV_C1F0 0x10001 ${0xc1f0}`,
    ]);
  });

  test('ranks two functions when the vendor has none of its own', () => {
    const { vendorDeviceId: _, ...without } = WITH_EVERYTHING;
    const writes = registryOf('xenbus', '9.1', without).filter((write) => write.includes('Precedence'));
    expect(writes).toHaveLength(2);
  });

  test('leaves nothing behind in the INF of a brand that does not ask for it', () => {
    const writes = registryOf('xenbus', '9.1', XEN_PROJECT).join('\n');
    expect(writes).not.toMatch(/UpperFilters|Precedence/);
  });
});

const withGeneration = (line: string): readonly string[] =>
  DRIVERS.filter(({ generations }) => generations.some(({ name, kind }) => name === line && kind === 'device')).map(
    ({ name }) => name,
  );

describe('the device packages', () => {
  test('are eight of the 9.1 line and five of the 8.2 line', () => {
    const nine = ['xenbus', 'xenvbd', 'xenvif', 'xennet', 'xeniface', 'xenvkbd', 'xenhid', 'xencons'];
    expect(withGeneration('9.1')).toEqual(nine);
    expect(withGeneration('8.2')).toEqual(nine.slice(0, 5));
  });

  test.each(withGeneration('9.1'))(
    '%s of the 9.1 line has one Models line a section and feature score FE, so it wins over older lines (F27)',
    (name) => {
      const driver = driverNamed(name);
      const { document, model } = renderDriver(driver, driver.generations[0], WITH_EVERYTHING);
      expect(new Set(model.devices.map(({ section }) => section)).size).toBe(model.devices.length);
      for (const { installSection } of model.devices) {
        const install = sectionOf(document, installSection);
        expect(install?.lines.find(({ key }) => key === 'FeatureScore')?.fields).toEqual(['0xFE']);
      }
    },
  );

  test.each(withGeneration('8.2'))('%s of the 8.2 line has a line for each id and no score', (name) => {
    const driver = driverNamed(name);
    const generation = generationOf(driver, '8.2') ?? driver.generations[0];
    const { document, model } = renderDriver(driver, generation, WITH_EVERYTHING);
    expect(model.devices.map(({ ids }) => ids.length)).toEqual([1, 1, 1]);
    expect(document.table.text).not.toMatch(/FeatureScore/i);
  });
});

describe('the primitive packages', () => {
  test.each(['xendisk', 'xencrsh'])('%s write to no registry key that needs a device', (name) => {
    const driver = driverNamed(name);
    const inf = renderDriver(driver, driver.generations[0], WITH_EVERYTHING);
    const target = effect(inf);
    expect(target.sections).toEqual(['DefaultInstall.NTamd64']);
    expect(target.registry).toEqual([]);
    expect(inf.document.table.text).not.toMatch(/UpperFilters/i);
  });

  test('xendisk makes the very service that xenvbd makes, so that the order of installation does not matter', () => {
    const serviceOf = (name: string): unknown => {
      const driver = driverNamed(name);
      const target = effect(renderDriver(driver, driver.generations[0], XEN_PROJECT));
      const {
        line: _,
        section: __,
        registry,
        ...service
      } = target.services.find((s) => s.name === 'xendisk') ?? {
        line: 0,
        section: '',
        registry: [],
      };
      return {
        ...service,
        registry: registry.map(({ key, name: value, type, flags }) => ({ key, value, type, flags })),
      };
    };
    expect(serviceOf('xendisk')).toEqual(serviceOf('xenvbd'));
    expect(serviceOf('xendisk')).toMatchObject({ name: 'xendisk', startType: 0 });
  });

  test.each(['xendisk', 'xencrsh'])('%s carry the same file as the package of xenvbd', (name) => {
    const [file] = driverNamed(name).generations[0].files;
    expect(driverNamed('xenvbd').generations[0].files).toContain(file);
  });
});
