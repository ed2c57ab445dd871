import { createHash } from 'node:crypto';
import { DigestOid } from '../cms/object-ids.ts';
import { type Der, nullValue, octetString, oid, sequence, tlv } from '../der/encode.ts';
import { parseDer, Tag } from '../der/parse.ts';
import type { Certificate } from './parse.ts';

const sha1 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha1').update(bytes).digest());

/**
 * OCSPRequest ::= SEQUENCE { tbsRequest SEQUENCE { requestList SEQUENCE OF SEQUENCE { reqCert CertID } } }   (RFC 6960, 4.1.1)
 *
 * One certificate, named by SHA-1 as every responder understands (RFC 5019, 2.1.1), and no nonce: the answer shall be one that
 * can be kept.
 */
export const encodeOcspRequest = ({ serial, issuer: name }: Certificate, issuer: Certificate): Der => {
  const info = parseDer(issuer.publicKeyInfo, { file: issuer.file });
  const key = info.child(1, 'subjectPublicKey', Tag.bitString).value.subarray(1);
  const id = sequence(
    sequence(oid(DigestOid.sha1), nullValue),
    octetString(sha1(name)),
    octetString(sha1(key)),
    tlv(Tag.integer, serial),
  );
  return sequence(sequence(sequence(sequence(id))));
};
