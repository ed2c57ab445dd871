import { describe, expect, test } from 'vitest';
import { systemHttp } from '../../../cli/adapters/http.ts';
import { systemRandom } from '../../../cli/adapters/machine.ts';
import { utf8 } from '../../../core/bytes.ts';
import type { ErrorCode } from '../../../core/error-codes.ts';
import { WinpvError } from '../../../core/errors.ts';
import type { Http } from '../../../core/ports.ts';
import { signPe } from '../../../packaging/signing/sign.ts';
import type { Signer } from '../../../packaging/signing/signer.ts';
import { certifyTestKeys } from '../../../packaging/signing/test-hierarchy.ts';
import { type TimestampProtocol, timestampServers } from '../../../packaging/signing/timestamp-servers.ts';
import { verifyFile } from '../../../packaging/signing/verify.ts';
import { standIn } from '../../support/signed-package.ts';
import { hierarchyWithTsa, newKey, sharedHierarchy, signingParts } from '../../support/test-keys.ts';
import { type ServerFault, withTsaServer } from '../../support/tsa-server.ts';

const NOW_MS = Date.UTC(2026, 5, 15, 12);
const SIGNATURE = utf8('the octets of a signature');

interface Attempt {
  readonly faults?: (request: number) => readonly ServerFault[];
  readonly protocol?: TimestampProtocol;
  readonly tsa?: Signer;
  readonly authorities?: readonly Uint8Array[];
  readonly timeoutMs?: number;
  readonly before?: readonly string[];
  readonly http?: Http;
  /** Other servers' addresses are made from this one's. */
  readonly urls?: (url: string) => readonly string[];
}

const stampWith = async (attempt: Attempt) => {
  const hierarchy = await sharedHierarchy();
  const { tsa } = signingParts(hierarchy);
  const waits: number[] = [];
  const ports = {
    http: attempt.http ?? systemHttp,
    random: systemRandom,
    clock: { now: () => NOW_MS },
    timer: {
      wait: async (ms: number) => {
        waits.push(ms);
      },
    },
  };
  const serverOptions = { tsa: attempt.tsa ?? tsa, genTimeMs: NOW_MS, faults: attempt.faults ?? (() => []) };
  return withTsaServer(serverOptions, async ({ url, seen }) => {
    const timestamper = timestampServers(
      {
        urls: attempt.urls?.(url) ?? [url],
        protocol: attempt.protocol,
        authorities: attempt.authorities ?? [hierarchy.root.certificate],
        timeoutMs: attempt.timeoutMs ?? 5000,
      },
      ports,
    );
    const outcome = await timestamper.timestamp(SIGNATURE).then(
      (stamp) => ({ stamp, error: undefined }),
      (error: unknown) => ({ stamp: undefined, error }),
    );
    return { ...outcome, timestamper, waits, seen };
  });
};

const codeOf = async (attempt: Attempt): Promise<ErrorCode | 'accepted'> => {
  const { error } = await stampWith(attempt);
  if (error === undefined) return 'accepted';
  if (error instanceof WinpvError) {
    expect(error.exit).toBe(6);
    return error.code;
  }
  throw error;
};

describe('a time stamp from a server', () => {
  test.each(['rfc3161', 'authenticode'] as const)('%s: is part of a signature that verifies', async (protocol) => {
    const hierarchy = await sharedHierarchy();
    const { signer, tsa } = signingParts(hierarchy);
    const root = hierarchy.root.certificate;
    await withTsaServer({ tsa, genTimeMs: NOW_MS }, async ({ url, seen }) => {
      const ports = {
        http: systemHttp,
        random: systemRandom,
        clock: { now: () => NOW_MS },
        timer: { wait: async () => {} },
      };
      const timestamper = timestampServers({ urls: [url], protocol, authorities: [root] }, ports);
      const bytes = await signPe(standIn(), 'demo.sys', { signer, timestamper });
      const { verdict, signatures } = verifyFile({
        path: 'demo.sys',
        bytes,
        catalogs: [],
        trust: [root],
        atMs: NOW_MS,
      });
      expect(verdict).toBe('valid');
      expect(signatures[0]?.timestamp).toMatchObject({
        kind: protocol,
        verdict: 'valid',
        time: '2026-06-15T12:00:00.000Z',
      });
      expect(seen.map(({ contentType }) => contentType)).toEqual([
        protocol === 'rfc3161' ? 'application/timestamp-query' : 'application/octet-stream',
      ]);
      expect(timestamper.findings()).toEqual([]);
    });
  });

  test('comes from authorities with elliptic keys as well', async () => {
    const hierarchy = await hierarchyWithTsa('EC P-256');
    const { tsa } = signingParts(hierarchy);
    expect(await codeOf({ tsa, authorities: [hierarchy.root.certificate] })).toBe('accepted');
  });

  test('asks for another number each time', async () => {
    const bodies: string[] = [];
    const http: Http = {
      send: (request) => {
        bodies.push(Buffer.from(request.body ?? []).toString('hex'));
        return systemHttp.send(request);
      },
    };
    await stampWith({ http });
    await stampWith({ http });
    expect(new Set(bodies).size).toBe(2);
  });
});

describe('a server that lies or breaks down', () => {
  const LIES: readonly (readonly [ServerFault, ErrorCode])[] = [
    ['refuses', 'TS_REJECTED'],
    ['waits', 'TS_REJECTED'],
    ['grants-nothing', 'TS_MALFORMED'],
    ['wrong-nonce', 'TS_NONCE_WRONG'],
    ['no-nonce', 'TS_NONCE_WRONG'],
    ['wrong-imprint', 'TS_IMPRINT_WRONG'],
    ['wrong-hash', 'TS_IMPRINT_WRONG'],
    ['wrong-time', 'TS_TIME_WRONG'],
    ['damaged-signature', 'TS_TOKEN_INVALID'],
    ['no-certificate', 'TS_TOKEN_INVALID'],
    ['html', 'TS_MALFORMED'],
    ['garbage', 'TS_MALFORMED'],
    ['empty', 'TS_MALFORMED'],
    ['truncated', 'TS_MALFORMED'],
    ['trailing', 'TS_MALFORMED'],
    ['http-404', 'TS_HTTP_STATUS'],
    ['http-503', 'TS_HTTP_STATUS'],
    ['endless', 'TS_TOO_LARGE'],
    ['cuts', 'TS_UNREACHABLE'],
  ];
  test.each(LIES)('%s: %s', async (fault, code) => {
    expect(await codeOf({ faults: () => [fault] })).toBe(code);
  });

  const LEGACY: readonly (readonly [ServerFault, ErrorCode])[] = [
    ['refuses', 'TS_HTTP_STATUS'],
    ['wrong-imprint', 'TS_TOKEN_INVALID'],
    ['wrong-time', 'TS_TIME_WRONG'],
    ['damaged-signature', 'TS_TOKEN_INVALID'],
    ['html', 'TS_MALFORMED'],
    ['garbage', 'TS_MALFORMED'],
    ['truncated', 'TS_MALFORMED'],
    ['trailing', 'TS_MALFORMED'],
  ];
  test.each(LEGACY)('%s in the older protocol: %s', async (fault, code) => {
    expect(await codeOf({ faults: () => [fault], protocol: 'authenticode' })).toBe(code);
  });

  test.each(['hangs', 'stalls'] as const)(
    '%s: TS_TIMEOUT, once the time is up, and it is not asked again',
    async (fault) => {
      const { error, seen } = await stampWith({ faults: () => [fault], timeoutMs: 150 });
      expect(error).toMatchObject({ code: 'TS_TIMEOUT', exit: 6 });
      expect(seen.length).toBe(1);
    },
  );

  test('nobody listening: TS_UNREACHABLE, after three attempts with growing waits', async () => {
    const { error, waits } = await stampWith({ urls: () => ['http://127.0.0.1:9/tsa'] });
    expect(error).toMatchObject({ code: 'TS_UNREACHABLE' });
    expect(waits).toEqual([500, 1000]);
  });

  test('a busy server is asked again and may answer then', async () => {
    const { stamp, seen } = await stampWith({ faults: (n) => (n < 2 ? ['http-503'] : []) });
    expect(stamp).toBeDefined();
    expect(seen.length).toBe(3);
  });

  test('the message names the server without what follows the question mark', async () => {
    const { error } = await stampWith({ faults: () => ['html'], urls: (url) => [`${url}/tsa?key=hunter2`] });
    expect(String(error)).toContain('/tsa:');
    expect(JSON.stringify(error)).not.toContain('hunter2');
  });
});

describe('the authority behind a time stamp', () => {
  test('must come from one that was named', async () => {
    const other = await certifyTestKeys('Other', {
      root: newKey('EC P-256'),
      signer: newKey('EC P-256'),
      tsa: newKey('EC P-256'),
    });
    const { tsa } = signingParts(other);
    expect(await codeOf({ tsa })).toBe('TS_AUTHORITY_UNTRUSTED');
  });

  test('is accepted with a warning when none was named', async () => {
    const { stamp, timestamper } = await stampWith({ authorities: [] });
    expect(stamp).toBeDefined();
    expect(timestamper.findings().map(({ code, severity }) => [code, severity])).toEqual([
      ['TS_AUTHORITY_UNCHECKED', 'warning'],
    ]);
  });

  test.each([true, false])('must be for time stamps: code signing is not (authority named: %s)', async (named) => {
    const hierarchy = await sharedHierarchy();
    const { signer } = signingParts(hierarchy);
    const authorities = named ? [hierarchy.root.certificate] : [];
    expect(await codeOf({ tsa: signer, authorities })).toBe('TS_AUTHORITY_UNSUITABLE');
  });
});

describe('a list of servers', () => {
  test('is tried in order until one answers well; the failures before are warnings', async () => {
    const { stamp, timestamper, seen } = await stampWith({
      faults: (n) => (n === 0 ? ['wrong-nonce'] : []),
      urls: (url) => [`${url}/first`, `${url}/second`],
    });
    expect(stamp).toBeDefined();
    expect(seen.map(({ path }) => path)).toEqual(['/first', '/second']);
    expect(timestamper.findings().map(({ code, severity }) => [code, severity])).toEqual([
      ['TS_NONCE_WRONG', 'warning'],
    ]);
  });

  test('keeps to the server that answered', async () => {
    const hierarchy = await sharedHierarchy();
    const { tsa } = signingParts(hierarchy);
    const ports = {
      http: systemHttp,
      random: systemRandom,
      clock: { now: () => NOW_MS },
      timer: { wait: async () => {} },
    };
    await withTsaServer({ tsa, genTimeMs: NOW_MS, faults: (n) => (n === 0 ? ['html'] : []) }, async ({ url, seen }) => {
      const urls = [`${url}/first`, `${url}/second`];
      const timestamper = timestampServers({ urls, authorities: [hierarchy.root.certificate] }, ports);
      await timestamper.timestamp(SIGNATURE);
      await timestamper.timestamp(utf8('another'));
      expect(seen.map(({ path }) => path)).toEqual(['/first', '/second', '/second']);
    });
  });

  test('fails with every failure kept', async () => {
    const { error } = await stampWith({
      faults: (n) => (n === 0 ? ['html'] : ['wrong-nonce']),
      urls: (url) => [`${url}/first`, `${url}/second`],
    });
    if (!(error instanceof WinpvError)) throw new Error('no error');
    expect(error.diagnostics.map(({ code }) => code)).toEqual(['TS_ALL_FAILED', 'TS_MALFORMED', 'TS_NONCE_WRONG']);
    expect(error.diagnostics[2]?.message).toContain('/second');
    expect(error.cause).toBeInstanceOf(AggregateError);
  });

  test.each([['ftp://example.com'], ['timestamp.example.com'], ['http://user:pw@example.com']])('refuses %s', (url) => {
    const ports = {
      http: systemHttp,
      random: systemRandom,
      clock: { now: () => NOW_MS },
      timer: { wait: async () => {} },
    };
    expect(() => timestampServers({ urls: [url], authorities: [] }, ports)).toThrowError(
      expect.objectContaining({ code: 'TS_SERVER_INVALID', exit: 2 }),
    );
  });
});

describe('a server that sends on', () => {
  test('is followed on the same scheme, with the request', async () => {
    const { stamp, seen } = await stampWith({ faults: (n) => (n === 0 ? ['redirect:/moved'] : []) });
    expect(stamp).toBeDefined();
    expect(seen.map(({ path }) => path)).toEqual(['/', '/moved']);
  });

  test.each(['file:///etc/hostname', 'ftp://127.0.0.1/', 'data:,x'])('is not followed to %s', async (target) => {
    expect(await codeOf({ faults: () => [`redirect:${target}`] })).toBe('TS_REDIRECT');
  });

  test('is not followed in circles', async () => {
    const { error, seen } = await stampWith({ faults: () => ['redirect:/'] });
    expect(error).toMatchObject({ code: 'TS_REDIRECT' });
    expect(seen.length).toBe(4);
  });

  test('is not followed from https down to http', async () => {
    const http: Http = {
      send: async () => ({ status: 302, headers: { location: 'http://x.example/' }, body: new Uint8Array() }),
    };
    expect(await codeOf({ http, urls: () => ['https://x.example/'] })).toBe('TS_REDIRECT');
  });
});
