import { WinpvError } from '../../core/errors.ts';
import type { Http, HttpRequest, HttpResponse } from '../../core/ports.ts';
import type { CloudRequest } from '../cloud/partner-center/answers.ts';
import type { PartnerCenter, ServedResponse } from '../cloud/partner-center/service.ts';

/** A request of the HTTP port as the model takes it. */
export const cloudRequest = (request: Pick<HttpRequest, 'method' | 'url' | 'headers' | 'body'>): CloudRequest => {
  const url = new URL(request.url);
  return {
    method: request.method.toUpperCase(),
    path: url.pathname,
    query: url.searchParams,
    headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value])),
    body: request.body ?? new Uint8Array(0),
    origin: url.origin,
  };
};

const portResponse = (served: ServedResponse, maxBytes: number | undefined): HttpResponse => {
  if (served.cutAfter !== undefined) {
    throw new WinpvError('REMOTE_UNREACHABLE', 'It cannot be reached: the connection was cut.');
  }
  if (maxBytes !== undefined && served.body.length > maxBytes) {
    throw new WinpvError('REMOTE_TOO_LARGE', `The answer has more than ${maxBytes} bytes.`);
  }
  return { status: served.status, headers: served.headers, body: served.body };
};

/**
 * The emulated Partner Center as an HTTP port, in this process: whatever origin a URL has, it is the emulator's.
 * A connection that breaks is REMOTE_UNREACHABLE, as with the real port.
 */
export const inProcessHttp = (service: PartnerCenter): Http => ({
  send: async (request) => portResponse(await service.handle(cloudRequest(request)), request.maxBytes),
});
