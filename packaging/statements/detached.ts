import { encodeSignedAttributes, encodeSignedData, encodeSignerInfo } from '../formats/cms/encode.ts';
import { CmsOid } from '../formats/cms/object-ids.ts';
import { readIdentity, signChecked } from '../signing/identity.ts';
import type { Signer } from '../signing/signer.ts';
import type { Timestamper } from '../signing/timestamp.ts';

/**
 * A detached CMS signature over bytes that stand elsewhere, in DER: what `openssl cms -verify -binary` takes.
 * @throws WinpvError SIGN_*, and what the time stamper throws
 * @see RFC 5652, 5.2: eContent is left out
 */
export const signDetached = async (
  bytes: Uint8Array,
  signer: Signer,
  timestamper: Timestamper | undefined,
): Promise<Uint8Array> => {
  const identity = await readIdentity(signer);
  const signedAttributes = encodeSignedAttributes(CmsOid.data, bytes, 'sha256', []);
  const signature = await signChecked(identity, signedAttributes, 'sha256');
  const timestamp = await timestamper?.timestamp(signature);
  return encodeSignedData({
    version: 1,
    digestAlgorithm: 'sha256',
    contentType: CmsOid.data,
    content: undefined,
    certificates: [...identity.storedCertificates, ...(timestamp?.certificates ?? [])],
    signerInfo: encodeSignerInfo({
      signer: identity.name,
      digestAlgorithm: 'sha256',
      keyKind: identity.kind,
      signedAttributes,
      signature,
      unsignedAttributes: timestamp === undefined ? [] : [timestamp.attribute],
    }),
  });
};
