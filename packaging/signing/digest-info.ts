import { algorithmIdentifier } from '../formats/cms/encode.ts';
import { type DigestAlgorithm, DigestOid } from '../formats/cms/object-ids.ts';
import { type Der, octetString, sequence } from '../formats/der/encode.ts';

/** DigestInfo ::= SEQUENCE { digestAlgorithm AlgorithmIdentifier, digest OCTET STRING }   (RFC 8017, A.2.4) */
export const encodeDigestInfo = (algorithm: DigestAlgorithm, digest: Uint8Array): Der =>
  sequence(algorithmIdentifier(DigestOid[algorithm]), octetString(digest));
