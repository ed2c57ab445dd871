import { concatBytes, u16leBytes, u32leBytes } from '../../../core/bytes.ts';
import { alignUp, padTo } from './encode-tables.ts';
import { imageBase, isDriver, MACHINE_FACTS, machineCode, type StandIn } from './stand-in-machines.ts';

export const SECTION_ALIGNMENT = 0x1000;
export const FILE_ALIGNMENT = 0x200;
/** Where the NT headers start, right behind the DOS program. */
export const NT_HEADERS = 0x80;
export const DIRECTORIES = 16;

/** A section with its place in memory and in the file. */
export interface PlacedSection {
  readonly name: string;
  readonly characteristics: number;
  readonly bytes: Uint8Array;
  readonly rva: number;
  readonly rawOffset: number;
}

/** IMAGE_DOS_HEADER and a program that prints one line and ends. */
export const dosHeader = (): Uint8Array => {
  const header = new Uint8Array(NT_HEADERS);
  const view = new DataView(header.buffer);
  const fields: readonly (readonly [offset: number, value: number])[] = [
    [0x00, 0x5a4d],
    [0x02, 0x90], // bytes on the last page
    [0x04, 3], // pages
    [0x08, 4], // header size in paragraphs
    [0x0c, 0xffff],
    [0x10, 0xb8], // initial SP
    [0x18, 0x40], // relocation table
    [0x3c, NT_HEADERS],
  ];
  for (const [offset, value] of fields) view.setUint16(offset, value, true);
  // push cs; pop ds; mov dx, 14; mov ah, 9; int 21h; mov ax, 4C01h; int 21h
  header.set(machineCode('0e 1f ba0e00 b409 cd21 b8014c cd21'), 0x40);
  header.set(Buffer.from('A winpv stand-in, not a DOS program.\r\n$', 'latin1'), 0x4e);
  return header;
};

/** The signature and IMAGE_FILE_HEADER. */
export const fileHeader = (spec: StandIn, sectionCount: number): Uint8Array => {
  const { code: machine, characteristics } = MACHINE_FACTS[spec.machine];
  const library = spec.kind === 'library' ? 0x2000 : 0;
  return concatBytes(
    u32leBytes(0x4550),
    u16leBytes(machine),
    u16leBytes(sectionCount),
    u32leBytes(spec.timeDateStamp),
    new Uint8Array(8),
    u16leBytes(optionalHeaderSize(spec)),
    u16leBytes(0x0002 | characteristics | library),
  );
};

export const optionalHeaderSize = ({ machine }: StandIn): number =>
  (MACHINE_FACTS[machine].pe32Plus ? 112 : 96) + 8 * DIRECTORIES;

export interface OptionalHeaderContent {
  readonly sections: readonly PlacedSection[];
  readonly headerSize: number;
  readonly directories: Uint8Array;
}

const totalRaw = (sections: readonly PlacedSection[], flag: number): number =>
  sections
    .filter(({ characteristics }) => (characteristics & flag) !== 0)
    .reduce((sum, { bytes }) => sum + alignUp(bytes.length, FILE_ALIGNMENT), 0);

/** A number of the size that addresses have: 4 or 8 bytes. */
const addressBytes = (value: bigint, pe32Plus: boolean): Uint8Array => {
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setBigUint64(0, value, true);
  return new Uint8Array(bytes.buffer, 0, pe32Plus ? 8 : 4);
};

/** IMAGE_OPTIONAL_HEADER32 or 64; CheckSum is still zero. */
export const optionalHeader = (spec: StandIn, content: OptionalHeaderContent): Uint8Array => {
  const { pe32Plus, windows, dllCharacteristics } = MACHINE_FACTS[spec.machine];
  const { sections, headerSize } = content;
  const [text, readOnly, last] = [sections[0]?.rva ?? 0, sections[1]?.rva ?? 0, sections.at(-1)];
  const native = (value: number | bigint): Uint8Array => addressBytes(BigInt(value), pe32Plus);
  const version = concatBytes(...windows.map(u16leBytes));
  const driver = isDriver(spec.kind);
  const sizeOfImage = alignUp((last?.rva ?? 0) + (last?.bytes.length ?? 0), SECTION_ALIGNMENT);
  // WDM_DRIVER for drivers, TERMINAL_SERVER_AWARE for programs.
  const kindFlags = driver ? 0x2000 : spec.kind === 'program' ? 0x8000 : 0;
  return concatBytes(
    u16leBytes(pe32Plus ? 0x020b : 0x010b),
    Uint8Array.of(14, 0), // linker version
    u32leBytes(totalRaw(sections, 0x20)),
    u32leBytes(totalRaw(sections, 0x40)),
    u32leBytes(0),
    u32leBytes(text), // entry point: the first function
    u32leBytes(text), // base of code
    pe32Plus ? new Uint8Array(0) : u32leBytes(readOnly), // base of data
    native(imageBase(spec)),
    u32leBytes(SECTION_ALIGNMENT),
    u32leBytes(FILE_ALIGNMENT),
    version, // operating system
    u32leBytes(0), // image version
    version, // subsystem
    u32leBytes(0),
    u32leBytes(sizeOfImage),
    u32leBytes(headerSize),
    u32leBytes(0), // CheckSum
    u16leBytes(driver ? 1 : spec.kind === 'program' ? 3 : 2),
    u16leBytes(dllCharacteristics | kindFlags),
    ...[driver ? 0x4_0000 : 0x10_0000, 0x1000, 0x10_0000, 0x1000].map(native), // stack and heap: reserve, commit
    u32leBytes(0),
    u32leBytes(DIRECTORIES),
    content.directories,
  );
};

/** IMAGE_SECTION_HEADER. */
export const sectionHeader = ({ name, characteristics, bytes, rva, rawOffset }: PlacedSection): Uint8Array =>
  concatBytes(
    padTo(new Uint8Array(Buffer.from(name, 'latin1')), 8),
    u32leBytes(bytes.length),
    u32leBytes(rva),
    u32leBytes(alignUp(bytes.length, FILE_ALIGNMENT)),
    u32leBytes(rawOffset),
    new Uint8Array(12),
    u32leBytes(characteristics),
  );
