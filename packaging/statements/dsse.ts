import { createHash } from 'node:crypto';
import { toHex, utf8 } from '../../core/bytes.ts';
import { encodePem } from '../formats/x509/pem.ts';
import { readIdentity, signChecked } from '../signing/identity.ts';
import type { Signer } from '../signing/signer.ts';
import { preAuthEncoding } from './dsse-parse.ts';

/**
 * A DSSE envelope in one line of JSON: RSA with PKCS#1 v1.5, or ECDSA, over the pre-authentication encoding, with SHA-256.
 * `keyid` is the SHA-256 of the signer's certificate; `cert`, which readers may overlook, has it and its issuers in PEM.
 *
 * @throws WinpvError SIGN_*
 * @see the DSSE protocol 1.0: envelope.md, protocol.md
 */
export const signEnvelope = async (payloadType: string, payload: Uint8Array, signer: Signer): Promise<Uint8Array> => {
  const identity = await readIdentity(signer);
  const signature = await signChecked(identity, preAuthEncoding(payloadType, payload), 'sha256');
  const envelope = {
    payloadType,
    payload: Buffer.from(payload).toString('base64'),
    signatures: [
      {
        keyid: toHex(createHash('sha256').update(identity.certificate).digest()),
        sig: Buffer.from(signature).toString('base64'),
        cert: identity.storedCertificates.map((one) => encodePem('CERTIFICATE', one)).join(''),
      },
    ],
  };
  return utf8(`${JSON.stringify(envelope)}\n`);
};
