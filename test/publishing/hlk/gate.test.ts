import { describe, expect, test } from 'vitest';
import { parseErrata } from '../../../publishing/hlk/errata.ts';
import type { EvidenceRequest } from '../../../publishing/hlk/evidence.ts';
import { checkEvidence } from '../../../publishing/hlk/gate.ts';
import { readHlkPackage } from '../../../publishing/hlk/package.ts';
import {
  acmeFacts,
  BUS,
  DISK,
  evidence,
  GE,
  HLK_NOW,
  hlkBytes,
  hlkPackage,
  instance,
  type SampleChanges,
  SERVER_GE,
  target,
} from '../../support/hlk-sample.ts';

const found = async (changes: SampleChanges = {}, request: Partial<EvidenceRequest> = {}) =>
  checkEvidence(evidence([await hlkPackage(changes)], request));
const errors = async (
  changes: SampleChanges = {},
  request: Partial<EvidenceRequest> = {},
): Promise<readonly string[]> =>
  (await found(changes, request)).filter(({ severity }) => severity === 'error').map(({ code }) => code);
const warnings = async (
  changes: SampleChanges = {},
  request: Partial<EvidenceRequest> = {},
): Promise<readonly string[]> =>
  (await found(changes, request)).filter(({ severity }) => severity === 'warning').map(({ code }) => code);
const errata = (...list: readonly object[]) => [parseErrata(JSON.stringify({ errata: list }), 'errata.yaml')];

describe('the gate', () => {
  test('passes evidence that covers every Windows and driver, and says what it cannot know', async () => {
    expect(await errors()).toEqual([]);
    expect((await found()).map(({ code }) => code)).toContain('HLK_DRIVER_DEFERRED');
  });
  test('passes the same evidence in two packages, one a Windows', async () => {
    const packages = [
      await hlkPackage({ instances: [instance({ codes: [GE] })] }),
      await hlkPackage({ instances: [instance({ codes: [SERVER_GE] })] }),
    ];
    expect(checkEvidence(evidence(packages)).filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  test.each<[string, SampleChanges, readonly string[]]>([
    ['a test failed', { rollup: { passed: 39, failed: 1, notRun: 0 } }, ['HLK_TEST_FAILED']],
    ['a test did not run', { rollup: { passed: 39, failed: 0, notRun: 1 } }, ['HLK_TEST_NOT_RUN']],
    ['nothing ran', { rollup: { passed: 0, failed: 0, notRun: 0 } }, ['HLK_NO_EVIDENCE']],
    ['there is no sum of the tests', { rollup: undefined }, ['HLK_NO_EVIDENCE']],
    ['a system failed as a whole', { instances: [instance({ status: 'Fail' })] }, ['HLK_STATUS']],
    ['a Windows is missing', { instances: [instance({ codes: [GE] })] }, ['HLK_SIGNATURE_MISSING']],
    ['the kit is of another Windows', { info: { kitVersion: '10.1.22621.382' } }, ['HLK_KIT', 'HLK_KIT']],
    [
      'a device is of another vendor',
      {
        instances: [
          instance({ targets: [target(BUS), target(DISK), target('XENBUS\\VEN_XPC200&DEV_VBD&REV_0900000D\\_')] }),
        ],
      },
      ['HLK_TARGET_FOREIGN'],
    ],
    ['a driver was not tested', { instances: [instance({ targets: [target(BUS)] })] }, ['HLK_DRIVER_NOT_TESTED']],
    [
      'no device was tested',
      { instances: [instance({ targets: [] })] },
      ['HLK_NO_EVIDENCE', 'HLK_DRIVER_NOT_TESTED', 'HLK_DRIVER_NOT_TESTED'],
    ],
    [
      'there are results only',
      { instances: [instance({ targets: [target(BUS, { drivers: [] }), target(DISK)] })] },
      ['HLK_DRIVER_MISSING'],
    ],
    [
      'a device has two drivers',
      {
        instances: [
          instance({
            targets: [target(BUS), target(DISK, { drivers: [...target(DISK).drivers, ...target(DISK).drivers] })],
          }),
        ],
      },
      ['HLK_DRIVER_TWICE'],
    ],
    ['the tests are older than the drivers', { info: { created: '2026-11-01T00:00:00Z' } }, ['HLK_OLDER_THAN_RELEASE']],
    ['the package is of next week', { info: { created: '2026-12-01T00:00:00Z' } }, ['HLK_CLOCK']],
    [
      'the architecture is not that of the code',
      { instances: [instance({ architecture: 'ARM64' })] },
      ['HLK_ARCHITECTURE', 'HLK_ARCHITECTURE'],
    ],
    ['it is of a kit for Windows 8', { info: { kitVersion: '8.100.9900.0' } }, ['HLK_KIT', 'HLK_KIT']],
  ])('refuses evidence when %s', async (_what, changes, codes) => {
    expect(await errors(changes)).toEqual(codes);
  });

  test('of an hour that a clock is wrong is a warning', async () => {
    expect(await errors({ info: { created: '2026-11-24T13:00:00Z' } })).toEqual([]);
    expect(await warnings({ info: { created: '2026-11-24T13:00:00Z' } })).toEqual(['HLK_CLOCK']);
  });
  test('tells a driver by its device, whatever revision the bus lists first', async () => {
    const other = [target(BUS), target('XENBUS\\VEN_AC0001&DEV_VBD&REV_09000099\\5')];
    expect(await errors({ instances: [instance({ targets: other })] })).toEqual([]);
  });
  test('wants exactly the codes that will be asked for', async () => {
    expect(await errors({}, { signatures: [GE] })).toEqual(['HLK_SIGNATURE_EXTRA']);
    expect(await errors({}, { signatures: [GE, SERVER_GE.toLowerCase()] })).toEqual([]);
    expect(await errors({}, { signatures: [GE, SERVER_GE, 'WINDOWS_v100_X64_NI_FULL'] })).toEqual([
      'HLK_SIGNATURE_MISSING',
    ]);
  });
  test('takes any release for a name that stands for all since', async () => {
    const packages = acmeFacts.packages.map((one) => ({ ...one, windows: ['10_X64'] }));
    expect(await errors({ instances: [instance({ codes: [GE] })] }, { release: { ...acmeFacts, packages } })).toEqual(
      [],
    );
  });
  test('warns of a code that is not known, and of a kit that is not', async () => {
    const changes = { instances: [instance({ codes: [GE, SERVER_GE, 'WINDOWS_v100_X64_ZZ_FULL'] })] };
    expect(await warnings(changes)).toEqual(expect.arrayContaining(['HLK_SIGNATURE_UNKNOWN', 'HLK_KIT_UNKNOWN']));
  });
  test('holds the product types of the plan against those that were tested', async () => {
    const types = { productTypes: { windows_v100_ge: 'LAN' } };
    expect(await errors({}, types)).toEqual(['HLK_PRODUCT_TYPE']);
    expect(await errors({}, { productTypes: { windows_v100_ge: 'unclassified' } })).toEqual([]);
    expect(await warnings({}, { productTypes: { windows_v100_ge: 'unclassified' } })).toEqual([]);
    const tested = { instances: [instance({ productTypes: ['Hovercraft'] })] };
    expect(await warnings(tested, { productTypes: { windows_v100_ge: 'Hovercraft' } })).toEqual(['HLK_PRODUCT_TYPE']);
  });
  test('refuses a package that is unsigned, unless it is to be signed yet, or signed by someone else', async () => {
    const unsigned = [readHlkPackage(await hlkBytes(), 'a.hlkx', HLK_NOW)];
    const codes = (request: Partial<EvidenceRequest>) =>
      checkEvidence(evidence(unsigned, request))
        .filter(({ severity }) => severity === 'error')
        .map(({ code }) => code);
    expect(codes({})).toEqual(['OPC_UNSIGNED']);
    expect(codes({ unsigned: 'allowed' })).toEqual([]);
    expect(await errors({}, { thumbprints: ['00'.repeat(20)] })).toEqual(['OPC_CERTIFICATE']);
  });

  describe('with errata', () => {
    const failing = { rollup: { passed: 38, failed: 1, notRun: 1 }, instances: [instance({ status: 'Fail' })] };
    const flush = { id: '12345', test: 'Flush Test', reason: 'known on this kit' };
    const sleep = {
      id: 'Errata 678',
      test: 'DF - Sleep with IO During',
      outcome: 'not-run',
      reason: 'no S3 in the platform',
    };
    test('passes when each failure and gap is named', async () => {
      expect(await errors(failing, { errata: errata(flush, sleep) })).toEqual([]);
    });
    test('refuses when one is not named, is named twice, has ended or is for another Windows', async () => {
      expect(await errors(failing, { errata: errata(flush) })).toEqual(['HLK_TEST_NOT_RUN', 'HLK_STATUS']);
      expect(await errors(failing, { errata: errata(flush, flush) })).toContain('HLK_TEST_NOT_RUN');
      expect(await errors(failing, { errata: errata({ ...flush, expires: '2026-11-23' }, sleep) })).toContain(
        'HLK_TEST_FAILED',
      );
      expect(
        await errors(failing, { errata: errata(flush, { ...sleep, systems: ['WINDOWS_v100_X64_NI_FULL'] }) }),
      ).toContain('HLK_TEST_NOT_RUN');
    });
    test('without an id of Microsoft are refused', () => {
      expect(() => errata({ ...flush, id: 'flaky, ignore' })).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID' }),
      );
      expect(() => errata({ test: 'x', reason: 'y' })).toThrow(expect.objectContaining({ code: 'CONFIG_MISSING' }));
    });
  });
});

describe('an update of a driver', () => {
  const driver = (id: string, replaces?: string) => ({
    ...{ id, replaces, systems: [{ architecture: 'X64', code: GE }], locales: ['English'] },
  });
  const update = (...drivers: readonly ReturnType<typeof driver>[]): SampleChanges => ({
    instances: [instance({ targets: drivers.map((one, i) => target(i === 0 ? BUS : DISK, { drivers: [one] })) })],
  });
  const codes = async (changes: SampleChanges, submissionType?: 'initial' | 'derived') =>
    (await warnings(changes, { submissionType })).filter((code) => code === 'HLK_UPDATE');

  test('is one driver in place of another, for a derived submission', async () => {
    const one = update(driver('2', '1'), driver('2', '1'));
    expect(await codes(one, 'derived')).toEqual([]);
    expect(await codes(one, 'initial')).toEqual(['HLK_UPDATE']);
    expect(await codes(one)).toEqual([]);
  });
  test('is told where there is none, or more than one', async () => {
    expect(await codes(update(driver('1'), driver('2')), 'derived')).toEqual(['HLK_UPDATE']);
    expect(await codes(update(driver('3', '1'), driver('4', '2')), 'derived')).toEqual(['HLK_UPDATE']);
  });
  test('is none when the field is empty or zero', async () => {
    const zero = '00000000-0000-0000-0000-000000000000';
    expect(await codes(update(driver('1', ''), driver('1', zero)), 'initial')).toEqual([]);
  });
});

describe('an erratum that is not needed', () => {
  const erratum = { id: '12345', test: 'Flush Test', reason: 'known' };
  test('is told when it has run out', async () => {
    const list = errata({ ...erratum, expires: '2026-11-23' });
    expect(await warnings({}, { errata: list })).toEqual(['HLK_ERRATUM_UNUSED']);
    expect(await warnings({}, { errata: errata(erratum) })).toEqual([]);
  });
});
