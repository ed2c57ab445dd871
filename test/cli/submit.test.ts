import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { accountOf } from '../../emulator/cloud/partner-center/state.ts';
import { inProcessHttp } from '../../emulator/http/in-process.ts';
import { winpv, winpvJson } from '../support/command-line.ts';
import { type MemoryFiles, memoryFiles } from '../support/memory-files.ts';
import { control, ORIGIN, openTestCenter, START_MS, sampleUpload, type TestCenter } from '../support/partner-center.ts';

let cab: Uint8Array;
beforeAll(async () => {
  ({ cab } = await sampleUpload());
});

const CAB = 'acme-x64-submission.cab';
const release = (change: object = {}) => ({
  standIns: true,
  signing: { kind: 'test' },
  rehearsal: { guests: [] },
  brands: [
    {
      id: 'acme',
      packages: [
        { driver: 'demo', architecture: 'x64', version: '1.0.0.1', windows: ['10_19H1_X64'], hardwareIds: [] },
      ],
      cabinets: [{ path: CAB, sha256: createHash('sha256').update(cab).digest('hex') }],
    },
  ],
  ...change,
});
const filesOf = (record: object, content = cab): MemoryFiles =>
  memoryFiles({ 'out/release.json': new TextEncoder().encode(JSON.stringify(record)), [`out/${CAB}`]: content });

const run = (files: MemoryFiles, center: TestCenter | undefined, ...more: readonly string[]) => {
  const account = center === undefined ? undefined : accountOf(center.service.state());
  return winpvJson(['submit', 'out', '--brand', 'acme', '--arch', 'x64', ...more], {
    files,
    now: START_MS,
    ...(center === undefined || account === undefined
      ? {}
      : {
          http: inProcessHttp(center.service),
          env: {
            WINPV_TENANT: account.tenant,
            WINPV_CLIENT_ID: account.clientId,
            WINPV_CLIENT_SECRET: account.clientSecret,
          },
        }),
  });
};
const emulated = ['--endpoint', ORIGIN] as const;

describe('winpv submit', () => {
  test('brings the signed package back, tells of it in JSON, and `status` tells the same', async () => {
    const center = await openTestCenter({ fast: true });
    const files = filesOf(release());
    const { exit, result } = await run(files, center, ...emulated);
    expect(exit).toBe(0);
    expect(result).toMatchObject({ brand: 'acme', outcome: 'signed', verdict: 'as-sent', signed: 'acme-x64-signed' });
    expect(result.product).toMatch(/^\d{19}$/);
    const status = await winpvJson(['status', 'out', '--offline'], { files });
    expect(status.result.submissions).toEqual([result]);
    // the root is kept for whoever verifies it when no emulator runs any more
    const root = 'out/.winpv/submission-acme-x64-root.pem';
    const text = async (...more: readonly string[]) => (await winpv(['verify', 'out', ...more], { files })).stdout;
    expect(await text()).toContain(`--ca ${root} trusts it`);
    expect(await text('--ca', root)).not.toContain('trusts it');
    const verified = await winpvJson(['verify', 'out/acme-x64-signed', '--ca', root], { files, now: START_MS });
    expect(verified.error).toBeUndefined();
  });

  test.each([
    ['tamper-image', 'RETURNED_CHANGED'],
    ['tamper-inf', 'RETURNED_CHANGED'],
    ['drop-file', 'RETURNED_LOST'],
    ['add-file', 'RETURNED_ADDED'],
    ['wrong-signer', 'RETURNED_SIGNER'],
    ['wrong-eku', 'RETURNED_PURPOSE'],
    ['stale-catalog', 'RETURNED_CATALOG_FOREIGN'],
  ])('%s is exit 5, and nothing is handed on', async (name, code) => {
    const center = await openTestCenter({ fast: true });
    await control(center, 'faults', { name });
    const files = filesOf(release());
    const { exit, error } = await run(files, center, ...emulated);
    expect({ exit, code: error?.code }).toEqual({ exit: 5, code });
    expect([...files.written.keys()].some((path) => path.startsWith('out/acme-x64-signed'))).toBe(false);
  });

  test('refuses stand-ins and test signatures for the real service, and shows the plan beside that', async () => {
    const { exit, error, result, diagnostics } = await run(filesOf(release()), undefined, '--dry-run');
    expect({ exit, code: error?.code }).toEqual({ exit: 5, code: 'PUBLISH_RELEASE_UNFIT' });
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toHaveLength(2);
    expect(result.plan.product.create.requestedSignatures).toContain('WINDOWS_v100_X64_19H1_FULL');
  });

  test('refuses a release that was not rehearsed, for the emulator too', async () => {
    const { exit, error } = await run(
      filesOf(release({ rehearsal: 'switched off' })),
      undefined,
      '--dry-run',
      ...emulated,
    );
    expect({ exit, code: error?.code }).toEqual({ exit: 5, code: 'PUBLISH_RELEASE_UNFIT' });
  });

  test('refuses a cabinet that is not the one of the release', async () => {
    const { exit, error } = await run(filesOf(release(), new Uint8Array([...cab, 0])), undefined, ...emulated);
    expect({ exit, code: error?.code }).toEqual({ exit: 5, code: 'PUBLISH_PACKAGE_DIFFERS' });
  });

  test('says what to set when nothing says who signs in, and sends nothing', async () => {
    const files = filesOf(release());
    const { exit, error } = await run(files, undefined, ...emulated);
    expect({ exit, code: error?.code }).toEqual({ exit: 2, code: 'PUBLISH_CREDENTIALS_MISSING' });
    expect(files.written.size).toBe(0);
  });

  test.each([
    ['a brand', ['--brand', 'other'], 3],
    ['an endpoint in the clear', ['--endpoint', 'http://example.com'], 2],
    ['a limit', ['--wait-limit', 'long'], 2],
  ] as const)('refuses %s that is none', async (_what, more, exit) => {
    expect((await run(filesOf(release()), undefined, ...more)).exit).toBe(exit);
  });
});
