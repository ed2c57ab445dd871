import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../core/bytes.ts';
import type { DriverModel } from '../../../drivers/model.ts';
import { xenbus } from '../../../drivers/xenbus/definition.ts';
import { xenvbd } from '../../../drivers/xenvbd/definition.ts';
import { xenvif } from '../../../drivers/xenvif/definition.ts';
import type { PvInf } from '../../../emulator/package/build-day.ts';
import { driverModels, familyImage } from '../../../emulator/package/driver-models.ts';
import { type CheckedFile, packageView } from '../../../packaging/bundle/package-view.ts';
import { busWith, HEAD } from '../../support/compiled-table.ts';
import { describeCorpus } from '../../support/outside.ts';
import { driverPackage, exchanged, image } from '../../support/pv-package.ts';

/** The models of a folder by image; those of files where they are there. */
const modelsOf = (files: readonly CheckedFile[]): Readonly<Record<string, DriverModel>> => {
  const view = packageView(files, (path) => path);
  const models = driverModels(view);
  const found: Record<string, DriverModel> = {};
  for (const inf of view.infs.filter((one): one is PvInf => one.pv !== undefined)) {
    for (const { source } of inf.installs.flatMap((install) => install.files)) {
      const file = view.byPath.get(`${inf.folder}${source}`.toLowerCase());
      const model = file === undefined ? models.ofName(inf, source) : models.ofFile(file);
      if (model !== undefined) found[model.image] = model;
    }
  }
  return found;
};

const withText = (files: readonly CheckedFile[], name: string, from: string, to: string): readonly CheckedFile[] =>
  files.map((file) =>
    file.path === name
      ? { ...file, bytes: utf8(Buffer.from(file.bytes).toString('latin1').replaceAll(from, to)) }
      : file,
  );

describe('an image of the family', () => {
  test.each([
    ['xenbus.sys', 'xenbus'],
    ['xenbus_monitor_9_1_0_5.exe', 'xenbus_monitor'],
    ['XENVIF.SYS', 'xenvif'],
    ['xenvbd_coinst.dll', undefined],
    ['xenagent.dll', undefined],
    ['disk.sys', undefined],
  ])('%s is %s', (name, expected) => {
    expect(familyImage(name)).toBe(expected);
  });
});

describe('what is compiled into a bus driver', () => {
  const bus = driverPackage(xenbus);

  test('counts as its table, in its order', () => {
    const own = exchanged(bus, 'xenbus.sys', busWith([...HEAD].reverse()));
    expect(modelsOf(own).xenbus?.rows?.[0]).toBe('0900000C');
  });

  test('is a table of its own when no known release has it', () => {
    const rows = [...HEAD, [0x0900000d, 1, 5, 9, 1, 2, 1, 2, 4, 3, 1, 3]];
    expect(modelsOf(exchanged(bus, 'xenbus.sys', busWith(rows))).xenbus?.rows).toHaveLength(6);
  });

  test('is the prefix that is written in it, whatever its children bind (F01)', () => {
    const other = image({ name: 'xenbus.sys', strings: ['XENBUS\\VEN_XN'] });
    const own = [...exchanged(bus, 'xenbus.sys', other), ...driverPackage(xenvbd)];
    expect([modelsOf(own).xenbus?.prefix, modelsOf(own).xenvbd?.prefix]).toEqual(['XN', 'XP']);
  });

  test('is what its children bind where it does not show', () => {
    const silent = image({ name: 'xenbus.sys', strings: [] });
    expect(modelsOf([...exchanged(bus, 'xenbus.sys', silent), ...driverPackage(xenvbd)]).xenbus?.prefix).toBe('XP');
  });

  test("is the vendor's own platform function (F02)", () => {
    const strings = ['PCI\\VEN_5853&DEV_C0FE&SUBSYS_C0FE5853&REV_01'];
    const own = exchanged(bus, 'xenbus.sys', image({ name: 'xenbus.sys', strings }));
    expect(modelsOf(own).xenbus?.vendorDeviceId).toBe('C0FE');
  });

  test('comes with the version of its resource', () => {
    expect(modelsOf(exchanged(bus, 'xenbus.sys', busWith(HEAD, '9.1.0.77'))).xenbus?.version).toEqual([9, 1, 0, 77]);
  });
});

describe('a child', () => {
  test('that binds what no known release bound is taken to ask for what the row stands for', () => {
    const files = withText(driverPackage(xenvbd), 'xenvbd.inf', 'REV_0900000B', 'REV_0900000C');
    const { needs, undecided } = modelsOf([...driverPackage(xenbus), ...files]).xenvbd ?? {};
    expect(needs?.XENFILT_EMULATED?.version).toBe(3);
    expect(undecided).toEqual(['no known xenvbd binds 0900000C: it is taken to ask for what its row stands for']);
  });

  test('stands on the day that its INF states, as far as what it binds allows', () => {
    const files = driverPackage(xenvif);
    const [stated = ''] = /\d\d\/\d\d\/\d{4}/.exec(Buffer.from(files[0]?.bytes ?? []).toString('latin1')) ?? [];
    const built = (date: string) => modelsOf(withText(files, 'xenvif.inf', stated, date)).xenvif?.built;
    expect(built('08/20/2025')).toBe('2025-08-20');
    // xenvif bound something else then, and a template's date is no day at all.
    expect([built('08/20/2020'), built('01/01/1900')]).toEqual(['2026-08-01', '2026-08-01']);
  });
});

describeCorpus('the suites of real releases are of the builds that they were', ({ file, path }) => {
  const suite = (name: string) =>
    modelsOf(
      readdirSync(path(`xen/rendered/${name}`)).map((inf) => ({
        path: inf,
        bytes: file(`xen/rendered/${name}/${inf}`),
      })),
    );

  test.each([
    ['xp-8.2.0', '8.2', '2017-01-11', '08000009', '0800000B', 'XP', undefined],
    ['xp-8.2.1', '8.2', '2018-04-23', '08000009', '0800000D', 'XP', undefined],
    ['xs-8.2.1', '8.2', '2018-04-23', '08000009', '0800000D', 'XS', 'C000'],
    ['xn-8.2.2', '8.2', '2019-06-27', '08000009', '0800000D', 'XN', 'C000'],
    ['xp-9.0-2019', 'master', '2019-12-06', '08000009', '09000007', 'XP', undefined],
    ['xp-9.0-2021', 'master', '2021-06-30', '09000000', '09000009', 'XP', undefined],
    ['xp-9.1-2024', 'master', '2024-12-20', '09000000', '0900000B', 'XP', undefined],
    ['xn-9.0.9000', 'xcp-ng', '2024-10-23', '09000000', '0900000B', 'XN', undefined],
    ['xn-9.1.100', 'xcp-ng', '2025-11-27', '09000008', '0900000C', 'XN', undefined],
    ['xp-9.1-head', 'master', '2026-05-29', '09000008', '0900000C', 'XP', undefined],
    ['xz-c1f0-9.1-head', 'master', '2026-05-29', '09000008', '0900000C', 'XZ', 'C1F0'],
  ])('%s: %s of %s lists %s to %s', (name, line, built, oldest, newest, prefix, vendorDeviceId) => {
    const { xenbus: bus, ...others } = suite(name);
    expect([bus?.line, bus?.built, bus?.rows?.[0], bus?.rows?.at(-1)]).toEqual([line, built, oldest, newest]);
    expect([bus?.prefix, bus?.vendorDeviceId]).toEqual([prefix, vendorDeviceId]);
    expect(Object.values({ bus, ...others }).flatMap((model) => model?.undecided ?? [])).toEqual([]);
  });

  test('8.2 storage asks for event channels 4, as the 8.1 branch alone asked for 5', () => {
    expect(suite('xp-8.2.1').xenvbd?.needs?.XENBUS_EVTCHN?.version).toBe(4);
  });
});
