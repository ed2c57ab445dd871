import { Directory, type PeImage } from '../formats/pe/model.ts';

/** Which ids a binary of the Xen PV family carries in its text, in ASCII or in UTF-16 (spec xen-pv 1.4, 1.5). */
export interface BinaryIds {
  /** What follows `VEN_` in ids of children that are written out: `XP`, or `XP0001` with the platform function. */
  readonly vendors: readonly { readonly bus: ChildBus; readonly vendor: string }[];
  /** Buses whose ids are put together from parts: the vendor is a text of its own. */
  readonly composed: ReadonlySet<ChildBus>;
  /** Platform functions that are named, four hex digits in upper case. */
  readonly functions: readonly string[];
}

export type ChildBus = 'XENBUS' | 'XENVIF' | 'XENVKBD';

const BEFORE = 8;
const AFTER = 64;
const MARK = 'VEN_';
/** No binary of the family has more than a few; a hostile file could be full of them. */
const MAX_HITS = 10_000;

const WRITTEN_OUT = /(XENBUS|XENVIF|XENVKBD)\\VEN_([A-Z][A-Z0-9]*)(?:&|$)/;
const COMPOSED = /(XENBUS|XENVIF|XENVKBD)\\VEN_%/;
const FUNCTION = /PCI\\VEN_5853&DEV_([0-9A-F]{4})(?:&|$)/;

/** The printable text from an offset on, of one or two bytes a character. */
const printable = (buffer: Buffer, from: number, to: number, width: 1 | 2): string => {
  let text = '';
  for (let at = from; at >= 0 && at + width <= Math.min(to, buffer.length); at += width) {
    const code = width === 1 ? buffer[at] : buffer.readUInt16LE(at);
    if (code === undefined || code < 0x20 || code > 0x7e) break;
    text += String.fromCharCode(code);
  }
  return text;
};

/** The texts around each `VEN_`, in upper case. */
const textsOf = (buffer: Buffer, width: 1 | 2): readonly string[] => {
  const mark = Buffer.from(MARK, width === 1 ? 'latin1' : 'utf16le');
  const found: string[] = [];
  for (let at = buffer.indexOf(mark); at >= 0 && found.length < MAX_HITS; at = buffer.indexOf(mark, at + mark.length)) {
    const start = at - BEFORE * width;
    const before = Array.from({ length: BEFORE }, (_, i) => start + i * width)
      .map((offset) => printable(buffer, offset, offset + width, width) || '\0')
      .join('');
    found.push((before + printable(buffer, at, at + AFTER * width, width)).toUpperCase());
  }
  return found;
};

/** Reads them; a file without any has none. Linear in the size of the file. */
export const binaryIds = (bytes: Uint8Array): BinaryIds => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const texts = [...textsOf(buffer, 1), ...textsOf(buffer, 2)];
  const vendors = new Map<string, { bus: ChildBus; vendor: string }>();
  const composed = new Set<ChildBus>();
  const functions = new Set<string>();
  for (const text of texts) {
    const [, writtenBus, vendor] = WRITTEN_OUT.exec(text) ?? [];
    if (writtenBus !== undefined && vendor !== undefined) {
      vendors.set(`${writtenBus} ${vendor}`, { bus: writtenBus as ChildBus, vendor });
    }
    const composedBus = COMPOSED.exec(text)?.[1];
    if (composedBus !== undefined) composed.add(composedBus as ChildBus);
    const platform = FUNCTION.exec(text)?.[1];
    if (platform !== undefined) functions.add(platform);
  }
  return { vendors: [...vendors.values()], composed, functions: [...functions].sort() };
};

/** Whether an id's vendor part is a prefix, alone or with the platform function that buses add. */
export const isVendorOf = (vendor: string, prefix: string): boolean => {
  const upper = prefix.toUpperCase();
  return vendor === upper || (vendor.startsWith(upper) && /^[0-9A-F]{4}$/.test(vendor.slice(upper.length)));
};

/**
 * Whether the image holds a prefix as a text of its own, or before the place of a number (`XS%04X`, as it was until 2015).
 * Two letters and an end may stand in an image by chance, as an address does; that they are nowhere in it is certain.
 */
export const holdsPrefix = (image: PeImage, prefix: string): boolean =>
  textParts(image).some((part) =>
    [...new Set([prefix, prefix.toUpperCase(), prefix.toLowerCase()])].some((one) =>
      ['\0', '%'].some((end) =>
        (['latin1', 'utf16le'] as const).some((encoding) => part.includes(Buffer.from(one + end, encoding))),
      ),
    ),
  );

/** Whether a prefix stands in the image as a text of its own, at an offset that is a multiple of `alignment`. */
export const hasPrefixText = (image: PeImage, prefix: string, alignment = 4): boolean =>
  textParts(image).some((part) => {
    const text = Buffer.from(`${prefix}\0`, 'latin1');
    for (let at = part.indexOf(text); at >= 0; at = part.indexOf(text, at + 1)) {
      const begins = at === 0 || part[at - 1] === 0;
      if (begins && (part.byteOffset - image.bytes.byteOffset + at) % alignment === 0) return true;
    }
    return false;
  });

/** Where texts begin: Microsoft's compiler aligns them, others do not. */
const ALIGNMENTS = [4, 1];

/** The one of these prefixes that the image has as a text of its own; undefined when it has none, or several. */
export const prefixTextOf = (image: PeImage, prefixes: readonly string[]): string | undefined => {
  for (const alignment of ALIGNMENTS) {
    const [only, ...others] = prefixes.filter((one) => hasPrefixText(image, one, alignment));
    if (only !== undefined) return others.length === 0 ? only : undefined;
  }
  return undefined;
};

/** The content of the sections, without the tables of addresses that the data directories name. */
const textParts = ({ bytes, sections, directories }: PeImage): readonly Buffer[] =>
  sections.flatMap(({ virtualAddress, rawOffset, rawSize }) => {
    const tables = directories
      .filter((_, index) => index !== Directory.certificate)
      .map(({ rva, size }) => ({ start: rva - virtualAddress, end: rva - virtualAddress + size }))
      .filter(({ start, end }) => end > start && start >= 0 && start < rawSize)
      .sort((one, other) => one.start - other.start);
    const parts: Buffer[] = [];
    let from = 0;
    for (const { start, end } of [...tables, { start: rawSize, end: rawSize }]) {
      if (start > from) {
        const part = bytes.subarray(rawOffset + from, rawOffset + start);
        parts.push(Buffer.from(part.buffer, part.byteOffset, part.length));
      }
      from = Math.max(from, end);
    }
    return parts;
  });
