import { describe, expect, test } from 'vitest';
import type { DriverDefinition } from '../../drivers/contract.ts';
import { driverNamed, generationOf } from '../../drivers/index.ts';
import { sectionOf } from '../../packaging/formats/inf/document.ts';
import { type InstallTarget, installTarget } from '../../packaging/formats/inf/model.ts';
import {
  type RenderedInf,
  renderDriver,
  TEST_BRANDS,
  type TestBrand,
  WITH_EVERYTHING,
  windows10,
  XEN_PROJECT,
} from './render.ts';

const effect = (inf: RenderedInf): InstallTarget => installTarget(inf.document, inf.model, windows10('x64'));

const registryOf = (name: string, line: string, brand: TestBrand): readonly string[] => {
  const driver: DriverDefinition = driverNamed(name);
  const generation = generationOf(driver, line) ?? driver.generations[0];
  const target = effect(renderDriver(driver, generation, brand));
  return [...target.registry, ...target.services.flatMap(({ registry }) => registry)].map(
    ({ key, name: value, flags, value: data }) => `${key} ${value} 0x${flags.toString(16)} ${JSON.stringify(data)}`,
  );
};

describe('the first start after an installation', () => {
  const unplug = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\XEN\\Unplug';

  test('keeps emulated disks and network cards: xenbus clears both requests, xenvbd its own (F13)', () => {
    for (const brand of TEST_BRANDS) {
      expect(registryOf('xenbus', '9.1', brand)).toEqual(
        expect.arrayContaining([`${unplug} DISKS 0x10001 0`, `${unplug} NICS 0x10001 0`]),
      );
      expect(registryOf('xenvbd', '9.1', brand)).toContain(`${unplug} DISKS 0x10001 0`);
    }
  });

  test('forces the unplug only for a brand that asks for it (F14)', () => {
    const force = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\XEN\\ForceUnplug DISKS 0x10001 1';
    expect(registryOf('xenvbd', '9.1', WITH_EVERYTHING)).toContain(force);
    expect(registryOf('xenvbd', '9.1', XEN_PROJECT).join('\n')).not.toContain('ForceUnplug');
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

describe('the device packages of the 9.1 line', () => {
  test.each(['xenbus', 'xenvbd'])(
    '%s has one Models line and feature score FE, so it wins over older lines (F27)',
    (name) => {
      const driver = driverNamed(name);
      const { document, model } = renderDriver(driver, driver.generations[0], WITH_EVERYTHING);
      expect(model.devices).toHaveLength(1);
      const install = sectionOf(document, model.devices[0]?.installSection ?? '');
      expect(install?.lines.find(({ key }) => key === 'FeatureScore')?.fields).toEqual(['0xFE']);
    },
  );

  test.each(['xenbus', 'xenvbd'])('%s of the 8.2 line has a line for each id and no score', (name) => {
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
