import { utf8 } from '../../../core/bytes.ts';
import {
  bitString,
  boolean,
  contextConstructed,
  type Der,
  integer,
  octetString,
  oid,
  sequence,
  unsignedInteger,
  utf8String,
} from '../der/encode.ts';
import { CmsOid, SpcOid } from './object-ids.ts';
import { encodeMessageImprint, type TstInfo } from './tst-info.ts';

export interface TimestampQuery {
  readonly imprint: TstInfo['imprint'];
  /** Big-endian magnitude. */
  readonly nonce: Uint8Array;
}

/**
 * TimeStampReq ::= SEQUENCE { version 1, messageImprint, nonce, certReq TRUE }   (RFC 3161, 2.4.1)
 * The authority's certificates are always asked for: Windows cannot use a token without (spec signing-formats 4.1).
 */
export const encodeTimestampQuery = ({ imprint, nonce }: TimestampQuery): Der =>
  sequence(integer(1), encodeMessageImprint(imprint), unsignedInteger(nonce), boolean(true));

/** PKIFailureInfo: bit numbers of RFC 3161, 2.4.2. */
export const FAILURE_BITS = {
  badAlg: 0,
  badRequest: 2,
  badDataFormat: 5,
  timeNotAvailable: 14,
  unacceptedPolicy: 15,
  unacceptedExtension: 16,
  addInfoNotAvailable: 17,
  systemFailure: 25,
} as const;
export type TimestampFailure = keyof typeof FAILURE_BITS;

/** PKIStatus: 0 granted, 1 granted with changes, 2 refused, 3 waiting, 4 and 5 revocations. */
export interface TimestampReply {
  readonly status: number;
  readonly text?: string | undefined;
  readonly failure?: TimestampFailure | undefined;
  readonly token?: Der | undefined;
}

/** TimeStampResp ::= SEQUENCE { PKIStatusInfo { status, text OPTIONAL, failInfo OPTIONAL }, token OPTIONAL }   (2.4.2) */
export const encodeTimestampReply = ({ status, text, failure, token }: TimestampReply): Der =>
  sequence(
    sequence(
      integer(status),
      ...(text === undefined ? [] : [sequence(utf8String(text))]),
      ...(failure === undefined ? [] : [namedBit(FAILURE_BITS[failure])]),
    ),
    ...(token === undefined ? [] : [token]),
  );

/** A BIT STRING with one bit set and no trailing zeros (X.690 11.2.2). */
const namedBit = (bit: number): Der => {
  const octets = new Uint8Array((bit >> 3) + 1);
  octets[bit >> 3] = 0x80 >> (bit & 7);
  return bitString(octets, 7 - (bit & 7));
};

/**
 * The legacy request, in base64: SEQUENCE { OID 1.3.6.1.4.1.311.3.2.1, ContentInfo { data, signature } }
 * (spec signing-formats 4.2). It has no nonce; the answer is bound to the signature alone.
 */
export const encodeLegacyTimestampQuery = (signature: Uint8Array): Uint8Array => {
  const content = sequence(oid(CmsOid.data), contextConstructed(0, octetString(signature)));
  return encodeBase64(sequence(oid(SpcOid.timestampRequest), content));
};

/** Base64 as octets, in one line. */
export const encodeBase64 = (bytes: Uint8Array): Uint8Array => utf8(Buffer.from(bytes).toString('base64'));
