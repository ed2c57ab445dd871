import { equalBytes } from '../../core/bytes.ts';
import { WinpvError } from '../../core/errors.ts';
import { prepareCabForSignature } from '../formats/cab/attach.ts';
import { cabDigest } from '../formats/cab/digest.ts';
import { isCab } from '../formats/cab/header.ts';
import { parseCatalog } from '../formats/cat/parse.ts';
import { peDigest } from '../formats/pe/digest.ts';
import { isPe, parsePe } from '../formats/pe/parse.ts';

/**
 * What a signature of a file covers, whoever makes it: the Authenticode hash of an image or a cabinet, the trust list of a
 * catalog. A cabinet is looked at as it is prepared for signing, so that it may be unsigned.
 * @throws WinpvError PE_*, CAB_*, CAT_*, DER_* when the bytes are none of these
 */
export const signedContent = (
  bytes: Uint8Array,
  file: string,
): { readonly kind: string; readonly bytes: Uint8Array } => {
  if (isPe(bytes)) return { kind: 'PE image', bytes: peDigest(parsePe(bytes, file), 'sha256') };
  if (isCab(bytes)) return { kind: 'cabinet', bytes: cabDigest(prepareCabForSignature(bytes, file), file, 'sha256') };
  return { kind: 'catalog', bytes: parseCatalog(bytes, file).ctl };
};

/**
 * Stops unless both files have the same content but for their signatures.
 * @param by who made the second of the first, for the message
 * @throws WinpvError SIGN_FILE_CHANGED; what reading the first throws
 */
export const checkSameContent = (before: Uint8Array, after: Uint8Array, file: string, by: string): void => {
  const wanted = signedContent(before, file);
  const change = differenceTo(wanted, after, file);
  if (change === undefined) return;
  throw new WinpvError('SIGN_FILE_CHANGED', `${by} gave back ${change.what}.`, {
    at: { file },
    hint: 'The file was left as it was. A signing tool must not touch what it signs.',
    cause: change.cause,
  });
};

const differenceTo = (
  wanted: ReturnType<typeof signedContent>,
  after: Uint8Array,
  file: string,
): { readonly what: string; readonly cause?: unknown } | undefined => {
  try {
    const got = signedContent(after, file);
    if (got.kind !== wanted.kind) return { what: `a ${got.kind}, not a ${wanted.kind}` };
    return equalBytes(got.bytes, wanted.bytes) ? undefined : { what: `a ${wanted.kind} with another content` };
  } catch (cause) {
    if (cause instanceof WinpvError) return { what: `something that is no whole ${wanted.kind}`, cause };
    throw cause;
  }
};
