import { describe, expect, test } from 'vitest';
import { targetKey } from '../../../emulator/guest/guest.ts';
import { guestById, guestSpecs } from '../../../emulator/guest/windows.ts';
import type { HistoricVendor } from '../../../emulator/history/historic-model.ts';
import { historicPackage } from '../../../emulator/history/historic-package.ts';
import { historicReleases, releasesFor } from '../../../emulator/history/historic-releases.ts';
import { KNOWN_RELEASES } from '../../../emulator/history/releases.ts';
import { CITRIX, knownPackage, TEMPLATES, UPSTREAM } from '../../support/history.ts';

const guest = (id: string) => {
  const found = guestById(id);
  if (found === undefined) throw new Error(`no guest ${id}`);
  return found;
};
const TEN = guest('windows-10-22h2-x64');
const SEVEN = guest('windows-7-sp1-sha2-x64');

const historyOf = (vendor: HistoricVendor, ...guests: readonly (typeof TEN)[]) =>
  historicReleases({ guests, vendor, templates: TEMPLATES });

const labelsFor = (vendor: HistoricVendor): readonly string[] => releasesFor(vendor).map(({ label }) => label);

describe('the releases that a machine may have', () => {
  test("have the bus and the disk driver, so that XCP-ng's without a known xenvbd are not among them", () => {
    const labels = labelsFor({ ...UPSTREAM, vendorPrefix: 'XN' });
    expect(labels).toContain('xcp-ng v9.1.100');
    for (const label of ['xcp-ng v9.1.145', 'xcp-ng v9.1.200', 'xcp-ng/xcp-ng2']) expect(labels).not.toContain(label);
  });

  test('begin for most vendors when prefixes could be set, and for Citrix in 2013', () => {
    expect(labelsFor(UPSTREAM)[0]).toBe('master@2015-12-31');
    expect(labelsFor(CITRIX)[0]).toBe('master@2013-12-31');
    expect(labelsFor({ ...CITRIX, vendorDeviceId: 'C123' })[0]).toBe('master@2015-12-31');
  });

  test('of XCP-ng are for its own machines', () => {
    expect(labelsFor(UPSTREAM).some((label) => label.startsWith('xcp-ng'))).toBe(false);
  });

  test('have the ids of the vendor in INFs and in images', () => {
    const vendor = { ...UPSTREAM, vendorPrefix: 'ZZ', vendorDeviceId: 'C1F0' };
    const { library } = historyOf(vendor, TEN);
    const ids = Object.values(library.packages)
      .filter(({ driver }) => driver === 'xenvbd')
      .flatMap(({ targets }) => targets[targetKey(TEN)]?.models.flatMap((model) => model.ids) ?? []);
    expect(ids).toContain('XENBUS\\VEN_ZZC1F0&DEV_VBD&REV_08000009');
    expect(ids.every((id) => id.startsWith('XENBUS\\VEN_ZZ'))).toBe(true);
    const models = Object.values(library.images).map(({ model }) => `${model?.prefix} ${model?.vendorDeviceId}`);
    expect([...new Set(models)]).toEqual(['ZZ C1F0']);
  });

  test('are for the Windows of their time', () => {
    const { bundles, library } = historyOf(UPSTREAM, SEVEN);
    const there = bundles.filter(({ packages }) =>
      packages.some((key) => library.packages[key]?.targets[targetKey(SEVEN)] !== undefined),
    );
    expect(there.map(({ label }) => label)).toEqual([
      ...['master@2015-12-31', 'master@2016-12-31', 'master@2017-12-31', 'master@2018-12-31', 'master@2019-12-31'],
      ...['master@2020-12-31', 'master@2021-06-30', 'master@2023-08-31', '8.1.0', '8.2.0', '8.2.1'],
    ]);
  });

  test('are for the architectures of the guests, as far as there were drivers', () => {
    const keysFor = (id: string) => Object.keys(historyOf(UPSTREAM, guest(id)).library.packages);
    expect(keysFor('windows-10-22h2-x86').every((key) => key.endsWith('/x86'))).toBe(true);
    expect(keysFor('windows-11-24h2-arm64')).toEqual([]);
  });

  test('are made once, for all guests of an architecture', () => {
    const [first, second] = [historyOf(UPSTREAM, TEN), historyOf(UPSTREAM, SEVEN, TEN)];
    for (const [key, facts] of Object.entries(first.library.packages)) expect(second.library.packages[key]).toBe(facts);
  });

  test('survive a way through JSON', () => {
    const { library } = historyOf(UPSTREAM, TEN);
    expect(JSON.parse(JSON.stringify(library))).toEqual(library);
  });
});

describe('every known build', () => {
  test('has a package with nothing missing, for each vendor and each Windows that it is for', () => {
    for (const { builds } of KNOWN_RELEASES) {
      for (const { driver, commit, built } of builds) {
        for (const vendor of [UPSTREAM, CITRIX]) {
          const { facts, images } = knownPackage(driver, commit, vendor);
          expect(facts.missing).toEqual([]);
          const x64 = guestSpecs().filter(
            ({ arch, windows }) => arch === 'x64' && (built < '2023-09-13' || windows.major >= 10),
          );
          expect(Object.keys(facts.targets).sort()).toEqual([...new Set(x64.map(targetKey))].sort());
          expect(images.some(({ model }) => model?.image === driver)).toBe(true);
        }
      }
    }
  });

  test('of no release is undefined', () => {
    const request = {
      driver: 'xenbus',
      commit: '0000000',
      vendor: UPSTREAM,
      arch: 'x64',
      templates: TEMPLATES,
    } as const;
    expect(historicPackage(request)).toBeUndefined();
  });
});
