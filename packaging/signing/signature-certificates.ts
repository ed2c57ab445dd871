import { equalBytes } from '../../core/bytes.ts';
import { SpcOid } from '../formats/cms/object-ids.ts';
import { attributesOf, parseSignedData, type SignedData, signedDataOf } from '../formats/cms/parse.ts';
import type { DerNode } from '../formats/der/parse.ts';
import type { Certificate } from '../formats/x509/parse.ts';
import { TimestampOid } from './check-timestamp.ts';
import { embeddedSignatures } from './read-signatures.ts';

/** Certificates that a signature brings along, as they are stored. */
export interface SignatureCertificates {
  /** Beside the signatures themselves, nested ones too. */
  readonly signers: readonly Certificate[];
  /** In RFC 3161 time stamps. Those of older time stamps stand among the signers'. */
  readonly authorities: readonly Certificate[];
}

/** Signatures nest one level deep in practice; a verifier judges the rest. */
const MAX_DEPTH = 4;

/**
 * Every certificate of the signatures of a file that verifies.
 * @throws WinpvError SIGN_*, PE_*, CAB_*, CAT_*, DER_*
 */
export const certificatesIn = (bytes: Uint8Array, file: string): SignatureCertificates => {
  const signers: Certificate[] = [];
  const authorities: Certificate[] = [];
  const walk = (contentInfo: DerNode, depth: number): void => {
    const signed = parseSignedData(signedDataOf(contentInfo));
    signers.push(...signed.certificates);
    for (const token of unsignedValues(signed, TimestampOid.rfc3161)) {
      authorities.push(...parseSignedData(signedDataOf(token)).certificates);
    }
    if (depth === MAX_DEPTH) return;
    for (const nested of unsignedValues(signed, SpcOid.nestedSignature)) walk(nested, depth + 1);
  };
  for (const signature of embeddedSignatures(bytes, file)) walk(signature, 1);
  return { signers, authorities };
};

const unsignedValues = ({ signers }: SignedData, oid: string): readonly DerNode[] =>
  signers.flatMap(({ unsignedAttributes }) => attributesOf(unsignedAttributes, oid).flatMap(({ values }) => values));

/** The certificates that no other one of them issued: where their chains end. */
export const topmost = (certificates: readonly Certificate[]): readonly Certificate[] =>
  certificates.filter(
    ({ issuer, selfIssued }) => selfIssued || !certificates.some(({ subject }) => equalBytes(subject, issuer)),
  );
