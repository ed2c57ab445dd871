import { crc32, inflateRawSync } from 'node:zlib';
import { ByteReader, concatBytes } from '../../../core/bytes.ts';
import { WinpvError } from '../../../core/errors.ts';

const MAGIC = 0x8b1f;
const DEFLATE = 8;
const FLAG = { headerCrc: 2, extra: 4, name: 8, comment: 16 } as const;
const RESERVED_FLAGS = 0xe0;
const MAX_TEXT = 4096;
/** Far more than any tool writes; a bound on the work that empty members make. */
const MAX_MEMBERS = 16_384;

export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

interface Inflated {
  readonly bytes: Uint8Array;
  /** How many bytes of the input it took. */
  readonly consumed: number;
}

/** With `info`, zlib tells through its engine how much of the input belonged to the stream. */
const isInflated = (value: unknown): value is { buffer: Uint8Array; engine: { bytesWritten: number } } =>
  typeof value === 'object' && value !== null && 'buffer' in value && 'engine' in value;

const inflate = (input: Uint8Array, limit: number, file: string): Inflated => {
  try {
    const options = { maxOutputLength: Math.max(1, limit), info: true };
    const result: unknown = inflateRawSync(input, options);
    if (!isInflated(result)) throw new TypeError('zlib did not tell how much it read');
    const { buffer, byteOffset, byteLength } = result.buffer;
    return { bytes: new Uint8Array(buffer, byteOffset, byteLength), consumed: result.engine.bytesWritten };
  } catch (cause) {
    const tooLarge = cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE';
    if (cause instanceof TypeError && !('code' in cause)) throw cause;
    throw tooLarge
      ? new WinpvError('GZIP_TOO_LARGE', 'It unpacks to more than winpv reads.', { at: { file }, cause })
      : new WinpvError('GZIP_INVALID', 'Its compressed data is damaged.', { at: { file }, cause });
  }
};

const skipHeader = (r: ByteReader, refuse: (message: string) => WinpvError): void => {
  if (r.u16le('gzip magic') !== MAGIC || r.u8('gzip method') !== DEFLATE) throw refuse('Something follows its data.');
  const flags = r.u8('gzip flags');
  if ((flags & RESERVED_FLAGS) !== 0) throw refuse('It has reserved flags.');
  r.skip(6, 'gzip time, flags and system');
  if ((flags & FLAG.extra) !== 0) r.skip(r.u16le('gzip extra length'), 'gzip extra field');
  if ((flags & FLAG.name) !== 0) r.cString(MAX_TEXT, 'gzip file name');
  if ((flags & FLAG.comment) !== 0) r.cString(MAX_TEXT, 'gzip comment');
  if ((flags & FLAG.headerCrc) !== 0) r.skip(2, 'gzip header check');
};

/**
 * Unpacks a gzip file, several members too; zeros may follow, as tapes leave them, and nothing else.
 *
 * @param maxBytes the most that comes out; no more than that is ever unpacked
 * @throws WinpvError GZIP_INVALID, GZIP_TOO_LARGE
 * @see RFC 1952
 */
export const gunzip = (bytes: Uint8Array, file: string, { maxBytes }: { readonly maxBytes: number }): Uint8Array => {
  const refuse = (message: string): WinpvError => new WinpvError('GZIP_INVALID', message, { at: { file } });
  const parts: Uint8Array[] = [];
  let size = 0;
  let at = 0;
  for (let members = 0; members === 0 || bytes.subarray(at).some((byte) => byte !== 0); members += 1) {
    if (members === MAX_MEMBERS) throw refuse(`It has more than ${MAX_MEMBERS} members.`);
    const r = new ByteReader(bytes, { file, truncated: 'GZIP_INVALID' }).seek(at, 'gzip member');
    skipHeader(r, refuse);
    const { bytes: part, consumed } = inflate(bytes.subarray(r.offset), maxBytes - size, file);
    r.skip(consumed, 'compressed data');
    size += part.length;
    if (size > maxBytes)
      throw new WinpvError('GZIP_TOO_LARGE', 'It unpacks to more than winpv reads.', { at: { file } });
    if (r.u32le('CRC-32') !== crc32(part)) throw refuse('Its CRC-32 is not that of its data.');
    if (r.u32le('size') !== part.length) throw refuse('Its size is not that of its data.');
    parts.push(part);
    at = r.offset;
  }
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : concatBytes(...parts);
};
