import type { Diagnostic } from '../../core/errors.ts';
import { isPe } from '../../packaging/formats/pe/parse.ts';
import { verifyFile } from '../../packaging/signing/verify.ts';
import { type CompareOptions, type PackageFolder, returned } from './contract.ts';
import { checkSigners, isPublisher } from './signer.ts';

/** The signatures in the images of a package that came back. @param sent the same package as it was sent, if it was */
export const checkImages = (
  came: PackageFolder,
  sent: PackageFolder | undefined,
  options: CompareOptions,
): readonly Diagnostic[] =>
  [...came.files].flatMap(([key, { name, bytes }]) => {
    if (!isPe(bytes)) return [];
    const at = { file: name };
    const { verdict, reason, signatures } = verifyFile({
      path: name,
      bytes,
      catalogs: [],
      trust: options.trust,
      atMs: options.nowMs,
    });
    if (signatures.length === 0) {
      if (verdict === 'invalid') {
        return [returned('RETURNED_SIGNATURE', `The image has a broken signature (${reason ?? ''}).`, { at })];
      }
      const driver = /\.sys$/.test(key);
      const message = driver ? 'The driver is not signed itself.' : 'Only the catalog vouches for the image.';
      return [returned('RETURNED_UNSIGNED', message, { at, severity: driver ? 'error' : 'warning' })];
    }
    // what does not hold of a vendor's signature is told as well: the whole file is to hold
    const own = options.special === true ? [] : checkSigners(signatures, name, options);
    const broken =
      verdict === 'invalid' && !own.some(({ code }) => code === 'RETURNED_SIGNATURE')
        ? [returned('RETURNED_SIGNATURE', `A signature of the image does not hold (${reason ?? ''}).`, { at })]
        : [];
    return [...broken, ...own, ...checkOwn(sent?.files.get(key)?.bytes, signatures.every(isPublisher), name, options)];
  });

/** With tests, Microsoft signs beside the vendor. */
const checkOwn = (
  sent: Uint8Array | undefined,
  onlyPublisher: boolean,
  file: string,
  { programme, special, nowMs }: CompareOptions,
): readonly Diagnostic[] => {
  if (programme !== 'whql' || special === true || !onlyPublisher || sent === undefined) return [];
  const { signatures } = verifyFile({ path: file, bytes: sent, catalogs: [], trust: [], atMs: nowMs });
  if (signatures.length === 0) return [];
  return [returned('RETURNED_OWN_SIGNATURE', "The vendor's own signature is gone from the image.", { at: { file } })];
};
