import { createServer, type RequestListener, type Server } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { systemHttp } from '../../../../cli/adapters/http.ts';
import { utf8 } from '../../../../core/bytes.ts';
import { WinpvError } from '../../../../core/errors.ts';
import type { Http } from '../../../../core/ports.ts';
import { fetchSource } from '../../../../packaging/bundle/import/fetch-source.ts';
import { sha256Of } from '../../../../packaging/bundle/import/source-tree.ts';
import { memoryFiles } from '../../../support/memory-files.ts';

const CONTENT = utf8('the archive');
const PIN = sha256Of(CONTENT);

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

const serve = async (listener: RequestListener): Promise<string> => {
  const started = createServer(listener);
  server = started;
  await new Promise<void>((done) => started.listen(0, '127.0.0.1', done));
  const address = started.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
};

const attempt = async (url: string, options: { http?: Http; timeoutMs?: number; sha256?: string } = {}) => {
  const files = memoryFiles({});
  const { http = systemHttp, timeoutMs = 5000, sha256 = PIN } = options;
  const ports = { files, http: async () => http, cache: '/p/.winpv/cache', timeoutMs };
  const run = () => fetchSource({ url, sha256, at: { file: 'winpv.yaml', line: 3 } }, ports);
  return { files, run };
};

const refusal = async (url: string, options?: { http?: Http; timeoutMs?: number; sha256?: string }) => {
  const { files, run } = await attempt(url, options);
  try {
    await run();
  } catch (error) {
    expect([...files.written.keys()]).toEqual([]);
    if (error instanceof WinpvError) return error;
    throw error;
  }
  throw new Error('it was not refused');
};

describe('a pinned source', () => {
  test('is fetched once; a second time it needs no network', async () => {
    let requests = 0;
    const url = await serve((_request, response) => {
      requests += 1;
      response.end(CONTENT);
    });
    const { run, files } = await attempt(`${url}/xenbus.tar`);
    expect(await run()).toEqual(CONTENT);
    expect(await run()).toEqual(CONTENT);
    expect(requests).toBe(1);
    expect([...files.written.keys()].sort()).toEqual(['/p/.winpv/cache/.gitignore', `/p/.winpv/cache/${PIN}`]);
  });

  test('is fetched again when what was kept is damaged', async () => {
    const url = await serve((_request, response) => response.end(CONTENT));
    const { run, files } = await attempt(url);
    await files.write(`/p/.winpv/cache/${PIN}`, utf8('something else'));
    expect(await run()).toEqual(CONTENT);
    expect(files.written.get(`/p/.winpv/cache/${PIN}`)).toEqual(CONTENT);
  });

  test('may be sent on a few times', async () => {
    const url = await serve((request, response) => {
      const step = Number(request.url?.slice(1));
      if (step === 0) response.end(CONTENT);
      else response.writeHead(302, { location: `/${step - 1}` }).end();
    });
    expect(await (await attempt(`${url}/5`)).run()).toEqual(CONTENT);
    const error = await refusal(`${url}/6`);
    expect([error.code, error.exit]).toEqual(['SOURCE_DOWNLOAD', 7]);
  });

  test('of another content is refused with both hashes, and nothing of it is kept', async () => {
    const url = await serve((_request, response) => response.end('<!DOCTYPE html><p>Not found'));
    const error = await refusal(url);
    expect([error.code, error.exit]).toEqual(['SOURCE_HASH_DIFFERS', 4]);
    expect(error.message).toContain(PIN);
    expect(error.message).toContain('looks like a web page');
    expect(error.at).toEqual({ file: 'winpv.yaml', line: 3 });
  });
});

describe('a server that', () => {
  test('hangs is given up after the time limit', async () => {
    const url = await serve(() => undefined);
    const error = await refusal(url, { timeoutMs: 200 });
    expect([error.code, error.exit]).toEqual(['SOURCE_DOWNLOAD', 7]);
    expect(error.message).toContain('within 0.2 s');
  });

  test('drips is given up as well', async () => {
    const url = await serve((_request, response) => {
      const drip = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(drip));
    });
    expect((await refusal(url, { timeoutMs: 300 })).code).toBe('SOURCE_DOWNLOAD');
  });

  test('cuts the connection, before or within the answer, is told of', async () => {
    const cut = await serve((request) => request.socket.destroy());
    expect((await refusal(cut)).code).toBe('SOURCE_DOWNLOAD');
    server?.close();
    const within = await serve((request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('part', () => request.socket.destroy());
    });
    expect((await refusal(within)).code).toBe('SOURCE_DOWNLOAD');
  });

  test('answers with an error is told of with its number', async () => {
    const url = await serve((_request, response) => response.writeHead(404).end('no'));
    expect((await refusal(url)).message).toContain('answered 404');
  });

  test('sends on to nowhere, to another scheme or to http elsewhere is refused', async () => {
    for (const location of [
      undefined,
      'file:///etc/passwd',
      'http://example.com/a',
      'ftp://example.com/a',
      'https://u:p@example.com/',
    ]) {
      const url = await serve((_request, response) =>
        response.writeHead(301, location === undefined ? {} : { location }).end(),
      );
      expect((await refusal(url)).code).toBe('SOURCE_DOWNLOAD');
      server?.close();
    }
  });

  test('sends on from https to http is refused, even on this machine', async () => {
    const sent: string[] = [];
    const http: Http = {
      send: async ({ url }) => {
        sent.push(url);
        return { status: 302, headers: { location: 'http://127.0.0.1:9/a' }, body: new Uint8Array() };
      },
    };
    expect((await refusal('https://example.com/a.tar', { http })).message).toContain('is not https');
    expect(sent).toEqual(['https://example.com/a.tar']);
  });
});

describe('an address', () => {
  for (const url of [
    'http://example.com/a.tar',
    'ftp://example.com/a',
    'https://me:secret@example.com/a',
    'http://127.0.0.1.example.com/a',
  ]) {
    test(`like ${new URL(url).protocol}//${new URL(url).host} is refused before anything is sent`, async () => {
      const http: Http = { send: () => Promise.reject(new Error('it was asked')) };
      const error = await refusal(url, { http });
      expect([error.code, error.exit]).toEqual(['SOURCE_ADDRESS', 3]);
    });
  }
});
