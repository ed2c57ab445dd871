import { beforeAll, describe, expect, test } from 'vitest';
import type { HttpRequest } from '../../../core/ports.ts';
import { openPartnerCenter } from '../../../publishing/partner-center/client.ts';
import { ENDPOINTS } from '../../../publishing/partner-center/endpoints.ts';
import { memoryFiles } from '../../support/memory-files.ts';
import {
  attested,
  caller,
  control,
  countedRandom,
  openTestCenter,
  sampleUpload,
  type TestCenter,
} from '../../support/partner-center.ts';
import { accountFor, attempt } from '../../support/submission.ts';

const clientOf = (center: TestCenter, seen: HttpRequest[] = []) =>
  openPartnerCenter(accountFor(center), {
    http: {
      send: (request) => {
        seen.push(request);
        return center.http.send(request);
      },
    },
    clock: { now: () => center.time.nowMs },
    timer: { wait: async () => undefined },
    random: countedRandom(),
  });

const all = async <T>(items: AsyncIterable<T>): Promise<readonly T[]> => {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
};

let cab: Uint8Array;
beforeAll(async () => {
  ({ cab } = await sampleUpload());
});

/** A center with a submission that is signed, and its metadata. */
const signed = async () => {
  const center = await openTestCenter({ fast: true });
  const files = memoryFiles({});
  const { state } = await attempt({ center, files, cab });
  const metadata = JSON.parse(
    new TextDecoder().decode(files.written.get('dist/.winpv/submission-acme-x64-metadata.json')),
  ) as {
    BundleInfoMap: Record<
      string,
      { InfInfoMap: Record<string, { OSPnPInfoMap: Record<string, Record<string, unknown>> }> }
    >;
  };
  const [bundleId = '', bundle] = Object.entries(metadata.BundleInfoMap)[0] ?? [];
  const [infId = '', inf] = Object.entries(bundle?.InfInfoMap ?? {})[0] ?? [];
  const [operatingSystemCode = '', ids] = Object.entries(inf?.OSPnPInfoMap ?? {})[0] ?? [];
  const row = { bundleId, infId, operatingSystemCode, pnpString: Object.keys(ids ?? {})[0] ?? '' };
  return { center, ids: { p: state.product.id ?? '', s: state.submission.id ?? '' }, row };
};

describe('the client', () => {
  test('follows pages, and reads ids above 2^53 digit by digit', async () => {
    const center = await openTestCenter();
    const call = await caller(center);
    const ids: string[] = [];
    for (let n = 0; n < 120; n += 1) {
      const response = await call('POST', '/products', { ...attested, productName: `Product ${n}` });
      ids.push(/"id":(\d+)/.exec(new TextDecoder().decode(response.body))?.[1] ?? '');
    }
    const found = await all(clientOf(center).products());
    expect(found.map(({ id }) => id).sort()).toEqual(ids.sort());
    expect(new Set(ids.map(Number)).size).toBe(120);
    expect(ids.every((id) => BigInt(id) > 2n ** 53n)).toBe(true);
  });

  test('sends no token to another host, whatever links say', async () => {
    const center = await openTestCenter();
    const call = await caller(center);
    for (let n = 0; n < 60; n += 1) await call('POST', '/products', { ...attested, productName: `Product ${n}` });
    await center.http.send({
      method: 'POST',
      url: 'http://127.0.0.1:7070/emulator/faults',
      headers: { 'content-type': 'application/json' },
      body: new TextEncoder().encode('{"name":"odd-links"}'),
      timeoutMs: 1000,
    });
    const seen: HttpRequest[] = [];
    expect(await all(clientOf(center, seen).products())).toHaveLength(60);
    expect(new Set(seen.map(({ url }) => new URL(url).host))).toEqual(new Set(['127.0.0.1:7070']));
  });

  test('changes names, makes a label, changes its targeting and asks to cancel it', async () => {
    const { center, ids, row } = await signed();
    await control(center, 'faults', { name: 'approval-held' });
    const client = clientOf(center);
    await client.patchProduct(ids.p, { marketingNames: ['Acme PV'] });
    await client.patchSubmission(ids, { name: 'Another name' });
    expect((await client.product(ids.p)).marketingNames).toEqual(['Acme PV']);
    expect((await client.submission(ids)).value.name).toBe('Another name');
    const [audience] = await all(client.audiences());
    const label = await client.createLabel(ids, {
      name: 'Acme test ring',
      destination: 'windowsUpdate',
      publishingSpecifications: {
        goLiveDate: null,
        isAutoInstallDuringOSUpgrade: false,
        isAutoInstallOnApplicableSystems: false,
        manualAcquisition: true,
      },
      targeting: { hardwareIds: [row], restrictedToAudiences: [audience?.id ?? ''] },
    });
    const at = { ...ids, l: label.id };
    expect((await all(client.labels(ids))).map(({ id }) => id)).toEqual([label.id]);
    const whole = (await client.label(at)).value;
    expect(whole.targeting?.hardwareIds?.[0]).toMatchObject(row);
    await expect(
      client.patchLabel(at, { targeting: { hardwareIds: [{ action: 'add', ...row, pnpString: 'pci\\ven_0000' }] } }),
    ).rejects.toMatchObject({ exit: 7, reason: 'invalidInput' });
    const step = async () => (await client.label(at)).value.workflowStatus?.currentStep;
    for (let looks = 0; looks < 20 && (await step()) !== 'microsoftApproval'; looks += 1);
    expect(await client.cancelLabel(at)).toBeUndefined();
  });

  test('puts a package through pre-production signing', async () => {
    const center = await openTestCenter({ fast: true });
    const client = clientOf(center);
    const { id } = await client.putPreprod(cab);
    let status = 'NotStarted';
    for (let looks = 0; looks < 10 && status !== 'Succeeded'; looks += 1) {
      status = (await client.preprod(id)).value.signingStatus;
    }
    const [asset] = await client.preprodAssets(id);
    expect(await client.preprodAsset(id, asset?.id ?? '')).toMatchObject({ packageId: id });
    expect((await client.downloadPreprodAsset(id, asset?.id ?? '')).subarray(0, 2)).toEqual(
      new Uint8Array([0x50, 0x4b]),
    );
  });

  test('names the refusal, the ids that support asks for, and no secret', async () => {
    const center = await openTestCenter();
    const client = clientOf(center);
    const error = await client.product('1152921504621465124').catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'PUBLISH_NOT_FOUND', exit: 7, status: 404, reason: 'entityNotFound' });
    expect(JSON.stringify((error as { diagnostics: unknown }).diagnostics)).toContain(client.correlationId);
  });

  test('puts no id into a path that is none', async () => {
    const center = await openTestCenter();
    await expect(clientOf(center).product('../audiences')).rejects.toMatchObject({ code: 'PUBLISH_NOT_FOUND' });
  });

  test('has a word for every endpoint', () => {
    expect(Object.keys(ENDPOINTS)).toHaveLength(22);
  });
});
