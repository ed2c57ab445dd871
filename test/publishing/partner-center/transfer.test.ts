import { describe, expect, test } from 'vitest';
import { WinpvError } from '../../../core/errors.ts';
import type { Http, HttpRequest, HttpResponse } from '../../../core/ports.ts';
import { BlobLinkExpired, type BlobPorts } from '../../../publishing/partner-center/blob.ts';
import { downloadFile } from '../../../publishing/partner-center/download.ts';
import { uploadPackage } from '../../../publishing/partner-center/upload.ts';
import { attested, caller, openTestCenter, wireOf } from '../../support/partner-center.ts';

const content = Uint8Array.from({ length: 10_000 }, (_, index) => (index * 7) % 251);
const portsOf = (http: Http): BlobPorts => ({
  http,
  clock: { now: () => 0 },
  timer: { wait: async () => undefined },
});
const only = (response: Partial<HttpResponse>): Http => ({
  send: async () => ({ status: 200, headers: {}, body: new Uint8Array(0), ...response }),
});

const uploadLink = async () => {
  const center = await openTestCenter();
  const call = await caller(center);
  const product = wireOf(await call('POST', '/products', attested)).id;
  const made = wireOf(await call('POST', `/products/${product}/submissions`, { name: 'Demo', type: 'initial' }));
  return { center, link: made.downloads.items[0].url as string };
};

describe('an upload', () => {
  test('goes in blocks, and what is there already is not sent again', async () => {
    const { center, link } = await uploadLink();
    const seen: HttpRequest[] = [];
    const dying: Http = {
      send: async (request) => {
        seen.push(request);
        if (seen.filter(({ url }) => url.includes('comp=block&')).length === 3) {
          throw new WinpvError('REMOTE_TOO_LARGE', 'the machine died');
        }
        return center.http.send(request);
      },
    };
    const blocks = { blockBytes: 2048 };
    await expect(uploadPackage(portsOf(dying), link, content, blocks)).rejects.toThrow('died');
    expect(await uploadPackage(portsOf(center.http), link, content, blocks)).toEqual({ sentBlocks: 3 });
    expect(await uploadPackage(portsOf(center.http), link, content, blocks)).toEqual({ sentBlocks: 0 });
    expect(await downloadFile(portsOf(center.http), link, { what: 'It', maxBytes: 1e6, partBytes: 999 })).toEqual(
      content,
    );
  });

  test('replaces blocks of another package that was begun there', async () => {
    const { center, link } = await uploadLink();
    const other = content.map((byte) => byte ^ 1);
    await uploadPackage(portsOf(center.http), link, other, { blockBytes: 4096 });
    await uploadPackage(portsOf(center.http), link, content, { blockBytes: 4096 });
    expect(await downloadFile(portsOf(center.http), link, { what: 'It', maxBytes: 1e6 })).toEqual(content);
  });

  test('that the store has in another length or content afterwards is no upload', async () => {
    const { center, link } = await uploadLink();
    const lying = (headers: Readonly<Record<string, string>>): Http => ({
      send: async (request) => {
        const response = await center.http.send(request);
        return request.method === 'HEAD' ? { ...response, headers: { ...response.headers, ...headers } } : response;
      },
    });
    for (const headers of [{ 'content-length': '9999' }, { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' }]) {
      await expect(uploadPackage(portsOf(lying(headers)), link, content)).rejects.toMatchObject({
        code: 'PUBLISH_UPLOAD_DIFFERS',
      });
    }
  });

  test('asks for a new link after 403, and tells nothing of the old one', async () => {
    const link = 'https://store.example/ingestion/1?sp=rwl&sig=abcdef';
    const error = await uploadPackage(portsOf(only({ status: 403 })), link, content).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(BlobLinkExpired);
    expect(JSON.stringify((error as WinpvError).diagnostics)).not.toMatch(/abcdef|ingestion/);
  });
});

describe('a download', () => {
  const link = 'https://store.example/x?sig=abcdef';
  test.each([
    ['shorter than it says', { headers: { 'content-length': '9' }, body: content }],
    ['of another hash', { headers: { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' }, body: content }],
    ['of another part', { status: 206, headers: { 'content-range': 'bytes 5-9/10' }, body: content.subarray(5, 10) }],
    ['without a range', { status: 206, body: content }],
    ['not there', { status: 404 }],
    ['of a store that stays busy', { status: 503 }],
  ])('%s is no download', async (_what, response) => {
    const work = downloadFile(portsOf(only(response)), link, { what: 'It', maxBytes: 1e6 });
    await expect(work).rejects.toMatchObject({ code: 'PUBLISH_DOWNLOAD_FAILED', exit: 7 });
  });

  test('of nothing is nothing', async () => {
    const answer = only({ status: 416 });
    expect(await downloadFile(portsOf(answer), link, { what: 'It', maxBytes: 10 })).toEqual(new Uint8Array(0));
  });
});
