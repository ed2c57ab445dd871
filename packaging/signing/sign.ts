import { WinpvError } from '../../core/errors.ts';
import { encodeIndirectData } from '../formats/authenticode/encode.ts';
import { nestSignature } from '../formats/authenticode/nest.ts';
import { attachCabSignature, prepareCabForSignature } from '../formats/cab/attach.ts';
import { cabDigest } from '../formats/cab/digest.ts';
import { parseCabHeader } from '../formats/cab/header.ts';
import { parseCatalog } from '../formats/cat/parse.ts';
import { SpcOid } from '../formats/cms/object-ids.ts';
import { type SignOptions, signContent } from './sign-content.ts';

export type { SignOptions } from './sign-content.ts';
export { signPe, signPeParts } from './sign-pe.ts';

/**
 * Embeds a signature in a cabinet; the files in it stay where they are, their folders' offsets move.
 * @throws WinpvError CAB_*, SIGN_*, and what the time stamper throws
 */
export const signCab = async (bytes: Uint8Array, file: string, options: SignOptions): Promise<Uint8Array> => {
  const { digest = 'sha256', existing = 'refuse' } = options;
  const signature = parseCabHeader(bytes, file).authenticode?.signature;
  if (signature !== undefined && existing === 'refuse') refuseSigned(file, signature.offset, 'cabinet');
  const outer =
    signature === undefined || existing !== 'append'
      ? undefined
      : bytes.subarray(signature.offset, signature.offset + signature.size);
  const prepared = prepareCabForSignature(bytes, file);
  const content = encodeIndirectData('cab', digest, cabDigest(prepared, file, digest));
  const made = await signContent(SpcOid.indirectData, content, options);
  return attachCabSignature(prepared, outer === undefined ? made : nestSignature(outer, made, file), file);
};

/**
 * Signs a catalog: its trust list is kept byte for byte. A catalog holds one signature only (spec signing-formats 1.1).
 * @throws WinpvError CAT_*, DER_*, SIGN_*, and what the time stamper throws
 */
export const signCatalog = async (bytes: Uint8Array, file: string, options: SignOptions): Promise<Uint8Array> => {
  const { ctl, signedData } = parseCatalog(bytes, file);
  const signerInfos = signedData.children.at(-1);
  const signed = signerInfos !== undefined && signerInfos.value.length > 0;
  if (signed && options.existing === 'append') {
    throw new WinpvError(
      'SIGN_ALREADY_SIGNED',
      'A catalog holds one signature; a second one would make it unreadable.',
      {
        at: { file, offset: signerInfos.offset },
        hint: 'Use --replace to sign it anew.',
      },
    );
  }
  if (signed && options.existing !== 'replace') refuseSigned(file, signerInfos.offset, 'catalog');
  return signContent(SpcOid.certificateTrustList, ctl, options);
};

const refuseSigned = (file: string, offset: number, what: string): never => {
  throw new WinpvError('SIGN_ALREADY_SIGNED', `The ${what} has a signature already.`, {
    at: { file, offset },
    hint: 'Use --replace to sign it anew, or --if-unsigned to leave it as it is.',
  });
};
