import { describe, expect, test } from 'vitest';
import { utf8 } from '../../core/bytes.ts';
import { accountOf } from '../../emulator/cloud/partner-center/state.ts';
import { inProcessHttp } from '../../emulator/http/in-process.ts';
import { encodePem } from '../../packaging/formats/x509/pem.ts';
import { signOpc } from '../../packaging/signing/opc-sign.ts';
import { winpvJson } from '../support/command-line.ts';
import {
  GE,
  HLK_NOW,
  hlkBytes,
  hlkSigner,
  instance,
  type SampleChanges,
  SERVER_GE,
  target,
} from '../support/hlk-sample.ts';
import { memoryFiles } from '../support/memory-files.ts';
import { ORIGIN, openTestCenter } from '../support/partner-center.ts';
import { certify, party } from '../support/test-ca.ts';
import { hierarchyWith, sharedHierarchy } from '../support/test-keys.ts';

/** The gate as `submit` asks it: evidence that does not cover the release is not sent. */
const NI = 'WINDOWS_v100_X64_NI_FULL';
const BUS = 'PCI\\VEN_5853&DEV_C8E0&SUBSYS_C8E05853&REV_01';
const DISK = 'XENBUS\\VEN_EVC8E0&DEV_VBD&REV_0900000B';
const place = '\\3&267A616A&0&18';
const targets = [target(BUS + place), target(DISK + place)];
const whole: SampleChanges = { instances: [instance({ codes: [GE], targets })] };
const pack = { architecture: 'x64', version: '9.1.0.1', windows: ['10_GE_X64'] };
const record = {
  ...{ date: '2026-11-20', standIns: false, signing: { kind: 'test' }, rehearsal: { guests: [] } },
  brands: [
    {
      id: 'acme',
      cabinets: [],
      packages: [
        { ...pack, driver: 'xenbus', hardwareIds: [BUS, 'PCI\\VEN_5853&DEV_0001'] },
        { ...pack, driver: 'xenvbd', hardwareIds: [DISK] },
      ],
    },
  ],
};

interface Attempt {
  readonly changes?: SampleChanges;
  readonly unsigned?: true;
  /** In place of the package that the changes make. */
  readonly bytes?: Uint8Array;
  readonly files?: Readonly<Record<string, Uint8Array>>;
  readonly more?: readonly string[];
  readonly signatures?: string;
  readonly real?: true;
}

const submit = async ({ changes = whole, unsigned, files = {}, more = [], signatures = GE, ...rest }: Attempt = {}) => {
  const plain = await hlkBytes(changes);
  const signed = async () => signOpc(plain, 'acme.hlkx', { signer: await hlkSigner(), signedAtMs: HLK_NOW });
  const center = await openTestCenter({ fast: true });
  const { tenant, clientId, clientSecret } = accountOf(center.service.state());
  const folder = memoryFiles({
    'out/release.json': utf8(JSON.stringify(record)),
    'acme.hlkx': rest.bytes ?? (unsigned ? plain : await signed()),
    ...files,
  });
  const where = rest.real ? [] : ['--endpoint', ORIGIN];
  const { exit, error, diagnostics } = await winpvJson(
    [
      ...['submit', 'out', '--brand', 'acme', '--arch', 'x64', '--package', 'acme.hlkx', '--signatures', signatures],
      ...[...where, '--dry-run', ...more],
    ],
    {
      ...{ files: folder, now: HLK_NOW, http: inProcessHttp(center.service) },
      env: { WINPV_TENANT: tenant, WINPV_CLIENT_ID: clientId, WINPV_CLIENT_SECRET: clientSecret },
    },
  );
  const errors = [
    ...(error === undefined ? [] : [error]),
    ...diagnostics.filter(({ severity }) => severity === 'error'),
  ];
  return { exit, code: error?.code, codes: errors.map(({ code }) => code), all: diagnostics.map(({ code }) => code) };
};
const refused = async (attempt: Attempt) => {
  const { exit, codes } = await submit(attempt);
  return { exit, codes: [...new Set(codes)] };
};

const json = (value: unknown): Uint8Array => utf8(JSON.stringify(value));
const errata = (...list: readonly object[]) => ({
  files: { 'errata.yaml': json({ errata: list }) },
  more: ['--errata', 'errata.yaml'],
});
const rollup = (failed: number, notRun = 0): SampleChanges => ({ ...whole, rollup: { passed: 40, failed, notRun } });
const result = (more: object = {}) => ({
  ...{ name: 'DF - Reboot', status: 'Passed', target: 'Acme', instanceid: '1', arefiltersapplied: false },
  ...{ completiontime: '2026-11-23T10:00:00', ...more },
});
const project = (name: string, key = BUS + place) => ({
  name,
  productinstances: [{ name: 'p', osplatform: 'Windows v10.0 Client x64 GE Full', targets: [{ name: 'Acme', key }] }],
});
const results = (...list: readonly object[]) => ({
  files: { 'results.json': json(list) },
  more: ['--results', 'results.json'],
});
const filter = (ends: string): Uint8Array =>
  utf8(`INSERT INTO Filter(FilterNumber, Version, Title, ExpirationDate) VALUES(7, 1, N'known', N'${ends}')\n`);
const pem = (der: Uint8Array): Uint8Array => utf8(encodePem('CERTIFICATE', der));

describe('winpv submit of a package of the lab kit', () => {
  test('is planned when the evidence covers the release', async () => {
    expect(await refused({})).toEqual({ exit: 0, codes: [] });
  });

  test.each<[string, Attempt, readonly string[]]>([
    ['a Windows without evidence', { signatures: `${GE},${NI}` }, ['HLK_SIGNATURE_MISSING']],
    [
      'evidence for a Windows that is not asked for',
      { changes: { instances: [instance({ codes: [GE, SERVER_GE], targets })] } },
      ['HLK_SIGNATURE_EXTRA'],
    ],
    [
      'a driver that was not tested',
      { changes: { instances: [instance({ codes: [GE], targets: targets.slice(0, 1) })] } },
      ['HLK_DRIVER_NOT_TESTED'],
    ],
    [
      'a driver that was tested on the other Windows only',
      {
        signatures: `${GE},${SERVER_GE}`,
        changes: {
          instances: [
            instance({ codes: [GE], targets }),
            instance({ codes: [SERVER_GE], targets: targets.slice(0, 1) }),
          ],
        },
      },
      ['HLK_DRIVER_NOT_TESTED'],
    ],
    [
      'a device of another brand',
      {
        changes: {
          instances: [instance({ codes: [GE], targets: [...targets, target(`XENBUS\\VEN_XPC200&DEV_VBD${place}`)] })],
        },
      },
      ['HLK_TARGET_FOREIGN'],
    ],
    [
      'the bus of another brand',
      {
        changes: {
          instances: [instance({ codes: [GE], targets: [...targets, target(`PCI\\VEN_5853&DEV_C000${place}`)] })],
        },
      },
      ['HLK_TARGET_FOREIGN'],
    ],
    ['a failed test without an erratum', { changes: rollup(1) }, ['HLK_TEST_FAILED']],
    ['a test that did not run', { changes: rollup(0, 1) }, ['HLK_TEST_NOT_RUN']],
    [
      'two failures and one erratum',
      { changes: rollup(2), ...errata({ id: '12345', test: 'Flush Test', reason: 'known' }) },
      ['HLK_TEST_FAILED'],
    ],
    [
      'an erratum that has ended',
      {
        changes: rollup(1),
        ...errata({ id: '12345', test: 'Flush Test', reason: 'known', expires: '2026-11-23' }),
      },
      ['HLK_TEST_FAILED'],
    ],
    [
      'an erratum for another Windows',
      { changes: rollup(1), ...errata({ id: '12345', test: 'Flush Test', reason: 'known', systems: [NI] }) },
      ['HLK_TEST_FAILED'],
    ],
    [
      'an erratum for a test that did not run, where it failed',
      { changes: rollup(1), ...errata({ id: '12345', test: 'Flush Test', reason: 'known', outcome: 'not-run' }) },
      ['HLK_TEST_FAILED'],
    ],
    ['results of another project', results(project('other'), result()), ['HLK_OTHER_RUN']],
    ['results of another device', results(project('acme', `PCI\\VEN_1${place}`), result()), ['HLK_OTHER_RUN']],
    [
      'results from before the drivers were made',
      results(project('acme'), result({ completiontime: '2026-10-01T10:00:00' })),
      ['HLK_OLDER_THAN_RELEASE'],
    ],
    [
      'evidence from before the drivers were made',
      { changes: { ...whole, info: { created: '2026-10-01T09:00:00Z' } } },
      ['HLK_OLDER_THAN_RELEASE'],
    ],
    [
      'a failure that only the results tell',
      results(project('acme'), result({ status: 'Failed' })),
      ['HLK_TEST_FAILED'],
    ],
    [
      'a pass by a filter that has ended',
      {
        files: {
          'results.json': json([project('acme'), result({ arefiltersapplied: true })]),
          'f.sql': filter('2026-06-14'),
        },
        more: ['--results', 'results.json', '--filters', 'f.sql'],
      },
      ['HLK_FILTER_EXPIRED'],
    ],
    ['the kit of another Windows', { changes: { ...whole, info: { kitVersion: '10.1.22621.1' } } }, ['HLK_KIT']],
    [
      'another product type',
      { changes: { instances: [instance({ codes: [GE], targets, productTypes: ['LAN'] })] } },
      ['HLK_PRODUCT_TYPE'],
    ],
    ['no signature', { unsigned: true }, ['OPC_UNSIGNED']],
  ])('is refused with exit 5 for %s', async (_what, attempt, codes) => {
    expect(await refused(attempt)).toEqual({ exit: 5, codes });
  });

  test.each<[string, Attempt]>([
    ['a failure with its erratum', { changes: rollup(1), ...errata({ id: '12345', test: 'Flush', reason: 'known' }) }],
    [
      'a test that did not run, with its erratum',
      {
        changes: rollup(0, 1),
        ...errata({ id: '12345', test: 'Sleep', reason: 'no S3', outcome: 'not-run', expires: '2026-11-24' }),
      },
    ],
    ['its results', results(project('acme'), result())],
    [
      'a pass by a filter that holds',
      {
        files: {
          'results.json': json([project('acme'), result({ arefiltersapplied: true })]),
          'f.sql': filter('2027-06-14'),
        },
        more: ['--results', 'results.json', '--filters', 'f.sql'],
      },
    ],
    [
      'an instance of a device with a newer revision',
      {
        changes: {
          instances: [
            instance({
              codes: [GE],
              targets: [
                target(`${BUS.replace('REV_01', 'REV_02')}${place}`),
                target(`${DISK.replace(/B$/, 'D')}${place}`),
              ],
            }),
          ],
        },
      },
    ],
  ])('is planned with %s', async (_what, attempt) => {
    expect(await refused(attempt)).toEqual({ exit: 0, codes: [] });
  });

  test('has to be signed by a certificate of the account, and of the authority that was named', async () => {
    const { signer, root } = await sharedHierarchy();
    const other = await hierarchyWith('RSA 3072');
    const files = {
      'own.pem': pem(signer.certificate),
      'other.pem': pem(other.signer.certificate),
      'root.pem': pem(root.certificate),
      'stranger.pem': pem(certify(party('Other'), { authority: true }).der),
    };
    const asked = (...more: readonly string[]) => refused({ files, more });
    expect(await asked('--cert', 'own.pem', '--ca', 'root.pem')).toEqual({ exit: 0, codes: [] });
    expect(await asked('--cert', 'other.pem')).toEqual({ exit: 5, codes: ['OPC_CERTIFICATE'] });
    expect(await asked('--ca', 'stranger.pem')).toEqual({ exit: 5, codes: ['OPC_CHAIN'] });
  });

  test('signed for test machines is not sent to the real service', async () => {
    const { exit, codes } = await submit({ real: true });
    expect(exit).toBe(5);
    expect(codes).toContain('OPC_CERTIFICATE');
  });

  test.each<[string, Uint8Array, RegExp]>([
    ['no archive', utf8('this is no archive'), /^(REFUSAL_PACKAGE_KIND|ZIP_NOT_A_ZIP)$/],
    ['nothing at all', new Uint8Array(), /^(REFUSAL_PACKAGE_KIND|ZIP_NOT_A_ZIP)$/],
    ['an archive that is cut short', Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0), /^ZIP_/],
  ])('that is %s is refused by name', async (_what, bytes, code) => {
    const found = await submit({ bytes });
    expect([4, 5]).toContain(found.exit);
    expect(found.code).toMatch(code);
  });
});
