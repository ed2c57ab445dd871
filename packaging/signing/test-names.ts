import type { Certificate } from '../formats/x509/parse.ts';

/** By what winpv's own test certificates are known again: the names of their roles, and how long they are valid. */

export type TestRole = 'root' | 'signer' | 'tsa';

export const TEST_ROLE_NAMES: Readonly<Record<TestRole, string>> = {
  root: 'test root',
  signer: 'test signing',
  tsa: 'test time stamping',
};

/** Long enough for releases dated in the past, and within UTCTime. */
export const TEST_VALIDITY = {
  notBeforeMs: Date.UTC(2009, 0, 1),
  notAfterMs: Date.UTC(2049, 11, 31, 23, 59, 59),
} as const;

/** Whether the certificate is the signer of a test hierarchy that winpv made. */
export const isTestSigner = (
  certificate: Pick<Certificate, 'subjectText' | 'issuerText' | 'notBeforeMs' | 'notAfterMs'>,
): boolean => {
  const { subjectText, issuerText, notBeforeMs, notAfterMs } = certificate;
  return (
    notBeforeMs === TEST_VALIDITY.notBeforeMs &&
    notAfterMs === TEST_VALIDITY.notAfterMs &&
    subjectText.endsWith(` ${TEST_ROLE_NAMES.signer}`) &&
    issuerText.endsWith(` ${TEST_ROLE_NAMES.root}`)
  );
};
