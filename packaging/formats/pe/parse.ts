import { ByteReader } from '../../../core/bytes.ts';
import { WinpvError } from '../../../core/errors.ts';
import { findFlaws } from './flaws.ts';
import { Directory, MACHINES, type PeDirectory, type PeImage, type PeSection } from './model.ts';

export type { PeDirectory, PeFlaw, PeFlawRule, PeImage, PeMachine, PeSection } from './model.ts';

const DOS_SIGNATURE = 0x5a4d;
const NT_SIGNATURE = 0x0000_4550;
const PE32 = 0x010b;
const PE32_PLUS = 0x020b;
/** The loader looks at no more than these. */
const MAX_DIRECTORIES = 16;

/**
 * Whether the content is a PE image for the purpose of choosing a hash: `MZ`, and `PE\0\0` where e_lfanew says.
 * @see spec signing-formats 1.5
 */
export const isPe = (bytes: Uint8Array): boolean => ntHeadersOffset(bytes) !== undefined;

const ntHeadersOffset = (bytes: Uint8Array): number | undefined => {
  if (bytes.length < 64) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint16(0, true) !== DOS_SIGNATURE) return undefined;
  const offset = view.getUint32(0x3c, true);
  return offset <= bytes.length - 4 && view.getUint32(offset, true) === NT_SIGNATURE ? offset : undefined;
};

/**
 * Reads the headers of a PE image; the tables behind them are read by imports.ts and version-resource.ts when asked for.
 *
 * What contradicts itself but can be read is listed in `flaws`; a certificate table that points outside the file or into
 * the image is treated as absent.
 * @param bytes the file, or a beginning of it that all headers are in
 * @param file the name for messages
 * @param size of the file
 * @throws WinpvError PE_NOT_AN_IMAGE without the signatures of DOS, NT and optional header; PE_TRUNCATED inside the headers
 * @see "PE Format" in Microsoft's Win32 documentation; spec signing-formats 3.1
 */
export const parsePe = (bytes: Uint8Array, file: string, size = bytes.length): PeImage => {
  const start = ntHeadersOffset(bytes);
  if (start === undefined) {
    throw new WinpvError('PE_NOT_AN_IMAGE', 'This is not a PE image: the signature MZ or PE is missing.', {
      at: { file, offset: 0 },
    });
  }
  const r = new ByteReader(bytes, { file, truncated: 'PE_TRUNCATED' });
  const coff = readFileHeader(r.seek(start + 4, 'IMAGE_FILE_HEADER'));
  const optional = readOptionalHeader(r, coff.sizeOfOptionalHeader);
  const sectionTableOffset = start + 24 + coff.sizeOfOptionalHeader;
  const sections = readSections(r.seek(sectionTableOffset, 'the section table'), coff.numberOfSections);
  const headers = { ...optional, sections, size, sectionTableOffset };
  const { flaws, certificateTable } = findFlaws(headers);
  const { numberOfRvaAndSizes: _n, directoriesOffset: _d, ...fields } = optional;
  return {
    bytes,
    size,
    file,
    machine: MACHINES.find(([code]) => code === coff.machineCode)?.[1] ?? 'other',
    machineCode: coff.machineCode,
    timeDateStamp: coff.timeDateStamp,
    characteristics: coff.characteristics,
    ...fields,
    sections,
    certificateTable,
    flaws,
  };
};

/** IMAGE_FILE_HEADER. */
const readFileHeader = (r: ByteReader) => {
  const machineCode = r.u16le('FileHeader.Machine');
  const numberOfSections = r.u16le('FileHeader.NumberOfSections');
  const timeDateStamp = r.u32le('FileHeader.TimeDateStamp');
  r.skip(8, 'FileHeader.PointerToSymbolTable');
  const sizeOfOptionalHeader = r.u16le('FileHeader.SizeOfOptionalHeader');
  const characteristics = r.u16le('FileHeader.Characteristics');
  return { machineCode, numberOfSections, timeDateStamp, sizeOfOptionalHeader, characteristics };
};

/** IMAGE_OPTIONAL_HEADER32 or 64, data directories included. */
const readOptionalHeader = (r: ByteReader, size: number) => {
  const start = r.offset;
  const magic = r.u16le('OptionalHeader.Magic');
  if (magic !== PE32 && magic !== PE32_PLUS) {
    throw new WinpvError('PE_NOT_AN_IMAGE', `The optional header's magic 0x${magic.toString(16)} is no image's.`, {
      at: { file: r.options.file, offset: start },
    });
  }
  const pe32Plus = magic === PE32_PLUS;
  const u32At = (offset: number, field: string): number => r.seek(start + offset, field).u32le(field);
  const u16At = (offset: number, field: string): number => r.seek(start + offset, field).u16le(field);
  const directoriesOffset = start + (pe32Plus ? 112 : 96);
  const numberOfRvaAndSizes = u32At(pe32Plus ? 108 : 92, 'OptionalHeader.NumberOfRvaAndSizes');
  // Entries that reach into the section table are not entries: flaws.ts reports them.
  const room = Math.max(0, Math.floor((start + size - directoriesOffset) / 8));
  const count = Math.min(numberOfRvaAndSizes, MAX_DIRECTORIES, room);
  return {
    pe32Plus,
    entryPoint: u32At(16, 'OptionalHeader.AddressOfEntryPoint'),
    imageBase: pe32Plus
      ? r.seek(start + 24, 'OptionalHeader.ImageBase').u64le('OptionalHeader.ImageBase')
      : BigInt(u32At(28, 'OptionalHeader.ImageBase')),
    sectionAlignment: u32At(32, 'OptionalHeader.SectionAlignment'),
    fileAlignment: u32At(36, 'OptionalHeader.FileAlignment'),
    sizeOfImage: u32At(56, 'OptionalHeader.SizeOfImage'),
    sizeOfHeaders: u32At(60, 'OptionalHeader.SizeOfHeaders'),
    checksum: u32At(64, 'OptionalHeader.CheckSum'),
    checksumOffset: start + 64,
    subsystem: u16At(68, 'OptionalHeader.Subsystem'),
    dllCharacteristics: u16At(70, 'OptionalHeader.DllCharacteristics'),
    directories: readDirectories(r.seek(directoriesOffset, 'OptionalHeader.DataDirectory'), count),
    certificateDirectoryOffset:
      count > Directory.certificate ? directoriesOffset + 8 * Directory.certificate : undefined,
    directoriesOffset,
    numberOfRvaAndSizes,
  };
};

const readDirectories = (r: ByteReader, count: number): PeDirectory[] =>
  Array.from({ length: count }, () => ({
    rva: r.u32le('DataDirectory.VirtualAddress'),
    size: r.u32le('DataDirectory.Size'),
  }));

/** IMAGE_SECTION_HEADER, 40 bytes each. */
const readSections = (r: ByteReader, count: number): PeSection[] =>
  Array.from({ length: count }, () => {
    const name = sectionName(r.take(8, 'SectionHeader.Name'));
    const virtualSize = r.u32le('SectionHeader.VirtualSize');
    const virtualAddress = r.u32le('SectionHeader.VirtualAddress');
    const rawSize = r.u32le('SectionHeader.SizeOfRawData');
    const rawOffset = r.u32le('SectionHeader.PointerToRawData');
    r.skip(12, 'SectionHeader.PointerToRelocations');
    const characteristics = r.u32le('SectionHeader.Characteristics');
    return { name, virtualAddress, virtualSize, rawOffset, rawSize, characteristics };
  });

const sectionName = (bytes: Uint8Array): string => {
  const end = bytes.indexOf(0);
  return String.fromCharCode(...bytes.subarray(0, end < 0 ? bytes.length : end));
};
