import { createHash, createVerify, X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Http, HttpRequest } from '../../../core/ports.ts';
import { Secret } from '../../../packaging/signing/secret.ts';
import { type Credential, endpointOf } from '../../../publishing/partner-center/account.ts';
import { openPartnerCenter } from '../../../publishing/partner-center/client.ts';
import { tokenSource } from '../../../publishing/partner-center/tokens.ts';
import { countedRandom, ORIGIN, openTestCenter } from '../../support/partner-center.ts';
import { accountFor } from '../../support/submission.ts';
import { sharedHierarchy, signingParts } from '../../support/test-keys.ts';

const T0 = Date.UTC(2026, 10, 24, 12);
const json = (value: object, headers: Readonly<Record<string, string>> = {}, status = 200) => ({
  status,
  headers,
  body: new TextEncoder().encode(JSON.stringify(value)),
});
const formOf = ({ body }: HttpRequest): URLSearchParams => new URLSearchParams(new TextDecoder().decode(body));

const open = (credential: Credential, http: Http) => {
  const time = { nowMs: T0 };
  const ports = {
    http,
    clock: { now: () => time.nowMs },
    timer: { wait: async () => undefined },
    random: countedRandom(),
  };
  const account = { tenant: 'acme.example', clientId: 'app', credential, endpoint: endpointOf('acme.example', ORIGIN) };
  return { time, tokens: tokenSource(account, ports) };
};
const secret = { kind: 'secret', secret: new Secret('s3cret-of-the-app') } as const;

describe('tokens', () => {
  test('are used until five minutes before their end, whatever the numbers are written as', async () => {
    let asked = 0;
    const { time, tokens } = open(secret, {
      send: async () => {
        asked += 1;
        return json({ token_type: 'Bearer', expires_in: '3599', access_token: `t${asked}` });
      },
    });
    expect((await tokens.current()).reveal()).toBe('t1');
    time.nowMs += 3_290_000;
    expect((await tokens.current()).reveal()).toBe('t1');
    time.nowMs += 20_000;
    expect((await tokens.current()).reveal()).toBe('t2');
    tokens.drop();
    expect((await tokens.current()).reveal()).toBe('t3');
  });

  test('are asked for with a certificate: RS256 over the claims, for this endpoint and a few minutes', async () => {
    const { signer } = signingParts(await sharedHierarchy());
    const seen: HttpRequest[] = [];
    const { tokens } = open(
      { kind: 'certificate', signer },
      {
        send: async (request) => {
          seen.push(request);
          return json({ token_type: 'Bearer', expires_in: 3599, access_token: 't' });
        },
      },
    );
    await tokens.current();
    const form = formOf(seen[0] as HttpRequest);
    expect(form.get('client_secret')).toBeNull();
    const [head = '', claims = '', signature = ''] = (form.get('client_assertion') ?? '').split('.');
    const decode = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
    const [leaf = new Uint8Array(0)] = await signer.certificates();
    expect(decode(head)).toMatchObject({
      alg: 'RS256',
      x5t: createHash('sha1').update(leaf).digest('base64url'),
    });
    expect(decode(claims)).toMatchObject({
      iss: 'app',
      sub: 'app',
      aud: `${ORIGIN}/acme.example/oauth2/token`,
      nbf: T0 / 1000 - 60,
      exp: T0 / 1000 + 600,
    });
    const { publicKey } = new X509Certificate(leaf);
    const verified = createVerify('sha256')
      .update(`${head}.${claims}`)
      .verify(publicKey, Buffer.from(signature, 'base64url'));
    expect(verified).toBe(true);
  });

  test.each([-3_600_000, 3_600_000])(
    'the emulator takes a certificate though the clock here is %i ms off',
    async (off) => {
      const center = await openTestCenter({ fast: true });
      const { signer } = signingParts(await sharedHierarchy());
      const account = { ...accountFor(center), credential: { kind: 'certificate', signer } as const };
      const http: Http = {
        send: async (request) => {
          const response = await center.http.send(request);
          return { ...response, headers: { ...response.headers, date: new Date(center.time.nowMs).toUTCString() } };
        },
      };
      const ports = { http, timer: { wait: async () => undefined }, random: countedRandom() };
      const right = openPartnerCenter(account, { ...ports, clock: { now: () => center.time.nowMs + off } });
      const found = [];
      for await (const audience of right.audiences()) found.push(audience);
      expect(found.length).toBeGreaterThan(0);
    },
  );

  test('of another identity provider are asked for anew each time', async () => {
    let given = 0;
    const seen: string[] = [];
    const token = async () => new Secret(`provider-token-${++given}`);
    const { tokens } = open(
      { kind: 'federated', label: 'a provider', token },
      {
        send: async (request) => {
          seen.push(formOf(request).get('client_assertion') ?? '');
          return json({ token_type: 'Bearer', expires_in: 3599, access_token: 't' });
        },
      },
    );
    await tokens.current();
    tokens.drop();
    await tokens.current();
    expect(seen).toEqual(['provider-token-1', 'provider-token-2']);
  });

  test('that are refused say why, with how, and never the secret', async () => {
    const echo = {
      error: 'invalid_client',
      error_description: 'AADSTS7000215: s3cret-of-the-app is wrong',
      error_codes: [7000215],
    };
    const { tokens } = open(secret, {
      send: async () => json(echo, { date: new Date(T0 + 3_600_000).toUTCString() }, 401),
    });
    await expect(tokens.current()).rejects.toMatchObject({ code: 'PUBLISH_AUTH_REFUSED', exit: 7 });
    const error = await tokens.current().catch((reason: unknown) => reason);
    const shown = JSON.stringify((error as { diagnostics: unknown }).diagnostics);
    expect(shown).toContain('AADSTS7000215');
    expect(shown).toContain('a client secret');
    expect(shown).toContain('60 minutes off');
    expect(shown).not.toContain('s3cret');
  });

  test('are never sent empty', async () => {
    const { tokens } = open(secret, {
      send: async () => json({ token_type: 'Bearer', expires_in: 3599, access_token: '' }),
    });
    await expect(tokens.current()).rejects.toMatchObject({ code: 'PUBLISH_ANSWER_INVALID' });
  });
});

describe('an endpoint', () => {
  test('is the real service, with tokens from Entra, when none is named', () => {
    expect(endpointOf('acme.example')).toEqual({
      tokenUrl: 'https://login.microsoftonline.com/acme.example/oauth2/token',
      base: 'https://manage.devcenter.microsoft.com/v2.0/my/hardware',
      emulated: false,
    });
  });
  test.each([
    'http://example.com',
    'ftp://127.0.0.1',
    'nonsense',
    'http://user:pass@127.0.0.1',
    'http://127.0.0.1/?a=b',
  ])('%s is refused before a token is sent there', (url) => {
    expect(() => endpointOf('acme.example', url)).toThrowError(expect.objectContaining({ code: 'PUBLISH_ENDPOINT' }));
  });
});
