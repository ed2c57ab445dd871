import { schemeOf } from '../formats/cms/algorithms.ts';
import type { Certificate } from '../formats/x509/parse.ts';
import { issuedBy } from '../formats/x509/signature.ts';
import { ANY_PURPOSE, type Chain } from './chain.ts';
import { type AuthorityPath, judge, type PathCertificate } from './verdict.ts';
import { WINDOWS_ROOTS } from './windows-roots.ts';

/** A way up as the policy table reads it. */
export const pathReport = ({ path, findings }: Chain): AuthorityPath => {
  const { reason } = judge(findings);
  const root = rootOf(path.at(-1));
  return {
    certificates: path.map(certificateReport),
    ...(root === undefined ? {} : { root }),
    ekus: effectiveEkus(path),
    ...(reason === undefined ? {} : { fault: reason }),
  };
};

const rootOf = (last: Certificate | undefined): string | undefined => {
  if (last === undefined || last.selfIssued) return last?.thumbprint;
  return WINDOWS_ROOTS.find((root) => root.subject === last.issuerText && issuedBy(last, root))?.thumbprint;
};

const certificateReport = (certificate: Certificate): PathCertificate => {
  const hash = schemeOf(certificate.signatureAlgorithm)?.hash;
  return {
    subject: certificate.subjectText,
    issuer: certificate.issuerText,
    thumbprint: certificate.thumbprint,
    selfIssued: certificate.selfIssued,
    notBefore: new Date(certificate.notBeforeMs).toISOString(),
    ...(hash === undefined ? {} : { hash }),
  };
};

/**
 * The signer's purposes that no issuer takes away: an issuer with an extended key usage passes on only what it lists, as
 * Windows reads it; a root does so too.
 */
const effectiveEkus = ([leaf, ...issuers]: readonly Certificate[]): readonly string[] =>
  (leaf?.ekus ?? []).filter((eku) =>
    issuers.every(({ ekus }) => ekus === undefined || ekus.includes(eku) || ekus.includes(ANY_PURPOSE)),
  );
