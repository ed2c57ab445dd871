import { concatBytes, u16leBytes, u32leBytes } from '../../../core/bytes.ts';
import type { PeImport } from './imports.ts';

export const alignUp = (offset: number, alignment: number): number => Math.ceil(offset / alignment) * alignment;

/** Bytes with zeros after them, up to a multiple of `alignment`. */
export const padTo = (bytes: Uint8Array, alignment: number): Uint8Array =>
  concatBytes(bytes, new Uint8Array(alignUp(bytes.length, alignment) - bytes.length));

const asciiZ = (text: string): Uint8Array => new Uint8Array(Buffer.from(`${text}\0`, 'latin1'));

export interface ImportTables {
  /** Import directory with its terminator, lookup tables, hints and names, module names. */
  readonly tables: Uint8Array;
  /** Size of the import directory itself. */
  readonly directorySize: number;
  /** The import address table, as long as the loader has not filled it in. */
  readonly addressTable: Uint8Array;
}

export interface ImportPlacement {
  /** Where `tables` will be. */
  readonly rva: number;
  /** Where `addressTable` will be. */
  readonly addressTableRva: number;
  readonly pe32Plus: boolean;
}

/**
 * The import tables; their sizes do not depend on the placement. `#n` imports by ordinal; hints are zero.
 * @see "The .idata Section" in "PE Format"
 */
export const encodeImportTables = (imports: readonly PeImport[], placement: ImportPlacement): ImportTables => {
  const { rva, addressTableRva, pe32Plus } = placement;
  const directorySize = 20 * (imports.length + 1);
  const lookupOffset = alignUp(directorySize, 8);
  const thunkSize = pe32Plus ? 8 : 4;
  const thunkCount = imports.reduce((count, { names }) => count + names.length + 1, 0);
  const texts = new TextPool(rva + lookupOffset + thunkCount * thunkSize);
  const directory = new DataView(new ArrayBuffer(lookupOffset));
  const thunks = new DataView(new ArrayBuffer(thunkCount * thunkSize));
  let at = 0;
  for (const [i, { module, names }] of imports.entries()) {
    directory.setUint32(20 * i, rva + lookupOffset + at, true);
    directory.setUint32(20 * i + 16, addressTableRva + at, true);
    for (const name of names) {
      writeThunk(thunks, at, { name, pe32Plus, texts });
      at += thunkSize;
    }
    at += thunkSize;
    directory.setUint32(20 * i + 12, texts.add(asciiZ(module)), true);
  }
  const addressTable = new Uint8Array(thunks.buffer);
  const tables = concatBytes(new Uint8Array(directory.buffer), addressTable, texts.bytes());
  return { tables, directorySize, addressTable };
};

const writeThunk = (
  thunks: DataView,
  at: number,
  { name, pe32Plus, texts }: { readonly name: string; readonly pe32Plus: boolean; readonly texts: TextPool },
): void => {
  const ordinal = /^#(\d{1,5})$/.exec(name)?.[1];
  const value = ordinal === undefined ? texts.add(concatBytes(u16leBytes(0), asciiZ(name))) : Number(ordinal);
  thunks.setUint32(at, value, true);
  if (ordinal !== undefined) thunks.setUint8(at + (pe32Plus ? 7 : 3), 0x80);
};

/** Names in the order they are added, each at an even address. */
class TextPool {
  private readonly parts: Uint8Array[] = [];
  private next: number;

  constructor(rva: number) {
    this.next = rva;
  }

  /** @returns the RVA at which the bytes will be */
  add(bytes: Uint8Array): number {
    const rva = this.next;
    const padded = padTo(bytes, 2);
    this.parts.push(padded);
    this.next += padded.length;
    return rva;
  }

  bytes(): Uint8Array {
    return concatBytes(...this.parts);
  }
}

export interface ExportPlacement {
  readonly rva: number;
  /** RVA of each exported function, in the order of the names. */
  readonly functions: readonly number[];
  readonly timeDateStamp: number;
}

/**
 * The export directory with its tables and names; ordinals start at 1 in the order given, the name table is sorted.
 * @see "The .edata Section" in "PE Format"
 */
export const encodeExportTables = (module: string, names: readonly string[], place: ExportPlacement): Uint8Array => {
  const count = names.length;
  const functionsOffset = 40;
  const namesOffset = functionsOffset + 4 * count;
  const ordinalsOffset = namesOffset + 4 * count;
  const texts = new TextPool(place.rva + ordinalsOffset + 2 * count);
  const moduleRva = texts.add(asciiZ(module));
  const sorted = names
    .map((name, index) => ({ name, index }))
    .sort((a, b) => Buffer.compare(Buffer.from(a.name, 'latin1'), Buffer.from(b.name, 'latin1')));
  const directory = [
    0,
    place.timeDateStamp,
    0,
    moduleRva,
    1,
    count,
    count,
    place.rva + functionsOffset,
    place.rva + namesOffset,
    place.rva + ordinalsOffset,
  ];
  return concatBytes(
    ...directory.map(u32leBytes),
    ...place.functions.map(u32leBytes),
    ...sorted.map(({ name }) => u32leBytes(texts.add(asciiZ(name)))),
    ...sorted.map(({ index }) => u16leBytes(index)),
    texts.bytes(),
  );
};

const RT_VERSION = 16;
const VERSION_NAME = 1;

/**
 * A resource section that holds one version resource: directories of type, name and language, a data entry, the data.
 * @see "The .rsrc Section" in "PE Format"
 */
export const encodeVersionSection = (data: Uint8Array, rva: number, language: number): Uint8Array => {
  const directory = (id: number, target: number): Uint8Array =>
    concatBytes(new Uint8Array(12), u16leBytes(0), u16leBytes(1), u32leBytes(id), u32leBytes(target));
  const subdirectory = 0x8000_0000;
  const [nameOffset, languageOffset, entryOffset, dataOffset] = [24, 48, 72, 88];
  return concatBytes(
    directory(RT_VERSION, subdirectory + nameOffset),
    directory(VERSION_NAME, subdirectory + languageOffset),
    directory(language, entryOffset),
    ...[rva + dataOffset, data.length, 0, 0].map(u32leBytes),
    data,
  );
};

const RELOCATION_HIGHLOW = 3;
const RELOCATION_DIR64 = 10;

/** One block of base relocations that moves one pointer, filled up with an entry that does nothing. */
export const encodeRelocation = (pointerRva: number, pe32Plus: boolean): Uint8Array => {
  const type = pe32Plus ? RELOCATION_DIR64 : RELOCATION_HIGHLOW;
  const page = pointerRva & ~0xfff;
  return concatBytes(u32leBytes(page), u32leBytes(12), u16leBytes((type << 12) | (pointerRva - page)), u16leBytes(0));
};
