import { contextTag, type DerNode, parseDer, Tag } from '../der/parse.ts';

/** The parts of a certificate that signing needs, each as its whole encoding in the certificate. */
export interface CertificateNames {
  readonly issuer: Uint8Array;
  readonly serialNumber: Uint8Array;
  readonly subject: Uint8Array;
  readonly publicKeyInfo: Uint8Array;
}

/**
 * Certificate ::= SEQUENCE { TBSCertificate { [0] version, serialNumber, signature, issuer, validity, subject,
 * subjectPublicKeyInfo, … }, … }   (RFC 5280, 4.1)
 * @throws WinpvError DER_*
 */
export const certificateNames = (certificate: Uint8Array, file: string): CertificateNames => {
  const tbs = parseDer(certificate, { file }).expect(Tag.sequence, 'Certificate').child(0, 'tbsCertificate');
  tbs.expect(Tag.sequence, 'tbsCertificate');
  const first = tbs.children[0]?.tag === contextTag(0) ? 1 : 0;
  const part = (index: number, name: string, tag: number): Uint8Array => field(tbs, first + index, name, tag).bytes;
  return {
    serialNumber: part(0, 'serialNumber', Tag.integer),
    issuer: part(2, 'issuer', Tag.sequence),
    subject: part(4, 'subject', Tag.sequence),
    publicKeyInfo: part(5, 'subjectPublicKeyInfo', Tag.sequence),
  };
};

const field = (tbs: DerNode, index: number, name: string, tag: number): DerNode => tbs.child(index, name, tag);
