import { utf8 } from '../../core/bytes.ts';
import { WinpvError } from '../../core/errors.ts';
import type { Clock, Http, HttpResponse, Random, Timer } from '../../core/ports.ts';
import { Secret } from '../../packaging/signing/secret.ts';
import { type Account, credentialLabel, SERVICE } from './account.ts';
import { signAssertion } from './assertion.ts';
import { readWire, tokenAnswer, tokenError } from './contract.ts';
import { parseWireJson } from './json.ts';
import { redact } from './redact.ts';

export interface TokenPorts {
  readonly http: Http;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly random: Random;
}

export interface TokenSource {
  /** A token that is good for some minutes yet. @throws WinpvError PUBLISH_AUTH_REFUSED, REMOTE_* */
  current(): Promise<Secret>;
  /** The service did not take the token: the next one is a new one. */
  drop(): void;
}

const RENEW_BEFORE_MS = 300_000;
const TIMEOUT_MS = 60_000;
const MAX_BYTES = 1024 * 1024;
const TRIES = 4;
const PAUSE_MS = 2000;
/** What Entra forgives. */
const SKEW_MS = 300_000;
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

const proofOf = async (
  { credential, clientId, endpoint }: Account,
  nowMs: number,
  random: Random,
): Promise<Readonly<Record<string, string>>> => {
  if (credential.kind === 'secret') return { client_secret: credential.secret.reveal() };
  const assertion =
    credential.kind === 'federated'
      ? (await credential.token()).reveal()
      : await signAssertion(credential.signer, {
          clientId,
          audience: endpoint.tokenUrl,
          nowMs,
          nonce: random.bytes(16),
        });
  return { client_assertion_type: ASSERTION_TYPE, client_assertion: assertion };
};

/** How far the server's clock is ahead of ours, as far as it says the time. */
const skewOf = (response: HttpResponse, nowMs: number): number => {
  const at = Date.parse(response.headers.date ?? '');
  return Number.isNaN(at) ? 0 : at - nowMs;
};

const refusal = (account: Account, response: HttpResponse, secrets: readonly Secret[], skewMs: number): WinpvError => {
  const shown = (text: string): string => redact(text, secrets).slice(0, 400);
  let why = `status ${response.status}`;
  try {
    const options = { what: 'The answer', unknownFields: 'report' as const };
    const { error, error_description } = readWire(tokenError, parseWireJson(response.body, 'it'), options).value;
    why = shown(`${error}${error_description === undefined ? '' : `: ${error_description}`}`);
  } catch {
    // Something else than an answer of Entra: its status has to do.
  }
  const minutes = Math.round(Math.abs(skewMs) / 60_000);
  const clock = Math.abs(skewMs) > SKEW_MS ? ` This machine's clock is ${minutes} minutes off.` : '';
  const { tenant, clientId } = account;
  return new WinpvError(
    'PUBLISH_AUTH_REFUSED',
    `The application ${clientId} of the tenant ${tenant} cannot sign in with ${credentialLabel(account)}: ${why}.`,
    { hint: `Is it the right application, and is what it signs in with still valid?${clock}` },
  );
};

/**
 * Tokens for the API (client credentials), asked for when the last one has five minutes left. What the service says of
 * their life counts from when it was asked, so that a wrong clock here makes no difference.
 */
export const tokenSource = (account: Account, ports: TokenPorts): TokenSource => {
  const { http, clock, timer, random } = ports;
  let kept: { readonly token: Secret; readonly untilMs: number } | undefined;
  let skewMs = 0;

  const ask = async (): Promise<{ readonly response: HttpResponse; readonly secrets: readonly Secret[] }> => {
    const proof = await proofOf(account, clock.now() + skewMs, random);
    const form = { grant_type: 'client_credentials', client_id: account.clientId, resource: SERVICE, ...proof };
    const response = await http.send({
      method: 'POST',
      url: account.endpoint.tokenUrl,
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: utf8(new URLSearchParams(form).toString()),
      timeoutMs: TIMEOUT_MS,
      maxBytes: MAX_BYTES,
    });
    const { client_secret, client_assertion } = proof as Record<string, string | undefined>;
    const secrets = [client_secret, client_assertion].flatMap((text) => (text === undefined ? [] : [new Secret(text)]));
    return { response, secrets };
  };

  /** An assertion bears the time: when the server's clock differs, it is made again by that one. */
  const askInTime = async () => {
    const first = await ask();
    const behind = skewOf(first.response, clock.now());
    const again =
      account.credential.kind === 'certificate' &&
      first.response.status < 500 &&
      first.response.status >= 400 &&
      Math.abs(behind - skewMs) > SKEW_MS;
    if (!again) return first;
    skewMs = behind;
    return ask();
  };

  const renew = async (): Promise<Secret> => {
    for (let tries = 1; ; tries += 1) {
      const askedAt = clock.now();
      const { response, secrets } = await askInTime();
      if (response.status === 200) {
        const options = { what: 'The answer of the token endpoint', unknownFields: 'report' as const };
        const { access_token, expires_in } = readWire(
          tokenAnswer,
          parseWireJson(response.body, 'the answer of the token endpoint'),
          options,
        ).value;
        const token = new Secret(access_token);
        kept = { token, untilMs: askedAt + expires_in * 1000 };
        return token;
      }
      const transient = response.status >= 500 || response.status === 429;
      if (!transient || tries === TRIES) throw refusal(account, response, secrets, skewOf(response, clock.now()));
      await timer.wait(PAUSE_MS * tries);
    }
  };

  return {
    current: async () =>
      kept !== undefined && kept.untilMs - clock.now() > RENEW_BEFORE_MS ? kept.token : await renew(),
    drop: () => {
      kept = undefined;
    },
  };
};
