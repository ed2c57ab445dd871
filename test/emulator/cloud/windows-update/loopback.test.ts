import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { systemHttp } from '../../../../cli/adapters/http.ts';
import { systemLoopbackServer } from '../../../../cli/adapters/loopback-server.ts';
import { accountWith, publisherOf } from '../../../../emulator/cloud/partner-center/account.ts';
import { readJournal } from '../../../../emulator/cloud/partner-center/journal.ts';
import {
  credentialsOf,
  memoryContent,
  openPartnerCenter,
  type PartnerCenter,
} from '../../../../emulator/cloud/partner-center/service.ts';
import { type CloudState, emptyState } from '../../../../emulator/cloud/partner-center/state.ts';
import { maxBodyBytes } from '../../../../emulator/http/limits.ts';
import { cloudRequest } from '../../../../emulator/http/requests.ts';
import { makeStandInKeys } from '../../../../packaging/signing/publisher-stand-in.ts';
import {
  countedRandom,
  type Sample,
  START_MS,
  sampleUpload,
  send,
  tested,
  wireOf,
} from '../../../support/partner-center.ts';
import { testKeyMaker } from '../../../support/test-keys.ts';

let sample: Sample;
let empty: CloudState;
beforeAll(async () => {
  sample = await sampleUpload();
  empty = emptyState(accountWith(await makeStandInKeys(testKeyMaker), countedRandom(), START_MS));
});

/** What stays when the process ends. */
const content = memoryContent();
let journal = '';
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

interface Served {
  readonly service: PartnerCenter;
  readonly url: string;
}

const serve = async (fast = false): Promise<Served> => {
  const written = journal === '' ? undefined : readJournal(new TextEncoder().encode(journal), 'state').state;
  const state = written ?? empty;
  const service = openPartnerCenter({
    ...{ state, written, publisher: await publisherOf(state), clock: { now: () => START_MS }, content, fast },
    journal: {
      append: async (text) => {
        journal += text;
      },
    },
  });
  await service.begin();
  const { url, close } = await systemLoopbackServer.listen({
    ...{ host: '127.0.0.1', port: 0, maxBodyBytes, failed: (error) => expect(error).toBeUndefined() },
    handle: (request) => service.handle(cloudRequest(request)),
  });
  closers.push(close);
  return { service, url };
};

const json = { 'content-type': 'application/json' };

const ask = async ({ url }: Served, path: string, body?: unknown) =>
  wireOf(
    await send(systemHttp, body === undefined ? 'GET' : 'POST', `${url}/emulator/${path}`, {
      headers: json,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  );

const api = async ({ service, url }: Served, method: string, path: string, body?: unknown) => {
  const { tenant, clientId, clientSecret } = credentialsOf(service.state());
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret };
  const asked = new URLSearchParams({ ...form, resource: 'https://manage.devcenter.microsoft.com' }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const token = wireOf(await send(systemHttp, 'POST', `${url}/${tenant}/oauth2/token`, { headers, body: asked }));
  const answered = await send(systemHttp, method, `${url}/v2.0/my/hardware${path}`, {
    headers: { ...json, authorization: `Bearer ${token.access_token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return answered.body.length === 0 ? undefined : wireOf(answered);
};

const machine = {
  ...{ id: 'vm-1', os: '10.0.20348', arch: 'x64', type: 'server' },
  devices: [
    {
      ...{ id: 'PCI\\1', compatibleIds: [], driver: null, problem: 28 },
      hardwareIds: ['PCI\\VEN_5853&DEV_C8DE'],
    },
  ],
};

describe('the emulated Windows Update over HTTP on this machine', () => {
  test('knows what was published, rolled out, reported and paused after a restart', async () => {
    const first = await serve();
    const codes = ['WINDOWS_v100_SERVER_X64_FE_FULL'];
    const asked = {
      ...tested,
      requestedSignatures: codes,
      selectedProductTypes: { Windows_v100Server_FE: 'Unclassified' },
    };
    const product = (await api(first, 'POST', '/products', asked)).id;
    const made = await api(first, 'POST', `/products/${product}/submissions`, { name: 'Demo', type: 'initial' });
    const upload = { headers: { 'x-ms-blob-type': 'BlockBlob' }, body: sample.hlkx };
    expect((await send(systemHttp, 'PUT', made.downloads.items[0].url, upload)).status).toBe(201);
    const path = `/products/${product}/submissions/${made.id}`;
    await api(first, 'POST', `${path}/commit`);
    await ask(first, 'clock', { advanceMs: 3_600_000 });
    const { downloads } = await api(first, 'GET', path);
    const { url } = downloads.items.find(({ type }: { type: string }) => type === 'driverMetadata');
    const [bundleId] = Object.keys(wireOf(await send(systemHttp, 'GET', url)).BundleInfoMap);
    const row = { bundleId, infId: 'demo.inf', pnpString: 'pci\\ven_5853&dev_c8de' };
    const label = await api(first, 'POST', `${path}/shippingLabels`, {
      ...{ name: 'demo', destination: 'windowsUpdate' },
      publishingSpecifications: { manualAcquisition: true },
      targeting: { hardwareIds: codes.map((operatingSystemCode) => ({ ...row, operatingSystemCode })) },
    });
    await ask(first, 'clock', { to: '2026-12-04' });
    const before = await ask(first, 'windows-update/scan', { machine });
    expect(before.offers).toMatchObject([{ device: 'PCI\\1', driver: 'demo', label: String(label.id) }]);
    const failing = { label: label.id, result: 'failed' };
    const reports = Array.from({ length: 10 }, (_, index) => ({
      machine: `vm-${index}`,
      ...failing,
      label: String(label.id),
    }));
    expect((await ask(first, 'windows-update/report', { reports })).labels[0].state).toBe('paused');
    const rollout = await ask(first, 'windows-update/rollout');
    await closers.pop()?.();

    const second = await serve();
    expect(await ask(second, 'windows-update/rollout')).toEqual(rollout);
    const decided = await ask(second, 'windows-update/label', { label: String(label.id), decision: 'resume' });
    expect(decided).toMatchObject({ state: 'live', reports: 10 });
    expect((await ask(second, 'windows-update/scan', { machine })).offers).toEqual(before.offers);
  }, 60_000);

  test('does not run through roll-outs with the fast clock', async () => {
    const fast = await serve(true);
    const [label] = (await ask(fast, 'windows-update/rollout')).labels;
    const before = (await ask(fast, 'clock')).now;
    for (let times = 0; times < 3; times += 1) await api(fast, 'GET', '/products');
    expect((await ask(fast, 'clock')).now).toBe(before);
    expect(label.nextEventAt > before).toBe(true);
  });
});
