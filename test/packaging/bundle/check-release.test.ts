import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../core/bytes.ts';
import { xenbus } from '../../../drivers/xenbus/definition.ts';
import { xenvbd } from '../../../drivers/xenvbd/definition.ts';
import { checkRelease, type PvInf } from '../../../packaging/bundle/check-release.ts';
import { packageView } from '../../../packaging/bundle/package-view.ts';
import { decodeInfText } from '../../../packaging/formats/inf/text.ts';
import { renderDriver, type TestBrand, XEN_PROJECT } from '../../drivers/render.ts';
import { describeCorpus } from '../../support/outside.ts';

type Texts = Readonly<Record<string, string>>;

const found = (texts: Texts): readonly string[] => {
  const files = Object.entries(texts).map(([path, text]) => ({ path, bytes: utf8(text) }));
  const view = packageView(files, (path) => path);
  expect(view.unreadable).toEqual([]);
  return checkRelease(view.infs.filter((inf): inf is PvInf => inf.pv !== undefined)).map(
    ({ severity, failureMode, code, at }) => `${severity} ${failureMode} ${code} ${at?.file}`,
  );
};

const textOf = (bytes: Uint8Array): string => decodeInfText(bytes, 'x.inf').text;

/** The INFs of bus and storage driver as winpv makes them. */
const own = (generation: string, brand: TestBrand = XEN_PROJECT): Texts =>
  Object.fromEntries(
    [xenbus, xenvbd].map((driver) => {
      const chosen = driver.generations.find(({ name }) => name === generation);
      if (chosen === undefined) throw new Error(generation);
      return [`${driver.name}.inf`, textOf(renderDriver(driver, chosen, brand, 'x64').bytes)];
    }),
  );

const bound = (texts: Texts, revision: string): Texts => ({
  ...texts,
  'xenvbd.inf': texts['xenvbd.inf']?.replace(/REV_[0-9A-F]{8}/g, `REV_${revision}`) ?? '',
});

describe('bus and children of one release', () => {
  test.each(['9.1', '8.2'])('the drivers of %s that winpv makes fit', (generation) => {
    expect(found(own(generation))).toEqual([]);
  });

  test.each(['09000007', '0900000D', '08000009', '00000001'])('F03: the bus of 9.1 does not list %s', (revision) => {
    expect(found(bound(own('9.1'), revision))).toEqual(['error F03 PV_REVISION_UNLISTED xenvbd.inf']);
  });

  test('F03: a storage driver of 9.1 on the bus of 8.2', () => {
    const mixed = { ...own('9.1'), 'xenbus.inf': own('8.2')['xenbus.inf'] ?? '' };
    expect(found(mixed)).toEqual(['error F03 PV_REVISION_UNLISTED xenvbd.inf']);
  });

  test('a revision that the bus lists and no driver is known to bind has no findings', () => {
    expect(found(bound(own('9.1'), '0900000C'))).toEqual([]);
  });

  test('a child without its bus is not judged', () => {
    expect(found({ 'xenvbd.inf': own('9.1')['xenvbd.inf'] ?? '' })).toEqual([]);
    const others = {
      ...own('9.1'),
      'xenbus.inf': textOf(renderDriver(xenbus, xenbus.generations[0], XEN_PROJECT, 'x86').bytes),
    };
    expect(found(bound(others, '09000007'))).toEqual([]);
  });
});

describeCorpus('revisions of real drivers', (corpus) => {
  const suite = (name: string): Texts =>
    Object.fromEntries(
      readdirSync(corpus.path(`xen/rendered/${name}`)).map((file) => [
        file,
        textOf(corpus.file(`xen/rendered/${name}/${file}`)),
      ]),
    );

  /** What the facts say of the releases that the suites are of: all work, some by luck, one not at all. */
  const KNOWN: Readonly<Record<string, readonly string[]>> = {
    // xenvif of 8.2 asks for grant tables 1 under a row that stands for 2.
    'xp-8.2.0': ['warning F06 PV_INTERFACE_ROW xenvif.inf'],
    'xp-8.2.1': ['warning F06 PV_INTERFACE_ROW xenvif.inf'],
    'xs-8.2.1': ['warning F06 PV_INTERFACE_ROW xenvif.inf'],
    'xn-8.2.2': ['warning F06 PV_INTERFACE_ROW xenvif.inf'],
    // The xennet of late 2024 binds a row that xenvif had in July 2025.
    'xp-9.1-2024': ['warning F03 PV_REVISION_UNLISTED xennet.inf'],
    'xp-9.0-2019': ['warning F06 PV_INTERFACE_ROW xenvbd.inf', 'warning F06 PV_INTERFACE_ROW xenvif.inf'],
  };

  test.each(readdirSync(corpus.path('xen/rendered')))('the suite %s has no error', (name) => {
    expect(found(suite(name)).toSorted()).toEqual(KNOWN[name] ?? []);
  });

  test('suites put together: every child of an older line is unlisted on the bus of a newer one', () => {
    const mixed = { ...suite('xp-8.2.1'), 'xenbus.inf': suite('xp-9.1-head')['xenbus.inf'] ?? '' };
    expect(found(mixed).toSorted()).toEqual([
      'error F03 PV_REVISION_UNLISTED xeniface.inf',
      'error F03 PV_REVISION_UNLISTED xenvbd.inf',
      'error F03 PV_REVISION_UNLISTED xenvif.inf',
    ]);
  });

  test('F03: a network device newer than any of its bus, or of a row that was retired', () => {
    const texts = suite('xn-9.1.100');
    for (const revision of ['0900000F', '0800000D']) {
      const changed = {
        ...texts,
        'xennet.inf': texts['xennet.inf']?.replace(/REV_[0-9A-F]{8}/g, `REV_${revision}`) ?? '',
      };
      expect(found(changed)).toEqual(['error F03 PV_REVISION_UNLISTED xennet.inf']);
    }
  });

  test('F05: drivers of 2016 on the bus of 2024, which lists their row and answers to newer versions alone', () => {
    const texts = bound(suite('xp-9.1-2024'), '09000000');
    expect(found(texts)).toContain('error F05 PV_INTERFACE_RANGE xenvbd.inf');
  });

  test('F08: the number that two branches gave to different interfaces', () => {
    const texts = suite('xp-8.2.1');
    const changed = { ...texts, 'xennet.inf': texts['xennet.inf']?.replace(/REV_[0-9A-F]{8}/g, 'REV_08000007') ?? '' };
    expect(found(changed).filter((one) => one.includes('xennet'))).toEqual([
      'error F08 PV_REVISION_AMBIGUOUS xennet.inf',
    ]);
  });

  test('F09: drivers of the builds that numbered anew need one version', () => {
    const rendered = (version: string, path: string): string =>
      textOf(corpus.file(`xen/templates/${path}`))
        .replaceAll('$ARCH$', 'amd64')
        .replace(/^DriverVer.*$/m, `DriverVer=01/01/2015,${version}`);
    const mixed = (version: string): Texts => ({
      'xenbus.inf': rendered('8.0.0.1', 'xenbus/20141216-1f0f88dc72.inf'),
      'xenvif.inf': rendered(version, 'xenvif/20141107-a52f02ae23.inf'),
    });
    expect(found(mixed('8.0.0.1'))).toEqual([]);
    expect(found(mixed('8.0.0.2'))).toEqual(['error F09 PV_REVISION_AMBIGUOUS xenvif.inf']);
  });

  test('F10: a prefix of five letters is too long for the bus of 2024, and not for that of 2025', () => {
    const renamed = (name: string): Texts =>
      Object.fromEntries(
        Object.entries(suite(name)).map(([file, text]) => [file, text.replaceAll('VEN_XP0', 'VEN_ABCDE0')]),
      );
    expect(found(renamed('xp-9.1-head'))).toEqual([]);
    expect(found(renamed('xp-9.1-2024')).filter((one) => one.includes('F10'))).toEqual([
      'error F10 PV_ID_LIST_TOO_LONG xeniface.inf',
      'error F10 PV_ID_LIST_TOO_LONG xenvbd.inf',
      'error F10 PV_ID_LIST_TOO_LONG xenvif.inf',
    ]);
  });

  test('F10: a prefix that is too long for some of the buses that the INF may belong to is a warning', () => {
    const bound = (revision: string): Texts =>
      Object.fromEntries(
        Object.entries(suite('xp-9.0-2019'))
          .filter(([file]) => ['xenbus.inf', 'xeniface.inf'].includes(file))
          .map(([file, text]) => [
            file,
            text.replaceAll('VEN_XP0', 'VEN_ABCDE0').replaceAll(/REV_[0-9A-F]{8}/g, `REV_${revision}`),
          ]),
      );
    const sizes = (revision: string) => found(bound(revision)).filter((one) => one.includes('F10'));
    // From 2019-10 to 2021-02 there were eleven rows, then twelve; from then on ten.
    expect(sizes('09000007')).toEqual(['warning F10 PV_ID_LIST_TOO_LONG xeniface.inf']);
    expect(sizes('09000009')).toEqual([]);
  });
});
