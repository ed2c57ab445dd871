import { concatBytes } from '../../core/bytes.ts';
import { WinpvError } from '../../core/errors.ts';
import type { Http, HttpRequest, HttpResponse } from '../../core/ports.ts';

const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;

/** What the system says of a connection that failed, in words. */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'the connection was cut',
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name could not be looked up',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no network',
  UND_ERR_SOCKET: 'the connection was cut',
};

const reasonOf = (error: unknown): string => {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
  if (code !== undefined) return REASONS[code] ?? code;
  return cause instanceof Error ? cause.message : 'the connection failed';
};

/** Reads as much as is allowed and lets go of the rest. */
const readBody = async (response: Response, { maxBytes = DEFAULT_MAX_BYTES }: HttpRequest): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > maxBytes) throw new WinpvError('REMOTE_TOO_LARGE', `The answer has more than ${maxBytes} bytes.`);
    chunks.push(chunk);
  }
  return concatBytes(...chunks);
};

const exchange = async (request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> => {
  const { method, url, headers, body } = request;
  const response = await fetch(url, {
    method,
    headers,
    redirect: 'manual',
    signal,
    ...(body === undefined ? {} : { body: new Uint8Array(body) }),
  });
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: await readBody(response, request),
  };
};

/** HTTP by Node's own client. No redirection is followed; the time limit covers everything up to the last byte. */
export const systemHttp: Http = {
  async send(request) {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), request.timeoutMs);
    try {
      return await exchange(request, abort.signal);
    } catch (error) {
      if (error instanceof WinpvError) throw error;
      if (abort.signal.aborted) {
        throw new WinpvError('REMOTE_TIMEOUT', `There was no whole answer within ${request.timeoutMs / 1000} s.`, {
          cause: error,
        });
      }
      throw new WinpvError('REMOTE_UNREACHABLE', `It cannot be reached: ${reasonOf(error)}.`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  },
};
