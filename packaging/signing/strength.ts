import { type Diagnostic, problem, type Severity } from '../../core/errors.ts';
import { type HashName, schemeOf } from '../formats/cms/algorithms.ts';
import type { Certificate } from '../formats/x509/parse.ts';
import { publicKeyOf } from '../formats/x509/signature.ts';
import { keyStanding } from './public-keys.ts';

const weak = (message: string, severity: Severity, at: { file: string; offset: number }): Diagnostic =>
  problem('VERIFY_ALGORITHM_WEAK', message, { severity, at });

/**
 * How strong a certificate's key and the signature on it are (spec signing-formats 6.5.8): MD5 and RSA below 1024 bits
 * are errors, SHA-1 and RSA below 2048 bits are warnings. The signature on a root is never evaluated.
 */
export const checkStrength = (certificate: Certificate, { root }: { readonly root: boolean }): Diagnostic[] => {
  const { subjectText, file, offset } = certificate;
  const at = { file, offset };
  const findings: Diagnostic[] = [];
  const key = publicKeyOf(certificate);
  if (key === undefined) {
    const message = `The key of "${subjectText}" is neither RSA nor on a NIST curve.`;
    findings.push(problem('VERIFY_ALGORITHM_UNKNOWN', message, { at }));
  } else if (key.kind === 'rsa' && key.bits < 2048) {
    const message = `The RSA key of "${subjectText}" has ${key.bits} bits.`;
    findings.push(weak(message, key.bits < 1024 ? 'error' : 'warning', at));
  }
  const hash = schemeOf(certificate.signatureAlgorithm)?.hash;
  if (!root && hash !== undefined) findings.push(...checkHashStrength(hash, `"${subjectText}" is certified`, at));
  return [...findings, ...checkStanding(certificate)];
};

/** Keys that anybody can have, which a forger has too, and keys of test machines (spec xen-pv 8, F45). */
const checkStanding = (certificate: Certificate): readonly Diagnostic[] => {
  const standing = keyStanding(certificate);
  if (standing === undefined) return [];
  const { subjectText, file, offset } = certificate;
  const common = { at: { file, offset }, failureMode: 'F45' };
  if (standing.kind === 'test') {
    const message = `"${subjectText}" is ${standing.what}: for test machines only.`;
    return [problem('VERIFY_TEST_CERTIFICATE', message, { ...common, severity: 'warning' })];
  }
  const message = `Everybody can have the private key of "${subjectText}": it is ${standing.what}.`;
  return [problem('VERIFY_KEY_PUBLIC', message, { ...common, hint: `It is published in ${standing.source ?? ''}.` })];
};

/** `what` is a clause: "the file is signed". */
export const checkHashStrength = (
  hash: HashName,
  what: string,
  at: { readonly file: string; readonly offset: number },
): Diagnostic[] => {
  if (hash === 'md5') return [weak(`${what} with MD5.`, 'error', at)];
  return hash === 'sha1' ? [weak(`${what} with SHA-1.`, 'warning', at)] : [];
};
