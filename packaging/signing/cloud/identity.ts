import { z } from 'zod';
import { WinpvError } from '../../../core/errors.ts';
import type { Clock } from '../../../core/ports.ts';
import { Secret } from '../secret.ts';
import { askJson, type CloudPorts } from './rest.ts';
import { platformAddress } from './service.ts';

export type TokenSource = () => Promise<Secret>;

/** A token is replaced this long before it ends: it may be on its way when it does. */
const MARGIN_MS = 120_000;

/** Asks once for what is good for a while; all who ask at the same time get the same. */
export const tokenCache = <T>(
  clock: Clock,
  ask: () => Promise<{ readonly value: T; readonly lifeMs: number }>,
): (() => Promise<T>) => {
  let current: Promise<T> | undefined;
  let endMs = Number.POSITIVE_INFINITY;
  const renew = async (): Promise<T> => {
    const { value, lifeMs } = await ask();
    endMs = clock.now() + lifeMs - Math.min(MARGIN_MS, lifeMs / 2);
    return value;
  };
  return () => {
    if (current !== undefined && clock.now() < endMs) return current;
    endMs = Number.POSITIVE_INFINITY;
    current = renew().catch((error: unknown) => {
      current = undefined;
      throw error;
    });
    return current;
  };
};

export const needed = (service: string, names: string): WinpvError =>
  new WinpvError('SIGN_CLOUD_AUTH', `Nothing says who signs in to ${service}.`, { hint: `Set ${names}.` });

/** Failures that mean that the platform gives this machine no identity; 403 is also what a proxy or a switched-off service says. */
const NO_IDENTITY: ReadonlySet<string> = new Set([
  ...['SIGN_CLOUD_UNREACHABLE', 'SIGN_CLOUD_ANSWER', 'SIGN_CLOUD_KEY', 'SIGN_CLOUD_REFUSED', 'SIGN_CLOUD_AUTH'],
  'SIGN_CLOUD_FORBIDDEN',
]);

/** The last to be asked: where the platform may give an identity. Says what to set where it does not. @throws WinpvError SIGN_CLOUD_* */
export const lastResort = async <T>(work: Promise<T>, service: string, names: string): Promise<T> => {
  try {
    return await work;
  } catch (cause) {
    if (!(cause instanceof WinpvError) || !NO_IDENTITY.has(cause.code)) throw cause;
    throw new WinpvError('SIGN_CLOUD_AUTH', `Nothing says who signs in to ${service}.`, {
      ...{ cause, hint: `Set ${names}. This machine has no identity of its own: ${cause.message}` },
    });
  }
};

const MAX_FILE_BYTES = 64 * 1024;

/** A file that a variable of the environment names; it has to say who signs in. @throws WinpvError SIGN_CLOUD_AUTH */
export const identityFile = async (variable: string, file: string, { files }: CloudPorts): Promise<string> => {
  try {
    const text = new TextDecoder().decode(await files.read(file, { maxBytes: MAX_FILE_BYTES })).trim();
    if (text !== '') return text;
  } catch (cause) {
    if (!(cause instanceof WinpvError)) throw cause;
    const hint = `${variable} names it. Nothing was signed.`;
    throw new WinpvError('SIGN_CLOUD_AUTH', cause.message, { cause, at: { file }, hint });
  }
  const hint = `${variable} names it. The platform writes the token there when a job starts.`;
  throw new WinpvError('SIGN_CLOUD_AUTH', `${file} is empty.`, { at: { file }, hint });
};

/** https://docs.github.com/actions/reference/security/oidc */
const githubAnswer = z.object({ value: z.string().min(1) });

/**
 * GitHub's token for the job that runs; undefined when no such job does.
 * @param audience for whom; undefined is the owner of the repository @throws WinpvError SIGN_CLOUD_*
 */
export const githubToken = async (audience: string | undefined, ports: CloudPorts): Promise<Secret | undefined> => {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer } = ports.env;
  if (url === undefined || bearer === undefined) return undefined;
  const place = platformAddress(url, 'ACTIONS_ID_TOKEN_REQUEST_URL');
  if (audience !== undefined) place.searchParams.set('audience', audience);
  const { value } = await askJson(
    {
      ...{ label: 'GitHub’s identity provider', method: 'GET', url: place.href, secrets: [new Secret(bearer)] },
      headers: { authorization: `Bearer ${bearer}`, accept: 'application/json' },
    },
    githubAnswer,
    ports,
  );
  return new Secret(value);
};
