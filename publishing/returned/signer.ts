import type { Diagnostic } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import { DriverEku } from '../../packaging/signing/policy-data.ts';
import type { SignatureReport, VerifyCode } from '../../packaging/signing/verdict.ts';
import { RootThumbprint } from '../../packaging/signing/windows-roots.ts';
import { type CompareOptions, returned } from './contract.ts';

/** Who signed what came back, and for what. */

const PUBLISHER = /(^|,)CN=Microsoft Windows Hardware Compatibility Publisher(,|$)/;
const MICROSOFT_ROOTS: ReadonlySet<string> = new Set([
  RootThumbprint.microsoft2010,
  RootThumbprint.microsoft2001,
  RootThumbprint.microsoft1997,
]);
/** What the lack of trusted certificates here leads to; the root itself is looked at then. */
const FOR_WANT_OF_TRUST: ReadonlySet<VerifyCode> = new Set([
  'VERIFY_CHAIN_UNTRUSTED',
  'VERIFY_CHAIN_INCOMPLETE',
  'VERIFY_TIMESTAMP_UNTRUSTED',
]);

/** Whether a signature claims to be the publisher's. */
export const isPublisher = ({ subject }: SignatureReport): boolean => PUBLISHER.test(subject);

const reachesMicrosoft = ({ verdict, reason, root }: SignatureReport, { trust }: CompareOptions): boolean => {
  if (trust.length > 0) return verdict === 'valid';
  const held = verdict === 'valid' || (reason !== undefined && FOR_WANT_OF_TRUST.has(reason));
  return held && MICROSOFT_ROOTS.has(root?.thumbprint ?? '');
};

/**
 * Judges the signatures of one image or catalog: one is the publisher's, it holds, and it is for the programme.
 * @param signatures not empty
 */
export const checkSigners = (
  signatures: readonly SignatureReport[],
  file: string,
  options: CompareOptions,
): readonly Diagnostic[] => {
  const at = { file };
  const publisher = signatures.filter(isPublisher);
  if (publisher.length === 0) {
    const names = [...new Set(signatures.map(({ subject }) => `"${shownText(subject)}"`))].join(', ');
    return [returned('RETURNED_SIGNER', `The signer is ${names}, not Microsoft's publisher of drivers.`, { at })];
  }
  return publisher.flatMap((signature) => {
    if (signature.verdict === 'invalid') {
      const message = `Microsoft's signature does not hold${signature.reason === undefined ? '' : ` (${signature.reason})`}.`;
      return [returned('RETURNED_SIGNATURE', message, { at })];
    }
    if (!reachesMicrosoft(signature, options)) {
      const expired = signature.reason === 'VERIFY_CHAIN_EXPIRED';
      const root = shownText(signature.root?.subject ?? signature.issuer);
      const why = expired ? 'was not valid then' : `leads to "${root}", which is no root of Microsoft's`;
      return [returned('RETURNED_SIGNER', `The certificate of "${shownText(signature.subject)}" ${why}.`, { at })];
    }
    return checkPurpose(signature, file, options);
  });
};

const checkPurpose = (
  { ekus }: SignatureReport,
  file: string,
  { programme }: CompareOptions,
): readonly Diagnostic[] => {
  const at = { file };
  const attested = ekus.includes(DriverEku.attested);
  if (!attested && !ekus.includes(DriverEku.whql) && !ekus.includes(DriverEku.extended)) {
    return [returned('RETURNED_PURPOSE', 'The certificate is for no drivers.', { at })];
  }
  if (attested === (programme === 'attestation')) return [];
  const message = attested
    ? 'It is signed as attested, and was submitted with tests.'
    : 'It is signed as tested, and was submitted for attestation.';
  return [returned('RETURNED_PURPOSE', message, { at })];
};
