import type { ErrorCode } from '../../core/error-codes.ts';
import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import type { Clock, Http, HttpResponse, Random, Timer } from '../../core/ports.ts';
import { digest } from '../formats/cms/encode.ts';
import { encodeLegacyTimestampQuery, encodeTimestampQuery } from '../formats/cms/timestamp-messages.ts';
import { decodeBase64 } from '../formats/cms/timestamp-messages-parse.ts';
import { type AcceptedStamp, acceptLegacyReply, acceptReply, type StampRequest } from './accept-timestamp.ts';
import type { Timestamper } from './timestamp.ts';

/** RFC 3161, or the older form of Authenticode. A server speaks one of them, rarely both. */
export type TimestampProtocol = 'rfc3161' | 'authenticode';

export interface TimestampServers {
  /** Tried in order; http or https. */
  readonly urls: readonly string[];
  /** Default RFC 3161. */
  readonly protocol?: TimestampProtocol | undefined;
  /** CA certificates that the authority must come from, DER or PEM. Without any its chain is checked for itself only. */
  readonly authorities: readonly Uint8Array[];
  /** For one answer, up to its last byte. */
  readonly timeoutMs?: number | undefined;
}

export interface TimestampPorts {
  readonly http: Http;
  readonly random: Random;
  readonly clock: Clock;
  readonly timer: Timer;
}

export interface RemoteTimestamper extends Timestamper {
  /** What was found while stamping, each once. */
  findings(): readonly Diagnostic[];
  /** Certificates that the chains of the accepted time stamps end at. */
  anchors(): readonly Uint8Array[];
}

export const DEFAULT_TIMEOUT_MS = 30_000;
/** Real answers have some 6 KiB. */
const MAX_ANSWER_BYTES = 256 * 1024;
/** A server that is down or busy is asked again; one that lies, refuses or hangs is not. */
const ATTEMPTS = 3;
const FIRST_WAIT_MS = 500;
const BUSY = [408, 429, 500, 502, 503, 504];
const MAX_REDIRECTS = 3;
/** Requests under way at once: authorities block whoever asks for hundreds. */
const LANES = 4;

interface Wire {
  readonly contentType: string;
  readonly accept: string;
  query(request: StampRequest): Uint8Array;
  accepted(body: Uint8Array, request: StampRequest): AcceptedStamp;
}

const WIRES: Readonly<Record<TimestampProtocol, Wire>> = {
  rfc3161: {
    contentType: 'application/timestamp-query',
    accept: 'application/timestamp-reply',
    query: ({ signature, nonce }) =>
      encodeTimestampQuery({ imprint: { algorithm: 'sha256', digest: digest('sha256', signature) }, nonce }),
    accepted: acceptReply,
  },
  authenticode: {
    contentType: 'application/octet-stream',
    accept: 'application/octet-stream',
    query: ({ signature }) => encodeLegacyTimestampQuery(signature),
    accepted: (body, request) => {
      try {
        return acceptLegacyReply(decodeBase64(body, request.server), request);
      } catch (error) {
        if (!(error instanceof WinpvError) || error.code.startsWith('TS_')) throw error;
        throw new WinpvError('TS_MALFORMED', `${request.server}: ${error.message}`, { cause: error });
      }
    },
  },
};

/**
 * The servers of a list as one time stamper. Each signature goes to the server that answered last, then to the others;
 * what it gets back is checked before it is believed.
 * @throws WinpvError TS_SERVER_INVALID; when stamping, the one server's TS_* error, or TS_ALL_FAILED with every server's
 */
export const timestampServers = (servers: TimestampServers, ports: TimestampPorts): RemoteTimestamper => {
  const urls = servers.urls.map(serverUrl);
  if (urls.length === 0) throw new WinpvError('TS_SERVER_INVALID', 'The list of time-stamp servers is empty.');
  const findings = new Map<string, Diagnostic>();
  const anchors = new Map<string, Uint8Array>();
  let preferred = 0;
  const lanes: Promise<unknown>[] = [];
  let turn = 0;

  const stamp = async (signature: Uint8Array): Promise<AcceptedStamp> => {
    const failures: WinpvError[] = [];
    for (const index of firstFirst(urls.length, preferred)) {
      const url = urls[index];
      if (url === undefined) continue;
      const answer = await askPatiently(url, signature, servers, ports);
      if (answer instanceof WinpvError) failures.push(answer);
      else {
        preferred = index;
        for (const finding of [...failures.map(asWarning), ...answer.findings]) findings.set(finding.message, finding);
        anchors.set(Buffer.from(answer.anchor).toString('latin1'), answer.anchor);
        return answer;
      }
    }
    throw allFailed(failures);
  };

  return {
    label: urls.map(shownUrl).join(', '),
    timestamp: (signature) => {
      const lane = turn++ % LANES;
      const result = (lanes[lane] ?? Promise.resolve()).then(() => stamp(signature));
      lanes[lane] = result.catch(() => undefined);
      return result;
    },
    findings: () => [...findings.values()],
    anchors: () => [...anchors.values()],
  };
};

/** An address as it is used. @throws WinpvError TS_SERVER_INVALID */
const serverUrl = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new WinpvError('TS_SERVER_INVALID', `"${text}" is not an http or https address.`, {
      hint: 'For example http://timestamp.example.com.',
    });
  }
  if (url.username !== '' || url.password !== '') {
    throw new WinpvError('TS_SERVER_INVALID', `The address of ${url.host} has a user name or a password in it.`);
  }
  return url;
};

/** @throws WinpvError TS_SERVER_INVALID for the first that is not an address */
export const checkServerUrls = (urls: readonly string[]): void => {
  for (const url of urls) serverUrl(url);
};

/** Without what follows `?`, where services put keys. */
const shownUrl = (url: URL): string => `${url.origin}${url.pathname === '/' ? '' : url.pathname}`;

const firstFirst = (count: number, first: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => (first + i) % count);

const asWarning = (error: WinpvError): Diagnostic => problem(error.code, error.message, { severity: 'warning' });

const allFailed = (failures: readonly WinpvError[]): WinpvError => {
  const [only, ...others] = failures;
  if (only !== undefined && others.length === 0) return only;
  const summary = problem('TS_ALL_FAILED', `None of ${failures.length} time-stamp servers gave a usable time stamp.`, {
    hint: 'Try again later, or name other servers with --timestamp.',
  });
  return WinpvError.of([summary, ...failures.flatMap(({ diagnostics }) => diagnostics)], new AggregateError(failures));
};

/** Asks one server until it answers, refuses or has had its chances. Only what is not a WinpvError is thrown. */
const askPatiently = async (
  url: URL,
  signature: Uint8Array,
  servers: TimestampServers,
  ports: TimestampPorts,
): Promise<AcceptedStamp | WinpvError> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask(url, signature, servers, ports);
    } catch (error) {
      if (!(error instanceof WinpvError)) throw error;
      if (attempt === ATTEMPTS || !(error instanceof BusyServer)) return error;
    }
    await ports.timer.wait(FIRST_WAIT_MS * 2 ** (attempt - 1));
  }
};

/** A failure that may be gone in a moment. */
class BusyServer extends WinpvError {}

const ask = async (
  url: URL,
  signature: Uint8Array,
  servers: TimestampServers,
  ports: TimestampPorts,
): Promise<AcceptedStamp> => {
  const wire = WIRES[servers.protocol ?? 'rfc3161'];
  const request: StampRequest = {
    server: shownUrl(url),
    signature,
    nonce: freshNonce(ports.random),
    nowMs: ports.clock.now(),
    authorities: servers.authorities,
  };
  const { status, headers, body } = await post(url, wire.query(request), { ...servers, wire, ports });
  const type = headers['content-type'] ?? '';
  if (status !== 200) {
    const Failure = BUSY.includes(status) ? BusyServer : WinpvError;
    throw new Failure('TS_HTTP_STATUS', `${request.server}: It answered with the HTTP status ${status}.`, {
      ...(status >= 400 && status < 500 ? { hint: 'Perhaps it speaks the other time-stamp protocol.' } : {}),
    });
  }
  if (/^text\/html\b/i.test(type)) {
    throw new WinpvError('TS_MALFORMED', `${request.server}: It answered with a web page, not with a time stamp.`);
  }
  return wire.accepted(body, request);
};

/** 64 bits, positive, without a leading zero: what comes back must be the same octets. */
const freshNonce = (random: Random): Uint8Array => {
  const nonce = random.bytes(8);
  nonce[0] = ((nonce[0] ?? 0) & 0x3f) | 0x40;
  return nonce;
};

interface Posting extends TimestampServers {
  readonly wire: Wire;
  readonly ports: TimestampPorts;
}

const TRANSPORT: Readonly<Partial<Record<ErrorCode, ErrorCode>>> = {
  REMOTE_UNREACHABLE: 'TS_UNREACHABLE',
  REMOTE_TIMEOUT: 'TS_TIMEOUT',
  REMOTE_TOO_LARGE: 'TS_TOO_LARGE',
};

/** Sends the request, and sends it on where the server says: some moved to another path or host. */
const post = async (start: URL, body: Uint8Array, { wire, ports, timeoutMs }: Posting): Promise<HttpResponse> => {
  let url = start;
  for (let hops = 0; ; hops += 1) {
    const answer = await sendOnce(url, start, () =>
      ports.http.send({
        method: 'POST',
        url: url.href,
        headers: { 'content-type': wire.contentType, accept: wire.accept },
        body,
        timeoutMs: timeoutMs ?? DEFAULT_TIMEOUT_MS,
        maxBytes: MAX_ANSWER_BYTES,
      }),
    );
    if (![301, 302, 307, 308].includes(answer.status)) return answer;
    if (hops === MAX_REDIRECTS) return redirectRefused(start, `It sends on more than ${MAX_REDIRECTS} times.`);
    url = nextUrl(url, answer.headers.location ?? '', start);
  }
};

const sendOnce = async (url: URL, start: URL, send: () => Promise<HttpResponse>): Promise<HttpResponse> => {
  try {
    return await send();
  } catch (error) {
    const code = error instanceof WinpvError ? TRANSPORT[error.code] : undefined;
    if (!(error instanceof WinpvError) || code === undefined) throw error;
    const where = url === start ? shownUrl(start) : `${shownUrl(start)}, sent on to ${shownUrl(url)}`;
    const Failure = code === 'TS_UNREACHABLE' ? BusyServer : WinpvError;
    throw new Failure(code, `${where}: ${error.message}`, { cause: error });
  }
};

/** The same scheme only, or from http up to https: nobody is sent to files, or off encryption. */
const nextUrl = (from: URL, location: string, start: URL): URL => {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (to === undefined) return redirectRefused(start, 'It sends on to what is not an address.');
  const same = to.protocol === from.protocol || (from.protocol === 'http:' && to.protocol === 'https:');
  if (!same || to.username !== '' || to.password !== '') {
    return redirectRefused(start, `It sends on from ${from.protocol} to ${to.protocol}, which is not followed.`);
  }
  return to;
};

const redirectRefused = (start: URL, why: string): never => {
  throw new WinpvError('TS_REDIRECT', `${shownUrl(start)}: ${why}`);
};
