import { ByteReader, concatBytes, u16leBytes, u32leBytes } from '../../../core/bytes.ts';
import { WinpvError } from '../../../core/errors.ts';
import type { FourPartVersion } from '../../../core/version.ts';
import type { PeImage } from './model.ts';
import { versionResources } from './resources.ts';

/** The fields of VS_FIXEDFILEINFO that say something; the file date, which nothing sets, is zero. */
export interface FixedFileInfo {
  readonly fileVersion: FourPartVersion;
  readonly productVersion: FourPartVersion;
  /** 1 program (VFT_APP), 2 library (VFT_DLL), 3 driver (VFT_DRV). */
  readonly fileType: number;
  /** For a driver: 7 system (VFT2_DRV_SYSTEM), 6 network, and so on. */
  readonly fileSubtype: number;
  /** 1 debug, 2 pre-release, 4 patched, 8 private, 0x20 special build; already masked by dwFileFlagsMask. */
  readonly fileFlags: number;
  /** 0x40004 Windows NT (VOS_NT_WINDOWS32). */
  readonly fileOs: number;
}

/** One StringTable: a language identifier such as 0x0409, a code page such as 1200, and the strings by name. */
export interface VersionStrings {
  readonly language: number;
  readonly codepage: number;
  readonly values: Readonly<Record<string, string>>;
}

export interface VersionResource {
  readonly fixed: FixedFileInfo;
  readonly strings: readonly VersionStrings[];
}

export const FileType = { program: 1, library: 2, driver: 3 } as const;
export const DriverSubtype = { system: 7 } as const;
export const FileOs = { windowsNt: 0x0004_0004 } as const;

const SIGNATURE = 0xfeef_04bd;
const STRUCTURE_VERSION = 0x0001_0000;
const FLAGS_MASK = 0x3f;
const FIXED_SIZE = 52;

/**
 * The version resource of an image. Strings of several resource languages are joined, in directory order; the fixed
 * part is the first one's.
 * @returns undefined when the image has none
 * @throws WinpvError PE_MALFORMED, PE_TRUNCATED or PE_TOO_COMPLEX
 */
export const parseVersionResource = (image: PeImage): VersionResource | undefined => {
  const [first, ...others] = versionResources(image).map(({ bytes, offset }) =>
    parseVersionInfo(bytes, { file: image.file, base: offset }),
  );
  if (first === undefined) return undefined;
  return { fixed: first.fixed, strings: [first, ...others].flatMap(({ strings }) => strings) };
};

/** One block: `wLength, wValueLength, wType, szKey, padding, Value, padding, Children`, all aligned to 32 bits. */
interface Block {
  readonly key: string;
  /** Offset of the value in the resource, aligned. */
  readonly value: number;
  /** In bytes, or in 16-bit units where the value is text. */
  readonly valueLength: number;
  /** Where the block ends; not aligned. */
  readonly end: number;
}

const aligned = (offset: number): number => (offset + 3) & ~3;

/**
 * Reads VS_VERSIONINFO.
 * @param at the file and the offset of the bytes in it, for messages
 * @throws WinpvError PE_MALFORMED or PE_TRUNCATED
 * @see VS_VERSIONINFO, StringFileInfo, StringTable, String in Microsoft's Win32 documentation
 */
export const parseVersionInfo = (
  bytes: Uint8Array,
  at: { readonly file: string; readonly base: number },
): VersionResource => {
  const r = new ByteReader(bytes, { ...at, truncated: 'PE_TRUNCATED' });
  const root = readBlock(r, 0, bytes.length);
  if (root === undefined || root.key !== 'VS_VERSION_INFO' || root.valueLength < FIXED_SIZE) {
    throw malformed(r, 0, 'The version resource is no VS_VERSION_INFO with a fixed part.');
  }
  const fixed = readFixed(r, root.value);
  const strings = childrenOf(r, root.value + root.valueLength, root.end)
    .filter(({ key }) => key === 'StringFileInfo')
    .flatMap((info) => childrenOf(r, info.value, info.end))
    .flatMap((table) => readStringTable(r, table));
  return { fixed, strings };
};

const malformed = (r: ByteReader, offset: number, message: string): WinpvError =>
  new WinpvError('PE_MALFORMED', message, { at: { file: r.options.file, offset: (r.options.base ?? 0) + offset } });

/** The block at an offset; undefined where only padding is left. */
const readBlock = (r: ByteReader, start: number, limit: number): Block | undefined => {
  if (start + 6 > limit) return undefined;
  r.seek(start, 'a version block');
  const length = r.u16le('wLength');
  if (length === 0) return undefined;
  const valueLength = r.u16le('wValueLength');
  r.skip(2, 'wType');
  const end = start + length;
  if (length < 8 || end > limit) throw malformed(r, start, `A version block claims ${length} bytes.`);
  const key = readText(r, end);
  return { key, value: Math.min(aligned(r.offset), end), valueLength, end };
};

const childrenOf = (r: ByteReader, start: number, end: number): Block[] => {
  const children: Block[] = [];
  for (let at = aligned(start); ; ) {
    const child = readBlock(r, at, end);
    if (child === undefined) return children;
    children.push(child);
    at = aligned(child.end);
  }
};

/** UTF-16LE text up to a NUL, which is consumed, or up to the end. */
const readText = (r: ByteReader, end: number): string => {
  const start = r.offset;
  const available = r.bytes.subarray(start, start + ((end - start) & ~1));
  const text = Buffer.from(available.buffer, available.byteOffset, available.length).toString('utf16le');
  const length = text.indexOf('\0');
  r.skip(length < 0 ? available.length : 2 * length + 2, 'a version string');
  return length < 0 ? text : text.slice(0, length);
};

/** VS_FIXEDFILEINFO. Versions are stored as two 32-bit numbers, the more significant part first. */
const readFixed = (r: ByteReader, offset: number): FixedFileInfo => {
  if (r.seek(offset, 'VS_FIXEDFILEINFO').u32le('dwSignature') !== SIGNATURE) {
    throw malformed(r, offset, 'VS_FIXEDFILEINFO has not its signature.');
  }
  r.skip(4, 'dwStrucVersion');
  const version = (field: string): FourPartVersion => {
    const [high, low] = [r.u32le(field), r.u32le(field)];
    return [high >>> 16, high & 0xffff, low >>> 16, low & 0xffff];
  };
  const fileVersion = version('dwFileVersion');
  const productVersion = version('dwProductVersion');
  const mask = r.u32le('dwFileFlagsMask');
  const fileFlags = (r.u32le('dwFileFlags') & mask) >>> 0;
  const fileOs = r.u32le('dwFileOS');
  const fileType = r.u32le('dwFileType');
  return { fileVersion, productVersion, fileType, fileSubtype: r.u32le('dwFileSubtype'), fileFlags, fileOs };
};

const readStringTable = (r: ByteReader, table: Block): VersionStrings[] => {
  const key = /^([0-9a-f]{4})([0-9a-f]{4})$/i.exec(table.key);
  if (key === null) throw malformed(r, table.value, `"${table.key}" is no language and code page.`);
  const entries = childrenOf(r, table.value, table.end).map(({ key: name, value, valueLength, end }) => {
    // wValueLength counts characters or, from some compilers, bytes: the NUL decides.
    const text = valueLength === 0 ? '' : readText(r.seek(value, name), end);
    return [name, text] as const;
  });
  const [language, codepage] = [key[1] ?? '', key[2] ?? ''].map((digits) => Number.parseInt(digits, 16));
  return [{ language: language ?? 0, codepage: codepage ?? 0, values: Object.fromEntries(entries) }];
};

/**
 * VS_VERSIONINFO with StringFileInfo, and VarFileInfo naming the same languages, as the resource compiler lays it out.
 * Strings must not contain NUL. Strings stand in the order of the object's keys.
 */
export const encodeVersionResource = (resource: VersionResource): Uint8Array => {
  const tables = resource.strings.map(({ language, codepage, values }) =>
    parentBlock(
      hex4(language) + hex4(codepage),
      Object.entries(values).map(([name, value]) => stringBlock(name, value)),
    ),
  );
  const translations = concatBytes(
    ...resource.strings.flatMap(({ language, codepage }) => [u16leBytes(language), u16leBytes(codepage)]),
  );
  const children =
    tables.length === 0
      ? []
      : [
          parentBlock('StringFileInfo', tables),
          parentBlock('VarFileInfo', [block('Translation', { text: false, value: translations, children: [] })]),
        ];
  return block('VS_VERSION_INFO', { text: false, value: encodeFixed(resource.fixed), children });
};

const hex4 = (value: number): string => value.toString(16).padStart(4, '0');

const encodeFixed = (fixed: FixedFileInfo): Uint8Array => {
  const version = ([a, b, c, d]: FourPartVersion): Uint8Array =>
    concatBytes(u16leBytes(b), u16leBytes(a), u16leBytes(d), u16leBytes(c));
  return concatBytes(
    u32leBytes(SIGNATURE),
    u32leBytes(STRUCTURE_VERSION),
    version(fixed.fileVersion),
    version(fixed.productVersion),
    u32leBytes(FLAGS_MASK),
    u32leBytes(fixed.fileFlags),
    u32leBytes(fixed.fileOs),
    u32leBytes(fixed.fileType),
    u32leBytes(fixed.fileSubtype),
    new Uint8Array(8),
  );
};

interface BlockContent {
  readonly text: boolean;
  readonly value: Uint8Array;
  readonly children: readonly Uint8Array[];
}

const parentBlock = (key: string, children: readonly Uint8Array[]): Uint8Array =>
  block(key, { text: true, value: new Uint8Array(0), children });

const stringBlock = (name: string, value: string): Uint8Array =>
  block(name, { text: true, value: textBytes(value), children: [] });

const textBytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(`${text}\0`, 'utf16le'));

/** A block; its own length leaves out the padding after it, which its parent adds before the next one. */
const block = (key: string, { text, value, children }: BlockContent): Uint8Array => {
  const keyBytes = textBytes(key);
  const parts: Uint8Array[] = [keyBytes, padding(6 + keyBytes.length), value];
  let length = aligned(6 + keyBytes.length) + value.length;
  for (const child of children) {
    parts.push(padding(length), child);
    length = aligned(length) + child.length;
  }
  if (length > 0xffff) {
    throw new WinpvError('PE_TOO_COMPLEX', `The version resource would have ${length} bytes; a block holds 65,535.`);
  }
  const valueLength = text ? value.length / 2 : value.length;
  return concatBytes(u16leBytes(length), u16leBytes(valueLength), u16leBytes(text ? 1 : 0), ...parts);
};

const padding = (offset: number): Uint8Array => new Uint8Array(aligned(offset) - offset);
