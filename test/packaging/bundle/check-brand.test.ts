import { describe, expect, test } from 'vitest';
import { xenbus } from '../../../drivers/xenbus/definition.ts';
import { xenvbd } from '../../../drivers/xenvbd/definition.ts';
import { type BrandCheck, checkBrandInf } from '../../../packaging/bundle/check-brand.ts';
import { packageView } from '../../../packaging/bundle/package-view.ts';
import { renderDriver, type TestBrand, WITH_EVERYTHING, XEN_PROJECT } from '../../drivers/render.ts';

const found = (driver: typeof xenbus, brand: TestBrand, check: Partial<BrandCheck>): readonly string[] => {
  const { bytes } = renderDriver(driver, driver.generations[0], brand, 'x64');
  const [inf] = packageView([{ path: 'x.inf', bytes }], (path) => path).infs;
  if (inf === undefined) throw new Error(driver.name);
  const { vendorPrefix, vendorDeviceId, forced: forceUnplug } = brand;
  const own = { vendorPrefix, vendorDeviceId, forceUnplug, strict: false, withBus: true };
  return checkBrandInf(inf, { ...own, ...check }).map(
    ({ severity, failureMode, code }) => `${severity} ${failureMode} ${code}`,
  );
};

describe('an INF against its brand', () => {
  test.each([xenbus, xenvbd])('$name says what the brand says', (driver) => {
    expect(found(driver, XEN_PROJECT, { strict: true })).toEqual([]);
    expect(found(driver, WITH_EVERYTHING, { strict: true })).toEqual([]);
  });

  test('F01: another prefix is an error beside the bus or in an INF that winpv wrote, else a warning', () => {
    expect(found(xenvbd, XEN_PROJECT, { vendorPrefix: 'XN' })).toEqual(['error F01 PV_ID_PREFIX']);
    expect(found(xenvbd, XEN_PROJECT, { vendorPrefix: 'XN', withBus: false })).toEqual(['warning F01 PV_ID_PREFIX']);
    expect(found(xenvbd, XEN_PROJECT, { vendorPrefix: 'XN', withBus: false, strict: true })).toEqual([
      'error F01 PV_ID_PREFIX',
    ]);
    expect(found(xenvbd, XEN_PROJECT, { vendorPrefix: 'xp' })).toEqual([]);
  });

  test.each([xenbus, xenvbd])('F02: $name has no id for the function of the brand', (driver) => {
    expect(found(driver, XEN_PROJECT, { vendorDeviceId: 'C8E0' })).toEqual(['error F02 PV_ID_PLATFORM']);
    // It names another vendor's, as the templates of before 2015 do.
    expect(found(driver, WITH_EVERYTHING, { vendorDeviceId: 'C8E0' })).toEqual(['warning F02 PV_ID_PLATFORM']);
  });

  test('F14: a forced unplug that the brand does not ask for is an error, whoever wrote the INF', () => {
    expect(found(xenvbd, WITH_EVERYTHING, { forceUnplug: false })).toEqual(['error F14 PV_FORCE_UNPLUG']);
    expect(found(xenvbd, WITH_EVERYTHING, { forceUnplug: true })).toEqual([]);
    expect(found(xenbus, WITH_EVERYTHING, { forceUnplug: false })).toEqual([]);
  });
});
