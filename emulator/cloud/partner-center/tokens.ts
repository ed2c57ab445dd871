import { createHmac, timingSafeEqual } from 'node:crypto';
import { utf8 } from '../../../core/bytes.ts';
import { tokenAnswer, tokenError, tokenRequest, writeWire } from '../../../publishing/partner-center/contract.ts';
import { printWireJson } from '../../../publishing/partner-center/json.ts';
import { type Call, type CloudResponse, gateway, isoTime, jsonText, type Outcome } from './answers.ts';
import { assertionFlaw } from './assertions.ts';
import { strike } from './faults.ts';
import { accountOf, type CloudState, guidOf } from './state.ts';

/** The token endpoints of Microsoft Entra ID, both versions, and the tokens that they give. */

const TOKEN_LIFE_S = 3600;
const RESOURCE = 'https://manage.devcenter.microsoft.com';

const mac = (state: CloudState, text: string): string =>
  createHmac('sha256', accountOf(state).seed).update(`token\n${text}`).digest('base64url');

/** A token says until when it is good, and is only from here when its end fits. */
export const issueToken = (state: CloudState, untilS: number, n: number): string => {
  const claims = Buffer.from(JSON.stringify({ aud: RESOURCE, exp: untilS, n })).toString('base64url');
  return `emu.${claims}.${mac(state, claims)}`;
};

const isEqual = (a: string, b: string): boolean => {
  const [left, right] = [utf8(a), utf8(b)];
  return left.length === right.length && timingSafeEqual(left, right);
};

/** @returns `unknown` for what is no token of ours */
export const tokenState = (state: CloudState, token: string, now: number): 'good' | 'expired' | 'unknown' => {
  const [head, claims = '', end = '', ...rest] = token.split('.');
  if (head !== 'emu' || rest.length > 0 || !isEqual(end, mac(state, claims))) return 'unknown';
  const { exp } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { readonly exp: number };
  return exp * 1000 > now ? 'good' : 'expired';
};

interface TokenFailure {
  readonly status: 400 | 401;
  readonly error: string;
  readonly number: number;
  readonly description: string;
}

const refuse = ({ state, now }: Call, failure: TokenFailure): CloudResponse => {
  const trace = guidOf(state, `trace ${now}`);
  const description = `AADSTS${failure.number}: ${failure.description} Trace ID: ${trace} Correlation ID: ${trace}`;
  return jsonText(
    failure.status,
    writeWire(tokenError, {
      error: failure.error,
      error_description: `${description} Timestamp: ${isoTime(now)}`,
      error_codes: [failure.number],
      timestamp: isoTime(now),
      trace_id: trace,
      correlation_id: trace,
    }),
  );
};

const formOf = (body: Uint8Array): Readonly<Record<string, string>> =>
  Object.fromEntries(new URLSearchParams(new TextDecoder().decode(body)));

const flawOf = (call: Call, form: Readonly<Record<string, string>>, version: 1 | 2): TokenFailure | undefined => {
  const { tenant, clientId, clientSecret } = accountOf(call.state);
  const failure = (status: 400 | 401, error: string, number: number, description: string): TokenFailure => ({
    status,
    error,
    number,
    description,
  });
  if (call.ids.tenant?.toLowerCase() !== tenant) {
    return failure(400, 'invalid_request', 90002, 'The tenant was not found.');
  }
  if (form.grant_type !== 'client_credentials') {
    return failure(400, 'unsupported_grant_type', 70003, 'The grant type is not supported.');
  }
  const parsed = tokenRequest.safeParse(form);
  if (!parsed.success) {
    const field = parsed.error.issues[0]?.path.join('.') ?? '';
    return failure(400, 'invalid_request', 900144, `The body has no or an unknown parameter${field && `: ${field}`}.`);
  }
  const asked = version === 1 ? parsed.data.resource : parsed.data.scope?.replace(/\/\.default$/, '');
  if (asked !== RESOURCE) return failure(400, 'invalid_resource', 500011, 'The resource was not found in the tenant.');
  if (parsed.data.client_id.toLowerCase() !== clientId) {
    return failure(400, 'unauthorized_client', 700016, 'The application was not found in the directory.');
  }
  const { client_secret: secret, client_assertion: assertion } = parsed.data;
  if (assertion !== undefined) {
    const audience = `${call.request.origin}${call.request.path}`;
    const flaw = assertionFlaw(assertion, { clientId, audience, nowS: call.now / 1000 });
    return flaw === undefined ? undefined : failure(401, 'invalid_client', flaw.number, flaw.description);
  }
  if (secret === undefined) {
    return failure(401, 'invalid_client', 7000218, 'The body needs client_assertion or client_secret.');
  }
  return isEqual(secret, clientSecret) ? undefined : failure(401, 'invalid_client', 7000215, 'Invalid client secret.');
};

/** POST …/oauth2/token (numbers as text) and …/oauth2/v2.0/token. */
export const giveToken = (call: Call, version: 1 | 2): Outcome => {
  const { state, strikes } = strike(call.state, 'bad-token-server');
  if (strikes) return { state, response: gateway(500, 'Internal server error') };
  if (!/^application\/x-www-form-urlencoded\b/i.test(call.request.headers['content-type'] ?? '')) {
    const description = 'The body is no form.';
    return { state, response: refuse(call, { status: 400, error: 'invalid_request', number: 900144, description }) };
  }
  const form = formOf(call.request.body);
  const flaw = flawOf(call, form, version);
  if (flaw !== undefined) return { state, response: refuse(call, flaw) };
  const nowS = Math.floor(call.now / 1000);
  const untilS = nowS + TOKEN_LIFE_S;
  const token = { token_type: 'Bearer', access_token: issueToken(state, untilS, nowS) };
  const numbers = { expires_in: TOKEN_LIFE_S - 1, ext_expires_in: TOKEN_LIFE_S - 1 };
  if (version === 2) return { state, response: jsonText(200, writeWire(tokenAnswer, { ...token, ...numbers })) };
  const first = { ...numbers, expires_on: untilS, not_before: nowS - 300 };
  const text = Object.fromEntries(Object.entries(first).map(([name, value]) => [name, String(value)]));
  return { state, response: jsonText(200, printWireJson({ ...token, ...text, resource: RESOURCE })) };
};

const bearerOf = (header: string | undefined): string | undefined =>
  /^Bearer[ ]?(.*)$/i.exec(header ?? '')?.[1]?.trim();

/** Whether a call of the API may go on. @returns what it is answered otherwise */
export const checkBearer = (call: Call): { readonly state: CloudState; readonly refusal?: CloudResponse } => {
  const token = bearerOf(call.request.headers.authorization);
  // observed: an empty bearer is not refused but breaks the gateway (SDCM #46)
  if (token === '') return { state: call.state, refusal: gateway(500, 'Internal server error') };
  const good = token !== undefined && tokenState(call.state, token, call.now) === 'good';
  const expired = strike(call.state, 'expired-token');
  if (!good || expired.strikes) {
    const challenge = { 'www-authenticate': 'Bearer error="invalid_token"' };
    return {
      state: good ? expired.state : call.state,
      refusal: gateway(401, 'Access denied: the token is missing, unknown or expired.', challenge),
    };
  }
  const role = strike(call.state, 'role-missing');
  if (!role.strikes) return { state: call.state };
  return { state: role.state, refusal: gateway(403, 'The application has no role in the Hardware program.') };
};
