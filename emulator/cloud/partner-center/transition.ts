import { ENDPOINTS, type EndpointName } from '../../../publishing/partner-center/endpoints.ts';
import { type Call, type CloudRequest, gateway, type Outcome } from './answers.ts';
import { handleBlob } from './blobs.ts';
import { handleControl } from './controls.ts';
import { strike } from './faults.ts';
import { addLabel, cancelLabel, changeLabel, getLabel, listLabels } from './labels.ts';
import {
  downloadPreprodAsset,
  getPreprod,
  getPreprodAsset,
  listAudiences,
  listPreprodAssets,
  putPreprod,
  translateIds,
} from './other-endpoints.ts';
import { API_BASE } from './pages.ts';
import { addProduct, changeProduct, getProduct, listProducts } from './products.ts';
import type { CloudState } from './state.ts';
import {
  addSubmission,
  changeSubmission,
  commitSubmission,
  createPublisherMetadata,
  getSubmission,
  listSubmissions,
} from './submissions.ts';
import { checkBearer, giveToken } from './tokens.ts';

const HANDLERS: Readonly<Record<EndpointName, (call: Call) => Outcome>> = {
  listProducts,
  createProduct: addProduct,
  getProduct,
  patchProduct: changeProduct,
  listSubmissions,
  createSubmission: addSubmission,
  getSubmission,
  patchSubmission: changeSubmission,
  commitSubmission,
  createPublisherMetadata,
  listShippingLabels: listLabels,
  createShippingLabel: addLabel,
  getShippingLabel: getLabel,
  patchShippingLabel: changeLabel,
  cancelShippingLabel: cancelLabel,
  listAudiences,
  translateIds,
  putPreprodPackage: putPreprod,
  getPreprodPackage: getPreprod,
  listPreprodAssets,
  getPreprodAsset,
  downloadPreprodAsset,
};

interface Route {
  readonly name: EndpointName;
  readonly method: string;
  readonly pattern: RegExp;
}

/** A path of the table as a pattern: a slash at the end is accepted, and case does not matter. */
const patternOf = (path: string): RegExp => {
  const plain = path.replace(/\/$/, '').replace('/audiences', '/audiences?');
  return new RegExp(`^${plain.replace(/\{([a-z]+)\}/g, '(?<$1>[0-9A-Za-z-]{1,40})')}/?$`, 'i');
};

const ROUTES: readonly Route[] = (Object.keys(ENDPOINTS) as EndpointName[]).map((name) => ({
  name,
  method: ENDPOINTS[name].method,
  pattern: patternOf(ENDPOINTS[name].path),
}));

const HTML =
  '<!DOCTYPE html><html><head><title>Service</title></head><body><h1>Our services are busy</h1></body></html>';

/** What stands between the caller and the service, and goes wrong by itself. */
const gatewayFaults = (call: Call): { readonly state: CloudState; readonly refusal?: Outcome['response'] } => {
  const throttled = strike(call.state, 'throttle');
  if (throttled.strikes) {
    const message = 'Rate limit is exceeded. Try again in 1 seconds.';
    return { state: throttled.state, refusal: gateway(429, message, { 'retry-after': '1' }) };
  }
  const broken = strike(call.state, 'server-error');
  if (broken.strikes) return { state: broken.state, refusal: gateway(500, 'Internal server error') };
  const page = strike(call.state, 'html-page');
  if (!page.strikes) return { state: call.state };
  const headers = { 'content-type': 'text/html; charset=utf-8' };
  return { state: page.state, refusal: { status: 200, headers, body: new TextEncoder().encode(HTML) } };
};

/** What happens to an answer on its way. */
const onTheWay = (call: Call, outcome: Outcome): Outcome => {
  const { response } = outcome;
  const posted = call.request.method === 'POST' && response.status < 300;
  const dropped = posted ? strike(outcome.state, 'drop-after-post') : { state: outcome.state, strikes: false };
  if (dropped.strikes) return { ...outcome, state: dropped.state, response: { ...response, cutAfter: 0 } };
  const cut = strike(outcome.state, 'cut-answer');
  if (!cut.strikes || !(response.body instanceof Uint8Array) || response.body.length < 2) return outcome;
  return { ...outcome, state: cut.state, response: { ...response, cutAfter: Math.floor(response.body.length / 2) } };
};

const dropBefore = (call: Call): Outcome | undefined => {
  if (call.request.method !== 'POST') return undefined;
  const dropped = strike(call.state, 'drop-before-post');
  if (!dropped.strikes) return undefined;
  return { state: dropped.state, response: { ...gateway(503, ''), cutAfter: 0 } };
};

const handleApi = (before: Call, path: string): Outcome => {
  const matches = ROUTES.filter(({ pattern }) => pattern.test(path));
  const route = matches.find(({ method }) => method === before.request.method);
  const bearer = checkBearer(before);
  if (bearer.refusal !== undefined) return { state: bearer.state, response: bearer.refusal };
  const faults = gatewayFaults({ ...before, state: bearer.state });
  if (faults.refusal !== undefined) return { state: faults.state, response: faults.refusal };
  if (route === undefined) {
    const status = matches.length === 0 ? 404 : 405;
    return {
      state: faults.state,
      response: gateway(status, status === 404 ? 'Resource not found' : 'Method not allowed'),
    };
  }
  const ids = { ...route.pattern.exec(path)?.groups };
  const call: Call = { ...before, state: faults.state, ids };
  return dropBefore(call) ?? onTheWay(call, HANDLERS[route.name](call));
};

const TOKEN_PATH = /^\/(?<tenant>[0-9A-Za-z.-]{1,64})\/oauth2\/(?<version>v2\.0\/)?token\/?$/;
const BLOB_PATH = /^\/ingestion\/(?<blob>[0-9a-f-]{36})$/;

/**
 * One request: the next state and the answer. Pure: time is an argument, and bytes to be kept are handed out.
 * @param now the emulated time, milliseconds since 1970
 */
export const transition = (state: CloudState, request: CloudRequest, now: number): Outcome => {
  const call: Call = { state, now, request, ids: {} };
  const { path, method } = request;
  if (path.toLowerCase().startsWith(`${API_BASE}/`)) return handleApi(call, path.slice(API_BASE.length));
  if (path === '/emulator' || path.startsWith('/emulator/')) return handleControl(call);
  const blob = BLOB_PATH.exec(path)?.groups;
  if (blob !== undefined) return handleBlob({ ...call, ids: { ...blob } });
  const token = TOKEN_PATH.exec(path)?.groups;
  if (token !== undefined && method === 'POST') {
    return giveToken({ ...call, ids: { tenant: token.tenant ?? '' } }, token.version === undefined ? 1 : 2);
  }
  return { state, response: gateway(404, 'Resource not found') };
};
