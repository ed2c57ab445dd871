import { createHash, X509Certificate } from 'node:crypto';
import { toHex, utf8 } from '../../core/bytes.ts';
import { WinpvError } from '../../core/errors.ts';
import type { Signer } from '../../packaging/signing/signer.ts';

const LIFE_S = 600;

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const part = (value: object): string => base64url(utf8(JSON.stringify(value)));

export interface AssertionFacts {
  readonly clientId: string;
  /** The token endpoint that it is for. */
  readonly audience: string;
  readonly nowMs: number;
  /** 16 bytes: no two assertions are the same. */
  readonly nonce: Uint8Array;
}

/**
 * A client assertion (RFC 7523) signed with the application's certificate: RS256, with the certificate in it, as Entra
 * documents it for client credentials.
 * @throws WinpvError PUBLISH_CREDENTIALS_INVALID when the key is not RSA; SIGN_*
 */
export const signAssertion = async (signer: Signer, facts: AssertionFacts): Promise<string> => {
  const certificates = await signer.certificates();
  const [leaf] = certificates;
  if (leaf === undefined || new X509Certificate(leaf).publicKey.asymmetricKeyType !== 'rsa') {
    throw new WinpvError('PUBLISH_CREDENTIALS_INVALID', 'The certificate for signing in has to have an RSA key.');
  }
  const digest = (algorithm: string): string => base64url(createHash(algorithm).update(leaf).digest());
  const header = {
    alg: 'RS256',
    typ: 'JWT',
    x5t: digest('sha1'),
    'x5t#S256': digest('sha256'),
    x5c: certificates.map((certificate) => Buffer.from(certificate).toString('base64')),
  };
  const now = Math.floor(facts.nowMs / 1000);
  const claims = {
    aud: facts.audience,
    iss: facts.clientId,
    sub: facts.clientId,
    jti: toHex(facts.nonce),
    nbf: now - 60,
    exp: now + LIFE_S,
  };
  const signed = `${part(header)}.${part(claims)}`;
  return `${signed}.${base64url(await signer.sign(utf8(signed), 'rsa-sha256'))}`;
};
