import type { ErrorCode } from '../../core/error-codes.ts';
import { WinpvError } from '../../core/errors.ts';
import type { Clock, Http, HttpResponse, Timer } from '../../core/ports.ts';
import { hostOf, redact } from './redact.ts';
import { toldWait } from './transport.ts';

/** The blob store behind upload and download links. Links are secrets: no message has one. */
export interface BlobPorts {
  readonly http: Http;
  readonly clock: Clock;
  readonly timer: Timer;
}

export interface BlobRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT';
  readonly url: string;
  /** For messages. */
  readonly what: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly maxBytes?: number;
}

/** Of the store's interface; the links are signed for one of their own, and say it. */
const STORE_VERSION = '2020-10-02';
const TIMEOUT_MS = 300_000;
const TRIES = 5;
const FIRST_PAUSE_MS = 1000;
const MAX_ANSWER = 64 * 1024 * 1024;

/** The link is no longer, or not, good for this: the submission has a new one. */
export class BlobLinkExpired extends WinpvError {}

const codeOf = (response: HttpResponse): string => {
  const header = response.headers['x-ms-error-code'];
  const text = new TextDecoder().decode(response.body.subarray(0, 4096));
  return redact(header ?? /<Code>([^<]{1,100})<\/Code>/.exec(text)?.[1] ?? `status ${response.status}`);
};

export const blobFailure = (code: ErrorCode, what: string, response: HttpResponse): WinpvError =>
  new WinpvError(code, `${what} was answered with ${response.status} by the blob store: ${codeOf(response)}.`, {
    hint: 'Go on with --resume.',
  });

const isTransient = ({ status }: HttpResponse): boolean => status === 429 || status >= 500 || status === 408;

/**
 * Sends a request that may be sent twice, as all to the store are, until it is answered.
 * @returns any answer but 403, 408, 429 and 5xx
 * @throws BlobLinkExpired after 403; WinpvError PUBLISH_UPLOAD_FAILED, PUBLISH_DOWNLOAD_FAILED
 */
export const sendToBlob = async (ports: BlobPorts, request: BlobRequest): Promise<HttpResponse> => {
  const { method, url, what, headers = {}, body, maxBytes = MAX_ANSWER } = request;
  const code = method === 'PUT' ? 'PUBLISH_UPLOAD_FAILED' : 'PUBLISH_DOWNLOAD_FAILED';
  if (!URL.canParse(url)) throw new WinpvError(code, 'Partner Center gave a link that is no address.');
  for (let tries = 1; ; tries += 1) {
    let pause = FIRST_PAUSE_MS * 2 ** (tries - 1);
    try {
      const response = await ports.http.send({
        method,
        url,
        headers: { 'x-ms-version': STORE_VERSION, ...headers },
        ...(body === undefined ? {} : { body }),
        timeoutMs: TIMEOUT_MS,
        maxBytes,
      });
      if (response.status === 403) {
        const message = `The blob store at ${hostOf(url)} does not take the link to ${what}: ${codeOf(response)}.`;
        throw new BlobLinkExpired(code, message, { hint: 'Go on with --resume.' });
      }
      if (!isTransient(response)) return response;
      if (tries === TRIES) throw blobFailure(code, `The request for ${what}`, response);
      pause = toldWait(response, ports.clock.now()) ?? pause;
    } catch (error) {
      const lost = error instanceof WinpvError && ['REMOTE_UNREACHABLE', 'REMOTE_TIMEOUT'].includes(error.code);
      if (!lost) throw error;
      if (tries === TRIES) {
        throw new WinpvError(code, `The blob store at ${hostOf(url)} broke off at ${what}: ${error.message}`, {
          hint: 'Go on with --resume.',
          cause: error,
        });
      }
    }
    await ports.timer.wait(pause);
  }
};
