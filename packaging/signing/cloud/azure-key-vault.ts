import { z } from 'zod';
import { WinpvError } from '../../../core/errors.ts';
import type { Signer } from '../signer.ts';
import { azureToken } from './azure-token.ts';
import type { CloudSource } from './open.ts';
import { askJson, type CloudPorts, fromBase64 } from './rest.ts';
import { cloudSigner, JWA } from './signature.ts';

/** https://learn.microsoft.com/rest/api/keyvault/certificates/get-certificate/get-certificate */
const certificateBundle = z.object({ kid: z.url(), cer: z.string().min(1) });
/** https://learn.microsoft.com/rest/api/keyvault/keys/sign/sign: KeyOperationResult */
const keyOperationResult = z.object({ kid: z.string().optional(), value: z.string().min(1) });

const KEY_VAULT_VERSION = '7.4';
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
