import { isAscii, isUtf8 } from 'node:buffer';
import { concatBytes } from '../../../core/bytes.ts';
import { WinpvError } from '../../../core/errors.ts';
import { decodeCp1252, encodeCp1252 } from './cp1252.ts';

/**
 * How the characters of an INF are stored. Windows reads `ansi` and `utf-16le`; the others are read here and reported.
 * A file of ASCII characters only is `ansi`.
 */
export type InfEncoding = 'ansi' | 'utf-8' | 'utf-8-bom' | 'utf-16le' | 'utf-16le-no-bom';

export interface InfText {
  readonly encoding: InfEncoding;
  /** All characters, line ends as they are, without a byte order mark. */
  readonly text: string;
}

const MAX_BYTES = 64 * 1024 * 1024;
const UTF8_BOM = Uint8Array.of(0xef, 0xbb, 0xbf);
const UTF16LE_BOM = Uint8Array.of(0xff, 0xfe);
/** So many first bytes tell whether a file without a byte order mark is UTF-16. */
const PROBE_BYTES = 256;

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const startsWith = (bytes: Uint8Array, ...prefix: readonly number[]): boolean =>
  bytes.length >= prefix.length && prefix.every((byte, index) => bytes[index] === byte);

/** Whether every second byte of the first ones, from `zeroAt`, is zero and no other is. */
const looksWide = (bytes: Uint8Array, zeroAt: 0 | 1): boolean => {
  const length = Math.min(PROBE_BYTES, bytes.length - (bytes.length % 2));
  if (length < 4) return false;
  for (let i = 0; i < length; i += 1) {
    if ((bytes[i] === 0) !== (i % 2 === zeroAt)) return false;
  }
  return true;
};

const decodeUtf16 = (bytes: Uint8Array, file: string, bomLength: number): string => {
  if (bytes.length % 2 !== 0) {
    throw new WinpvError('INF_TEXT_BROKEN', 'The file ends in the middle of a UTF-16 character.', {
      at: { file, offset: bytes.length - 1 },
    });
  }
  return bufferOf(bytes.subarray(bomLength)).toString('utf16le');
};

const decodeUtf8 = (bytes: Uint8Array, file: string): string => {
  const body = bytes.subarray(UTF8_BOM.length);
  const text = bufferOf(body).toString('utf8');
  if (isUtf8(body)) return text;
  const again = Buffer.from(text, 'utf8');
  let offset = 0;
  while (offset < body.length && body[offset] === again[offset]) offset += 1;
  throw new WinpvError('INF_TEXT_BROKEN', 'The file has the byte order mark of UTF-8, but is not valid UTF-8.', {
    at: { file, offset: UTF8_BOM.length + offset },
  });
};

/**
 * Reads the characters of an INF (spec inf.md section 1). Without a byte order mark, text with bytes above 7F is
 * `utf-8` when it is valid UTF-8, and `ansi` (code page 1252) otherwise.
 *
 * @throws WinpvError INF_UTF16BE, INF_TEXT_BROKEN (with the byte offset), INF_TOO_LARGE (above 64 MiB)
 */
export const decodeInfText = (bytes: Uint8Array, file: string): InfText => {
  if (bytes.length > MAX_BYTES) {
    throw new WinpvError('INF_TOO_LARGE', `The file has ${bytes.length} bytes; winpv reads INFs up to ${MAX_BYTES}.`, {
      at: { file, offset: MAX_BYTES },
    });
  }
  if (startsWith(bytes, 0xff, 0xfe)) return { encoding: 'utf-16le', text: decodeUtf16(bytes, file, 2) };
  if (startsWith(bytes, 0xfe, 0xff) || looksWide(bytes, 0)) {
    throw new WinpvError('INF_UTF16BE', 'The file is in UTF-16 big-endian. Windows does not read such an INF.', {
      at: { file, offset: 0 },
      hint: 'Save it as UTF-16 little-endian with a byte order mark, or as ANSI.',
      rule: 1003,
    });
  }
  if (startsWith(bytes, ...UTF8_BOM)) return { encoding: 'utf-8-bom', text: decodeUtf8(bytes, file) };
  if (looksWide(bytes, 1)) return { encoding: 'utf-16le-no-bom', text: decodeUtf16(bytes, file, 0) };
  if (isAscii(bytes)) return { encoding: 'ansi', text: bufferOf(bytes).toString('latin1') };
  if (isUtf8(bytes)) return { encoding: 'utf-8', text: bufferOf(bytes).toString('utf8') };
  return { encoding: 'ansi', text: decodeCp1252(bytes) };
};

const encodeAnsi = (text: string, file: string): Uint8Array => {
  const bytes = encodeCp1252(text);
  if (bytes instanceof Uint8Array) return bytes;
  const index = bytes.unencodableAt;
  const before = text.slice(0, index).split(/\r\n|\n|\r/);
  const character = String.fromCodePoint(text.codePointAt(index) ?? 0);
  throw new WinpvError('INF_TEXT_UNENCODABLE', `The character "${character}" cannot be written in an ANSI file.`, {
    at: { file, line: before.length, column: (before.at(-1) ?? '').length + 1 },
    hint: 'Save the INF as UTF-16 little-endian with a byte order mark.',
  });
};

/**
 * The bytes of a text in an encoding, with the byte order mark that belongs to it.
 *
 * @param file named in the error
 * @throws WinpvError INF_TEXT_UNENCODABLE when the code page lacks a character
 */
export const encodeInfText = (text: string, encoding: InfEncoding, file = ''): Uint8Array => {
  switch (encoding) {
    case 'ansi':
      return encodeAnsi(text, file);
    case 'utf-8':
      return new Uint8Array(Buffer.from(text, 'utf8'));
    case 'utf-8-bom':
      return concatBytes(UTF8_BOM, Buffer.from(text, 'utf8'));
    case 'utf-16le':
      return concatBytes(UTF16LE_BOM, Buffer.from(text, 'utf16le'));
    case 'utf-16le-no-bom':
      return new Uint8Array(Buffer.from(text, 'utf16le'));
  }
};
