import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../core/bytes.ts';
import type { DriverDefinition } from '../../../drivers/contract.ts';
import { xenbus } from '../../../drivers/xenbus/definition.ts';
import { xenvbd } from '../../../drivers/xenvbd/definition.ts';
import { checkPackage } from '../../../packaging/bundle/check.ts';
import { encodeUnsignedCatalog } from '../../../packaging/formats/cat/encode.ts';
import { parseCatalog } from '../../../packaging/formats/cat/parse.ts';
import type { StandIn } from '../../../packaging/formats/pe/stand-in.ts';
import { describeCorpus } from '../../support/outside.ts';
import { changed, pvText } from '../../support/pv-infs.ts';
import { binaryOf, CATALOG_TIME, checked, driverPackage, exchanged, withCatalogs } from '../../support/pv-package.ts';

const withBinary = (driver: DriverDefinition, name: string, version: string, changes: Partial<StandIn> = {}) => {
  const file = driver.generations[0].files.find((one) => one.name === name);
  if (file === undefined) throw new Error(`no file ${name}`);
  const files = exchanged(driverPackage(driver), name, binaryOf(file, version, changes)).filter(
    ({ path }) => !path.endsWith('.cat'),
  );
  return withCatalogs(files, '10_X64');
};

const brief = (found: ReturnType<typeof checked>): readonly string[] =>
  found.map(({ severity, code, failureMode, at }) => `${severity} ${failureMode} ${code} ${at?.file}`);

const VERSION = '9.1.0.30';

describe('files of a PV package that belong together', () => {
  test('F24: xen.sys or xenfilt.sys of another build', () => {
    expect(brief(checked(withBinary(xenbus, 'xen.sys', '9.1.0.29')))).toEqual(['error F24 PV_BUILD_MIX xen.sys']);
    expect(brief(checked(withBinary(xenbus, 'xenfilt.sys', '9.1.0.31')))).toEqual([
      'error F24 PV_BUILD_MIX xenfilt.sys',
    ]);
  });

  test('F37: xencrsh.sys of another build', () => {
    expect(brief(checked(withBinary(xenvbd, 'xencrsh.sys', '9.1.0.29')))).toEqual([
      'error F37 PV_BUILD_MIX xencrsh.sys',
    ]);
  });

  test('F39: xendisk.sys of another build', () => {
    expect(brief(checked(withBinary(xenvbd, 'xendisk.sys', '9.1.0.29')))).toEqual([
      'error F39 PV_BUILD_MIX xendisk.sys',
    ]);
  });

  test('F37: xencrsh.sys does not export what xenvbd.sys is linked to', () => {
    const found = checked(withBinary(xenvbd, 'xencrsh.sys', VERSION, { exports: ['SomethingElse'] }));
    expect(brief(found)).toEqual(['error F37 BUNDLE_IMPORT_MISSING xenvbd.sys']);
  });

  test('F24: xen.sys does not export what the bus is linked to', () => {
    const found = checked(withBinary(xenbus, 'xen.sys', VERSION, { exports: ['XenTouch'] }));
    expect(new Set(brief(found))).toEqual(
      new Set(['error F24 BUNDLE_IMPORT_MISSING xenbus.sys', 'error F24 BUNDLE_IMPORT_MISSING xenfilt.sys']),
    );
  });

  test.each([
    { driver: xenbus, name: 'xen.sys', mode: 'F24' },
    { driver: xenbus, name: 'xenfilt.sys', mode: 'F19' },
    { driver: xenvbd, name: 'xencrsh.sys', mode: 'F37' },
    { driver: xenvbd, name: 'xendisk.sys', mode: 'F38' },
  ])('$mode: without $name', ({ driver, name, mode }) => {
    const found = checked(exchanged(driverPackage(driver), name, undefined));
    expect(brief(found)).toContain(`error ${mode} BUNDLE_FILE_MISSING ${driver.name}.inf`);
  });

  test('F37: the INF does not install the library at all', () => {
    const inf = changed(pvText('xenvbd'), [
      ['xenvbd.sys\nxencrsh.sys\n', 'xenvbd.sys\n'],
      ['xencrsh.sys = 0\n', ''],
      ['9.1.0.31', VERSION],
    ]);
    const files = exchanged(exchanged(driverPackage(xenvbd), 'xencrsh.sys', undefined), 'xenvbd.inf', utf8(inf));
    const sound = withCatalogs(
      files.filter(({ path }) => !path.endsWith('.cat')),
      '10_X64',
    );
    expect(brief(checked(sound))).toEqual(['error F37 BUNDLE_IMPORT_MISSING xenvbd.sys']);
  });

  test('F46: a name that the oldest Windows lacks', () => {
    const imports = [{ module: 'ntoskrnl.exe', names: ['ExAllocatePool2'] }];
    const found = checked(withBinary(xenbus, 'xenfilt.sys', VERSION, { imports }));
    expect(brief(found)).toEqual(['error F46 BUNDLE_IMPORT_NEWER xenfilt.sys']);
  });
});

describe('the catalog of a PV package', () => {
  test('F34: a file is missing from it', () => {
    const file = driverPackage(xenbus).find(({ path }) => path === 'xenfilt.sys');
    const found = checked(
      exchanged(driverPackage(xenbus), 'xenfilt.sys', Buffer.concat([file?.bytes ?? utf8(''), Buffer.alloc(16)])),
    );
    expect(brief(found)).toEqual(['error F34 BUNDLE_CATALOG_INCOMPLETE xenbus.cat']);
  });

  test('F34: it is from the future', () => {
    const found = checkPackage({ files: driverPackage(xenbus), nowMs: CATALOG_TIME - 1 });
    expect(brief(found)).toEqual(['error F34 BUNDLE_CATALOG_DATE xenbus.cat']);
  });

  const rewritten = (
    change: (content: ReturnType<typeof parseCatalog>['content']) => ReturnType<typeof parseCatalog>['content'],
  ) => {
    const files = driverPackage(xenbus);
    const catalog = files.find(({ path }) => path.endsWith('.cat'));
    const { content } = parseCatalog(catalog?.bytes ?? utf8(''), 'xenbus.cat');
    return checked(exchanged(files, 'xenbus.cat', encodeUnsignedCatalog(change(content))));
  };

  test('F34: it names no system', () => {
    const found = rewritten((content) => ({
      ...content,
      attributes: content.attributes.filter(({ name }) => name !== 'OS'),
    }));
    expect(brief(found)).toEqual(['error F34 BUNDLE_CATALOG_OS xenbus.cat']);
  });

  test('F34: its members name none', () => {
    const found = rewritten((content) => ({
      ...content,
      members: content.members.map((member) => ({
        ...member,
        attributes: member.attributes.filter(({ name }) => name !== 'OSAttr'),
      })),
    }));
    expect(new Set(brief(found))).toEqual(new Set(['error F34 BUNDLE_CATALOG_OS xenbus.cat']));
    expect(found.length).toBe(5);
  });
});

describe('drivers of one bundle', () => {
  const bundle = (xennet: string): ReturnType<typeof brief> => {
    const files = [
      ...(['xenvif', 'xeniface', 'xenvbd', 'xenbus'] as const).map((name) => ({
        path: `${name}.inf`,
        bytes: utf8(pvText(name)),
      })),
      { path: 'xennet.inf', bytes: utf8(xennet) },
    ];
    return brief(checkPackage({ files })).filter((text) => text.includes('PV_'));
  };

  test('agree', () => {
    expect(bundle(pvText('xennet'))).toEqual([]);
  });

  test('F01: one has another prefix', () => {
    expect(bundle(pvText('xennet').replaceAll('VEN_XZ', 'VEN_XP'))).toEqual(['error F01 PV_ID_PREFIX xennet.inf']);
  });

  test('F02: one has no id for the vendor function', () => {
    expect(bundle(pvText('xennet').replaceAll(/XENVIF\\VEN_XZC1F0[^,]*,/g, ''))).toEqual([
      'error F02 PV_ID_PLATFORM xennet.inf',
    ]);
  });
});

describeCorpus('INFs of upstream together', ({ file, path: _path }) => {
  const suite = (name: string, drivers: readonly string[]) =>
    drivers.map((driver) => ({ path: `${driver}.inf`, bytes: file(`xen/rendered/${name}/${driver}.inf`) }));
  const pvOf = (files: Parameters<typeof checkPackage>[0]['files']) =>
    brief(checkPackage({ files })).filter((text) => text.includes('PV_') && text !== LUCK);

  /** Every xenvif of 8.2 was built with other interfaces than its revision stands for, which its buses answer to. */
  const LUCK = 'warning F06 PV_INTERFACE_ROW xenvif.inf';

  test.each(['xn-8.2.2', 'xn-9.0.9000', 'xn-9.1.100', 'xp-8.2.1', 'xp-9.0-2021', 'xs-8.2.1'])('%s agrees', (name) => {
    expect(pvOf(suite(name, ['xenbus', 'xeniface', 'xennet', 'xenvbd', 'xenvif']))).toEqual([]);
  });

  test('a driver of another suite does not (F01)', () => {
    const files = [...suite('xn-8.2.2', ['xenbus', 'xeniface', 'xennet', 'xenvbd']), ...suite('xs-8.2.1', ['xenvif'])];
    expect(pvOf(files)).toEqual(['error F01 PV_ID_PREFIX xenvif.inf']);
  });

  test('nor one without the vendor function (F02)', () => {
    const files = [...suite('xs-8.2.1', ['xenbus', 'xeniface', 'xenvbd']), ...suite('xp-8.2.1', ['xennet'])];
    expect(pvOf(files)).toEqual(['error F01 PV_ID_PREFIX xennet.inf', 'error F02 PV_ID_PLATFORM xennet.inf']);
  });
});

describeCorpus('a bus and one child of two suites', ({ file }) => {
  const pair = (bus: string, child: string): readonly string[] =>
    brief(
      checkPackage({
        files: [
          { path: 'xenbus.inf', bytes: file(`xen/rendered/${bus}/xenbus.inf`) },
          { path: 'xenvbd.inf', bytes: file(`xen/rendered/${child}/xenvbd.inf`) },
        ],
      }),
    ).filter((one) => one.includes('F01'));

  test('F01: are by two vendors', () => {
    expect(pair('xp-8.2.1', 'xn-8.2.2')).toEqual(['warning F01 PV_ID_PREFIX xenvbd.inf']);
    expect(pair('xn-9.1.100', 'xp-9.1-head')).toEqual(['warning F01 PV_ID_PREFIX xenvbd.inf']);
  });

  test.each(['xp-8.2.0', 'xp-9.0-2021', 'xp-9.1-head', 'xn-8.2.2', 'xn-9.1.100', 'xs-8.2.1', 'xz-c1f0-9.1-head'])(
    'of one suite are by one: %s',
    (suite) => {
      expect(pair(suite, suite)).toEqual([]);
    },
  );
});
