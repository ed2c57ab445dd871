import { createHash } from 'node:crypto';
import { equalBytes, toHex } from '../../core/bytes.ts';
import { type HashName, schemeOf } from '../formats/cms/algorithms.ts';
import { parseDer, Tag } from '../formats/der/parse.ts';
import type { OcspCertificateId, OcspResponse, OcspStatement } from '../formats/x509/ocsp-parse.ts';
import type { Certificate } from '../formats/x509/parse.ts';
import { issuedBy, signatureHolds } from '../formats/x509/signature.ts';
import { listsSaying } from './check-list.ts';
import type { RevocationEvidence, RevocationNeed, Said } from './revocation-evidence.ts';

const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9';

/** What the answers at hand say of a certificate; those about others are passed over. */
export const answersSaying = (need: RevocationNeed, evidence: RevocationEvidence): readonly Said[] => {
  const serial = toHex(need.certificate.serial);
  return evidence.answers.flatMap((answer) =>
    answer.statements
      .filter(({ id }) => id.serial === serial && namesIssuer(id, need))
      .map((statement) => said(answer, statement, need.issuer, evidence)),
  );
};

const hashed = (hash: HashName, bytes: Uint8Array): Uint8Array =>
  new Uint8Array(createHash(hash).update(bytes).digest());

/** The octets of subjectPublicKey, without tag, length and the count of unused bits: what OCSP hashes. */
const keyOctets = ({ publicKeyInfo, file }: Certificate): Uint8Array =>
  parseDer(publicKeyInfo, { file }).child(1, 'subjectPublicKey', Tag.bitString).value.subarray(1);

const namesIssuer = (
  { hash, issuerNameHash, issuerKeyHash }: OcspCertificateId,
  { certificate, issuer }: RevocationNeed,
): boolean =>
  hash !== undefined &&
  hash !== 'md5' &&
  equalBytes(issuerNameHash, hashed(hash, certificate.issuer)) &&
  equalBytes(issuerKeyHash, hashed(hash, keyOctets(issuer)));

const said = (
  answer: OcspResponse,
  statement: OcspStatement,
  issuer: Certificate,
  evidence: RevocationEvidence,
): Said => {
  const { status, revocation, thisUpdateMs, nextUpdateMs } = statement;
  const common = { source: answer, thisUpdateMs, nextUpdateMs };
  const nothing = (why: string): Said => ({ ...common, what: 'nothing', why });
  const [critical] = [...answer.unknownCritical, ...statement.unknownCritical];
  if (critical !== undefined) return nothing(`has the critical extension ${critical}, unknown here`);
  const fault = responderFault(answer, issuer, evidence);
  if (fault !== undefined) return nothing(fault);
  if (nextUpdateMs !== undefined && nextUpdateMs < thisUpdateMs) return nothing('ends before it begins');
  if (status === 'revoked' && revocation !== undefined) return { ...common, what: 'revoked', revocation };
  return status === 'good' ? { ...common, what: 'good' } : nothing('says that the responder does not know it');
};

const isNamedBy = ({ responder }: OcspResponse, certificate: Certificate): boolean =>
  responder.kind === 'name'
    ? equalBytes(responder.name, certificate.subject)
    : equalBytes(responder.keyHash, hashed('sha1', keyOctets(certificate)));

/** By the issuer's key: answers serve many files, whose certificates are read anew each time. */
const signers = new WeakMap<OcspResponse, Map<string, Certificate | 'none'>>();

const signerOf = (answer: OcspResponse, issuer: Certificate): Certificate | undefined => {
  const known = signers.get(answer) ?? new Map<string, Certificate | 'none'>();
  signers.set(answer, known);
  const key = toHex(issuer.publicKeyInfo) + toHex(issuer.subject);
  const signer = known.get(key) ?? findSigner(answer, issuer) ?? 'none';
  known.set(key, signer);
  return signer === 'none' ? undefined : signer;
};

const findSigner = (answer: OcspResponse, issuer: Certificate): Certificate | undefined => {
  const { signatureAlgorithm, signature, tbs, certificates } = answer;
  const scheme = schemeOf(signatureAlgorithm);
  const hash = scheme?.hash;
  if (scheme === undefined || hash === undefined || hash === 'md5') return undefined;
  return [issuer, ...certificates].find(
    (candidate) => isNamedBy(answer, candidate) && signatureHolds(candidate, { message: tbs, hash, scheme, signature }),
  );
};

/**
 * Why an answer is not to be believed, a clause: it has to be signed by the issuer of the certificate, or by whom that issuer
 * certified for just this (RFC 6960, 4.2.2.2). A responder that was chosen locally is not known here.
 */
const responderFault = (
  answer: OcspResponse,
  issuer: Certificate,
  evidence: RevocationEvidence,
): string | undefined => {
  const signer = signerOf(answer, issuer);
  if (signer === undefined) return 'is not signed by the responder that it names, as far as its certificates tell';
  if (equalBytes(signer.publicKeyInfo, issuer.publicKeyInfo) && equalBytes(signer.subject, issuer.subject)) {
    return undefined;
  }
  const { subjectText, ekus, keyUsage, unknownCritical, notBeforeMs, notAfterMs } = signer;
  const who = `is signed by "${subjectText}"`;
  if (!equalBytes(signer.issuer, issuer.subject) || !issuedBy(signer, issuer)) {
    return `${who}, whom "${issuer.subjectText}" did not certify`;
  }
  if (ekus?.includes(OCSP_SIGNING) !== true) return `${who}, whose certificate is not for OCSP signing`;
  if (keyUsage !== undefined && !keyUsage.has('digitalSignature') && !keyUsage.has('nonRepudiation')) {
    return `${who}, whose certificate may not make digital signatures`;
  }
  if (unknownCritical.length > 0) return `${who}, whose certificate has a critical extension that is unknown here`;
  if (answer.producedAtMs < notBeforeMs || answer.producedAtMs > notAfterMs) {
    return `${who}, whose certificate was not valid then`;
  }
  const revoked = listsSaying({ certificate: signer, issuer }, evidence).some(({ what }) => what === 'revoked');
  return revoked ? `${who}, whose certificate is revoked` : undefined;
};
