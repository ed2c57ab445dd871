import { equalBytes } from '../../core/bytes.ts';
import { type Diagnostic, problem } from '../../core/errors.ts';
import { schemeOf } from '../formats/cms/algorithms.ts';
import type { SignedData } from '../formats/cms/parse.ts';
import type { Certificate } from '../formats/x509/parse.ts';
import { issuedBy } from '../formats/x509/signature.ts';
import { isAnchor, type Trust } from './chain.ts';

/** Comparisons by key that one signature may cost; a real one costs a dozen. */
const MAX_KEY_OPERATIONS = 400;

export interface EmbeddedContext {
  readonly trust: Trust;
  /** The certificate where a chain ended, whose missing issuer is a finding already. */
  readonly reported: Certificate | undefined;
}

/**
 * Every certificate that came with a signature, needed or not, must be what its issuer signed: an anchor itself, or
 * verified by the key of a certificate at hand. One that nothing can be said of is an error unless it is a second
 * certificate for a key that is vouched for (a cross-certificate), which is reported.
 */
export const checkEmbedded = (embedded: readonly Certificate[], { trust, reported }: EmbeddedContext): Diagnostic[] => {
  let budget = MAX_KEY_OPERATIONS;
  const known = [...trust.anchors, ...embedded];
  return embedded.flatMap((certificate) => {
    const { subjectText, issuerText, file, offset } = certificate;
    const at = { file, offset };
    if (isAnchor(certificate, trust)) return [];
    const issuers = known.filter((candidate) => equalBytes(candidate.subject, certificate.issuer));
    budget -= issuers.length;
    if (budget < 0) return [problem('VERIFY_MALFORMED', 'The certificates have too many possible issuers.', { at })];
    if (issuers.some((issuer) => issuedBy(certificate, issuer))) return [];
    if (issuers.length > 0 && schemeOf(certificate.signatureAlgorithm) !== undefined) {
      const message = `"${subjectText}" does not verify with the key of its issuer "${issuerText}".`;
      return [problem('VERIFY_CERTIFICATE_INVALID', message, { at })];
    }
    if (certificate === reported) return [];
    const crossed = isCrossCertificate(certificate, known);
    const message = `Nothing at hand verifies "${subjectText}": its issuer "${issuerText}" or its algorithm is not known.`;
    return [problem('VERIFY_CERTIFICATE_UNCHECKED', message, { severity: crossed ? 'warning' : 'error', at })];
  });
};

/**
 * A second certificate for a subject and key that another has, issued under a key that none here has. Without that last
 * condition a root that was damaged in its issuer's name would pass for one.
 */
const isCrossCertificate = (certificate: Certificate, known: readonly Certificate[]): boolean => {
  const { authorityKeyId } = certificate;
  if (authorityKeyId === undefined || known.some(({ subjectKeyId }) => subjectKeyId === authorityKeyId)) return false;
  return known.some((other) => other !== certificate && isSameKey(other, certificate));
};

const isSameKey = (a: Certificate, b: Certificate): boolean =>
  equalBytes(a.subject, b.subject) && equalBytes(a.publicKeyInfo, b.publicKeyInfo);

/** What the set of certificates holds beside X.509 certificates cannot be checked, and is said. */
export const checkOthers = ({ otherCertificates, revocationLists }: SignedData): Diagnostic[] =>
  [...otherCertificates, ...revocationLists].map(({ file, offset }) =>
    problem('VERIFY_UNCOVERED', 'An attribute certificate or revocation list is stored here and is not checked.', {
      severity: 'warning',
      at: { file, offset },
    }),
  );
