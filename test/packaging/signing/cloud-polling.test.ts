import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../core/bytes.ts';
import { WinpvError } from '../../../core/errors.ts';
import type { HttpRequest, HttpResponse } from '../../../core/ports.ts';
import { openCloudSigner } from '../../../packaging/signing/cloud/open.ts';
import * as cloud from '../../support/cloud-servers.ts';
import { memoryFiles } from '../../support/memory-files.ts';
import { sharedHierarchy } from '../../support/test-keys.ts';

/** What Azure Trusted Signing answers between taking a digest and having signed it. */

const keysOf = async (): Promise<cloud.CloudKeys> => {
  const { root, signer } = await sharedHierarchy();
  return { privateKey: signer.privateKey, chain: [signer.certificate, root.certificate] };
};

const opened = async (server: (request: HttpRequest) => HttpResponse) => {
  const waits: number[] = [];
  const signer = await openCloudSigner(
    'azure-trusted-signing',
    { url: 'https://weu.codesigning.azure.net', keyName: 'acme/drivers', certificates: [] },
    {
      ...{ http: { send: async (request) => server(request) }, env: { AZURE_ACCESS_TOKEN: cloud.CLOUD_TOKEN } },
      ...{ clock: { now: () => cloud.CLOUD_NOW }, timer: { wait: async (ms: number) => void waits.push(ms) } },
      files: memoryFiles({}),
    },
  );
  return { waits, signed: () => signer.sign(utf8('x'), 'rsa-sha256') };
};

/** Takes every digest, and says of its operation what stands in the list, the last of it for ever. */
const saying = (...answers: readonly object[]) => {
  const left = [...answers];
  return opened((request) =>
    request.method === 'POST'
      ? cloud.json(202, { id: 'op', status: 'InProgress' })
      : cloud.json(200, { id: 'op', ...((left.length > 1 ? left.shift() : left[0]) ?? {}) }),
  );
};

const refusal = async (work: Promise<unknown>): Promise<WinpvError> => {
  const error: unknown = await work.catch((reason: unknown) => reason);
  if (!(error instanceof WinpvError)) throw new Error('expected a refusal');
  expect(`${error.message}${JSON.stringify(error)}`).not.toContain(cloud.CLOUD_TOKEN);
  return error;
};

describe('an operation of Trusted Signing', () => {
  test.each(['definition', 'example', 'earlier'] as const)('is read where the %s has the signature', async (where) => {
    const { signed, waits } = await opened(cloud.trustedSigning(await keysOf(), where));
    await expect(signed()).resolves.toBeInstanceOf(Uint8Array);
    expect(waits.length).toBeGreaterThan(0);
  });

  test.each([
    ['Failed', 'SIGN_CLOUD_REFUSED'],
    ['Canceled', 'SIGN_CLOUD_REFUSED'],
    ['NotFound', 'SIGN_CLOUD_REFUSED'],
    ['TimedOut', 'SIGN_CLOUD_FAILED'],
    ['SomethingNew', 'SIGN_CLOUD_REFUSED'],
  ])('that ends as %s is told', async (status, code) => {
    const { signed, waits } = await saying({ status: 'InProgress' }, { status: 'Running' }, { status });
    const error = await refusal(signed());
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(`did not sign: ${status}`)]);
    expect(waits).toEqual([1000, 1000, 1000]);
  });

  test('that failed tells why, in one line and without the token', async () => {
    const message = `Profile is disabled.\nToken ${cloud.CLOUD_TOKEN}`;
    const { signed } = await saying({ status: 'Failed', error: { code: 'ProfileDisabled', message } });
    const error = await refusal(signed());
    expect(error.message).toMatch(/Failed \(ProfileDisabled: Profile is disabled\. Token .*\)\.$/);
    expect(error.message).not.toContain('\n');
  });

  test('that never ends is given up after two minutes', async () => {
    const { signed, waits } = await saying({ status: 'InProgress' });
    expect((await refusal(signed())).code).toBe('SIGN_CLOUD_UNREACHABLE');
    expect(waits.reduce((sum, ms) => sum + ms, 0)).toBe(120_000);
  });

  test.each([
    ['without a signature', { status: 'Succeeded' }],
    ['without certificates', { status: 'Succeeded', result: { operationId: 'op', signature: 'AAAA' } }],
    [
      'with certificates that are none',
      { status: 'Succeeded', result: { signature: 'AAAA', signingCertificate: 'AAAA' } },
    ],
    ['without a status', {}],
  ])('that is done %s is refused', async (_what, answer) => {
    const { signed } = await saying(answer);
    expect((await refusal(signed())).code).toBe('SIGN_CLOUD_ANSWER');
  });

  test('that has no name cannot be asked about', async () => {
    const { signed } = await opened(() => cloud.json(202, { status: 'InProgress' }));
    expect((await refusal(signed())).code).toBe('SIGN_CLOUD_ANSWER');
  });

  test('is asked about again when the service is busy meanwhile', async () => {
    const good = cloud.trustedSigning(await keysOf());
    let busy = 2;
    const { signed, waits } = await opened((request) => {
      if (request.method === 'POST') return good(request);
      busy -= 1;
      return busy >= 0 ? cloud.json(429, {}, { 'retry-after': '9' }) : good(request);
    });
    await signed();
    expect(waits.slice(0, 3)).toEqual([1000, 9000, 9000]);
  });

  test('without an answer to what was asked meanwhile signs nothing', async () => {
    const { signed } = await opened((request) => {
      if (request.method === 'POST') return cloud.json(202, { id: 'op', status: 'InProgress' });
      throw new WinpvError('REMOTE_TIMEOUT', 'Nothing came.');
    });
    expect((await refusal(signed())).code).toBe('SIGN_CLOUD_UNREACHABLE');
  });
});
