import { beforeAll, describe, expect, test } from 'vitest';
import { FAULTS } from '../../../../emulator/cloud/partner-center/faults.ts';
import { peDigest } from '../../../../packaging/formats/pe/digest.ts';
import { parsePe } from '../../../../packaging/formats/pe/parse.ts';
import { parseZip } from '../../../../packaging/formats/zip/parse.ts';
import { PUBLISHER_NAME } from '../../../../packaging/signing/publisher-stand-in.ts';
import { verifyFile } from '../../../../packaging/signing/verify.ts';
import { submission } from '../../../../publishing/partner-center/contract.ts';
import { driverMetadata } from '../../../../publishing/partner-center/other-contract.ts';
import {
  API,
  advance,
  attested,
  type Caller,
  caller,
  control,
  ORIGIN,
  openTestCenter,
  type Sample,
  sampleUpload,
  send,
  submit,
  type TestCenter,
  tested,
  textOf,
  wireOf,
} from '../../../support/partner-center.ts';

let sample: Sample;
beforeAll(async () => {
  sample = await sampleUpload();
});

const opened = async (options: { readonly fast?: boolean } = {}): Promise<{ center: TestCenter; call: Caller }> => {
  const center = await openTestCenter(options);
  return { center, call: await caller(center) };
};

interface Finished {
  readonly status: { readonly currentStep: unknown; readonly state: string; readonly errorReport?: string } | null;
  readonly commitStatus: string;
  readonly downloads: Readonly<Record<string, string>>;
  readonly seen: readonly string[];
}

/** Commits the sample and lets half an hour go by in minutes. */
const finished = async (center: TestCenter, call: Caller, upload = sample.cab, asked = attested): Promise<Finished> => {
  const path = await submit(center, call, upload, asked);
  expect((await call('POST', `${path}/commit`)).status).toBe(202);
  const seen: string[] = [];
  for (let minute = 0; minute < 60; minute++) {
    advance(center, 30_000);
    const now = wireOf(await call('GET', path));
    seen.push(now.workflowStatus === null ? 'null' : `${now.workflowStatus.currentStep} ${now.workflowStatus.state}`);
  }
  const last = wireOf(await call('GET', path));
  const downloads = last.downloads.items.map(({ type, url }: { type: string; url: string }) => [type, url]);
  return {
    status: last.workflowStatus,
    commitStatus: last.commitStatus,
    downloads: Object.fromEntries(downloads),
    seen: [...new Set(seen)],
  };
};

const zipOf = async (center: TestCenter, url: string) =>
  parseZip((await send(center.http, 'GET', url)).body, 'signed.zip').map((entry) => ({
    name: entry.name.replace(/^drivers\/[0-9a-f-]{36}\//, ''),
    bytes: entry.bytes(),
  }));

describe('a submission to the emulated Partner Center', () => {
  test('goes through its steps in order, and success is the last one completed', async () => {
    const { center, call } = await opened();
    const { status, seen, downloads, commitStatus } = await finished(center, call);
    expect(status).toMatchObject({ currentStep: 'finalizeIngestion', state: 'completed' });
    expect(commitStatus).toBe('commitComplete');
    const steps = [...new Set(seen.map((one) => one.split(' ')[0]))];
    expect(steps).toEqual([
      'packageInfoValidation',
      'preparation',
      'scanning',
      'validation',
      'catalogCreation',
      'signing',
      'finalizeIngestion',
    ]);
    expect(Object.keys(downloads).sort()).toEqual([
      'certificationReport',
      'driverMetadata',
      'initialPackage',
      'signedPackage',
    ]);
  });

  test('its signed package has every file that was sent but symbols, INFs as sent, images signed by the publisher', async () => {
    const { center, call } = await opened();
    const { downloads } = await finished(center, call);
    const files = await zipOf(center, downloads.signedPackage ?? '');
    expect(files.map(({ name }) => name).sort()).toEqual(['demo.cat', 'demo.inf', 'demo.sys']);
    const find = (name: string) => files.find((file) => file.name === name)?.bytes ?? new Uint8Array();
    expect(Buffer.from(find('demo.inf')).equals(Buffer.from(sample.inf))).toBe(true);
    const digest = (bytes: Uint8Array) => Buffer.from(peDigest(parsePe(bytes, 'x'), 'sha256')).toString('hex');
    expect(digest(find('demo.sys'))).toBe(digest(sample.image));
    const root = await send(center.http, 'GET', `${ORIGIN}/emulator/trust/root.cer`);
    const catalogs = [{ path: 'demo.cat', bytes: find('demo.cat') }];
    for (const name of ['demo.sys', 'demo.inf', 'demo.cat']) {
      const verdict = verifyFile({
        path: name,
        bytes: find(name),
        catalogs,
        trust: [root.body],
        atMs: center.time.nowMs,
      });
      expect(
        verdict.diagnostics.filter(({ severity }) => severity === 'error'),
        name,
      ).toEqual([]);
      expect(verdict.verdict, name).toBe('valid');
      if (name !== 'demo.inf') expect(verdict.signatures[0]?.subject).toContain(PUBLISHER_NAME);
      if (name !== 'demo.inf') expect(verdict.signatures).toHaveLength(1);
    }
    const [signature] = verifyFile({
      path: 'demo.sys',
      bytes: find('demo.sys'),
      catalogs,
      trust: [root.body],
      atMs: center.time.nowMs,
    }).signatures;
    expect(signature?.ekus).toEqual(['1.3.6.1.4.1.311.10.3.5', '1.3.6.1.4.1.311.10.3.5.1', '1.3.6.1.5.5.7.3.3']);
  });

  test('its metadata is of the documented form and holds the ids in lower case, for each system that the INF is for', async () => {
    const { center, call } = await opened();
    const { downloads } = await finished(center, call);
    const metadata = driverMetadata.parse(wireOf(await send(center.http, 'GET', downloads.driverMetadata ?? '')));
    const [bundle] = Object.values(metadata.BundleInfoMap);
    expect(bundle?.InfInfoMap['demo.inf']?.OSPnPInfoMap).toEqual({
      WINDOWS_v100_X64_RS5_FULL: {
        'pci\\ven_5853&dev_c8de': { Manufacturer: 'Demo', DeviceDescription: 'Demo device', FeatureScore: 255 },
      },
      WINDOWS_v100_X64_GE_FULL: {
        'pci\\ven_5853&dev_c8de': { Manufacturer: 'Demo', DeviceDescription: 'Demo device', FeatureScore: 255 },
      },
    });
  });

  test('every answer is of the documented form, with every oddity switched on', async () => {
    const { center, call } = await opened();
    const path = await submit(center, call, sample.cab);
    for (const name of ['numeric-step', 'odd-case', 'odd-links', 'zoneless-dates'])
      await control(center, 'faults', { name });
    await call('POST', `${path}/commit`);
    advance(center, 60_000);
    const answer = await call('GET', path);
    expect(submission.parse(wireOf(answer)).commitStatus).toBe('commitComplete');
    expect(wireOf(answer)).toMatchObject({
      commitStatus: 'CommitComplete',
      workflowStatus: { currentStep: expect.any(Number) },
    });
    expect(textOf(answer)).toContain('hardwareapi.microsoft.com');
    expect(wireOf(answer).createdDateTime).not.toMatch(/Z$/);
  });

  test('ids do not survive a reader that rounds', async () => {
    const { call } = await opened();
    const rounded = new Set<number>();
    for (let n = 0; n < 20; n++) {
      const text = textOf(await call('POST', '/products', attested));
      const exact = /"id":(\d+)/.exec(text)?.[1] ?? '';
      const inexact = (JSON.parse(text) as { id: number }).id;
      expect(BigInt(inexact)).not.toBe(BigInt(exact));
      expect(text).toContain(`/products/${exact}"`);
      rounded.add(inexact);
      expect((await call('GET', `/products/${BigInt(inexact)}`)).status).toBe(404);
    }
    expect(rounded.size).toBe(20);
  });

  test('a second commit, a second initial one and a derived one of an attested product are refused', async () => {
    const { center, call } = await opened();
    const path = await submit(center, call, sample.cab);
    await call('POST', `${path}/commit`);
    const again = await call('POST', `${path}/commit`);
    expect([again.status, wireOf(again).error.code]).toEqual([400, 'requestInvalidForCurrentState']);
    const product = path.replace(/\/submissions.*/, '');
    const initial = await call('POST', `${product}/submissions`, { name: 'b', type: 'initial' });
    expect(wireOf(initial).error.code).toBe('requestInvalidForCurrentState');
    const derived = await call('POST', `${product}/submissions`, { name: 'b', type: 'derived' });
    expect([derived.status, wireOf(derived).error.code]).toEqual([400, 'invalidInput']);
  });

  test('a commit without an upload fails, which only a GET tells', async () => {
    const { call } = await opened();
    const product = wireOf(await call('POST', '/products', attested)).id;
    const made = wireOf(await call('POST', `/products/${product}/submissions`, { name: 's', type: 'initial' })).id;
    const path = `/products/${product}/submissions/${made}`;
    expect((await call('POST', `${path}/commit`)).status).toBe(202);
    expect(wireOf(await call('GET', path)).commitStatus).toBe('commitFailed');
  });

  test('a commit that is answered with 502 has happened', async () => {
    const { center, call } = await opened();
    const path = await submit(center, call, sample.cab);
    await control(center, 'faults', { name: 'commit-502' });
    expect((await call('POST', `${path}/commit`)).status).toBe(502);
    expect(wireOf(await call('GET', path)).commitStatus).toBe('commitReceived');
  });

  test.each(['packageInfoValidation', 'preparation', 'scanning', 'validation', 'signing'])(
    'a failure of %s ends it, with a report behind a link',
    async (step) => {
      const { center, call } = await opened();
      await control(center, 'faults', { name: `fail-${step}` });
      const { status, downloads } = await finished(center, call);
      expect(status).toMatchObject({ currentStep: step, state: 'failed' });
      expect(downloads.signedPackage).toBeUndefined();
      const report = await send(center.http, 'GET', status?.errorReport ?? '');
      expect(textOf(report)).toContain(step);
    },
  );

  test.each([
    ['a cabinet without a signature', () => sample.unsigned, 'preparation', 'not signed'],
    [
      'a changed cabinet',
      () => sample.cab.map((byte, at) => (at === sample.cab.length - 3000 ? byte ^ 1 : byte)),
      undefined,
      '',
    ],
    [
      'files at the root',
      () => sample.rootFiles,
      'packageInfoValidation',
      'There are files at the root of the cabinet',
    ],
    [
      'no INF',
      () => sample.noInf,
      'packageInfoValidation',
      'No .inf files found in driver directory/directories: demo',
    ],
    ['no cabinet', () => new TextEncoder().encode('hello'), 'packageInfoValidation', 'not a cabinet'],
  ])('%s is refused with the words of the service', async (_what, bytes, step, words) => {
    const { center, call } = await opened();
    const { status } = await finished(center, call, bytes());
    expect(status?.state).toBe('failed');
    if (step !== undefined) expect(status?.currentStep).toBe(step);
    expect(textOf(await send(center.http, 'GET', status?.errorReport ?? ''))).toContain(words);
  });

  test('with the fast clock each look is one event further', async () => {
    const { center, call } = await opened({ fast: true });
    const path = await submit(center, call, sample.cab);
    await call('POST', `${path}/commit`);
    const states: string[] = [];
    for (let look = 0; look < 40 && !states.at(-1)?.includes('driverMetadata'); look++) {
      const answer = await call('GET', path);
      expect(answer.headers['retry-after']).toBe('0');
      const now = wireOf(answer);
      states.push(now.downloads.items.map(({ type }: { type: string }) => type).join());
    }
    expect(states.at(-1)).toContain('driverMetadata');
    expect(states.length).toBeLessThan(20);
  });
});

describe('a submission with evidence of tests', () => {
  const ended = async (upload: Uint8Array) => {
    const { center, call } = await opened();
    return { center, call, ...(await finished(center, call, upload, tested)) };
  };

  test('comes back with a second signature beside the first, for the purpose of tested drivers', async () => {
    const { center, downloads } = await ended(sample.hlkx);
    const files = await zipOf(center, downloads.signedPackage ?? '');
    const image = files.find(({ name }) => name === 'demo.sys')?.bytes ?? new Uint8Array();
    const { signatures } = verifyFile({
      path: 'demo.sys',
      bytes: image,
      catalogs: [],
      trust: [],
      atMs: center.time.nowMs,
    });
    expect(signatures.map(({ subject }) => subject.includes(PUBLISHER_NAME))).toEqual([false, true]);
    expect(signatures[1]?.ekus).toEqual(['1.3.6.1.4.1.311.10.3.5', '1.3.6.1.5.5.7.3.3']);
  });

  test('may be followed by derived ones, whose shell is the package', async () => {
    const { center, call } = await opened();
    const path = await submit(center, call, sample.hlkx, tested);
    const derive = () =>
      call('POST', `${path.replace(/\/submissions.*/, '')}/submissions`, { name: 'd', type: 'derived' });
    expect(wireOf(await derive()).error.code).toBe('requestInvalidForCurrentState');
    await call('POST', `${path}/commit`);
    advance(center, 3_000_000);
    const { items } = wireOf(await derive()).downloads;
    const shell = items.find(({ type }: { type: string }) => type === 'derivedPackage').url;
    expect(Buffer.from((await send(center.http, 'GET', shell)).body).equals(Buffer.from(sample.hlkx))).toBe(true);
  });

  test.each([
    ['without a signature', () => sample.unsignedHlkx, 'preparation', 'not signed'],
    ['that is a cabinet', () => sample.cab, 'packageInfoValidation', 'Failed to open package'],
  ])('%s is refused', async (_what, bytes, step, words) => {
    const { center, status } = await ended(bytes());
    expect(status).toMatchObject({ currentStep: step, state: 'failed' });
    expect(textOf(await send(center.http, 'GET', status?.errorReport ?? ''))).toContain(words);
  });
});

describe('faults of the signed package', () => {
  const withFault = async (name: string) => {
    const { center, call } = await opened();
    await control(center, 'faults', { name });
    const { downloads } = await finished(center, call);
    const url = downloads.signedPackage ?? '';
    if (name === 'cut-download') return { center, url, files: [] };
    return { center, url, files: await zipOf(center, url) };
  };
  const named = (files: readonly { name: string; bytes: Uint8Array }[], name: string) =>
    files.find((file) => file.name === name)?.bytes ?? new Uint8Array();

  test('tamper-image: another image, with a good signature', async () => {
    const { files } = await withFault('tamper-image');
    const digest = (bytes: Uint8Array) => Buffer.from(peDigest(parsePe(bytes, 'x'), 'sha256')).toString('hex');
    expect(digest(named(files, 'demo.sys'))).not.toBe(digest(sample.image));
  });
  test('tamper-inf: another INF', async () => {
    const { files } = await withFault('tamper-inf');
    expect(Buffer.from(named(files, 'demo.inf')).equals(Buffer.from(sample.inf))).toBe(false);
  });
  test('drop-file and add-file', async () => {
    expect((await withFault('drop-file')).files.map(({ name }) => name)).not.toContain('demo.sys');
    expect((await withFault('add-file')).files).toHaveLength(4);
  });
  test('wrong-signer: another name below the same root', async () => {
    const { files } = await withFault('wrong-signer');
    const verdict = verifyFile({ path: 'demo.sys', bytes: named(files, 'demo.sys'), catalogs: [], trust: [], atMs: 0 });
    expect(verdict.signatures[0]?.subject).not.toContain('Microsoft');
  });
  test('wrong-eku: signed as if it had evidence of tests', async () => {
    const { files } = await withFault('wrong-eku');
    const verdict = verifyFile({ path: 'demo.sys', bytes: named(files, 'demo.sys'), catalogs: [], trust: [], atMs: 0 });
    expect(verdict.signatures[0]?.ekus).not.toContain('1.3.6.1.4.1.311.10.3.5.1');
  });
  test('stale-catalog: the catalog does not list the image', async () => {
    const { center, files } = await withFault('stale-catalog');
    const root = await send(center.http, 'GET', `${ORIGIN}/emulator/trust/root.cer`);
    const catalogs = [{ path: 'demo.cat', bytes: named(files, 'demo.cat') }];
    const request = {
      path: 'demo.sys',
      bytes: named(files, 'demo.sys'),
      catalogs,
      trust: [root.body],
      atMs: center.time.nowMs,
    };
    expect(verifyFile(request).catalogs).toEqual([]);
  });
  test('cut-download: the connection breaks', async () => {
    const { center, url } = await withFault('cut-download');
    await expect(send(center.http, 'GET', url)).rejects.toMatchObject({ code: 'REMOTE_UNREACHABLE' });
  });
  test('each fault says what it does', () => {
    for (const [name, { summary }] of Object.entries(FAULTS)) expect(summary.length, name).toBeGreaterThan(10);
    expect(API).toContain('/v2.0/my/hardware');
  });
});
