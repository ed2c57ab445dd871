import { WinpvError } from '../../core/errors.ts';
import { parseCabHeader } from '../formats/cab/header.ts';
import { parseCatalog } from '../formats/cat/parse.ts';
import { type DerNode, parseDer } from '../formats/der/parse.ts';
import { parsePe } from '../formats/pe/parse.ts';
import { fileKind } from './file-kind.ts';
import type { SignedKind } from './fitness.ts';

/** The length of WIN_CERTIFICATE's fields before bCertificate. */
const ENTRY_HEADER = 8;
/** UEFI images carry two; more only make work. */
const MAX_ENTRIES = 16;

/**
 * What of the three kinds a file is, by content, or by name where the content is damaged.
 * @throws WinpvError SIGN_FORMAT_UNKNOWN
 */
export const signableKind = (bytes: Uint8Array, file: string): SignedKind => {
  const kind = fileKind(file, bytes);
  if (kind === 'pe' || kind === 'cab' || kind === 'cat') return kind;
  throw new WinpvError('SIGN_FORMAT_UNKNOWN', `${file} is no PE image, cabinet or catalog.`, {
    at: { file },
    hint: 'INFs and other files are signed by the catalog that lists them.',
  });
};

/** The PKCS #7 of each certificate entry of an image, without its padding: one in most, two in some EFI images. */
const peSignatures = (bytes: Uint8Array, file: string): readonly DerNode[] => {
  const { certificateTable: table } = parsePe(bytes, file);
  if (table === undefined) return [];
  const whole = bytes.subarray(table.offset, table.offset + table.size);
  const view = new DataView(whole.buffer, whole.byteOffset, whole.byteLength);
  const found: DerNode[] = [];
  for (let at = 0; at + ENTRY_HEADER < whole.length && found.length < MAX_ENTRIES; ) {
    const length = view.getUint32(at, true);
    if (length <= ENTRY_HEADER || length > whole.length - at) {
      throw new WinpvError('SIGN_NOT_SIGNABLE', 'An entry of the certificate table does not fit into it.', {
        at: { file, offset: table.offset + at },
      });
    }
    const body = whole.subarray(at + ENTRY_HEADER, at + length);
    found.push(parseDer(body, { file, base: table.offset + at + ENTRY_HEADER, allowTrailing: true }));
    at += (length + 7) & ~7;
  }
  return found;
};

/**
 * The signatures that stand in a file, as whole PKCS #7 ContentInfos; nested ones are inside theirs. A signed catalog is
 * one itself. Empty when the file is not signed.
 * @throws WinpvError SIGN_FORMAT_UNKNOWN, SIGN_NOT_SIGNABLE, PE_*, CAB_*, CAT_*, DER_*
 */
export const embeddedSignatures = (bytes: Uint8Array, file: string): readonly DerNode[] => {
  const kind = signableKind(bytes, file);
  if (kind === 'pe') return peSignatures(bytes, file);
  if (kind === 'cat') {
    const signers = parseCatalog(bytes, file).signedData.children.at(-1);
    return signers === undefined || signers.value.length === 0 ? [] : [parseDer(bytes, { file })];
  }
  const range = parseCabHeader(bytes, file).authenticode?.signature;
  if (range === undefined) return [];
  const body = bytes.subarray(range.offset, range.offset + range.size);
  return [parseDer(body, { file, base: range.offset, allowTrailing: true })];
};
