import { constants, deflateRaw, deflateRawSync, inflateRawSync, type ZlibOptions } from 'node:zlib';
import { concatBytes } from '../../../core/bytes.ts';
import { CAB_BLOCK_SIZE } from './model.ts';

/** Every MSZIP block starts with `CK`. */
const SIGNATURE = Uint8Array.of(0x43, 0x4b);
/** `CK`, BFINAL with a stored block, LEN and its complement. */
const STORED_OVERHEAD = 7;
const MAX_PACKED_SIZE = CAB_BLOCK_SIZE + 12;
/** One output chunk holds any block, so zlib never joins pieces. */
const CHUNK_SIZE = CAB_BLOCK_SIZE + 1024;
/** No DEFLATE stream yields more bytes than this for each of its own (a 258-byte copy in two bits). */
const MAX_RATIO = 1032;

/**
 * How hard zlib looks. On drivers, level 6 takes a quarter more time than 5 for 0.3 % less, level 9 three times as much for
 * 0.5 % less, and level 4 a quarter less for 2 % more, which gcab undercuts. See docs/decisions/0005-speed.md.
 */
export type MszipLevel = 5 | 9;

/**
 * One MSZIP block: a function of the level, the block and up to 32 KiB that precede it in its folder, so blocks can be
 * packed in any order. What does not shrink becomes a stored block, so the limit of 32,768 + 12 bytes always holds.
 *
 * @param block 1 to 32,768 bytes
 * @param history the bytes before it in the folder, at most 32,768; empty for the first block
 * @see spec signing-formats 5.3
 */
export const encodeMszipBlock = (block: Uint8Array, history: Uint8Array, level: MszipLevel): Uint8Array =>
  framed(deflateRawSync(block, optionsFor(history, level, isVain(block, history))), block);

/** The same bytes, deflated in the thread pool. */
export const packMszipBlock = async (
  block: Uint8Array,
  history: Uint8Array,
  level: MszipLevel,
): Promise<Uint8Array> => {
  const sample = digitsSample(block, history);
  const vain = sample !== undefined && (await deflateInPool(sample.bytes, sample.options)).length >= sample.size;
  return framed(await deflateInPool(block, optionsFor(history, level, vain)), block);
};

const deflateInPool = (bytes: Uint8Array, options: ZlibOptions): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    deflateRaw(bytes, options, (error, packed) => {
      if (error === null) resolve(packed);
      else reject(error);
    });
  });

/** @param vain whether looking for repetitions would be in vain */
const optionsFor = (history: Uint8Array, level: MszipLevel, vain: boolean): ZlibOptions => {
  const options = {
    level,
    memLevel: 8,
    chunkSize: CHUNK_SIZE,
    strategy: vain ? constants.Z_HUFFMAN_ONLY : constants.Z_DEFAULT_STRATEGY,
  };
  return history.length === 0 ? options : { ...options, dictionary: history };
};

/** More distinct bytes than hex digits and line ends have. */
const MAX_DIGITS = 24;
const SAMPLE_SIZE = 2048;
const SAMPLE_HISTORY = 14_336;

interface Sample {
  readonly bytes: Uint8Array;
  readonly options: ZlibOptions;
  /** What coding it by frequency alone gives, in bytes. */
  readonly size: number;
}

/**
 * Looking for repetitions is in vain in text of few different characters, such as hex dumps, of which a sample shows none.
 * Coding such a block by frequency alone takes a third of the time and gives less, since short chance matches cost more
 * than the characters they replace.
 * @returns the sample; undefined when the block has too many different characters
 */
const digitsSample = (block: Uint8Array, history: Uint8Array): Sample | undefined => {
  if (block.length < 4 * SAMPLE_SIZE) return undefined;
  const counts = new Uint32Array(256);
  let distinct = 0;
  for (let i = 0; i < block.length; i += 1) {
    const byte = block[i] ?? 0;
    const count = counts[byte] ?? 0;
    if (count === 0 && ++distinct > MAX_DIGITS) return undefined;
    counts[byte] = count + 1;
  }
  let bits = 0;
  for (const count of counts) if (count > 0) bits -= count * Math.log2(count / block.length);
  const start = block.length >>> 1;
  const before = concatBytes(history.subarray(Math.max(0, history.length - SAMPLE_HISTORY)), block.subarray(0, start));
  const dictionary = before.subarray(Math.max(0, before.length - SAMPLE_HISTORY));
  return {
    bytes: block.subarray(start, start + SAMPLE_SIZE),
    options: { level: 1, chunkSize: 2 * SAMPLE_SIZE, dictionary },
    size: (bits / 8) * (SAMPLE_SIZE / block.length),
  };
};

const isVain = (block: Uint8Array, history: Uint8Array): boolean => {
  const sample = digitsSample(block, history);
  return sample !== undefined && deflateRawSync(sample.bytes, sample.options).length >= sample.size;
};

const framed = (packed: Uint8Array, block: Uint8Array): Uint8Array =>
  packed.length + SIGNATURE.length < block.length + STORED_OVERHEAD
    ? concatBytes(SIGNATURE, packed)
    : storedBlock(block);

const storedBlock = (block: Uint8Array): Uint8Array => {
  const { length } = block;
  const head = Uint8Array.of(0x01, length & 0xff, length >>> 8, ~length & 0xff, (~length >>> 8) & 0xff);
  return concatBytes(SIGNATURE, head, block);
};

/** Why the block cannot hold `size` bytes, or undefined. Costs nothing, so it comes before memory is set aside. */
export const mszipBlockFlaw = (packed: Uint8Array, size: number): string | undefined => {
  if (packed.length > MAX_PACKED_SIZE) return `it has ${packed.length} bytes; ${MAX_PACKED_SIZE} is the limit`;
  if (packed[0] !== SIGNATURE[0] || packed[1] !== SIGNATURE[1]) return 'it does not start with CK';
  if (size > (packed.length - SIGNATURE.length) * MAX_RATIO) return 'it is too short for what it should unpack to';
  return undefined;
};

/**
 * The bytes of one MSZIP block. The decoder's memory goes on from block to block: MakeCab's second block needs the first.
 *
 * @param history up to 32 KiB of output before this block
 * @param size what the block must yield, exactly
 * @returns undefined when the stream is damaged or yields another number of bytes
 */
export const decodeMszipBlock = (packed: Uint8Array, history: Uint8Array, size: number): Uint8Array | undefined => {
  const options = { chunkSize: CHUNK_SIZE, maxOutputLength: Math.max(size, 1) };
  try {
    const stream = packed.subarray(SIGNATURE.length);
    const out = inflateRawSync(stream, history.length === 0 ? options : { ...options, dictionary: history });
    return out.length === size ? out : undefined;
  } catch {
    return undefined;
  }
};
