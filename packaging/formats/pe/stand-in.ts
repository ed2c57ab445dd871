import { concatBytes, u32leBytes } from '../../../core/bytes.ts';
import { peChecksum } from './digest.ts';
import {
  alignUp,
  encodeExportTables,
  encodeImportTables,
  encodeRelocation,
  encodeVersionSection,
  padTo,
} from './encode-tables.ts';
import { STAND_IN_MARK } from './mark.ts';
import {
  DIRECTORIES,
  dosHeader,
  FILE_ALIGNMENT,
  fileHeader,
  NT_HEADERS,
  optionalHeader,
  optionalHeaderSize,
  type PlacedSection,
  SECTION_ALIGNMENT,
  sectionHeader,
} from './stand-in-headers.ts';
import { imageBase, isDriver, MACHINE_FACTS, machineCode, type StandIn } from './stand-in-machines.ts';

import { encodeVersionResource } from './version-resource.ts';

export type { StandIn, StandInKind, StandInMachine } from './stand-in-machines.ts';

/** Each function has this much room. */
const FUNCTION_SIZE = 16;

/** A section before it has a place. Its size must not depend on the addresses. */
interface SectionPlan {
  readonly name: string;
  readonly characteristics: number;
  encode(addressOf: AddressOf): Uint8Array;
}

type AddressOf = (section: SectionName) => number;
type SectionName = '.text' | '.rdata' | '.data' | 'imports' | '.rsrc' | '.reloc';

/**
 * Writes a small valid image in place of a driver that nobody has built: real headers, imports, exports and version
 * resource, laid out as a linker does, and an entry point that only fails. It says what it is (see `isStandIn`).
 * The same description gives the same bytes.
 * @throws WinpvError PE_TOO_COMPLEX when the version resource does not fit its 16-bit length
 */
export const encodeStandIn = (spec: StandIn): Uint8Array => {
  const plans = planSections(spec);
  const headerSize = alignUp(NT_HEADERS + 24 + optionalHeaderSize(spec) + 40 * plans.size, FILE_ALIGNMENT);
  const { sections, addressOf } = placeSections(plans, headerSize);
  const headers = concatBytes(
    dosHeader(),
    fileHeader(spec, sections.length),
    optionalHeader(spec, { sections, headerSize, directories: directories(spec, addressOf) }),
    ...sections.map(sectionHeader),
  );
  const image = concatBytes(
    padTo(headers, FILE_ALIGNMENT),
    ...sections.map(({ bytes }) => padTo(bytes, FILE_ALIGNMENT)),
  );
  const checksumOffset = NT_HEADERS + 24 + 64;
  image.set(u32leBytes(peChecksum(image, checksumOffset)), checksumOffset);
  return image;
};

/** The sections in the order of the file. Import tables stand in INIT in a driver, as Microsoft's linker puts them. */
const planSections = (spec: StandIn): ReadonlyMap<SectionName, SectionPlan> => {
  const { machine, kind, imports, version } = spec;
  const driver = isDriver(kind);
  const notPaged = driver ? 0x0800_0000 : 0;
  const discardable = driver ? 0x0200_0000 : 0;
  const { pe32Plus } = MACHINE_FACTS[machine];
  const language = version.strings[0]?.language ?? 0x0409;
  const plans = new Map<SectionName, SectionPlan>();
  const add = (key: SectionName, characteristics: number, encode: SectionPlan['encode'], name: string = key): void => {
    plans.set(key, { name, characteristics: characteristics >>> 0, encode });
  };
  add('.text', 0x6000_0020 | notPaged, () => encodeText(spec));
  add('.rdata', 0x4000_0040 | notPaged, (addressOf) => encodeReadOnly(spec, addressOf));
  add('.data', 0xc000_0040 | notPaged, (addressOf) => encodeData(spec, addressOf));
  if (imports.length > 0) {
    const name = driver ? 'INIT' : '.idata';
    add('imports', driver ? 0x6200_0020 : 0x4000_0040, (addressOf) => importTables(spec, addressOf).tables, name);
  }
  add('.rsrc', 0x4000_0040 | discardable, (addressOf) =>
    encodeVersionSection(encodeVersionResource(version), addressOf('.rsrc'), language),
  );
  add('.reloc', 0x4200_0040, (addressOf) => encodeRelocation(addressOf('.data'), pe32Plus));
  return plans;
};

const placeSections = (
  plans: ReadonlyMap<SectionName, SectionPlan>,
  headerSize: number,
): { readonly sections: readonly PlacedSection[]; readonly addressOf: AddressOf } => {
  const addresses = new Map<SectionName, number>();
  let rva = alignUp(headerSize, SECTION_ALIGNMENT);
  for (const [key, plan] of plans) {
    addresses.set(key, rva);
    rva += alignUp(plan.encode(() => 0).length, SECTION_ALIGNMENT);
  }
  const addressOf = (section: SectionName): number => addresses.get(section) ?? 0;
  let rawOffset = headerSize;
  const sections = [...plans].map(([key, { name, characteristics, encode }]) => {
    const placed = { name, characteristics, bytes: encode(addressOf), rva: addressOf(key), rawOffset };
    rawOffset += alignUp(placed.bytes.length, FILE_ALIGNMENT);
    return placed;
  });
  return { sections, addressOf };
};

/** The entry point first, then one function for each export, 16 bytes apart; the rest is filled with breakpoints (x86). */
const encodeText = ({ machine, kind, exports }: StandIn): Uint8Array => {
  const { entry, libraryEntry } = MACHINE_FACTS[machine];
  const first = kind === 'library' ? libraryEntry : isDriver(kind) ? entry.driver : entry.program;
  const text = new Uint8Array(FUNCTION_SIZE * (1 + exports.length)).fill(machine === 'arm64' ? 0 : 0xcc);
  text.set(machineCode(first), 0);
  for (let i = 1; i <= exports.length; i += 1) text.set(machineCode(entry.program), FUNCTION_SIZE * i);
  return text;
};

const importTables = ({ imports, machine }: StandIn, addressOf: AddressOf) =>
  encodeImportTables(imports, {
    rva: addressOf('imports'),
    addressTableRva: addressOf('.rdata'),
    pe32Plus: MACHINE_FACTS[machine].pe32Plus,
  });

/** Where the parts of .rdata stand: import address table, mark and strings, export tables. */
const readOnlyOffsets = (spec: StandIn): { readonly mark: number; readonly exports: number } => {
  const mark = spec.imports.length === 0 ? 0 : importTables(spec, () => 0).addressTable.length;
  return { mark, exports: alignUp(mark + encodeStrings(spec).length, 8) };
};

const encodeReadOnly = (spec: StandIn, addressOf: AddressOf): Uint8Array => {
  const addressTable = spec.imports.length === 0 ? new Uint8Array(0) : importTables(spec, addressOf).addressTable;
  return concatBytes(padTo(concatBytes(addressTable, encodeStrings(spec)), 8), exportTables(spec, addressOf));
};

const exportTables = (spec: StandIn, addressOf: AddressOf): Uint8Array => {
  const { name, exports, timeDateStamp } = spec;
  if (exports.length === 0) return new Uint8Array(0);
  const rva = addressOf('.rdata') + readOnlyOffsets(spec).exports;
  const functions = exports.map((_name, i) => addressOf('.text') + FUNCTION_SIZE * (i + 1));
  return encodeExportTables(name, exports, { rva, functions, timeDateStamp });
};

const encodeStrings = ({ strings }: StandIn): Uint8Array =>
  concatBytes(
    ...[STAND_IN_MARK, ...strings].flatMap((text) => [
      padTo(new Uint8Array(Buffer.from(`${text}\0`, 'utf8')), 2),
      new Uint8Array(Buffer.from(`${text}\0`, 'utf16le')),
    ]),
  );

/** One pointer to the mark, so that there is something to relocate. */
const encodeData = (spec: StandIn, addressOf: AddressOf): Uint8Array => {
  const address = new DataView(new ArrayBuffer(16));
  address.setBigUint64(0, imageBase(spec) + BigInt(addressOf('.rdata') + readOnlyOffsets(spec).mark), true);
  return new Uint8Array(address.buffer);
};

/** IMAGE_DATA_DIRECTORY of the tables that the sections hold. */
const directories = (spec: StandIn, addressOf: AddressOf): Uint8Array => {
  const entries = new DataView(new ArrayBuffer(8 * DIRECTORIES));
  const set = (index: number, rva: number, size: number): void => {
    entries.setUint32(8 * index, rva, true);
    entries.setUint32(8 * index + 4, size, true);
  };
  if (spec.exports.length > 0) {
    set(0, addressOf('.rdata') + readOnlyOffsets(spec).exports, exportTables(spec, addressOf).length);
  }
  if (spec.imports.length > 0) {
    const { directorySize, addressTable } = importTables(spec, addressOf);
    set(1, addressOf('imports'), directorySize);
    set(12, addressOf('.rdata'), addressTable.length);
  }
  set(2, addressOf('.rsrc'), 88 + encodeVersionResource(spec.version).length);
  set(5, addressOf('.reloc'), 12);
  return new Uint8Array(entries.buffer);
};
