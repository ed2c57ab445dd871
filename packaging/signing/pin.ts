import { X509Certificate } from 'node:crypto';
import { WinpvError } from '../../core/errors.ts';
import { parseDer } from '../formats/der/parse.ts';
import { parseCertificate } from '../formats/x509/parse.ts';
import type { Signer } from './signer.ts';

/** Which certificate the user means to sign with. Everything named has to hold; nothing is chosen by "best". */
export interface CertificatePin {
  /** Lower-case hex of the SHA-1 of the certificate, as Windows shows thumbprints. */
  readonly sha1?: string | undefined;
  /** Lower-case hex of the SHA-256 of the certificate. */
  readonly sha256?: string | undefined;
  /** The issuer's common name, or its whole name as `winpv verify` prints it. */
  readonly issuer?: string | undefined;
  /** The same for the subject. */
  readonly subject?: string | undefined;
  /** An extended key usage in dotted form: the identity of certificates that live only days. */
  readonly eku?: string | undefined;
}

/**
 * Stops unless the signer's certificate is the one that was meant.
 * @throws WinpvError SIGN_CERTIFICATE_NOT_PINNED with what differs; what reading the certificate throws
 */
export const checkPin = async (signer: Signer, pin: CertificatePin): Promise<void> => {
  const [leaf] = await signer.certificates();
  if (leaf === undefined) throw new WinpvError('SIGN_CERTIFICATE_MISSING', `${signer.label} has no certificate.`);
  const [first] = pinDifferences(factsOf(leaf), pin);
  if (first === undefined) return;
  throw new WinpvError('SIGN_CERTIFICATE_NOT_PINNED', `The certificate of ${signer.label} ${first}.`, {
    hint: 'Nothing was signed. Name another key, or the certificate that belongs to this one.',
  });
};

/** What a pin is compared with; undefined is what is not known, and fits nothing. */
export interface PinnedFacts {
  readonly sha1: string | undefined;
  readonly sha256: string | undefined;
  readonly issuer: string;
  readonly subject: string;
  readonly ekus: readonly string[];
}

/** What a pin is about, of a certificate in DER. */
export const factsOf = (leaf: Uint8Array): PinnedFacts => {
  const { fingerprint, fingerprint256 } = new X509Certificate(leaf);
  const { subjectText, issuerText, ekus = [] } = parseCertificate(parseDer(leaf, { file: 'certificate' }));
  const hex = (colons: string): string => colons.replaceAll(':', '').toLowerCase();
  return { sha1: hex(fingerprint), sha256: hex(fingerprint256), issuer: issuerText, subject: subjectText, ekus };
};

/** How a certificate differs from the one that was meant, as clauses: "was issued by CN=A, not B". */
export const pinDifferences = (facts: PinnedFacts, pin: CertificatePin): readonly string[] => {
  const { sha1 = 'unknown', sha256 = 'unknown', issuer, subject, ekus } = facts;
  const compared: readonly (readonly [what: string, wanted: string | undefined, is: string, fits: boolean])[] = [
    ['has the SHA-1 thumbprint', pin.sha1, sha1, pin.sha1 === sha1],
    ['has the SHA-256 thumbprint', pin.sha256, sha256, pin.sha256 === sha256],
    ['was issued by', pin.issuer, issuer, nameFits(issuer, pin.issuer)],
    ['was issued to', pin.subject, subject, nameFits(subject, pin.subject)],
    ['has the key usages', pin.eku, ekus.join(', ') || 'none', ekus.includes(pin.eku ?? '')],
  ];
  return compared
    .filter(([, wanted, , fits]) => wanted !== undefined && !fits)
    .map(([what, wanted, is]) => `${what} ${is}, not ${wanted}`);
};

/** A whole name, or its common name; never a part of one, which anybody could register. */
const nameFits = (text: string, wanted: string | undefined): boolean =>
  text === wanted ||
  text.split(/(?<!\\)[,+]/).some((part) => part.startsWith('CN=') && part.slice(3).replace(/\\(.)/g, '$1') === wanted);
