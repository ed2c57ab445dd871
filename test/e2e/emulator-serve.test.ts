import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemHttp } from '../../cli/adapters/http.ts';
import type { HttpResponse } from '../../core/ports.ts';
import { compileExecutable, type Started, startWinpv } from '../support/executable.ts';
import { attested, bytesOf, send, textOf, wireOf } from '../support/partner-center.ts';

interface Served {
  readonly started: Started;
  readonly url: string;
  readonly tenant: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

let folder: string;
const running: Started[] = [];
beforeAll(() => {
  compileExecutable();
  folder = mkdtempSync(join(tmpdir(), 'winpv-emulator-'));
});
afterAll(() => {
  for (const { child } of running) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const serve = async (...options: readonly string[]): Promise<Served> => {
  const started = startWinpv(['emulator', 'serve', ...options], { cwd: folder });
  running.push(started);
  const line = await new Promise<string>((resolve, reject) => {
    let text = '';
    started.child.stdout?.on('data', (chunk: string) => {
      text += chunk;
      if (text.includes('\n')) resolve(text);
    });
    void started.ended.then(({ stderr }) => reject(new Error(stderr)));
  });
  return { started, ...(JSON.parse(line) as Omit<Served, 'started'>) };
};

const tokenOf = async ({ url, tenant, clientId, clientSecret }: Served): Promise<string> => {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    resource: 'https://manage.devcenter.microsoft.com',
  });
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return wireOf(await send(systemHttp, 'POST', `${url}/${tenant}/oauth2/token`, { headers, body: body.toString() }))
    .access_token;
};

const api = async (served: Served, method: string, path: string, body?: unknown): Promise<HttpResponse> =>
  send(systemHttp, method, `${served.url}/v2.0/my/hardware${path}`, {
    headers: { authorization: `Bearer ${await tokenOf(served)}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

const failed = async (...options: readonly string[]) => {
  const { exit, stderr } = await startWinpv(['emulator', 'serve', ...options], { cwd: folder }).ended;
  return { exit, stderr };
};

describe('winpv emulator serve', () => {
  test('keeps its state and packages when it is killed, and has one owner', async () => {
    const first = await serve('--state', 'cloud.jsonl');
    const { id } = wireOf(await api(first, 'POST', '/products', attested));
    const made = wireOf(await api(first, 'POST', `/products/${id}/submissions`, { name: 's', type: 'initial' }));
    const upload = { headers: { 'x-ms-blob-type': 'BlockBlob' }, body: 'a package' };
    expect((await send(systemHttp, 'PUT', made.downloads.items[0].url, upload)).status).toBe(201);
    expect((await failed('--state', 'cloud.jsonl')).stderr).toContain('OUTPUT_LOCKED');
    first.started.child.kill('SIGKILL');
    await first.started.ended;
    // the process died while it wrote a line
    const whole = readFileSync(join(folder, 'cloud.jsonl'));
    writeFileSync(join(folder, 'cloud.jsonl'), Buffer.concat([whole, Buffer.from('{"table":"prod')]));
    const second = await serve('--state', 'cloud.jsonl');
    expect(second.clientSecret).toBe(first.clientSecret);
    expect(wireOf(await api(second, 'GET', '/products')).value.map((one: { id: bigint }) => one.id)).toEqual([id]);
    const { downloads } = wireOf(await api(second, 'GET', `/products/${id}/submissions/${made.id}`));
    expect(textOf(await send(systemHttp, 'GET', downloads.items[0].url))).toBe('a package');
    await api(second, 'POST', '/products', attested);
    expect(readFileSync(join(folder, 'cloud.jsonl'), 'utf8')).not.toContain('{"table":"prod{');
    expect(statSync(join(folder, 'cloud.jsonl')).mode & 0o077).toBe(0);
    second.started.child.kill('SIGTERM');
    expect((await second.started.ended).exit).toBe(130);
  });

  test('breaks connections as the faults say', async () => {
    const served = await serve('--fault', 'cut-answer');
    await expect(api(served, 'GET', '/products')).rejects.toMatchObject({ code: 'REMOTE_UNREACHABLE' });
    expect((await api(served, 'GET', '/products')).status).toBe(200);
    served.started.child.kill('SIGTERM');
  });

  test('answers neither other names, nor pages of a browser, nor oversized bodies', async () => {
    const served = await serve();
    const { port } = new URL(served.url);
    const statusWith = (headers: Readonly<Record<string, string>>, body = '') =>
      new Promise<number | undefined>((resolve, reject) => {
        const asked = request(
          { host: '127.0.0.1', port, path: '/emulator/clock', method: 'POST', headers },
          (answer) => {
            answer.resume();
            resolve(answer.statusCode);
          },
        );
        asked.on('error', reject);
        asked.end(body);
      });
    expect(await statusWith({ host: 'evil.example' })).toBe(421);
    expect(await statusWith({ origin: 'https://evil.example' })).toBe(403);
    expect(await statusWith({ 'content-length': String(9 * 1024 * 1024) })).toBe(413);
    const chunked = await send(systemHttp, 'POST', `${served.url}/emulator/faults`, {
      body: new Uint8Array(9_000_000),
    }).catch(() => undefined);
    expect([413, undefined]).toContain(chunked?.status);
    expect(bytesOf('x')).toHaveLength(1);
    served.started.child.kill('SIGTERM');
  });

  test.each([
    [['--host', '0.0.0.0'], 2, 'EMUSERVE_NOT_LOOPBACK'],
    [['--host', 'example.com'], 2, 'EMUSERVE_NOT_LOOPBACK'],
    [['--fault', 'throtle'], 2, 'Did you mean throttle?'],
    [['--port', '99999'], 2, 'USAGE'],
  ])('%j is refused', async (options, exit, words) => {
    const ended = await failed(...options);
    expect(ended.exit).toBe(exit);
    expect(ended.stderr).toContain(words);
  });

  test('a state of a newer version, or that is none, is refused and left as it is', async () => {
    const newer = '{"emulator":"partner-center","version":99}\n';
    writeFileSync(join(folder, 'newer.jsonl'), newer);
    const ended = await failed('--state', 'newer.jsonl');
    expect([ended.exit, ended.stderr.includes('EMUSERVE_STATE_NEWER')]).toEqual([3, true]);
    expect(readFileSync(join(folder, 'newer.jsonl'), 'utf8')).toBe(newer);
    // one line without its end: somebody's notes are not ours to write over
    writeFileSync(join(folder, 'notes.txt'), 'my notes');
    expect((await failed('--state', 'notes.txt')).exit).toBe(3);
    expect(readFileSync(join(folder, 'notes.txt'), 'utf8')).toBe('my notes');
  });
});
