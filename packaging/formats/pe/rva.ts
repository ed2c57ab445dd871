import { ByteReader } from '../../../core/bytes.ts';
import { WinpvError } from '../../../core/errors.ts';
import type { PeImage } from './model.ts';

interface Mapping {
  readonly rva: number;
  readonly end: number;
  readonly offset: number;
}

/** Finds what the loader would put at an address, in the file. Bytes that exist in memory only (zeros) are not found. */
export interface AddressMap {
  /** The file offset of an RVA; undefined when no header or raw section byte is mapped there. */
  offsetOf(rva: number): number | undefined;
  /** A cursor over the file at that RVA; PE_MALFORMED when nothing is there. `field` names what points there. */
  readerAt(rva: number, field: string): ByteReader;
}

/** The map of an image; lookups take logarithmic time, so that many sections and many lookups stay cheap. */
export const addressMap = (image: PeImage): AddressMap => {
  const { bytes, file } = image;
  const mappings = mappingsOf(image);
  const offsetOf = (rva: number): number | undefined => {
    const found = mappings[lastAtOrBelow(mappings, rva)];
    if (found === undefined || rva >= found.end) return undefined;
    const offset = found.offset + (rva - found.rva);
    return offset < bytes.length ? offset : undefined;
  };
  const readerAt = (rva: number, field: string): ByteReader => {
    const offset = offsetOf(rva);
    if (offset === undefined) {
      throw new WinpvError('PE_MALFORMED', `${field} points to 0x${rva.toString(16)}, where the file has no data.`, {
        at: { file },
      });
    }
    return new ByteReader(bytes, { file, truncated: 'PE_TRUNCATED' }).seek(offset, field);
  };
  return { offsetOf, readerAt };
};

const mappingsOf = ({ sections, sizeOfHeaders }: PeImage): Mapping[] =>
  [
    { rva: 0, end: sizeOfHeaders, offset: 0 },
    ...sections.map(({ virtualAddress, rawOffset, rawSize }) => ({
      rva: virtualAddress,
      end: virtualAddress + rawSize,
      offset: rawOffset,
    })),
  ]
    .filter(({ rva, end }) => end > rva)
    .sort((a, b) => a.rva - b.rva);

/** Index of the last mapping that starts at or below the address; -1 when there is none. */
const lastAtOrBelow = (mappings: readonly Mapping[], rva: number): number => {
  let low = 0;
  let high = mappings.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((mappings[middle]?.rva ?? 0) <= rva) low = middle + 1;
    else high = middle;
  }
  return low - 1;
};
