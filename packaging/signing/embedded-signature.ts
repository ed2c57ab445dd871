import { WinpvError } from '../../core/errors.ts';
import { nestSignature } from '../formats/authenticode/nest.ts';
import { attachCabSignature, prepareCabForSignature, stripCabSignature } from '../formats/cab/attach.ts';
import { wrapUnsignedCtl } from '../formats/cat/encode.ts';
import { parseCatalog } from '../formats/cat/parse.ts';
import { signedDataOf } from '../formats/cms/parse.ts';
import type { Der } from '../formats/der/encode.ts';
import { parseDer } from '../formats/der/parse.ts';
import {
  attachPeSignature,
  type ExistingSignature,
  preparePeForSignature,
  stripPeSignature,
} from '../formats/pe/attach.ts';
import { looksLikeDer, parsePem } from '../formats/x509/pem.ts';
import { embeddedSignatures, signableKind } from './read-signatures.ts';
import { verifyFile } from './verify.ts';

const PKCS7_LABELS = ['PKCS7', 'PKCS #7 SIGNED DATA', 'CMS'];

/**
 * The file as it was before it was signed. Of an image the zeros that padded it to 8 stay, and the checksum is right; a
 * cabinet loses the area that was reserved for the signature; a catalog's trust list stays byte for byte.
 * @returns the input itself when it is not signed
 * @throws WinpvError SIGN_FORMAT_UNKNOWN, SIGN_NOT_SIGNABLE, PE_*, CAB_*, CAT_*, DER_*
 */
export const stripSignature = (bytes: Uint8Array, file: string): Uint8Array => {
  const kind = signableKind(bytes, file);
  if (kind === 'pe') return stripPeSignature(bytes, file);
  if (embeddedSignatures(bytes, file).length === 0) return bytes;
  return kind === 'cab' ? stripCabSignature(bytes, file) : wrapUnsignedCtl(parseCatalog(bytes, file).ctl);
};

/**
 * A signature from a file of its own, DER or PEM.
 * @throws WinpvError SIGN_SIGNATURE_UNREADABLE
 */
export const parseDetachedSignature = (bytes: Uint8Array, file: string): Der => {
  const blocks = looksLikeDer(bytes)
    ? [bytes]
    : parsePem(Buffer.from(bytes).toString('latin1'))
        .filter(({ label }) => PKCS7_LABELS.includes(label))
        .map((block) => block.bytes);
  const [der] = blocks;
  try {
    if (der === undefined || blocks.length > 1)
      throw new WinpvError('DER_UNEXPECTED', `There are ${blocks.length} signatures in it.`, { at: { file } });
    const root = parseDer(der, { file });
    signedDataOf(root);
    return root.bytes;
  } catch (cause) {
    if (!(cause instanceof WinpvError)) throw cause;
    throw new WinpvError('SIGN_SIGNATURE_UNREADABLE', `${file} holds no PKCS #7 signature: ${cause.message}`, {
      at: cause.at ?? { file },
      hint: 'Give one signature, as DER or as PEM ("-----BEGIN PKCS7-----").',
      cause,
    });
  }
};

export interface AttachRequest {
  readonly bytes: Uint8Array;
  readonly file: string;
  /** A whole ContentInfo. */
  readonly signature: Der;
  /** What to do with a signature that is there; default: refuse. */
  readonly existing?: ExistingSignature | 'append' | undefined;
  /** The moment of judgement, milliseconds since 1970. */
  readonly atMs: number;
}

/**
 * Puts a signature that was made elsewhere into its file, if it is one of this very file: its content is compared with
 * the file's, and its signature value is checked. Who signed is `verify`'s business.
 * @throws WinpvError SIGN_ALREADY_SIGNED, SIGN_NOT_FOR_FILE when the signature is of another content, VERIFY_* when it does
 *   not hold, SIGN_FORMAT_UNKNOWN, SIGN_NOT_SIGNABLE, PE_*, CAB_*, CAT_*, DER_*
 */
export const attachSignature = (request: AttachRequest): Uint8Array => {
  const { file, existing = 'refuse', atMs } = request;
  const attached = withSignature(request, existing);
  const { verdict, diagnostics } = verifyFile({ path: file, bytes: attached, catalogs: [], trust: [], atMs });
  if (verdict !== 'invalid') return attached;
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const other = errors.find(({ code }) => OF_ANOTHER_FILE.includes(code));
  if (other === undefined) throw WinpvError.of(errors);
  throw new WinpvError('SIGN_NOT_FOR_FILE', `The signature was not made for ${file}: ${other.message}`, {
    at: { file },
    hint: 'Nothing was written. Attach it to the file that was signed, as it was then.',
    cause: WinpvError.of(errors),
  });
};

const OF_ANOTHER_FILE: readonly string[] = [
  'VERIFY_CONTENT_MISMATCH',
  'VERIFY_DIGEST_MISMATCH',
  'VERIFY_PAGE_HASHES_MISMATCH',
];

const withSignature = (
  { bytes, file, signature }: AttachRequest,
  existing: ExistingSignature | 'append',
): Uint8Array => {
  const kind = signableKind(bytes, file);
  const [outer, ...more] = embeddedSignatures(bytes, file);
  if (outer !== undefined && existing === 'refuse') {
    throw new WinpvError('SIGN_ALREADY_SIGNED', `${file} has a signature already.`, {
      at: { file, offset: outer.offset },
      hint: 'Use --replace to put this one in its place.',
    });
  }
  const nests = outer !== undefined && existing === 'append';
  if (nests && (kind === 'cat' || more.length > 0)) {
    throw new WinpvError('SIGN_ALREADY_SIGNED', 'A signature cannot be added to those that are there.', {
      at: { file, offset: outer.offset },
      hint: 'A catalog holds one signature, and so does an image into which another is to be nested.',
    });
  }
  const whole = nests ? nestSignature(outer.bytes, signature, file) : signature;
  if (kind === 'pe') return attachPeSignature(preparePeForSignature(bytes, file, 'replace'), whole);
  if (kind === 'cab') return attachCabSignature(prepareCabForSignature(bytes, file), whole, file);
  return catalogOf(bytes, whole, file);
};

/** A signature over the very trust list of the catalog is the signed catalog. */
const catalogOf = (bytes: Uint8Array, signature: Der, file: string): Uint8Array => {
  const { ctl } = parseCatalog(bytes, file);
  const content = signedDataOf(parseDer(signature, { file })).child(2, 'contentInfo').children[1]?.children[0];
  if (content !== undefined && Buffer.compare(content.bytes, ctl) === 0) return signature;
  throw new WinpvError('SIGN_NOT_FOR_FILE', `The signature was not made for ${file}: it holds another trust list.`, {
    at: { file },
    hint: 'Nothing was written. Attach it to the catalog that was signed, as it was then.',
  });
};
