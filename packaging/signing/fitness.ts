import { type Diagnostic, problem } from '../../core/errors.ts';
import { X509Oid } from '../formats/cms/object-ids.ts';
import { parseCertificates } from '../formats/x509/parse.ts';
import { publicKeyOf } from './key.ts';

/** What a key is about to sign. */
export type SignedKind = 'pe' | 'cat' | 'cab';

const day = (epochMs: number): string => new Date(epochMs).toISOString().slice(0, 10);

/**
 * What Windows or Partner Center would refuse later, said before the key is used (spec signing-formats 6.3, 6.5):
 * a certificate that is not valid today, is not for code signing, or is an EC one on a catalog for the kernel.
 */
export const checkFitness = (
  certificate: Uint8Array,
  kinds: ReadonlySet<SignedKind>,
  nowMs: number,
): readonly Diagnostic[] => {
  const [leaf] = parseCertificates(certificate, 'the certificate');
  if (leaf === undefined) return [];
  const found: Diagnostic[] = [];
  const unfit = (message: string, hint: string): void => {
    found.push(problem('SIGN_CERTIFICATE_UNFIT', message, { hint }));
  };
  if (nowMs < leaf.notBeforeMs || nowMs > leaf.notAfterMs) {
    unfit(
      `"${leaf.subjectText}" is valid from ${day(leaf.notBeforeMs)} to ${day(leaf.notAfterMs)}, not on ${day(nowMs)}.`,
      'Windows refuses what is signed outside of that time. Renew the certificate, or set the clock.',
    );
  }
  if (leaf.ekus !== undefined && !leaf.ekus.includes(X509Oid.codeSigning)) {
    unfit(`"${leaf.subjectText}" is not for code signing.`, 'Its extended key usage has to hold 1.3.6.1.5.5.7.3.3.');
  }
  if (kinds.has('cat') && publicKeyOf(certificate, leaf.subjectText).asymmetricKeyType === 'ec') {
    found.push(
      problem('SIGN_EC_CATALOG', `"${leaf.subjectText}" has an EC key; a catalog of kernel drivers needs an RSA one.`, {
        hint: 'Sign catalogs with an RSA certificate of 2048 bits or more.',
      }),
    );
  }
  return found;
};
