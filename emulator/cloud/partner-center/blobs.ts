import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { utf8 } from '../../../core/bytes.ts';
import type { Call, CloudResponse, Outcome } from './answers.ts';
import { parseBlockList, printBlockList } from './block-list.ts';
import { isOn, strike } from './faults.ts';
import {
  accountOf,
  type BlobRow,
  type BlockRow,
  type CloudState,
  type ContentPart,
  newGuid,
  withRow,
} from './state.ts';

/** The blob store behind upload and download links: block blobs, as far as such links reach. */

export type Permission = 'r' | 'rwl';

/** About a day: observed, no contract. */
const LINK_LIFE_MS = 24 * 60 * 60 * 1000;
const STORE_VERSION = '2021-08-06';
const MAX_BLOCKS = 50_000;

const isoSeconds = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

const signatureOf = (state: CloudState, blob: string, fields: URLSearchParams): string => {
  const signed = ['sv', 'sr', 'sp', 'st', 'se', 'rscd', 'rsct'].map((name) => fields.get(name) ?? '').join('\n');
  return createHmac('sha256', accountOf(state).seed).update(`link\n${blob}\n${signed}`).digest('base64');
};

/** A fresh link: each one differs, as each GET of a submission mints its own. */
export const mintLink = (
  call: Pick<Call, 'state' | 'now' | 'request'>,
  blob: string,
  permission: Permission,
): string => {
  const fileName = call.state.blobs.get(blob)?.fileName ?? blob;
  const fields = new URLSearchParams({
    sv: STORE_VERSION,
    st: isoSeconds(call.now - 300_000),
    se: isoSeconds(call.now + LINK_LIFE_MS),
    sr: 'b',
    sp: permission,
    rscd: `attachment; filename="${fileName}"`,
  });
  fields.set('sig', signatureOf(call.state, blob, fields));
  return `${call.request.origin}/ingestion/${blob}?${fields}`;
};

export const newBlob = (
  before: CloudState,
  blob: Pick<BlobRow, 'fileName' | 'contentType'> & { readonly now: number },
): { readonly state: CloudState; readonly id: string } => {
  const { state, id } = newGuid(before);
  const { fileName, contentType, now } = blob;
  return {
    state: withRow(state, 'blobs', id, { fileName, contentType, uncommitted: [], changedAt: now, sealed: false }),
    id,
  };
};

export const partOf = (bytes: Uint8Array): ContentPart => ({
  sha256: createHash('sha256').update(bytes).digest('hex'),
  size: bytes.length,
});

export const md5Of = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('base64');
export const sizeOf = (content: readonly ContentPart[]): number => content.reduce((sum, { size }) => sum + size, 0);

const xml = (text: string): Uint8Array => utf8(`\ufeff<?xml version="1.0" encoding="utf-8"?>${text}`);
const XML_TYPE = { 'content-type': 'application/xml' };

/** How the store refuses: a code in a header and in XML. */
const failure = (status: number, code: string, message: string, head: boolean): CloudResponse => ({
  status,
  headers: { ...XML_TYPE, 'x-ms-error-code': code, 'x-ms-version': STORE_VERSION },
  body: xml(`<Error><Code>${code}</Code><Message>${message}</Message></Error>`),
  headOnly: head,
});

const linkFlaw = ({ state, now, request, ids }: Call, needs: 'r' | 'w'): string | undefined => {
  const { query } = request;
  const given = utf8(query.get('sig') ?? '');
  const right = utf8(signatureOf(state, ids.blob ?? '', query));
  if (given.length !== right.length || !timingSafeEqual(given, right)) return 'AuthenticationFailed';
  if (!(Date.parse(query.get('se') ?? '') > now)) return 'AuthenticationFailed';
  return query.get('sp')?.includes(needs) === true ? undefined : 'AuthorizationPermissionMismatch';
};

const created = (state: CloudState, headers: Readonly<Record<string, string>>, bytes?: Uint8Array): Outcome => ({
  state,
  response: { status: 201, headers: { 'x-ms-version': STORE_VERSION, ...headers }, body: new Uint8Array(0) },
  ...(bytes === undefined ? {} : { writes: [bytes] }),
});

const etagOf = (row: BlobRow): string =>
  `"0x${createHash('sha256')
    .update(JSON.stringify([row.changedAt, row.content]))
    .digest('hex')
    .slice(0, 15)
    .toUpperCase()}"`;

interface Write extends Call {
  readonly blob: string;
  readonly row: BlobRow;
}

const md5Flaw = ({ request }: Call): CloudResponse | undefined => {
  const told = request.headers['content-md5'];
  if (told === undefined || told === md5Of(request.body)) return undefined;
  return failure(400, 'Md5Mismatch', 'The MD5 of the body is not the one that was said.', false);
};

const putBlob = (write: Write): Outcome => {
  const { state, request, blob, row, now } = write;
  if (request.headers['x-ms-blob-type'] !== 'BlockBlob') {
    return refusal(
      state,
      400,
      request.headers['x-ms-blob-type'] === undefined ? 'MissingRequiredHeader' : 'InvalidHeaderValue',
      'x-ms-blob-type is to be BlockBlob.',
    );
  }
  const md5 = md5Of(request.body);
  const told = request.headers['x-ms-blob-content-md5'] ?? md5;
  if (told !== md5) return refusal(state, 400, 'Md5Mismatch', 'The MD5 of the blob is not the one that was said.');
  const whole = { id: '', ...partOf(request.body) };
  const next: BlobRow = { ...row, content: [whole], uncommitted: [], md5, changedAt: now };
  return created(withRow(state, 'blobs', blob, next), { 'content-md5': md5, etag: etagOf(next) }, request.body);
};

const refusal = (state: CloudState, status: number, code: string, message: string): Outcome => ({
  state,
  response: failure(status, code, message, false),
});

const putBlock = ({ state, request, blob, row }: Write): Outcome => {
  const id = request.query.get('blockid') ?? '';
  const known = [...row.uncommitted, ...(row.content ?? [])].find((block) => block.id !== '');
  const sized = known === undefined || known.id.length === id.length;
  if (id === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(id) || id.length > 88) {
    return refusal(state, 400, 'InvalidQueryParameterValue', 'blockid is to be base64 of at most 64 bytes.');
  }
  if (!sized) return refusal(state, 400, 'InvalidBlobOrBlock', 'Block ids of one blob have one length.');
  if (row.uncommitted.length >= MAX_BLOCKS) return refusal(state, 409, 'BlockCountExceedsLimit', 'Too many blocks.');
  const block: BlockRow = { id, ...partOf(request.body) };
  const uncommitted = [...row.uncommitted.filter((other) => other.id !== id), block];
  return created(
    withRow(state, 'blobs', blob, { ...row, uncommitted }),
    { 'content-md5': md5Of(request.body) },
    request.body,
  );
};

const putBlockList = ({ state, request, blob, row, now }: Write): Outcome => {
  const list = parseBlockList(new TextDecoder().decode(request.body));
  if (list === undefined) return refusal(state, 400, 'InvalidXmlDocument', 'The body is no list of blocks.');
  const find = (blocks: readonly BlockRow[], id: string) => blocks.find((block) => block.id === id);
  const content: BlockRow[] = [];
  for (const { kind, id } of list) {
    const [fresh, old] = [find(row.uncommitted, id), find(row.content ?? [], id)];
    const block = kind === 'Committed' ? old : kind === 'Uncommitted' ? fresh : (fresh ?? old);
    if (block === undefined) return refusal(state, 400, 'InvalidBlockList', 'A block of the list is not there.');
    content.push(block);
  }
  // As the real store: it keeps the hash that it is told, and computes none of its own
  const md5 = request.headers['x-ms-blob-content-md5'];
  const next: BlobRow = { ...row, content, uncommitted: [], md5, changedAt: now };
  return created(withRow(state, 'blobs', blob, next), { etag: etagOf(next) });
};

const putAny = (write: Write): Outcome => {
  const comp = write.request.query.get('comp');
  const flaw = md5Flaw(write);
  if (flaw !== undefined) return { state: write.state, response: flaw };
  if (comp === 'block') return putBlock(write);
  if (comp === 'blocklist') return putBlockList(write);
  if (comp === null) return putBlob(write);
  return refusal(write.state, 400, 'InvalidQueryParameterValue', 'comp is not understood.');
};

const rangeOf = (header: string | undefined, size: number): readonly [number, number] | 'wrong' | undefined => {
  const match = /^bytes=(\d+)-(\d*)$/.exec(header ?? '');
  if (match === null) return undefined;
  const from = Number(match[1]);
  const to = match[2] === '' ? size : Math.min(Number(match[2]) + 1, size);
  return from >= size || from >= to ? 'wrong' : [from, to];
};

const getBlob = ({ state, request, row }: Write, head: boolean): Outcome => {
  if (row.content === undefined)
    return { state, response: failure(404, 'BlobNotFound', 'Nothing was uploaded.', head) };
  const size = sizeOf(row.content);
  const range = rangeOf(request.headers['x-ms-range'] ?? request.headers.range, size);
  if (range === 'wrong') return { state, response: failure(416, 'InvalidRange', 'The range is outside.', head) };
  const [from, to] = range ?? [0, size];
  const cut = !head && isOn(state, 'cut-download') ? { cutAfter: Math.floor((to - from) / 2) } : {};
  return {
    state,
    response: {
      status: range === undefined ? 200 : 206,
      headers: {
        'content-type': row.contentType,
        'content-length': String(to - from),
        ...(range === undefined ? {} : { 'content-range': `bytes ${from}-${to - 1}/${size}` }),
        ...(row.md5 === undefined ? {} : { [range === undefined ? 'content-md5' : 'x-ms-blob-content-md5']: row.md5 }),
        'accept-ranges': 'bytes',
        'content-disposition': request.query.get('rscd') ?? '',
        etag: etagOf(row),
        'last-modified': new Date(row.changedAt).toUTCString(),
        'x-ms-blob-type': 'BlockBlob',
        'x-ms-version': STORE_VERSION,
      },
      body: row.content,
      range: [from, to],
      headOnly: head,
      ...cut,
    },
  };
};

const getBlockList = ({ state, request, row }: Write): Outcome => {
  const kind = request.query.get('blocklisttype') ?? 'committed';
  const committed = kind === 'uncommitted' ? [] : (row.content ?? []).filter(({ id }) => id !== '');
  const uncommitted = kind === 'committed' ? [] : row.uncommitted;
  const body = xml(printBlockList(committed, uncommitted));
  return { state, response: { status: 200, headers: { ...XML_TYPE, 'x-ms-version': STORE_VERSION }, body } };
};

/** Any request below /ingestion. */
export const handleBlob = (call: Call): Outcome => {
  const { request, ids } = call;
  const blob = ids.blob ?? '';
  const head = request.method === 'HEAD';
  const busy = strike(call.state, 'blob-503');
  if (busy.strikes) return { state: busy.state, response: failure(503, 'ServerBusy', 'The server is busy.', head) };
  const expired = strike(call.state, 'sas-expired');
  const flaw =
    linkFlaw(call, request.method === 'PUT' ? 'w' : 'r') ?? (expired.strikes ? 'AuthenticationFailed' : undefined);
  const { state } = expired;
  if (flaw !== undefined)
    return { state, response: failure(403, flaw, 'Server failed to authenticate the request.', head) };
  const row = state.blobs.get(blob);
  if (row === undefined) return { state, response: failure(404, 'BlobNotFound', 'There is no such blob.', head) };
  const write: Write = { ...call, state, blob, row };
  if (request.method === 'PUT') {
    if (row.sealed) return refusal(state, 403, 'AuthorizationPermissionMismatch', 'The package was committed.');
    return putAny(write);
  }
  if (head) return getBlob(write, true);
  if (request.method !== 'GET') return refusal(state, 405, 'UnsupportedHttpVerb', 'The method is not supported.');
  return request.query.get('comp') === 'blocklist' ? getBlockList(write) : getBlob(write, false);
};
