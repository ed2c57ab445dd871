import { crc32, deflateRawSync } from 'node:zlib';
import { concatBytes, u16leBytes, u32leBytes, utf8 } from '../../../core/bytes.ts';
import { WinpvError } from '../../../core/errors.ts';
import type { PackedEntry } from './unpack.ts';

/** An entry whose data are packed already: taken over from another archive, or by `packedInput`. */
export interface PackedInput {
  /** Path inside the archive, as it is to be stored. */
  readonly name: string;
  /** Of the content, unpacked. */
  readonly size: number;
  readonly packed: PackedEntry;
}

const VERSION = 20;
const UNIX = 3;
const FILE_MODE = 0o100644;
/** The name is in UTF-8 (4.4.4, bit 11). */
const UTF8_FLAG = 0x0800;
const MAX_32 = 0xffff_fffe;
const MAX_COUNT = 0xfffe;

/** Packs a content; one that does not become smaller is stored. */
export const packedInput = (name: string, bytes: Uint8Array): PackedInput => {
  const deflated = deflateRawSync(bytes, { level: 6 });
  const smaller = deflated.length < bytes.length;
  const packed = {
    method: smaller ? 'deflated' : 'stored',
    crc: crc32(bytes),
    data: smaller ? deflated : bytes,
  } as const;
  return { name, size: bytes.length, packed };
};

/**
 * Writes a ZIP of entries that are packed already, in the order given and without packing them again. Nothing is judged:
 * names and contents are the caller's, as they come from an archive that was read.
 * @param modified milliseconds since 1970, for every entry; stored as UTC in steps of two seconds
 * @throws WinpvError ZIP_TOO_LARGE for what only ZIP64 can hold
 */
export const assembleZip = (entries: readonly PackedInput[], modified: number): Uint8Array => {
  const locals: Uint8Array[] = [];
  const central: Uint8Array[] = [];
  const time = dosTime(modified);
  let offset = 0;
  for (const { name, size, packed } of entries) {
    const bytes = utf8(name);
    const fields = concatBytes(
      u16leBytes(VERSION),
      u16leBytes(bytes.length === name.length ? 0 : UTF8_FLAG),
      u16leBytes(packed.method === 'stored' ? 0 : 8),
      ...[time, u32leBytes(packed.crc), u32leBytes(packed.data.length), u32leBytes(size)],
      ...[u16leBytes(bytes.length), u16leBytes(0)],
    );
    locals.push(u32leBytes(0x04034b50), fields, bytes, packed.data);
    central.push(u32leBytes(0x02014b50), u16leBytes((UNIX << 8) | VERSION), fields, u16leBytes(0), u32leBytes(0));
    central.push(u32leBytes((FILE_MODE << 16) >>> 0), u32leBytes(offset), bytes);
    offset += 4 + fields.length + bytes.length + packed.data.length;
    if (offset > MAX_32 || size > MAX_32) throw tooLarge();
  }
  if (entries.length > MAX_COUNT) throw tooLarge();
  const directory = concatBytes(...central);
  const count = u16leBytes(entries.length);
  const end = [u32leBytes(0x06054b50), u32leBytes(0), count, count, u32leBytes(directory.length), u32leBytes(offset)];
  return concatBytes(...locals, directory, ...end, u16leBytes(0));
};

const tooLarge = (): WinpvError =>
  new WinpvError('ZIP_TOO_LARGE', 'Only a ZIP64 archive could hold the entries.', {
    hint: 'Partner Center takes no ZIP64 archive: put less into the package.',
  });

/** Time and date of MS-DOS: from 1980 to 2107. */
const dosTime = (epochMs: number): Uint8Array => {
  const at = new Date(Math.min(Math.max(epochMs, Date.UTC(1980, 0, 1)), Date.UTC(2107, 11, 31)));
  const time = (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1);
  const date = ((at.getUTCFullYear() - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate();
  return concatBytes(u16leBytes(time), u16leBytes(date));
};
