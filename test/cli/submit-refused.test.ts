import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { accountOf } from '../../emulator/cloud/partner-center/state.ts';
import { inProcessHttp } from '../../emulator/http/in-process.ts';
import { signOpc } from '../../packaging/signing/opc-sign.ts';
import { encodeHlkPackage } from '../../publishing/hlk/encode-package.ts';
import type { SentFile } from '../../publishing/refusals/contract.ts';
import { winpvJson } from '../support/command-line.ts';
import { GE, hlkInfo, hlkSigner, instance, target } from '../support/hlk-sample.ts';
import { memoryFiles } from '../support/memory-files.ts';
import { control, ORIGIN, openTestCenter } from '../support/partner-center.ts';
import {
  packCabinet,
  RELEASED_NOW,
  type Released,
  releaseBrands,
  releasedOf,
  signCabinet,
  withInf,
} from '../support/released.ts';

/** Whole releases of all drivers, submitted to the emulated service. */
let all: ReadonlyMap<string, Released>;
beforeAll(async () => {
  all = await releaseBrands(['example-vendor', 'xenproject']);
}, 120_000);

const submit = async (name: string, more: readonly string[], cabinet?: Uint8Array, fault?: string) => {
  const { cabinet: own, file, product } = releasedOf(all, name);
  const [brand = '', architecture = ''] = name.split(' ');
  const bytes = cabinet ?? own;
  const record = {
    ...{ standIns: true, signing: { kind: 'test' }, rehearsal: { guests: [] } },
    brands: [
      {
        id: brand,
        packages: [{ driver: 'xenbus', architecture, version: '9.1.0.1', windows: ['10_RS5_X64'], hardwareIds: [] }],
        cabinets: [{ path: file, sha256: createHash('sha256').update(bytes).digest('hex') }],
      },
    ],
  };
  const files = memoryFiles({ 'out/release.json': Buffer.from(JSON.stringify(record)), [`out/${file}`]: bytes });
  const center = await openTestCenter({ fast: true });
  if (fault !== undefined) await control(center, 'faults', { name: fault });
  const { tenant, clientId, clientSecret } = accountOf(center.service.state());
  const clients = product.requestedSignatures.filter((code) => !code.includes('SERVER')).join(',');
  const run = await winpvJson(
    ['submit', 'out', '--brand', brand, '--arch', architecture, '--endpoint', ORIGIN, '--signatures', clients, ...more],
    {
      ...{ files, now: RELEASED_NOW, http: inProcessHttp(center.service) },
      env: { WINPV_TENANT: tenant, WINPV_CLIENT_ID: clientId, WINPV_CLIENT_SECRET: clientSecret },
    },
  );
  return { ...run, files, products: center.service.state().products.size };
};

const spoilt = async (edit: (text: string) => string): Promise<Uint8Array> => {
  const { files } = releasedOf(all, 'example-vendor x64');
  const changed: readonly SentFile[] = withInf(files, 'xenbus/xenbus.inf', edit);
  return signCabinet(packCabinet(changed));
};

describe('winpv submit of a whole release', () => {
  test('takes all drivers there and back', async () => {
    const { exit, result, files } = await submit('example-vendor x64', []);
    expect(exit).toBe(0);
    expect(result).toMatchObject({ outcome: 'signed', verdict: 'as-sent' });
    const came = [...files.written.keys()].filter((path) => path.startsWith('out/example-vendor-x64-signed/'));
    expect(came.filter((path) => path.endsWith('.inf'))).toHaveLength(8);
  });

  test('refuses XenProject for Windows Update, with exit 5, the reason and nothing sent', async () => {
    const { exit, error, products } = await submit('xenproject x64', []);
    expect({ exit, code: error?.code, products }).toEqual({ exit: 5, code: 'REFUSAL_NO_OWN_DEVICE', products: 0 });
    expect(error?.message).toContain('no PV device id of their own');
    const dry = await submit('xenproject x64', ['--dry-run']);
    expect({ exit: dry.exit, code: dry.error?.code }).toEqual({ exit: 5, code: 'REFUSAL_NO_OWN_DEVICE' });
  });

  test('takes XenProject when its signature is all that is wanted', async () => {
    const { exit, diagnostics } = await submit('xenproject x64', ['--destination', 'signature']);
    expect(exit).toBe(0);
    expect(diagnostics.map(({ code }) => code)).toContain('REFUSAL_NO_OWN_DEVICE');
  });

  test('sends nothing attested to everybody, and nothing that the portal would not take', async () => {
    const retail = await submit('example-vendor x64', ['--destination', 'windows-update']);
    expect({ exit: retail.exit, code: retail.error?.code }).toEqual({ exit: 5, code: 'REFUSAL_NOT_RETAIL' });
    const future = await submit(
      'example-vendor x64',
      [],
      await spoilt((text) => text.replace(/^(DriverVer\s*=\s*)[^,]+/im, '$101/01/2027')),
    );
    expect({ exit: future.exit, code: future.error?.code, products: future.products }).toEqual({
      ...{ exit: 5, code: 'REFUSAL_DRIVERVER_FUTURE', products: 0 },
    });
    const inf = await submit('example-vendor x64', [], await spoilt((text) => text.replace(/^PnpLockdown.*$/im, '')));
    expect({ exit: inf.exit, code: inf.error?.code, products: inf.products }).toEqual({
      ...{ exit: 4, code: 'INF_1324', products: 0 },
    });
  });

  test('takes nothing back that is not what was sent', async () => {
    const { exit, error, files } = await submit('example-vendor x64', [], undefined, 'tamper-inf');
    expect({ exit, code: error?.code }).toEqual({ exit: 5, code: 'RETURNED_CHANGED' });
    expect([...files.written.keys()].filter((path) => path.includes('-signed/'))).toEqual([]);
  });
});

describe('winpv submit of a package of the lab kit', () => {
  test('holds the drivers of the release against what came back', async () => {
    const nowMs = Date.UTC(2026, 10, 24, 12);
    const { cabinet, file } = releasedOf(
      await releaseBrands(['example-vendor'], 'drivers: [xenbus, xenvbd]\narchitectures: [x64]\n'),
      'example-vendor x64',
    );
    const bus = 'PCI\\VEN_5853&DEV_C8E0&SUBSYS_C8E05853&REV_01';
    const disk = 'XENBUS\\VEN_EVC8E0&DEV_VBD&REV_0900000B';
    const targets = [target(`${bus}\\3&267A616A&0&18`), target(`${disk}\\_`)];
    const hlkx = await signOpc(
      await encodeHlkPackage(
        {
          info: hlkInfo({ instances: [instance({ codes: [GE], targets })] }),
          core: new Uint8Array(4096),
          stream: cabinet,
        },
        nowMs,
      ),
      'acme.hlkx',
      { signer: await hlkSigner(), signedAtMs: nowMs },
    );
    const pack = { architecture: 'x64', version: '9.1.0.1', windows: ['10_GE_X64'] };
    const record = {
      ...{ date: '2026-05-04', standIns: true, signing: { kind: 'test' }, rehearsal: { guests: [] } },
      brands: [
        {
          id: 'example-vendor',
          cabinets: [{ path: file, sha256: createHash('sha256').update(cabinet).digest('hex') }],
          packages: [
            { ...pack, driver: 'xenbus', hardwareIds: [bus] },
            { ...pack, driver: 'xenvbd', hardwareIds: [disk] },
          ],
        },
      ],
    };
    const run = async (fault?: string) => {
      const center = await openTestCenter({ fast: true });
      if (fault !== undefined) await control(center, 'faults', { name: fault });
      const { tenant, clientId, clientSecret } = accountOf(center.service.state());
      const files = memoryFiles({
        ...{ 'out/release.json': Buffer.from(JSON.stringify(record)), [`out/${file}`]: cabinet, 'acme.hlkx': hlkx },
      });
      return winpvJson(
        [
          ...['submit', 'out', '--brand', 'example-vendor', '--arch', 'x64', '--endpoint', ORIGIN],
          ...['--package', 'acme.hlkx', '--signatures', GE],
        ],
        {
          ...{ files, now: nowMs, http: inProcessHttp(center.service) },
          env: { WINPV_TENANT: tenant, WINPV_CLIENT_ID: clientId, WINPV_CLIENT_SECRET: clientSecret },
        },
      );
    };
    const { exit, result, diagnostics } = await run();
    expect({ exit, verdict: result.verdict }).toEqual({ exit: 0, verdict: 'as-sent' });
    expect(diagnostics.map(({ code }) => code)).toContain('REFUSAL_UNCLASSIFIED');
    const attested = await run('wrong-eku');
    expect({ exit: attested.exit, code: attested.error?.code }).toEqual({ exit: 5, code: 'RETURNED_PURPOSE' });
  });
});
