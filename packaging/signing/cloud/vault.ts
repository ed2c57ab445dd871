import { z } from 'zod';
import type { SignatureAlgorithm, Signer } from '../signer.ts';
import type { CloudSource } from './open.ts';
import { askJson, type CloudPorts, fromBase64 } from './rest.ts';
import { cloudSigner } from './signature.ts';
import { vaultToken } from './vault-token.ts';

/** https://developer.hashicorp.com/vault/api-docs/secret/transit#sign-data: `vault:v1:` and base64 */
const signAnswer = z.object({ data: z.object({ signature: z.string().regex(/^vault:v\d+:[^:]+$/) }) });

const HASHES: Readonly<Record<SignatureAlgorithm, string>> = {
  'rsa-sha1': 'sha1',
  'rsa-sha256': 'sha2-256',
  'rsa-sha384': 'sha2-384',
  'rsa-sha512': 'sha2-512',
  'ecdsa-sha256': 'sha2-256',
  'ecdsa-sha384': 'sha2-384',
};

/** A key of Vault's transit engine, `name`, or `mount/name` where the engine stands elsewhere. Its certificates are given. */
export const hashicorpVault = ({ url, keyName, certificates }: CloudSource, ports: CloudPorts): Signer => {
  const label = `HashiCorp Vault, key ${keyName}`;
  const { VAULT_NAMESPACE: named } = ports.env;
  const namespace: Readonly<Record<string, string>> = named === undefined ? {} : { 'x-vault-namespace': named };
  const tokenOf = vaultToken(url, namespace, ports);
  const parts = keyName.split('/').map(encodeURIComponent);
  const mount = parts.slice(0, -1).join('/') || 'transit';
  return cloudSigner({
    label,
    certificates: async () => certificates,
    algorithm: async (algorithm) => HASHES[algorithm],
    sign: async (digest, hash, algorithm) => {
      const token = await tokenOf();
      const kind = algorithm.startsWith('rsa') ? { signature_algorithm: 'pkcs1v15' } : { marshaling_algorithm: 'asn1' };
      const input = Buffer.from(digest).toString('base64');
      const answer = await askJson(
        {
          ...{ label, method: 'POST', url: `${url}/v1/${mount}/sign/${parts.at(-1) ?? ''}/${hash}` },
          headers: {
            ...{ 'content-type': 'application/json', 'x-vault-token': token.reveal(), 'x-vault-request': 'true' },
            ...namespace,
          },
          body: JSON.stringify({ input, prehashed: true, ...kind }),
          secrets: [token],
        },
        signAnswer,
        ports,
      );
      return fromBase64(answer.data.signature.split(':')[2] ?? '', label);
    },
  });
};
