import { z } from 'zod';
import {
  audiencePage,
  type PreprodAsset,
  type PreprodPackage,
  preprodAsset,
  preprodAssets,
  preprodPackage,
  relationship,
} from '../../../publishing/partner-center/other-contract.ts';
import { wireId } from '../../../publishing/partner-center/wire.ts';
import { answer, type Call, functional, gateway, isoTime, jsonText, type Outcome, readBody } from './answers.ts';
import { newBlob, partOf, sizeOf } from './blobs.ts';
import { linkTo, pageOf } from './pages.ts';
import { newGuid, newId, type PreprodRow, type ProductRow, type SubmissionRow, withRow } from './state.ts';
import { STEP_MS } from './steps.ts';

/** Audiences, what other companies shared, and pre-production packages. */

const notFound = ({ state }: Call, message: string): Outcome => ({
  state,
  response: functional('entityNotFound', message),
});

export const listAudiences = (call: Call): Outcome => {
  const page = pageOf(call, '/audiences', [...call.state.audiences]);
  if ('refusal' in page) return { state: call.state, response: page.refusal };
  const value = page.items.map(([id, { audienceName, description }]) => ({
    id,
    name: audienceName,
    description,
    audienceName,
  }));
  return { state: call.state, response: answer(call.state, audiencePage, { value, links: page.links }) };
};

export const translateIds = (call: Call): Outcome => {
  const { pub, p, s } = call.ids;
  const found = [...call.state.submissions.values()].find((row) => {
    const from = call.state.products.get(row.productId)?.receivedFrom;
    return row.receivedSubmissionId === s && from?.publisherId === pub && from?.productId === p;
  });
  if (found === undefined) return notFound(call, 'Nothing of that company was shared with this account.');
  const value = {
    productId: found.productId,
    submissionId: found.id,
    sourcePublisherId: pub,
    sourceProductId: p,
    sourceSubmissionId: s,
    links: [linkTo(call, `/products/${found.productId}/submissions/${found.id}`, 'self')],
  };
  return { state: call.state, response: answer(call.state, relationship, value) };
};

/** What POST /emulator/received takes: another company shares a submission with this account. */
const received = z.strictObject({
  sourcePublisherId: wireId,
  sourceProductId: wireId,
  sourceSubmissionId: wireId,
  productName: z.string().default('A driver that was shared'),
});

export const receiveSubmission = (call: Call): Outcome => {
  const body = readBody(call.request, received);
  if ('refusal' in body) return { state: call.state, response: body.refusal };
  const { sourcePublisherId, sourceProductId, sourceSubmissionId, productName } = body.value;
  const first = newId(call.state);
  const second = newId(first.state);
  const third = newId(second.state);
  const product: ProductRow = {
    id: first.id,
    sharedProductId: second.id,
    settings: { productName, testHarness: 'hlk', requestedSignatures: [] },
    createdAt: call.now,
    updatedAt: call.now,
    receivedFrom: { publisherId: sourcePublisherId, productId: sourceProductId },
  };
  const submission: SubmissionRow = {
    id: third.id,
    productId: product.id,
    name: productName,
    type: 'initial',
    createdAt: call.now,
    commitStatus: 'commitComplete',
    run: { step: 'finalizeIngestion', state: 'completed', messages: [] },
    receivedSubmissionId: sourceSubmissionId,
  };
  const state = withRow(
    withRow(third.state, 'products', product.id, product),
    'submissions',
    submission.id,
    submission,
  );
  return { state, response: jsonText(200, JSON.stringify({ productId: product.id, submissionId: submission.id })) };
};

const assetOf = (call: Call, row: PreprodRow): PreprodAsset | undefined => {
  const content = row.status === 'Succeeded' ? call.state.blobs.get(row.asset ?? '')?.content : undefined;
  const [part] = content ?? [];
  if (part === undefined || row.asset === undefined) return undefined;
  return {
    id: row.asset,
    packageId: row.id,
    assetType: 'SignedFilesZip',
    createdDate: isoTime(row.changedAt),
    contentHash: part.sha256,
  };
};

const preprodView = (call: Call, row: PreprodRow): PreprodPackage => {
  const asset = assetOf(call, row);
  return {
    id: row.id,
    etag: `"${row.changedAt}"`,
    lastModified: isoTime(row.changedAt),
    signingStatus: row.status,
    error: row.status === 'Failed' ? { message: row.problem ?? '' } : null,
    assets: asset === undefined ? [] : [asset],
    assetsContinuationToken: null,
  };
};

export const putPreprod = (call: Call): Outcome => {
  if (call.request.body.length === 0) {
    return { state: call.state, response: functional('invalidInput', 'The package is empty.') };
  }
  if (!/^application\/octet-stream\b/i.test(call.request.headers['content-type'] ?? '')) {
    return { state: call.state, response: gateway(415, 'The media type of the body is not application/octet-stream.') };
  }
  const blob = newBlob(call.state, { fileName: 'package.cab', contentType: 'application/octet-stream', now: call.now });
  const made = blob.state.blobs.get(blob.id);
  if (made === undefined) return notFound(call, 'The package was not stored.');
  const content = [{ id: '', ...partOf(call.request.body) }];
  const stored = withRow(blob.state, 'blobs', blob.id, { ...made, content, sealed: true });
  const numbered = newGuid(stored);
  const row: PreprodRow = {
    id: numbered.id,
    upload: blob.id,
    status: 'Processing',
    changedAt: call.now,
    dueAt: call.now + STEP_MS.preprod,
    work: 'sign',
  };
  const state = withRow(numbered.state, 'preprod', row.id, row);
  const response = answer(state, preprodPackage, preprodView({ ...call, state }, row));
  return { state, response, writes: [call.request.body] };
};

type PreprodAnswer = (call: Call, row: PreprodRow) => Outcome;

const withPackage =
  (handle: PreprodAnswer) =>
  (call: Call): Outcome => {
    const row = call.state.preprod.get(call.ids.id ?? '');
    return row === undefined ? notFound(call, 'The package was not found.') : handle(call, row);
  };

const withAsset = (handle: (call: Call, asset: PreprodAsset) => Outcome) =>
  withPackage((call, row) => {
    const asset = assetOf(call, row);
    return asset?.id === call.ids.aid && asset !== undefined
      ? handle(call, asset)
      : notFound(call, 'The asset was not found.');
  });

export const getPreprod = withPackage((call, row) => ({
  state: call.state,
  response: answer(call.state, preprodPackage, preprodView(call, row)),
}));

/** A bare array. */
export const listPreprodAssets = withPackage((call, row) => {
  const asset = assetOf(call, row);
  return { state: call.state, response: answer(call.state, preprodAssets, asset === undefined ? [] : [asset]) };
});

export const getPreprodAsset = withAsset((call, asset) => ({
  state: call.state,
  response: answer(call.state, preprodAsset, asset),
}));

export const downloadPreprodAsset = withAsset((call, asset) => {
  const body = call.state.blobs.get(asset.id)?.content ?? [];
  const headers = { 'content-type': 'application/zip', 'content-length': String(sizeOf(body)) };
  return { state: call.state, response: { status: 200, headers, body, range: [0, sizeOf(body)] } };
});
