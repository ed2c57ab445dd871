import { crc32, createInflateRaw, inflateRawSync } from 'node:zlib';
import type { WinpvError } from '../../../core/errors.ts';

/** The data of an entry as an archive has them. */
export interface PackedEntry {
  readonly method: 'stored' | 'deflated';
  readonly crc: number;
  readonly data: Uint8Array;
}

const PIECE_BYTES = 1024 * 1024;
/** The library begins with a piece of that size, and grows by copying. */
const MAX_FIRST_PIECE = 2 ** 30;

type Spoilt = (cause?: unknown) => WinpvError;

/** The bytes of an entry, its size and checksum not yet compared. @throws what `spoilt` makes */
export const unpacked = ({ method, data }: PackedEntry, size: number, spoilt: Spoilt): Uint8Array => {
  if (method === 'stored') return data;
  try {
    // One piece for all, a little larger so that the end is seen: nothing is copied.
    const chunkSize = Math.min(size + 64, MAX_FIRST_PIECE);
    const out = inflateRawSync(data, { maxOutputLength: Math.max(1, size), chunkSize });
    return new Uint8Array(out.buffer, out.byteOffset, out.length);
  } catch (cause) {
    throw spoilt(cause);
  }
};

/** The same with a bound on memory, whatever the size; ends by comparing size and checksum. */
export async function* unpackedChunks(
  { method, data, crc }: PackedEntry,
  size: number,
  spoilt: Spoilt,
): AsyncGenerator<Uint8Array> {
  let length = 0;
  let sum = 0;
  for await (const piece of method === 'stored' ? pieces(data) : inflated(data, spoilt)) {
    length += piece.length;
    if (length > size) throw spoilt();
    sum = crc32(piece, sum);
    yield piece;
  }
  if (length !== size || sum !== crc) throw spoilt();
}

function* pieces(data: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < data.length; at += PIECE_BYTES) yield data.subarray(at, at + PIECE_BYTES);
}

async function* inflated(data: Uint8Array, spoilt: Spoilt): AsyncGenerator<Uint8Array> {
  const stream = createInflateRaw({ chunkSize: PIECE_BYTES });
  stream.end(data);
  try {
    for await (const piece of stream) yield piece as Uint8Array;
  } catch (cause) {
    throw spoilt(cause);
  }
}
