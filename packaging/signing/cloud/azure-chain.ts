import { X509Certificate } from 'node:crypto';
import { WinpvError } from '../../../core/errors.ts';
import { parseSignedData, signedDataOf } from '../../formats/cms/parse.ts';
import { parseDer, Tag } from '../../formats/der/parse.ts';
import { parseCertificates } from '../../formats/x509/pem.ts';
import { fromBase64 } from './rest.ts';

/**
 * What `signingCertificate` holds: base64, once or twice, around one certificate, PEM, or a PKCS#7 with the whole chain.
 * @returns DER, the certificate that issued none of the others first
 * @throws WinpvError SIGN_CLOUD_ANSWER
 */
export const chainOf = (text: string, label: string): readonly Uint8Array[] => {
  try {
    const outer = fromBase64(text, label);
    const pem = outer[0] === 0x2d;
    const bytes = outer[0] === 0x30 || pem ? outer : fromBase64(new TextDecoder().decode(outer), label);
    return leafFirst(pem ? parseCertificates(bytes, label) : inDer(bytes, label));
  } catch (cause) {
    if (cause instanceof WinpvError && cause.code === 'SIGN_CLOUD_ANSWER') throw cause;
    throw new WinpvError('SIGN_CLOUD_ANSWER', `${label} sends certificates that cannot be read.`, { cause });
  }
};

const inDer = (bytes: Uint8Array, label: string): readonly Uint8Array[] => {
  const node = parseDer(bytes, { file: label });
  if (node.child(0, 'the answer').tag !== Tag.oid) return [bytes];
  return parseSignedData(signedDataOf(node)).certificates.map(({ der }) => der);
};

const leafFirst = (certificates: readonly Uint8Array[]): readonly Uint8Array[] => {
  const known = certificates.map((der) => ({ der, x509: new X509Certificate(der) }));
  const leaf = known.find(({ x509 }) => !known.some((other) => other.x509 !== x509 && other.x509.checkIssued(x509)));
  return leaf === undefined ? certificates : [leaf.der, ...certificates.filter((der) => der !== leaf.der)];
};
