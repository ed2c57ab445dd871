import { concatBytes, u32leBytes } from '../../../core/bytes.ts';
import { WinpvError } from '../../../core/errors.ts';
import { stripPeSignature } from './attach.ts';
import { peChecksum } from './digest.ts';
import { Directory, type PeImage } from './model.ts';
import { parsePe } from './parse.ts';
import { isVersionEntry, resourceEntries } from './resource-entries.ts';
import { replaceResource } from './resource-write.ts';
import { editVersionInfo, type VersionChange } from './version-edit.ts';

export type { VersionChange } from './version-edit.ts';

export interface RewriteOptions {
  /** `replace` takes away a signature, which would be broken; `refuse` (the default) leaves signed images to an error. */
  readonly existing?: 'refuse' | 'replace' | undefined;
}

/** More languages than any resource has. */
const MAX_ROUNDS = 64;

/**
 * The image with its version resources changed, one a language, and the checksum right; everything else as it was. What
 * says all that already is returned as it is, signed or not, and so is an image without a version resource.
 * @throws WinpvError PE_SIGNED for a signed image that would change; PE_NO_ROOM when a longer resource has no place; PE_*
 *   for a damaged image
 */
export const rewriteVersionResource = (
  bytes: Uint8Array,
  file: string,
  change: VersionChange,
  { existing = 'refuse' }: RewriteOptions = {},
): Uint8Array => {
  const image = parsePe(bytes, file);
  if (editOf(image, change) === undefined) return bytes;
  if (isSigned(image) && existing === 'refuse') {
    throw new WinpvError('PE_SIGNED', 'The image is signed, and its version resource would have to change.', {
      at: { file },
      hint: 'Write `signing: { existing: replace }` to have it signed anew, or remove the signature with `winpv pe strip`.',
    });
  }
  return rewritten(isSigned(image) ? parsePe(stripPeSignature(bytes, file), file) : image, change);
};

const isSigned = ({ directories }: PeImage): boolean => {
  const { rva = 0, size = 0 } = directories[Directory.certificate] ?? {};
  return rva !== 0 || size !== 0;
};

const rewritten = (original: PeImage, change: VersionChange): Uint8Array => {
  const flaw = original.flaws[0];
  const { file } = original;
  if (flaw !== undefined) throw new WinpvError('PE_MALFORMED', flaw.message, { at: { file, offset: flaw.offset } });
  let image = original;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const edit = editOf(image, change);
    if (edit === undefined) return withChecksum(image);
    image = parsePe(replaceResource(image, edit.entry, edit.content), file);
  }
  throw new WinpvError('PE_TOO_COMPLEX', 'The image has too many version resources.', { at: { file } });
};

/** The first version resource that has to change. */
const editOf = (image: PeImage, change: VersionChange) => {
  for (const entry of resourceEntries(image).filter(isVersionEntry)) {
    const { offset, size, rva } = entry;
    if (offset === undefined || offset + size > image.bytes.length) {
      throw new WinpvError(
        'PE_MALFORMED',
        `A version resource points to 0x${rva.toString(16)}, where the file has no data.`,
        {
          at: { file: image.file, offset: entry.entryOffset },
        },
      );
    }
    const before = image.bytes.subarray(offset, offset + size);
    const content = editVersionInfo(before, { file: image.file, base: offset }, change);
    if (content !== before) return { entry, content };
  }
  return undefined;
};

const withChecksum = ({ bytes, checksumOffset }: PeImage): Uint8Array =>
  concatBytes(
    bytes.subarray(0, checksumOffset),
    u32leBytes(peChecksum(bytes, checksumOffset)),
    bytes.subarray(checksumOffset + 4),
  );
