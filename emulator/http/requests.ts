import type { HttpRequest } from '../../core/ports.ts';
import type { CloudRequest } from '../cloud/partner-center/answers.ts';

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
