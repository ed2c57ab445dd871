import { WinpvError } from '../../core/errors.ts';
import type { Signer } from '../../packaging/signing/signer.ts';
import type { Account, Credential } from '../../publishing/partner-center/account.ts';
import type { SdcmAccount } from '../../publishing/submission/sdcm.ts';
import type { Io } from '../io.ts';

/** Who talks to Partner Center: from the environment, or from a file as SDCM has it. */
export interface AccountOptions {
  readonly endpoint?: string;
  /** A name between `WINPV_` and what follows, for environments with several accounts. */
  readonly account?: string;
  readonly credentials?: string;
  readonly server?: string;
}

const MAX_FILE = 1024 * 1024;
const FEDERATED_AUDIENCE = 'api://AzureADTokenExchange';

type Environment = Readonly<Record<string, string | undefined>>;

const missing = (what: string, hint: string): WinpvError =>
  new WinpvError('PUBLISH_CREDENTIALS_MISSING', `${what}.`, { hint });

const certificateSigner = async (io: Io, file: string, key: string | undefined, password: string): Promise<Signer> => {
  const { openSigner } = await import('../../packaging/signing/open-signer.ts');
  const passin = io.env[password] === undefined ? undefined : `env:${password}`;
  const source =
    key === undefined
      ? ({ kind: 'pfx', pfx: file, passin, certificates: [] } as const)
      : ({ kind: 'pem', key, passin, certificates: [file] } as const);
  return (await openSigner(source, io)).signer;
};

/** A token of GitHub's own for the job that runs, asked for each time. */
const githubToken = (io: Io, url: string, bearer: string) => async () => {
  const { Secret } = await import('../../packaging/signing/secret.ts');
  const { parseWireJson } = await import('../../publishing/partner-center/json.ts');
  const http = await io.http();
  const response = await http.send({
    method: 'GET',
    url: `${url}${url.includes('?') ? '&' : '?'}audience=${encodeURIComponent(FEDERATED_AUDIENCE)}`,
    headers: { authorization: `Bearer ${bearer}`, accept: 'application/json' },
    timeoutMs: 60_000,
    maxBytes: MAX_FILE,
  });
  const wire = response.status === 200 ? parseWireJson(response.body, 'the answer of the identity provider') : null;
  if (wire !== null && typeof wire === 'object' && 'value' in wire && typeof wire.value === 'string') {
    return new Secret(wire.value);
  }
  throw new WinpvError('PUBLISH_AUTH_REFUSED', `GitHub gives no identity token: status ${response.status}.`, {
    hint: 'The job needs `permissions: id-token: write`.',
  });
};

const federated = (io: Io, file: string | undefined): Credential => {
  if (file !== undefined) {
    const token = async () => {
      const { readSecret } = await import('../../packaging/signing/secret-source.ts');
      return readSecret(`file:${file}`, { files: io.files, env: io.env, stdin: io.stdin });
    };
    return { kind: 'federated', label: `the identity token in ${file}`, token };
  }
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer } = io.env;
  if (url === undefined || bearer === undefined) {
    throw missing(
      'WINPV_OIDC asks for an identity of GitHub, and this is no job of it',
      'See docs/guide/submission.md.',
    );
  }
  return { kind: 'federated', label: "GitHub's identity of this job", token: githubToken(io, url, bearer) };
};

const ACCOUNT_NAME = /^[A-Za-z][A-Za-z0-9_]*$/;

const prefixOf = (name: string | undefined): string => {
  if (name === undefined) return 'WINPV_';
  if (ACCOUNT_NAME.test(name)) return `WINPV_${name.toUpperCase()}_`;
  throw new WinpvError('USAGE', '--account takes a name of letters, digits and _.');
};

/** What of a credential the environment has; exactly one kind may be there. */
const credentialFrom = async (io: Io, env: Environment, prefix: string): Promise<Credential> => {
  const of = (name: string): string | undefined => (env[prefix + name] === '' ? undefined : env[prefix + name]);
  const [secret, certificate, tokenFile, oidc] = ['CLIENT_SECRET', 'CLIENT_CERTIFICATE', 'OIDC_TOKEN_FILE', 'OIDC'].map(
    of,
  );
  const given = [secret, certificate, tokenFile ?? oidc].filter((value) => value !== undefined);
  if (given.length !== 1) {
    const what = given.length === 0 ? 'Nothing says how to sign in' : 'Several things say how to sign in';
    throw missing(
      `${what} to Partner Center`,
      `Set one of ${prefix}CLIENT_SECRET, ${prefix}CLIENT_CERTIFICATE, ${prefix}OIDC_TOKEN_FILE and ${prefix}OIDC=github.`,
    );
  }
  if (secret !== undefined) {
    const { Secret } = await import('../../packaging/signing/secret.ts');
    return { kind: 'secret', secret: new Secret(secret) };
  }
  if (certificate !== undefined) {
    const password = `${prefix}CLIENT_CERTIFICATE_PASSWORD`;
    return { kind: 'certificate', signer: await certificateSigner(io, certificate, of('CLIENT_KEY'), password) };
  }
  if (oidc !== undefined && oidc !== 'github') {
    throw missing(`${prefix}OIDC is not github`, `A token of another provider comes by ${prefix}OIDC_TOKEN_FILE.`);
  }
  return federated(io, tokenFile);
};

const sdcmEnvironment = (env: Environment): SdcmAccount | undefined => {
  const { SDCM_CREDS_TENANTID: tenantId, SDCM_CREDS_CLIENTID: clientId, SDCM_CREDS_KEY: key } = env;
  if (!tenantId || !clientId || !key) return undefined;
  const [url, urlPrefix] = [env.SDCM_CREDS_URL, env.SDCM_CREDS_URLPREFIX];
  return { tenantId, clientId, key, ...(url ? { url } : {}), ...(urlPrefix ? { urlPrefix } : {}) };
};

const fromSdcm = async (account: SdcmAccount, endpoint: string | undefined, where: string): Promise<Account> => {
  const { endpointOf } = await import('../../publishing/partner-center/account.ts');
  const { Secret } = await import('../../packaging/signing/secret.ts');
  const { tenantId: tenant, clientId, key, url, urlPrefix } = account;
  if (key === undefined || key === '') {
    throw missing(
      `The account in ${where} has no key`,
      'Managed identities are not supported: use a certificate or a federated identity, by the environment.',
    );
  }
  return {
    tenant,
    clientId,
    credential: { kind: 'secret', secret: new Secret(key) },
    endpoint: endpointOf(tenant, endpoint ?? url, endpoint === undefined ? urlPrefix : undefined),
  };
};

/**
 * The account that options and environment name.
 * @throws WinpvError PUBLISH_CREDENTIALS_MISSING, PUBLISH_CREDENTIALS_INVALID, PUBLISH_ENDPOINT, FILE_*, SIGN_*
 */
export const partnerAccount = async (io: Io, options: AccountOptions): Promise<Account> => {
  const { credentials, server = '0', endpoint } = options;
  if (credentials !== undefined) {
    const { parseSdcmAccount } = await import('../../publishing/submission/sdcm.ts');
    if (!/^\d{1,4}$/.test(server)) throw new WinpvError('USAGE', '--server takes a number, counted from 0.');
    const bytes = await io.files.read(credentials, { maxBytes: MAX_FILE });
    return fromSdcm(parseSdcmAccount(bytes, credentials, Number(server)), endpoint, credentials);
  }
  const prefix = prefixOf(options.account);
  const [tenant, clientId] = [io.env[`${prefix}TENANT`], io.env[`${prefix}CLIENT_ID`]];
  if (!tenant || !clientId) {
    const sdcm = options.account === undefined && !tenant && !clientId ? sdcmEnvironment(io.env) : undefined;
    if (sdcm !== undefined) return fromSdcm(sdcm, endpoint, 'the environment');
    throw missing(
      `The environment has no ${tenant ? `${prefix}CLIENT_ID` : `${prefix}TENANT`}`,
      `Set ${prefix}TENANT, ${prefix}CLIENT_ID and ${prefix}CLIENT_SECRET; for a rehearsal, to what \`winpv emulator serve\` printed.`,
    );
  }
  const { endpointOf } = await import('../../publishing/partner-center/account.ts');
  return {
    tenant,
    clientId,
    credential: await credentialFrom(io, io.env, prefix),
    endpoint: endpointOf(tenant, endpoint),
  };
};
