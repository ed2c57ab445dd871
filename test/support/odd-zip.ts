import { crc32, deflateRawSync } from 'node:zlib';
import { concatBytes, u16leBytes, u32leBytes, utf8 } from '../../core/bytes.ts';

/** How writers of ZIP archives differ, while all of them say the same. */
export interface OddZip {
  /** Sizes and checksum follow the data; the local header has none. */
  readonly descriptors?: boolean;
  readonly stored?: boolean;
  /** Sizes, places and counts are in the larger fields, though they need not be. */
  readonly zip64?: boolean;
  /** An extra field in the local header, as .NET leaves room with. */
  readonly room?: boolean;
  readonly comment?: string;
  /** What the larger end record says instead. */
  readonly end64?: Partial<Readonly<Record<'count' | 'size' | 'offset' | 'at' | 'length', number>>>;
  /** The extra field of the directory in place of the right one. */
  readonly extra64?: Uint8Array;
}

export const u64leBytes = (value: number): Uint8Array =>
  concatBytes(u32leBytes(value % 2 ** 32), u32leBytes(Math.floor(value / 2 ** 32)));

const ONES = 0xffffffff;
const U16_ONES = u16leBytes(0xffff);

export const oddZip = (files: readonly { readonly name: string; readonly bytes: Uint8Array }[], how: OddZip = {}) => {
  const { descriptors = false, stored = false, zip64 = false, room = false, comment = '', end64 = {} } = how;
  const locals: Uint8Array[] = [];
  const central: Uint8Array[] = [];
  let offset = 0;
  for (const { name, bytes } of files) {
    const data = stored ? bytes : new Uint8Array(deflateRawSync(bytes));
    const crc = u32leBytes(crc32(bytes));
    const sizes = concatBytes(u32leBytes(data.length), u32leBytes(bytes.length));
    const wide = concatBytes(u64leBytes(bytes.length), u64leBytes(data.length));
    const extra = room ? concatBytes(u16leBytes(0xa220), u16leBytes(4), new Uint8Array(4)) : new Uint8Array();
    const start = concatBytes(
      u16leBytes(zip64 ? 45 : 20),
      u16leBytes(descriptors ? 0x0808 : 0x0800),
      u16leBytes(stored ? 0 : 8),
      u32leBytes(0x5a215a21),
    );
    const local = concatBytes(
      ...[u32leBytes(0x04034b50), start, ...(descriptors ? [new Uint8Array(12)] : [crc, sizes])],
      ...[u16leBytes(utf8(name).length), u16leBytes(extra.length), utf8(name), extra, data],
      ...(descriptors
        ? [u32leBytes(0x08074b50), crc, zip64 ? concatBytes(u64leBytes(data.length), u64leBytes(bytes.length)) : sizes]
        : []),
    );
    const right = concatBytes(u16leBytes(1), u16leBytes(24), wide, u64leBytes(offset));
    const more = zip64 ? (how.extra64 ?? right) : new Uint8Array();
    central.push(
      ...[u32leBytes(0x02014b50), u16leBytes(zip64 ? 45 : 20), start, crc],
      ...(zip64 ? [u32leBytes(ONES), u32leBytes(ONES)] : [sizes]),
      ...[u16leBytes(utf8(name).length), u16leBytes(more.length), new Uint8Array(10)],
      ...[u32leBytes(zip64 ? ONES : offset), utf8(name), more],
    );
    locals.push(local);
    offset += local.length;
  }
  const directory = concatBytes(...central);
  const at = offset + directory.length;
  const count = u64leBytes(end64.count ?? files.length);
  const large = concatBytes(
    ...[u32leBytes(0x06064b50), u64leBytes(end64.length ?? 44), u16leBytes(45), u16leBytes(45), new Uint8Array(8)],
    ...[count, count, u64leBytes(end64.size ?? directory.length), u64leBytes(end64.offset ?? offset)],
    ...[u32leBytes(0x07064b50), u32leBytes(0), u64leBytes(end64.at ?? at), u32leBytes(1)],
  );
  const small = zip64
    ? [U16_ONES, U16_ONES, u32leBytes(ONES), u32leBytes(ONES)]
    : [u16leBytes(files.length), u16leBytes(files.length), u32leBytes(directory.length), u32leBytes(offset)];
  const end = [u32leBytes(0x06054b50), u32leBytes(0), ...small, u16leBytes(utf8(comment).length), utf8(comment)];
  return concatBytes(...locals, directory, ...(zip64 ? [large] : []), ...end);
};
