import { createHash, generateKeyPairSync, sign as signBytes } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { journalLines, readJournal } from '../../../../emulator/cloud/partner-center/journal.ts';
import { credentialsOf } from '../../../../emulator/cloud/partner-center/service.ts';
import { parseZip } from '../../../../packaging/formats/zip/parse.ts';
import { ENDPOINTS } from '../../../../publishing/partner-center/endpoints.ts';
import {
  API,
  advance,
  attested,
  type Caller,
  caller,
  control,
  getToken,
  ORIGIN,
  openTestCenter,
  sampleUpload,
  send,
  type TestCenter,
  textOf,
  wireOf,
} from '../../../support/partner-center.ts';

let center: TestCenter;
let call: Caller;
beforeEach(async () => {
  center = await openTestCenter();
  call = await caller(center);
});

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const askToken = (changes: Readonly<Record<string, string | undefined>>, url = center.tokenUrl) => {
  const form = { ...Object.fromEntries(new URLSearchParams(center.tokenBody)), ...changes };
  const given = Object.entries(form).filter((field): field is [string, string] => field[1] !== undefined);
  return send(center.http, 'POST', url, { headers: FORM, body: new URLSearchParams(given).toString() });
};

describe('tokens', () => {
  test('count in text by the first version of the endpoint, in numbers by the second', async () => {
    expect(wireOf(await askToken({}))).toMatchObject({ expires_in: '3599', token_type: 'Bearer' });
    const second = center.tokenUrl.replace('/oauth2/token', '/oauth2/v2.0/token');
    const scope = 'https://manage.devcenter.microsoft.com/.default';
    expect(wireOf(await askToken({ resource: undefined, scope }, second)).expires_in).toBe(3599);
  });

  test.each([
    ['a wrong secret', { client_secret: 'guess' }, 401, 'invalid_client'],
    ['another client', { client_id: 'ffffffff-0000-4000-8000-000000000000' }, 400, 'unauthorized_client'],
    ['another resource', { resource: 'https://example.com' }, 400, 'invalid_resource'],
    ['another grant', { grant_type: 'password' }, 400, 'unsupported_grant_type'],
    ['an unknown parameter', { colour: 'red' }, 400, 'invalid_request'],
  ])('are not given for %s', async (_what, changes, status, error) => {
    const refused = await askToken(changes);
    expect([refused.status, wireOf(refused).error]).toEqual([status, error]);
    expect(textOf(refused)).not.toContain('guess');
  });

  test('end after an hour of emulated time', async () => {
    advance(center, 59 * 60_000);
    expect((await call('GET', '/products')).status).toBe(200);
    advance(center, 2 * 60_000);
    expect((await call('GET', '/products')).status).toBe(401);
  });

  test('that are unknown are 401, and an empty one breaks the gateway', async () => {
    const get = (authorization: string) => send(center.http, 'GET', `${API}/products`, { headers: { authorization } });
    const token = await getToken(center);
    for (const bad of ['Bearer x', 'Basic x', `Bearer ${token}x`, `Bearer ${token.slice(1)}`, '']) {
      expect((await get(bad)).status, bad).toBe(401);
    }
    expect((await get('Bearer ')).status).toBe(500);
    expect((await get(`Bearer ${token}`)).status).toBe(200);
  });

  const assertion = (claims: Readonly<Record<string, unknown>>, header = {}): string => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const signed = `${part({ alg: 'RS256', ...header })}.${part(claims)}`;
    return `${signed}.${signBytes('sha256', Buffer.from(signed), privateKey).toString('base64url')}`;
  };
  const withAssertion = (claims: Readonly<Record<string, unknown>>, header = {}) =>
    askToken({
      client_secret: undefined,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion(claims, header),
    });

  test('are given for assertions of the right time, audience and application', async () => {
    const { clientId } = credentialsOf(center.service.state());
    const nowS = center.time.nowMs / 1000;
    const good = { iss: clientId, sub: clientId, aud: center.tokenUrl, nbf: nowS, exp: nowS + 300 };
    expect((await withAssertion(good)).status).toBe(200);
    const federated = { iss: 'https://ci.example', sub: 'repo', aud: 'api://AzureADTokenExchange', exp: nowS + 300 };
    expect((await withAssertion(federated)).status).toBe(200);
    expect((await withAssertion({ ...good, aud: 'https://example.com' })).status).toBe(401);
    expect((await withAssertion({ ...good, iss: 'other' })).status).toBe(401);
    expect((await withAssertion(good, { x5c: ['AAAA'] })).status).toBe(401);
    const anHour = { ...good, nbf: nowS + 3600, exp: nowS + 3900 };
    expect(textOf(await withAssertion(anHour))).toContain('AADSTS700024');
  });
});

describe('the blob store', () => {
  let url: string;
  let path: string;
  beforeEach(async () => {
    const product = wireOf(await call('POST', '/products', attested)).id;
    const made = wireOf(await call('POST', `/products/${product}/submissions`, { name: 's', type: 'initial' }));
    path = `/products/${product}/submissions/${made.id}`;
    url = made.downloads.items[0].url;
  });
  const put = (body: string, query = '', headers = {}) => send(center.http, 'PUT', `${url}${query}`, { headers, body });
  const blockId = (n: number) => encodeURIComponent(Buffer.from(`block-${n}`).toString('base64'));

  test('takes blocks in any order, and lists those that are there', async () => {
    expect((await put('world', `&comp=block&blockid=${blockId(2)}`)).status).toBe(201);
    expect((await put('hello ', `&comp=block&blockid=${blockId(1)}`)).status).toBe(201);
    const listed = await send(center.http, 'GET', `${url}&comp=blocklist&blocklisttype=all`);
    expect(textOf(listed)).toContain('<UncommittedBlocks><Block><Name>YmxvY2stMg==</Name><Size>5</Size></Block>');
    const list = (...ids: readonly number[]) =>
      `<?xml version="1.0" encoding="utf-8"?><BlockList>${ids.map((n) => `<Latest>${decodeURIComponent(blockId(n))}</Latest>`).join('')}</BlockList>`;
    expect((await put(list(1, 3), '&comp=blocklist')).headers['x-ms-error-code']).toBe('InvalidBlockList');
    expect((await put(list(1, 2), '&comp=blocklist', { 'x-ms-blob-content-md5': 'told' })).status).toBe(201);
    const head = await send(center.http, 'HEAD', url);
    expect([head.headers['content-length'], head.headers['content-md5'], head.body.length]).toEqual(['11', 'told', 0]);
    const part = await send(center.http, 'GET', url, { headers: { range: 'bytes=6-' } });
    expect([part.status, textOf(part), part.headers['content-range']]).toEqual([206, 'world', 'bytes 6-10/11']);
  });

  test('computes the MD5 of a blob that comes whole, and refuses one that is not as told', async () => {
    const whole = { 'x-ms-blob-type': 'BlockBlob' };
    const md5 = createHash('md5').update('hello').digest('base64');
    expect((await put('hello', '', whole)).headers['content-md5']).toBe(md5);
    expect((await put('hellO', '', { ...whole, 'content-md5': md5 })).headers['x-ms-error-code']).toBe('Md5Mismatch');
    expect((await put('hello')).headers['x-ms-error-code']).toBe('MissingRequiredHeader');
  });

  test('refuses a list with a DTD, attributes or anything else in it', async () => {
    for (const text of [
      '<!DOCTYPE a []><BlockList/>',
      '<BlockList a="1"/>',
      '<BlockList><Latest>&a;</Latest></BlockList>',
      '',
    ]) {
      expect((await put(text, '&comp=blocklist')).headers['x-ms-error-code'], text).toBe('InvalidXmlDocument');
    }
  });

  test('links end after a day, are each other ones, and cannot be made up', async () => {
    await put('hello', '', { 'x-ms-blob-type': 'BlockBlob' });
    for (const changed of [
      url.replace('sp=rwl', 'sp=rwlx'),
      url.replace(/se=\d{4}/, 'se=2030'),
      url.replace(/sig=...../, 'sig=AAAAA'),
    ]) {
      expect((await send(center.http, 'GET', changed)).status).toBe(403);
    }
    advance(center, 25 * 3_600_000);
    expect((await send(center.http, 'GET', url)).status).toBe(403);
    const again = await caller(center);
    const fresh = wireOf(await again('GET', path)).downloads.items[0].url;
    expect(fresh).not.toBe(url);
    expect(textOf(await send(center.http, 'GET', fresh))).toBe('hello');
  });

  test('takes nothing after the commit', async () => {
    await put('hello', '', { 'x-ms-blob-type': 'BlockBlob' });
    await call('POST', `${path}/commit`);
    expect((await put('other', '', { 'x-ms-blob-type': 'BlockBlob' })).status).toBe(403);
  });
});

describe('lists', () => {
  test('come fifty at a time, whatever is asked for, with a link to the next', async () => {
    for (let n = 0; n < 120; n++) await call('POST', '/products', { ...attested, productName: `p${n}` });
    const names: string[] = [];
    let next: string | undefined = '/products/?pageSize=1000';
    let pages = 0;
    while (next !== undefined) {
      const page = wireOf(await call('GET', next));
      names.push(...page.value.map((one: { productName: string }) => one.productName));
      next = page.links.find(({ rel }: { rel: string }) => rel === 'next_link')?.href;
      pages++;
    }
    expect([pages, names.length, new Set(names).size]).toEqual([3, 120, 120]);
  });

  test('both spellings of the audiences are understood', async () => {
    expect(wireOf(await call('GET', '/audience')).value).toHaveLength(2);
    expect(wireOf(await call('GET', '/audiences/')).value).toHaveLength(2);
  });
});

describe('products', () => {
  test.each([
    ['an unknown system', { requestedSignatures: ['WINDOWS_12'] }, 'requestedSignatures'],
    ['no harness', { testHarness: 'none' }, 'testHarness'],
    ['no name', { productName: ' ' }, 'productName'],
    ['an unknown family', { selectedProductTypes: { Windows_12: 'Unclassified' } }, 'selectedProductTypes'],
    ['no product type for evidence of tests', { testHarness: 'hlk' }, 'selectedProductTypes'],
    ['an unknown field', { colour: 'red' }, 'body'],
  ])('%s is refused', async (_what, changes, target) => {
    const refused = await call('POST', '/products', { ...attested, ...changes });
    expect([refused.status, wireOf(refused).error.code]).toEqual([400, 'invalidInput']);
    expect(wireOf(refused).error.validationErrors[0].target).toBe(target);
  });

  test('are changed in three fields only, and only when they have a submission', async () => {
    const { id } = wireOf(await call('POST', '/products', attested));
    const refused = await call('PATCH', `/products/${id}`, { productName: 'b' });
    expect([refused.status, wireOf(refused).error.code]).toEqual([403, 'updateUnauthorized']);
    await call('POST', `/products/${id}/submissions`, { name: 's', type: 'initial' });
    expect((await call('PATCH', `/products/${id}`, { productName: 'b' })).status).toBe(204);
    expect((await call('PATCH', `/products/${id}`, { firmwareVersion: '1' })).status).toBe(400);
    expect(wireOf(await call('GET', `/products/${id}`)).productName).toBe('b');
  });

  test('that another company shared have our ids, which endpoint 17 tells', async () => {
    const ours = wireOf(
      await control(center, 'received', { sourcePublisherId: 11, sourceProductId: 12, sourceSubmissionId: 13 }),
    );
    const path = '/products/relationships/sourcepubliherid/11/sourceproductid/12/sourcesubmissionid/13';
    expect(String(wireOf(await call('GET', path)).productId)).toBe(ours.productId);
    const submission = `/products/${ours.productId}/submissions/${ours.submissionId}`;
    expect((await call('POST', `${submission}/createpublishermetadata`)).status).toBe(202);
    advance(center, 7 * 3_600_000);
    const again = await caller(center);
    const { downloads } = wireOf(await again('GET', submission));
    expect(downloads.items.map(({ type }: { type: string }) => type)).toContain('driverMetadata');
  });
});

describe('faults of the way', () => {
  test.each([
    ['throttle', 429],
    ['server-error', 500],
    ['role-missing', 403],
    ['expired-token', 401],
    ['html-page', 200],
  ])('%s is %i', async (name, status) => {
    await control(center, 'faults', { name, times: 1 });
    const answer = await call('GET', '/products');
    expect(answer.status).toBe(status);
    if (name === 'throttle') expect(answer.headers['retry-after']).toBe('1');
    if (name === 'html-page') expect(textOf(answer)).toContain('<html>');
    expect(wireOf(await call('GET', '/products')).value).toEqual([]);
  });

  test('a connection that drops after a POST leaves the product, one that drops before does not', async () => {
    await control(center, 'faults', { name: 'drop-before-post' });
    await expect(call('POST', '/products', attested)).rejects.toMatchObject({ code: 'REMOTE_UNREACHABLE' });
    expect(wireOf(await call('GET', '/products')).value).toHaveLength(0);
    await control(center, 'faults', { name: 'drop-after-post' });
    await expect(call('POST', '/products', attested)).rejects.toMatchObject({ code: 'REMOTE_UNREACHABLE' });
    expect(wireOf(await call('GET', '/products')).value).toHaveLength(1);
  });

  test('are switched off again, and unknown ones refused', async () => {
    await control(center, 'faults', { name: 'server-error' });
    await control(center, 'faults', { name: 'server-error', on: false });
    expect((await call('GET', '/products')).status).toBe(200);
    expect((await control(center, 'faults', { name: 'rain' })).status).toBe(400);
  });
});

describe('the rest', () => {
  test('every endpoint of the table answers, and others do not', async () => {
    for (const { method, path } of Object.values(ENDPOINTS)) {
      const filled = path.replace(/\{[a-z]+\}/g, '7');
      const answer = await call(method, filled, method === 'POST' || method === 'PATCH' ? {} : undefined);
      expect(textOf(answer), filled).not.toContain('Resource not found');
    }
    expect((await call('GET', '/nothing')).status).toBe(404);
    expect((await call('DELETE', '/products/7')).status).toBe(405);
  });

  test('the log of requests names what support asks for, and no secret', async () => {
    const headers = {
      authorization: `Bearer ${await getToken(center)}`,
      'MS-CorrelationId': 'c1',
      'MS-RequestId': 'r1',
    };
    await send(center.http, 'GET', `${API}/products?top=1`, { headers });
    const text = textOf(await send(center.http, 'GET', `${ORIGIN}/emulator/requests`));
    expect(JSON.parse(text).requests.at(-1)).toEqual({
      ...{ method: 'GET', path: '/v2.0/my/hardware/products', status: 200 },
      ...{ correlationId: 'c1', requestId: 'r1' },
    });
    expect(text).not.toContain('Bearer');
    expect(text).not.toContain(credentialsOf(center.service.state()).clientSecret);
  });

  test('its clock is moved by hand, or to what happens next', async () => {
    const before = wireOf(await send(center.http, 'GET', `${ORIGIN}/emulator/clock`));
    expect(before.nextEventAt).toBeNull();
    const after = wireOf(await control(center, 'clock', { advanceMs: 1000 }));
    expect(Date.parse(after.now) - Date.parse(before.now)).toBe(1000);
    expect((await control(center, 'clock', { advanceMs: -1 })).status).toBe(400);
  });
});

describe('the journal', () => {
  test('leads to the same state, and half a line at its end never happened', async () => {
    await call('POST', '/products', attested);
    const state = center.service.state();
    const text = journalLines(undefined, state);
    const bytes = new TextEncoder().encode(`${text}{"table":"products","id":"7","ro`);
    const read = readJournal(bytes, 'state.jsonl');
    expect(read.state).toEqual(state);
    expect(read.size).toBe(new TextEncoder().encode(text).length);
    expect(journalLines(read.state, read.state)).toBe('');
  });

  test('says what changed only', async () => {
    const before = center.service.state();
    await call('POST', '/products', attested);
    const lines = journalLines(before, center.service.state()).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).table).sort()).toEqual(['clock', 'products']);
  });

  test.each([
    ['a newer version', '{"emulator":"partner-center","version":2}\n', 'EMUSERVE_STATE_NEWER'],
    ['another file', 'hello\n', 'EMUSERVE_STATE'],
    ['a spoilt line', '{"emulator":"partner-center","version":1}\n{"table":"rain","id":"1"}\n', 'EMUSERVE_STATE'],
    ['no account', '{"emulator":"partner-center","version":1}\n', 'EMUSERVE_STATE'],
  ])('%s is refused', (_what, text, code) => {
    expect(() => readJournal(new TextEncoder().encode(text), 'state.jsonl')).toThrow(expect.objectContaining({ code }));
  });
});

describe('pre-production signing', () => {
  test('takes the package itself, and gives a ZIP whose hash it tells, in a bare list', async () => {
    const { cab } = await sampleUpload();
    const token = await getToken(center);
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' };
    const put = await send(center.http, 'PUT', `${API}/preprod/packages/`, { headers, body: cab });
    const { id, signingStatus } = wireOf(put);
    expect(signingStatus).toBe('Processing');
    advance(center, 4 * 60_000);
    expect(wireOf(await call('GET', `/preprod/packages/${id}`)).signingStatus).toBe('Succeeded');
    const [asset] = wireOf(await call('GET', `/preprod/packages/${id}/assets`));
    const zip = await call('GET', `/preprod/packages/${id}/assets/${asset.id}/download`);
    const names = parseZip(zip.body, 'signed.zip').map(({ name }) => name.replace(/^.*\//, ''));
    expect(names.sort()).toEqual(['demo.cat', 'demo.inf', 'demo.sys']);
    expect(createHash('sha256').update(zip.body).digest('hex')).toBe(asset.contentHash);
  });

  test('fails for an INF that cannot be read, and everything else goes on', async () => {
    const { unreadInf } = await sampleUpload();
    const headers = { authorization: `Bearer ${await getToken(center)}`, 'content-type': 'application/octet-stream' };
    const { id } = wireOf(await send(center.http, 'PUT', `${API}/preprod/packages/`, { headers, body: unreadInf }));
    advance(center, 4 * 60_000);
    expect(wireOf(await call('GET', `/preprod/packages/${id}`)).signingStatus).toBe('Failed');
    expect((await call('GET', '/products')).status).toBe(200);
  });

  test('says why it failed', async () => {
    const headers = { authorization: `Bearer ${await getToken(center)}`, 'content-type': 'application/octet-stream' };
    const { id } = wireOf(await send(center.http, 'PUT', `${API}/preprod/packages/`, { headers, body: 'hello' }));
    advance(center, 4 * 60_000);
    const failed = wireOf(await call('GET', `/preprod/packages/${id}`));
    expect([failed.signingStatus, failed.error.message]).toEqual(['Failed', 'The package is not a cabinet']);
  });
});
