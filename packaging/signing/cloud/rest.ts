import { z } from 'zod';
import type { ErrorCode } from '../../../core/error-codes.ts';
import { WinpvError } from '../../../core/errors.ts';
import type { Clock, Files, Http, HttpRequest, HttpResponse, Timer } from '../../../core/ports.ts';
import { shownText } from '../../../core/spelling.ts';
import { Secret } from '../secret.ts';

export interface CloudPorts {
  readonly http: Http;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly files: Files;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface CloudRequest {
  /** The service, for messages. */
  readonly label: string;
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** What no message may repeat. */
  readonly secrets: readonly Secret[];
  /** A place that is there on some machines only: it is not waited for. */
  readonly probe?: boolean;
}

const TIMEOUT_MS = 60_000;
/** Places on the machine's own link answer in milliseconds, or are not there. */
const PROBE_MS = 2000;
const MAX_ANSWER = 1024 * 1024;
/** Signing and asking for tokens may be done twice, so all of it is tried again. */
const TRIES = 5;
const FIRST_WAIT_MS = 500;
const MAX_WAIT_MS = 60_000;
const MAX_TOLD = 300;

/** What the services put around their errors: Azure and Google `error`, OAuth `error_description`, AWS `__type`, Vault `errors`. */
const failure = z.object({
  error: z
    .union([
      z.string(),
      z.object({ code: z.union([z.string(), z.number()]).optional(), message: z.string().optional() }),
    ])
    .optional(),
  error_description: z.string().optional(),
  __type: z.string().optional(),
  message: z.string().optional(),
  Message: z.string().optional(),
  errors: z.array(z.string()).optional(),
});

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

interface Told {
  /** An error's name as AWS writes it, without its name space. */
  readonly type: string;
  readonly text: string;
}

const toldBy = (text: string): Told => {
  if (text.trim() === '') return { type: '', text: 'the answer is empty' };
  if (/^\s*<(!doctype )?html/i.test(text)) return { type: '', text: 'the answer is a page of HTML' };
  const xml = /<Error>[\s\S]*?<Code>([^<]*)<\/Code>[\s\S]*?<Message>([^<]*)<\/Message>/.exec(text);
  if (xml !== null) return { type: xml[1] ?? '', text: `${xml[1]}: ${xml[2]}` };
  const { data } = failure.safeParse(parsed(text));
  if (data === undefined) return { type: '', text };
  const { error, error_description: described, __type = '', message, Message, errors } = data;
  const inner = typeof error === 'object' ? [error.code?.toString(), error.message] : [error];
  const type = __type.replace(/^.*#/, '');
  const parts = [type, ...inner, described, message ?? Message, ...(errors ?? [])];
  return { type, text: parts.filter((part) => part !== undefined && part !== '').join(': ') || 'no reason is given' };
};

const THROTTLED = /Throttl|TooManyRequests|LimitExceeded/i;
const UNKNOWN_CALLER =
  /ExpiredToken|UnrecognizedClient|InvalidSignature|SignatureDoesNotMatch|MissingAuthentication|IncompleteSignature|InvalidClientTokenId|InvalidIdentityToken|invalid_client|invalid_grant/i;
const NOT_ALLOWED = /AccessDenied/i;
const NO_KEY = /NotFoundException/i;

const codeOf = (status: number, type: string): ErrorCode => {
  if (status === 429 || THROTTLED.test(type)) return 'SIGN_CLOUD_THROTTLED';
  if (status === 401 || UNKNOWN_CALLER.test(type)) return 'SIGN_CLOUD_AUTH';
  if (status === 403 || NOT_ALLOWED.test(type)) return 'SIGN_CLOUD_FORBIDDEN';
  if (status === 404 || NO_KEY.test(type)) return 'SIGN_CLOUD_KEY';
  return status >= 500 || status === 408 ? 'SIGN_CLOUD_FAILED' : 'SIGN_CLOUD_REFUSED';
};

const HINTS: Partial<Readonly<Record<ErrorCode, string>>> = {
  SIGN_CLOUD_AUTH: 'The token is missing, wrong or has run out; docs/guide/cloud-keys.md says where it comes from.',
  SIGN_CLOUD_FORBIDDEN: 'Whoever the token speaks for may not sign with this key: give it that role.',
  SIGN_CLOUD_KEY: 'Check --cloud-url and --key-name.',
  SIGN_CLOUD_THROTTLED: 'Nothing was signed. Wait some minutes and start again.',
  SIGN_CLOUD_FAILED: 'Nothing was signed. Start again later.',
};

/** One line of what a service said, without secrets, also as they stand in forms. */
export const shown = (text: string, secrets: readonly Secret[]): string =>
  shownText(
    secrets
      .flatMap((secret) => [secret, new Secret(encodeURIComponent(secret.reveal()))])
      .reduce((clean, secret) => secret.redact(clean), text)
      .replace(/\s+/g, ' ')
      .trim()
      .slice(0, MAX_TOLD)
      .replace(/\.$/, ''),
  );

const refusal = ({ label, secrets }: CloudRequest, { status, body }: HttpResponse): WinpvError => {
  const { type, text } = toldBy(new TextDecoder().decode(body));
  const code = codeOf(status, type);
  const hint = HINTS[code] ?? 'Nothing was signed.';
  return new WinpvError(code, `${label} answers with ${status}: ${shown(text, secrets)}.`, { hint });
};

const told = ({ headers }: HttpResponse, nowMs: number): number | undefined => {
  const text = headers['retry-after']?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
};

type Attempt =
  | { readonly response: HttpResponse }
  | { readonly error: WinpvError; readonly waitMs: number | undefined };

const attempt = async (request: CloudRequest, { http, clock }: CloudPorts): Promise<Attempt> => {
  const { label, method, url, headers, body, probe = false } = request;
  const sent: HttpRequest = {
    ...{ method, url, headers, timeoutMs: probe ? PROBE_MS : TIMEOUT_MS, maxBytes: MAX_ANSWER },
    ...(body === undefined ? {} : { body: new TextEncoder().encode(body) }),
  };
  try {
    const response = await http.send(sent);
    if (response.status >= 200 && response.status < 300) return { response };
    const error = refusal(request, response);
    if (['SIGN_CLOUD_THROTTLED', 'SIGN_CLOUD_FAILED'].includes(error.code))
      return { error, waitMs: told(response, clock.now()) };
    throw error;
  } catch (cause) {
    if (!(cause instanceof WinpvError) || !cause.code.startsWith('REMOTE_')) throw cause;
    const code = cause.code === 'REMOTE_TOO_LARGE' ? 'SIGN_CLOUD_ANSWER' : 'SIGN_CLOUD_UNREACHABLE';
    const error = new WinpvError(code, `${label}: ${cause.message}`, { cause, hint: 'Nothing was signed.' });
    if (cause.code === 'REMOTE_UNREACHABLE' && !probe) return { error, waitMs: undefined };
    throw error;
  }
};

/**
 * Sends a request, again when the service is busy or broken: after as long as `Retry-After` says, else after a growing pause.
 * @returns the body of an answer of status 2xx
 * @throws WinpvError SIGN_CLOUD_*
 */
export const askCloud = async (request: CloudRequest, ports: CloudPorts): Promise<string> => {
  for (let tried = 1; ; tried += 1) {
    const answer = await attempt(request, ports);
    if ('response' in answer) return new TextDecoder().decode(answer.response.body);
    const wait = answer.waitMs ?? FIRST_WAIT_MS * 2 ** (tried - 1);
    if (tried === TRIES || wait > MAX_WAIT_MS) throw answer.error;
    await ports.timer.wait(wait);
  }
};

/** An answer that should be good may hold a token, so nothing of it is shown. */
const notJson = (text: string): string => {
  const known = toldBy(text).text;
  return known === text ? 'the answer is no JSON' : known;
};

/** The same for an answer in JSON; fields that are not asked for are let be, for services add some. @throws SIGN_CLOUD_* */
export const askJson = async <S extends z.ZodType>(
  request: CloudRequest,
  schema: S,
  ports: CloudPorts,
): Promise<z.output<S>> => {
  const text = await askCloud(request, ports);
  const { data, error } = schema.safeParse(parsed(text));
  if (error === undefined) return data as z.output<S>;
  const reason =
    parsed(text) === undefined
      ? notJson(text)
      : `its field "${error.issues[0]?.path.join('.') ?? ''}" is missing or wrong`;
  throw new WinpvError('SIGN_CLOUD_ANSWER', `${request.label} answers with something else than expected: ${reason}.`, {
    hint: 'Is --cloud-url the address of the service, and no proxy or sign-in page before it?',
  });
};

const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

/** Base64, plain or for URLs. @throws WinpvError SIGN_CLOUD_ANSWER */
export const fromBase64 = (text: string, label: string): Uint8Array => {
  const clean = text.replace(/\s+/g, '');
  if (BASE64.test(clean)) return new Uint8Array(Buffer.from(clean, 'base64'));
  throw new WinpvError('SIGN_CLOUD_ANSWER', `${label} answers with octets that are no base64.`);
};
