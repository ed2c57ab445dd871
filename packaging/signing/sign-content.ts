import { authenticodeAttributes, type OpusInfo } from '../formats/authenticode/encode.ts';
import { encodeSignedAttributes, encodeSignedData, encodeSignerInfo } from '../formats/cms/encode.ts';
import type { DigestAlgorithm } from '../formats/cms/object-ids.ts';
import type { Der } from '../formats/der/encode.ts';
import { parseDer } from '../formats/der/parse.ts';
import type { ExistingSignature } from '../formats/pe/attach.ts';
import { readIdentity, signChecked } from './identity.ts';
import type { Signer } from './signer.ts';
import type { Timestamper } from './timestamp.ts';

export interface SignOptions extends OpusInfo {
  readonly signer: Signer;
  /** Without one the signature ends with its certificate's validity. */
  readonly timestamper?: Timestamper | undefined;
  /** Default SHA-256. */
  readonly digest?: DigestAlgorithm | undefined;
  /** What to do with a file that is signed already; default: refuse it. */
  readonly existing?: ExistingSignature | 'append' | undefined;
  /** Sign a table of the hashes of an image's pages too. */
  readonly pageHashes?: 'sha1' | 'sha256' | undefined;
}

/**
 * A whole PKCS#7 ContentInfo over one Authenticode content, time-stamped when asked for. The key is used once.
 * @param content the content's whole encoding; the signature covers its value octets
 */
export const signContent = async (contentType: string, content: Der, options: SignOptions): Promise<Uint8Array> => {
  const { timestamper, digest: digestAlgorithm = 'sha256' } = options;
  const identity = await readIdentity(options.signer);
  const { value } = parseDer(content, { file: 'content' });
  const others = authenticodeAttributes(options);
  const signedAttributes = encodeSignedAttributes(contentType, value, digestAlgorithm, others);
  const signature = await signChecked(identity, signedAttributes, digestAlgorithm);
  const timestamp = await timestamper?.timestamp(signature);
  return encodeSignedData({
    version: 1,
    digestAlgorithm,
    contentType,
    content,
    certificates: [...identity.storedCertificates, ...(timestamp?.certificates ?? [])],
    signerInfo: encodeSignerInfo({
      signer: identity.name,
      digestAlgorithm,
      keyKind: identity.kind,
      signedAttributes,
      signature,
      unsignedAttributes: timestamp === undefined ? [] : [timestamp.attribute],
    }),
  });
};
