import { describe, expect, test } from 'vitest';
import { xenbus } from '../../../drivers/xenbus/definition.ts';
import { xenvbd } from '../../../drivers/xenvbd/definition.ts';
import type { DriverPackage } from '../../../packaging/bundle/bundle.ts';
import { checkUpgrade, type UpgradeFacts, upgradeFacts } from '../../../packaging/bundle/check-upgrade.ts';
import { renderDriver, XEN_PROJECT } from '../../drivers/render.ts';
import { describeCorpus } from '../../support/outside.ts';

const packageOf = (driver: string, bytes: Uint8Array): DriverPackage => ({
  ...{ driver, architecture: 'x64', version: [9, 1, 0, 0], infName: `${driver}.inf`, windows: [], symbols: [] },
  files: [{ name: `${driver}.inf`, bytes, role: 'inf', standIn: true }],
});

const factsOf = (driver: string, bytes: Uint8Array): UpgradeFacts => {
  const facts = upgradeFacts(packageOf(driver, bytes));
  if (facts === undefined) throw new Error(driver);
  return facts;
};

const own = (driver: typeof xenbus, generation: string): UpgradeFacts => {
  const chosen = driver.generations.find(({ name }) => name === generation);
  if (chosen === undefined) throw new Error(generation);
  return factsOf(driver.name, renderDriver(driver, chosen, XEN_PROJECT, 'x64').bytes);
};

const [bus9, vbd9, bus8, vbd8] = [own(xenbus, '9.1'), own(xenvbd, '9.1'), own(xenbus, '8.2'), own(xenvbd, '8.2')];

const found = (before: readonly UpgradeFacts[], now: readonly UpgradeFacts[]): readonly string[] =>
  checkUpgrade({ brand: 'acme', before, now, file: 'ledger.jsonl' }).map(
    ({ severity, failureMode, code }) => `${severity} ${failureMode} ${code}`,
  );

describe('a release after others of its brand', () => {
  test('tells what the next one has to reckon with', () => {
    expect(bus9).toMatchObject({ names: 'class', featureScore: 0xfe });
    expect(bus8).toMatchObject({ names: 'revision', featureScore: 0xff });
    expect([vbd9.binds, vbd8.binds]).toEqual(['0900000B', '08000009']);
  });

  test('F04: a new bus retires the revision of the installed child, and comes without a new one', () => {
    expect(found([bus8, vbd8], [bus9])).toEqual(['error F04 PV_REVISION_UNLISTED']);
  });

  test('with the child, or with nothing installed, is fine', () => {
    expect(found([bus8, vbd8], [bus9, vbd9])).toEqual([]);
    expect(found([], [bus9])).toEqual([]);
    expect(found([bus8], [bus9])).toEqual([]);
    expect(found([bus9, vbd9], [bus9])).toEqual([]);
    expect(found([bus9, vbd9], [vbd9])).toEqual([]);
  });

  test('the other architecture has no say', () => {
    expect(found([bus8, { ...vbd8, architecture: 'x86' }], [bus9])).toEqual([]);
  });

  test('F27: without the feature score that an earlier one had', () => {
    const worse = { ...bus9, featureScore: 0xff };
    expect(found([bus9], [worse])).toEqual(['error F27 PV_FEATURE_SCORE']);
    expect(found([worse], [bus9])).toEqual([]);
    expect(found([bus9, worse], [{ ...bus9, featureScore: 0xf0 }])).toEqual([]);
    expect(found([{ ...bus9, featureScore: 0x80 }], [bus9])).toEqual(['error F27 PV_FEATURE_SCORE']);
  });
});

describeCorpus('a bus of upstream after others', (corpus) => {
  const bus = (name: string): UpgradeFacts => factsOf('xenbus', corpus.file(`xen/rendered/${name}/xenbus.inf`));
  const vbd = (name: string): UpgradeFacts => factsOf('xenvbd', corpus.file(`xen/rendered/${name}/xenvbd.inf`));

  test('names devices by revision, by function, by class', () => {
    expect(['xp-9.0-2021', 'xp-9.1-2024', 'xp-9.1-head'].map((name) => bus(name).names)).toEqual([
      'revision',
      'function',
      'class',
    ]);
  });

  test('F05: a device that keeps its name keeps a driver that can no longer start', () => {
    const before = [bus('xp-9.1-2024'), { ...vbd('xp-9.1-2024'), binds: '09000000' }];
    expect(found(before, [bus('xp-9.1-2024')])).toEqual(['error F05 PV_INTERFACE_RANGE']);
  });

  test('F04: devices are named anew, and the bus of 2025 retired the row', () => {
    const before = [bus('xp-9.1-2024'), { ...vbd('xp-9.1-2024'), binds: '09000007' }];
    expect(found(before, [bus('xp-9.1-head')])).toEqual(['error F04 PV_REVISION_UNLISTED']);
    expect(found([bus('xp-9.1-2024'), vbd('xp-9.1-2024')], [bus('xp-9.1-head')])).toEqual([]);
  });
});
