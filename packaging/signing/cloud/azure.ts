import { createHash } from 'node:crypto';
import { z } from 'zod';
import { WinpvError } from '../../../core/errors.ts';
import type { Signer } from '../signer.ts';
import { chainOf } from './azure-chain.ts';
import { azureToken } from './azure-token.ts';
import type { CloudSource } from './open.ts';
import { askJson, type CloudPorts, fromBase64 } from './rest.ts';
import { cloudSigner, JWA } from './signature.ts';

/** https://learn.microsoft.com/rest/api/keyvault/certificates/get-certificate/get-certificate */
const certificateBundle = z.object({ kid: z.url(), cer: z.string().min(1) });
/** https://learn.microsoft.com/rest/api/keyvault/keys/sign/sign: KeyOperationResult */
const keyOperationResult = z.object({ kid: z.string().optional(), value: z.string().min(1) });

const KEY_VAULT_VERSION = '7.4';
const SIGNING_VERSION = '2023-06-15-preview';
const json = { 'content-type': 'application/json', accept: 'application/json' };
const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');

/** The scope follows the vault's domain, which sovereign clouds have their own of. */
const vaultScope = (url: string): string => {
  const { hostname } = new URL(url);
  const domain = /\.((?:vault|managedhsm)\.[a-z0-9.-]+)$/.exec(hostname)?.[1] ?? 'vault.azure.net';
  return `https://${domain}/.default`;
};

/**
 * A certificate of Azure Key Vault, or one of its versions (`name/version`): the vault has the leaf, further ones are given.
 * The token goes only to the vault itself, wherever the answer says that the key is.
 */
export const azureKeyVault = ({ url, keyName, certificates }: CloudSource, ports: CloudPorts): Signer => {
  const label = `Azure Key Vault, certificate ${keyName}`;
  const token = azureToken(vaultScope(url), label, ports);
  const path = keyName.split('/').map(encodeURIComponent).join('/');
  const ask = async <S extends z.ZodType>(at: string, schema: S, body?: object): Promise<z.output<S>> => {
    const secret = await token();
    const headers = { ...json, authorization: `Bearer ${secret.reveal()}` };
    const sent =
      body === undefined ? { method: 'GET' as const } : { method: 'POST' as const, body: JSON.stringify(body) };
    return askJson({ label, url: at, headers, secrets: [secret], ...sent }, schema, ports);
  };
  let keyPath = '';
  return cloudSigner({
    label,
    certificates: async () => {
      const { kid, cer } = await ask(`${url}/certificates/${path}?api-version=${KEY_VAULT_VERSION}`, certificateBundle);
      const found = new URL(kid);
      if (found.host !== new URL(url).host || !/^\/keys\/[^/]+\/[^/]+$/.test(found.pathname))
        throw new WinpvError('SIGN_CLOUD_ANSWER', `${label} has its key at an address outside of the vault.`);
      keyPath = found.pathname;
      return [fromBase64(cer, label), ...certificates];
    },
    algorithm: async (algorithm) => JWA[algorithm],
    sign: async (digest, alg) => {
      const at = `${url}${keyPath}/sign?api-version=${KEY_VAULT_VERSION}`;
      const { value } = await ask(at, keyOperationResult, { alg, value: base64url(digest) });
      return fromBase64(value, label);
    },
  });
};

/**
 * Azure.CodeSigning 2023-06-15-preview (Azure/azure-rest-api-specs, specification/codesigning/data-plane): what submitting
 * and polling answer with. Its definitions have the signature in `result`, after submitting in `result.signResult`; its
 * examples have it in `signStatus`, and earlier versions beside the status.
 */
const codeSignResult = z.object({ signature: z.string().nullish(), signingCertificate: z.string().nullish() });
const signStatus = z.object({
  id: z.string().optional(),
  operationId: z.string().optional(),
  status: z.string(),
  error: z.object({ code: z.string(), message: z.string() }).nullish(),
  ...codeSignResult.shape,
  signStatus: codeSignResult.nullish(),
  result: z.object({ ...codeSignResult.shape, signResult: codeSignResult.nullish() }).nullish(),
});
type SignStatus = z.output<typeof signStatus>;

const POLL_MS = 1000;
const MAX_POLLS = 120;

interface Signed {
  readonly signature: Uint8Array;
  readonly certificates: readonly Uint8Array[];
}

const signedIn = ({ status, error, result, signStatus: inner, ...flat }: SignStatus, label: string): Signed => {
  const { signature, signingCertificate } = result?.signResult ?? result ?? inner ?? flat;
  if (status.toLowerCase() !== 'succeeded') {
    const reason = error === undefined || error === null ? '' : ` (${error.code}: ${error.message})`;
    throw new WinpvError('SIGN_CLOUD_REFUSED', `${label} did not sign: ${status}${reason}.`);
  }
  if (typeof signature === 'string' && typeof signingCertificate === 'string')
    return { signature: fromBase64(signature, label), certificates: chainOf(signingCertificate, label) };
  throw new WinpvError('SIGN_CLOUD_ANSWER', `${label} says that it signed, and sends no signature.`);
};

/**
 * Azure Trusted Signing, now Artifact Signing; the key is `account/profile`. Its certificates live for days and come with
 * each signature, so one is made of nothing to learn the chain. A run keeps the certificate that it began with.
 */
export const azureTrustedSigning = ({ url, keyName, certificates }: CloudSource, ports: CloudPorts): Signer => {
  const label = `Azure Trusted Signing, ${keyName}`;
  const [account = '', profile = '', extra] = keyName.split('/').map(encodeURIComponent);
  if (account === '' || profile === '' || extra !== undefined)
    throw new WinpvError('SIGN_CLOUD_KEY', 'The key of Azure Trusted Signing is named by its account and profile.', {
      hint: 'For example --key-name acme/drivers.',
    });
  const base = `${url}/codesigningaccounts/${account}/certificateprofiles/${profile}`;
  const query = `?api-version=${SIGNING_VERSION}`;
  const token = azureToken('https://codesigning.azure.net/.default', label, ports);
  const ask = async (path: string, body?: object): Promise<SignStatus> => {
    const secret = await token();
    const headers = { ...json, authorization: `Bearer ${secret.reveal()}` };
    const sent =
      body === undefined ? { method: 'GET' as const } : { method: 'POST' as const, body: JSON.stringify(body) };
    return askJson({ label, url: `${base}${path}${query}`, headers, secrets: [secret], ...sent }, signStatus, ports);
  };
  const signed = async (digest: Uint8Array, signatureAlgorithm: string): Promise<Signed> => {
    const first = await ask(':sign', { signatureAlgorithm, digest: Buffer.from(digest).toString('base64') });
    const id = first.id ?? first.operationId ?? '';
    let last = first;
    for (let polls = 0; /^(in ?progress|running|not ?started)$/i.test(last.status); polls += 1) {
      if (polls === MAX_POLLS) throw new WinpvError('SIGN_CLOUD_UNREACHABLE', `${label} does not finish signing.`);
      await ports.timer.wait(POLL_MS);
      last = await ask(`/sign/${encodeURIComponent(id)}`);
    }
    return signedIn(last, label);
  };
  return cloudSigner({
    label,
    certificates: async () => {
      const probe = await signed(new Uint8Array(createHash('sha256').digest()), 'RS256');
      return [...probe.certificates, ...certificates];
    },
    algorithm: async (algorithm) => (algorithm.startsWith('rsa') ? JWA[algorithm] : undefined),
    sign: async (digest, name) => (await signed(digest, name)).signature,
  });
};
