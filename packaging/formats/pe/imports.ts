import type { ByteReader } from '../../../core/bytes.ts';
import { WinpvError } from '../../../core/errors.ts';
import { Directory, type PeImage } from './model.ts';
import { type AddressMap, addressMap } from './rva.ts';

/** What an image takes from one module; a name is `#n` when it is imported by ordinal n. */
export interface PeImport {
  readonly module: string;
  readonly names: readonly string[];
}

/** Tables may point at the same names again and again, so what is read in total is limited. */
const MAX_TABLE_BYTES = 8 * 1024 * 1024;
const MAX_NAME_LENGTH = 4096;
const ORDINAL_64 = 0x8000_0000_0000_0000n;

/** Counts what the tables of one image have cost so far. */
interface Budget {
  spent: number;
}

const spend = (budget: Budget, bytes: number, r: ByteReader): void => {
  budget.spent += bytes;
  if (budget.spent > MAX_TABLE_BYTES) {
    throw new WinpvError('PE_TOO_COMPLEX', `The import or export tables hold more than ${MAX_TABLE_BYTES} bytes.`, {
      at: { file: r.options.file, offset: r.offset },
    });
  }
};

/** Names are ASCII by convention; another byte is kept as the character of that number. */
const readName = (r: ByteReader, field: string, budget: Budget): string => {
  const bytes = r.cString(MAX_NAME_LENGTH, field);
  spend(budget, bytes.length + 1, r);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
};

/**
 * The imports of an image in file order (delay-loaded ones, which drivers cannot have, are not among them).
 * @throws WinpvError PE_MALFORMED, PE_TRUNCATED or PE_TOO_COMPLEX
 * @see "The .idata Section" in "PE Format"
 */
export const peImports = (image: PeImage): readonly PeImport[] => {
  const directory = image.directories[Directory.import];
  if (directory === undefined || directory.rva === 0) return [];
  const map = addressMap(image);
  const budget: Budget = { spent: 0 };
  const r = map.readerAt(directory.rva, 'the import directory');
  const imports: PeImport[] = [];
  for (;;) {
    const lookupTable = r.u32le('ImportDescriptor.OriginalFirstThunk');
    r.skip(8, 'ImportDescriptor.TimeDateStamp');
    const name = r.u32le('ImportDescriptor.Name');
    const addressTable = r.u32le('ImportDescriptor.FirstThunk');
    if (name === 0 || addressTable === 0) return imports;
    spend(budget, 20, r);
    imports.push({
      module: readName(map.readerAt(name, 'ImportDescriptor.Name'), 'the name of an imported module', budget),
      names: readThunks(image, map, lookupTable === 0 ? addressTable : lookupTable, budget),
    });
  }
};

const readThunks = (image: PeImage, map: AddressMap, rva: number, budget: Budget): string[] => {
  const r = map.readerAt(rva, 'ImportDescriptor.OriginalFirstThunk');
  const names: string[] = [];
  for (;;) {
    const thunk = readThunk(r, image.pe32Plus);
    if (thunk === undefined) return names;
    spend(budget, 10, r);
    names.push(
      thunk.ordinal === undefined
        ? readName(
            map.readerAt(thunk.rva, 'an import thunk').skip(2, 'ImportByName.Hint'),
            'the name of an import',
            budget,
          )
        : `#${thunk.ordinal}`,
    );
  }
};

/** IMAGE_THUNK_DATA32 or 64; undefined at the zero that ends the table. */
const readThunk = (r: ByteReader, pe32Plus: boolean): { rva: number; ordinal?: number } | undefined => {
  const value = pe32Plus ? r.u64le('an import thunk') : BigInt(r.u32le('an import thunk'));
  if (value === 0n) return undefined;
  const byOrdinal = pe32Plus ? value >= ORDINAL_64 : value >= 0x8000_0000n;
  if (byOrdinal) return { rva: 0, ordinal: Number(value & 0xffffn) };
  return { rva: Number(value & 0x7fff_ffffn) };
};

interface ExportTable {
  /** In table order. */
  readonly names: readonly string[];
  /** `#n` of every function, and whether it has a name. */
  readonly ordinals: readonly { readonly ordinal: string; readonly isNamed: boolean }[];
}

const NO_EXPORTS: ExportTable = { names: [], ordinals: [] };

const readExports = (image: PeImage): ExportTable => {
  const directory = image.directories[Directory.export];
  if (directory === undefined || directory.rva === 0) return NO_EXPORTS;
  const map = addressMap(image);
  const budget: Budget = { spent: 0 };
  const r = map.readerAt(directory.rva, 'the export directory').skip(16, 'ExportDirectory.Characteristics');
  const base = r.u32le('ExportDirectory.Base');
  const functionCount = r.u32le('ExportDirectory.NumberOfFunctions');
  const nameCount = r.u32le('ExportDirectory.NumberOfNames');
  const functions = r.u32le('ExportDirectory.AddressOfFunctions');
  const nameTable = r.u32le('ExportDirectory.AddressOfNames');
  const ordinalTable = r.u32le('ExportDirectory.AddressOfNameOrdinals');
  spend(budget, functionCount * 4 + nameCount * 6, r);
  const named = new Set<number>();
  const names: string[] = [];
  if (nameCount > 0) {
    const pointers = map.readerAt(nameTable, 'ExportDirectory.AddressOfNames');
    const indices = map.readerAt(ordinalTable, 'ExportDirectory.AddressOfNameOrdinals');
    for (let i = 0; i < nameCount; i += 1) {
      named.add(indices.u16le('an export ordinal'));
      const at = map.readerAt(pointers.u32le('an export name'), 'an export name');
      names.push(readName(at, 'the name of an export', budget));
    }
  }
  if (functionCount === 0) return { names, ordinals: [] };
  const addresses = map.readerAt(functions, 'ExportDirectory.AddressOfFunctions');
  const ordinals: { ordinal: string; isNamed: boolean }[] = [];
  for (let i = 0; i < functionCount; i += 1) {
    if (addresses.u32le('an export address') !== 0) ordinals.push({ ordinal: `#${base + i}`, isNamed: named.has(i) });
  }
  return { names, ordinals };
};

/**
 * The exports of an image: names in table order, then `#n` for each ordinal that has no name.
 * @throws WinpvError PE_MALFORMED, PE_TRUNCATED or PE_TOO_COMPLEX
 * @see "The .edata Section" in "PE Format"
 */
export const peExports = (image: PeImage): readonly string[] => {
  const { names, ordinals } = readExports(image);
  return [...names, ...ordinals.filter(({ isNamed }) => !isNamed).map(({ ordinal }) => ordinal)];
};

/**
 * All that others may link to: every name, and `#n` of every function, for one that has a name may be imported by its
 * ordinal as well.
 * @throws WinpvError as `peExports`
 */
export const linkableExports = (image: PeImage): ReadonlySet<string> => {
  const { names, ordinals } = readExports(image);
  return new Set([...names, ...ordinals.map(({ ordinal }) => ordinal)]);
};
