import { z } from 'zod';
import { WinpvError } from '../../../core/errors.ts';
import type { SignatureAlgorithm, Signer } from '../signer.ts';
import { DIGEST_OF } from '../signer.ts';
import { googleToken } from './google-token.ts';
import type { CloudSource } from './open.ts';
import { askJson, type CloudPorts, fromBase64 } from './rest.ts';
import { cloudSigner } from './signature.ts';

/** https://cloud.google.com/kms/docs/reference/rest/v1/PublicKey */
const publicKey = z.object({ algorithm: z.string().min(1) });
/** https://cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings.cryptoKeys.cryptoKeyVersions/asymmetricSign */
const signAnswer = z.object({ signature: z.string().min(1) });

const NAME = /^projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+\/cryptoKeyVersions\/\d+$/;

/** A key version has one algorithm (CryptoKeyVersionAlgorithm): its family, size and hash. PSS and raw keys are of no use. */
const made = (algorithm: SignatureAlgorithm): RegExp => {
  const hash = DIGEST_OF[algorithm].toUpperCase();
  return new RegExp(algorithm.startsWith('rsa') ? `^RSA_SIGN_PKCS1_\\d+_${hash}$` : `^EC_SIGN_P\\d+_${hash}$`);
};

/** A key version of Google Cloud KMS by its whole resource name. Its certificates are given. */
export const googleKms = ({ url, keyName, certificates }: CloudSource, ports: CloudPorts): Signer => {
  const label = `Google Cloud KMS, key ${keyName}`;
  if (!NAME.test(keyName))
    throw new WinpvError('SIGN_CLOUD_KEY', 'A key of Google Cloud KMS is named by the whole name of its version.', {
      hint: 'projects/…/locations/…/keyRings/…/cryptoKeys/…/cryptoKeyVersions/1',
    });
  const token = googleToken(ports);
  const ask = async <S extends z.ZodType>(end: string, schema: S, body?: object): Promise<z.output<S>> => {
    const secret = await token();
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${secret.reveal()}` };
    const sent =
      body === undefined ? { method: 'GET' as const } : { method: 'POST' as const, body: JSON.stringify(body) };
    const at = `${url}/v1/${keyName.split('/').map(encodeURIComponent).join('/')}${end}`;
    return askJson({ label, url: at, headers, secrets: [secret], ...sent }, schema, ports);
  };
  let known: Promise<string> | undefined;
  const algorithmOf = (): Promise<string> => {
    known ??= ask('/publicKey', publicKey).then(({ algorithm }) => algorithm);
    return known;
  };
  return cloudSigner({
    label,
    certificates: async () => certificates,
    algorithm: async (algorithm) => (made(algorithm).test(await algorithmOf()) ? DIGEST_OF[algorithm] : undefined),
    sign: async (digest, hash) => {
      const body = { digest: { [hash]: Buffer.from(digest).toString('base64') } };
      return fromBase64((await ask(':asymmetricSign', signAnswer, body)).signature, label);
    },
  });
};
