import { toHex } from '../../core/bytes.ts';
import type { ErrorCode } from '../../core/error-codes.ts';
import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import type { Http, HttpResponse } from '../../core/ports.ts';
import { parseRevocationLists } from '../formats/x509/crl-parse.ts';
import { encodeOcspRequest } from '../formats/x509/encode-ocsp.ts';
import { parseOcspResponses } from '../formats/x509/ocsp-parse.ts';
import { revocationPlaces } from '../formats/x509/revocation-places.ts';
import { listsSaying } from './check-list.ts';
import { answersSaying } from './check-ocsp.ts';
import {
  CLOCK_TOLERANCE_MS,
  endOf,
  type RevocationEvidence,
  type RevocationNeed,
  type Said,
} from './revocation-evidence.ts';

/** What was fetched and is of use. */
export interface FetchedRevocation extends Pick<RevocationEvidence, 'lists' | 'answers'> {
  /** Why places did not tell: warnings, or notes where another place told. */
  readonly findings: readonly Diagnostic[];
}

/** Asks the places that certificates name. It remembers what it was told: no place is asked twice for the same. */
export interface RevocationFetcher {
  ask(needs: readonly RevocationNeed[], known: RevocationEvidence): Promise<FetchedRevocation>;
}

export const DEFAULT_FETCH_TIMEOUT_MS = 15_000;
/** Real answers have some 2 KiB. */
const MAX_ANSWER_BYTES = 256 * 1024;
/** The longest public lists have some ten megabytes. */
const MAX_LIST_BYTES = 64 * 1024 * 1024;
const MAX_REDIRECTS = 3;
/** Certificates that are asked about at once. */
const LANES = 4;

interface Asking {
  readonly http: Http;
  readonly timeoutMs: number;
  /** By address and request. */
  readonly asked: Map<string, Promise<Uint8Array>>;
}

interface Place {
  readonly kind: 'ocsp' | 'list';
  readonly address: string;
}

/** @param timeoutMs for one answer, up to its last byte */
export const revocationFetcher = (http: Http, timeoutMs = DEFAULT_FETCH_TIMEOUT_MS): RevocationFetcher => {
  const asking: Asking = { http, timeoutMs, asked: new Map() };
  return {
    ask: async (needs, known) => {
      const left = [...distinct(needs)];
      const told: Told[] = [];
      const lane = async (): Promise<void> => {
        for (let need = left.shift(); need !== undefined; need = left.shift()) {
          told.push(await askAbout(need, known, asking));
        }
      };
      await Promise.all(Array.from({ length: LANES }, lane));
      return {
        lists: [...new Set(told.flatMap(({ lists }) => lists))],
        answers: told.flatMap(({ answers }) => answers),
        findings: told.flatMap(({ findings }) => findings),
      };
    },
  };
};

type Told = FetchedRevocation;

const distinct = (needs: readonly RevocationNeed[]): Iterable<RevocationNeed> =>
  new Map(
    needs.map((need) => [`${need.certificate.thumbprint} ${toHex(need.issuer.publicKeyInfo)}`, need] as const),
  ).values();

/** The responders first, then the lists, as Windows does; the first that tells is enough. */
const askAbout = async (need: RevocationNeed, known: RevocationEvidence, asking: Asking): Promise<Told> => {
  const { ocsp, lists } = revocationPlaces(need.certificate);
  const places: readonly Place[] = [
    ...ocsp.map((address): Place => ({ kind: 'ocsp', address })),
    ...lists.map((address): Place => ({ kind: 'list', address })),
  ];
  const failures: WinpvError[] = [];
  for (const place of places) {
    try {
      const found = await askPlace(place, need, known, asking);
      return { ...found, findings: failures.map((error) => asFinding(error, 'info')) };
    } catch (error) {
      if (!(error instanceof WinpvError)) throw error;
      failures.push(error);
    }
  }
  const { subjectText } = need.certificate;
  if (places.length === 0) {
    const message = `"${subjectText}" names no place that tells whether it was revoked.`;
    const hint = 'Give a list of its issuer with --crl, or an answer with --ocsp.';
    return { ...NOTHING, findings: [problem('REVOCATION_NO_ADDRESS', message, { severity: 'warning', hint })] };
  }
  return { ...NOTHING, findings: failures.map((error) => asFinding(error, 'warning')) };
};

const NOTHING = { lists: [], answers: [] };

const asFinding = (error: WinpvError, severity: 'warning' | 'info'): Diagnostic =>
  problem(error.code, error.message, { severity });

const askPlace = async (
  { kind, address }: Place,
  need: RevocationNeed,
  known: RevocationEvidence,
  asking: Asking,
): Promise<Pick<Told, 'lists' | 'answers'>> => {
  const url = plainAddress(address, need);
  const request = kind === 'ocsp' ? encodeOcspRequest(need.certificate, need.issuer) : undefined;
  const key = `${url.href} ${request === undefined ? '' : toHex(request)}`;
  const asked = asking.asked.get(key) ?? fetchFrom(url, request, asking);
  asking.asked.set(key, asked);
  const bytes = await asked;
  const read = readable(url, () =>
    kind === 'ocsp'
      ? { lists: [], answers: parseOcspResponses(bytes, shownUrl(url)) }
      : { lists: parsedOnce(asked, bytes, shownUrl(url)), answers: [] },
  );
  const found = { ...known, lists: [...known.lists, ...read.lists], answers: read.answers };
  const said = kind === 'ocsp' ? answersSaying(need, found) : listsSaying(need, { ...found, lists: read.lists });
  if (said.some((one) => tells(one, known.nowMs))) return read;
  const why = said.map((one) => ('why' in one ? one.why : 'is not of now'))[0] ?? 'is about others';
  throw new WinpvError('REVOCATION_USELESS', `${shownUrl(url)}: What came ${why}.`);
};

const lists = new WeakMap<object, ReturnType<typeof parseRevocationLists>>();

/** A list serves many certificates, and can have megabytes. */
const parsedOnce = (key: object, bytes: Uint8Array, file: string): ReturnType<typeof parseRevocationLists> => {
  const parsed = lists.get(key) ?? parseRevocationLists(bytes, file);
  lists.set(key, parsed);
  return parsed;
};

/** What is fetched has to be of now, for there is no excuse for it to be old. */
const tells = (said: Said, nowMs: number): boolean =>
  said.what === 'revoked' ||
  (said.what === 'good' && said.thisUpdateMs <= nowMs + CLOCK_TOLERANCE_MS && endOf(said) >= nowMs);

const readable = <T>(url: URL, read: () => T): T => {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof WinpvError)) throw error;
    const code = error.code === 'REVOCATION_REFUSED' ? error.code : 'REVOCATION_MALFORMED';
    throw new WinpvError(code, `${shownUrl(url)}: ${error.message}`, { cause: error });
  }
};

/** Without what follows `?`. */
const shownUrl = (url: URL): string => `${url.origin}${url.pathname === '/' ? '' : url.pathname}`;

/** Only http: answers and lists are signed, and a certificate is no reason to open other doors (RFC 5280, 8). */
const plainAddress = (text: string, { certificate }: RevocationNeed): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' && url.username === '' && url.password === '') return url;
  const shown = text.replace(/[^\x21-\x7e]/g, '?').slice(0, 200);
  const message = `"${certificate.subjectText}" names "${shown}", and only plain http addresses are asked.`;
  throw new WinpvError('REVOCATION_ADDRESS', message);
};

const TRANSPORT: Readonly<Partial<Record<ErrorCode, ErrorCode>>> = {
  REMOTE_UNREACHABLE: 'REVOCATION_UNREACHABLE',
  REMOTE_TIMEOUT: 'REVOCATION_TIMEOUT',
  REMOTE_TOO_LARGE: 'REVOCATION_TOO_LARGE',
};

const fetchFrom = async (
  start: URL,
  request: Uint8Array | undefined,
  { http, timeoutMs }: Asking,
): Promise<Uint8Array> => {
  let url = start;
  for (let hops = 0; ; hops += 1) {
    const answer = await sendOnce(url, start, () =>
      http.send({
        method: request === undefined ? 'GET' : 'POST',
        url: url.href,
        headers:
          request === undefined
            ? { accept: 'application/pkix-crl, */*' }
            : { 'content-type': 'application/ocsp-request', accept: 'application/ocsp-response' },
        ...(request === undefined ? {} : { body: request }),
        timeoutMs,
        maxBytes: request === undefined ? MAX_LIST_BYTES : MAX_ANSWER_BYTES,
      }),
    );
    if (![301, 302, 303, 307, 308].includes(answer.status)) return bodyOf(answer, start);
    if (hops === MAX_REDIRECTS) return redirectRefused(start, `It sends on more than ${MAX_REDIRECTS} times.`);
    url = nextUrl(url, answer.headers.location ?? '', start);
  }
};

const bodyOf = ({ status, headers, body }: HttpResponse, start: URL): Uint8Array => {
  if (status !== 200) {
    throw new WinpvError('REVOCATION_HTTP_STATUS', `${shownUrl(start)}: It answered with the HTTP status ${status}.`);
  }
  if (/^text\/html\b/i.test(headers['content-type'] ?? '')) {
    throw new WinpvError('REVOCATION_MALFORMED', `${shownUrl(start)}: It answered with a web page.`);
  }
  return body;
};

const sendOnce = async (url: URL, start: URL, send: () => Promise<HttpResponse>): Promise<HttpResponse> => {
  try {
    return await send();
  } catch (error) {
    const code = error instanceof WinpvError ? TRANSPORT[error.code] : undefined;
    if (!(error instanceof WinpvError) || code === undefined) throw error;
    const where = url === start ? shownUrl(start) : `${shownUrl(start)}, sent on to ${shownUrl(url)}`;
    throw new WinpvError(code, `${where}: ${error.message}`, { cause: error });
  }
};

/** On http, or up to https: what comes back is signed. */
const nextUrl = (from: URL, location: string, start: URL): URL => {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (to === undefined) return redirectRefused(start, 'It sends on to what is not an address.');
  const known = to.protocol === 'https:' || (to.protocol === 'http:' && from.protocol === 'http:');
  if (!known || to.username !== '' || to.password !== '') {
    return redirectRefused(start, `It sends on from ${from.protocol} to ${to.protocol}, which is not followed.`);
  }
  return to;
};

const redirectRefused = (start: URL, why: string): never => {
  throw new WinpvError('REVOCATION_REDIRECT', `${shownUrl(start)}: ${why}`);
};
