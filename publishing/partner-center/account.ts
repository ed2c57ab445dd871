import { WinpvError } from '../../core/errors.ts';
import type { Secret } from '../../packaging/signing/secret.ts';
import type { Signer } from '../../packaging/signing/signer.ts';

/** How the application proves who it is. */
export type Credential =
  | { readonly kind: 'secret'; readonly secret: Secret }
  | { readonly kind: 'certificate'; readonly signer: Signer }
  /** A token of another identity provider; it is asked for anew each time, since such tokens live for minutes. */
  | { readonly kind: 'federated'; readonly label: string; readonly token: () => Promise<Secret> };

/** An application of one Partner Center account, and where its service is. */
export interface Account {
  readonly tenant: string;
  readonly clientId: string;
  readonly credential: Credential;
  readonly endpoint: Endpoint;
}

export interface Endpoint {
  /** Where tokens are asked for. */
  readonly tokenUrl: string;
  /** What the endpoints of the API stand below; without a slash at the end. */
  readonly base: string;
  /** True on this machine's own address: only the emulator is there. */
  readonly emulated: boolean;
}

export const SERVICE = 'https://manage.devcenter.microsoft.com';
const ENTRA = 'https://login.microsoftonline.com';
const PREFIX = 'v2.0/my';
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;
const NAME = /^[0-9a-z][0-9a-z.-]{0,127}$/i;

const parsed = (text: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const flaw =
    url === undefined || !/^https?:$/.test(url.protocol)
      ? 'is no address of a server'
      : url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== ''
        ? 'has more than a host and a path'
        : url.protocol === 'http:' && !LOOPBACK.test(url.hostname)
          ? 'would send tokens in the clear'
          : undefined;
  if (url !== undefined && flaw === undefined) return url;
  throw new WinpvError('PUBLISH_ENDPOINT', `The endpoint ${flaw}.`, {
    hint: 'Name the URL that `winpv emulator serve` printed, or leave it out for the real service.',
  });
};

const withoutSlash = (url: URL): string => `${url.origin}${url.pathname}`.replace(/\/+$/, '');

/**
 * @param url the host that serves both, as the emulator does; the real service without one
 * @param prefix what stands between the host and `hardware`, `v2.0/my` when not given (SDCM's `urlPrefix`)
 * @throws WinpvError PUBLISH_ENDPOINT
 */
export const endpointOf = (tenant: string, url?: string, prefix: string = PREFIX): Endpoint => {
  if (!NAME.test(tenant)) {
    throw new WinpvError('PUBLISH_CREDENTIALS_MISSING', 'The tenant is neither a GUID nor a domain.');
  }
  const host = parsed(url ?? SERVICE);
  const own = LOOPBACK.test(host.hostname);
  const real = host.host === new URL(SERVICE).host;
  const tokens = real || !own ? `${ENTRA}/${tenant}/oauth2/token` : `${withoutSlash(host)}/${tenant}/oauth2/token`;
  return {
    tokenUrl: tokens,
    base: `${withoutSlash(host)}/${prefix.replace(/^\/+|\/+$/g, '')}/hardware`,
    emulated: own,
  };
};

/** Who it is, for messages and for the state: never a secret. */
export const accountLabel = ({ tenant, clientId, endpoint }: Account): string =>
  `${clientId} of ${tenant} at ${new URL(endpoint.base).host}`;

export const credentialLabel = ({ credential }: Account): string => {
  if (credential.kind === 'secret') return 'a client secret';
  return credential.kind === 'certificate' ? `the certificate of ${credential.signer.label}` : credential.label;
};
