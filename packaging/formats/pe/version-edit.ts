import { ByteReader, concatBytes, u16leBytes } from '../../../core/bytes.ts';
import { WinpvError } from '../../../core/errors.ts';
import type { FourPartVersion } from '../../../core/version.ts';

/** What version resources are made to say; all else stays as it is. */
export interface VersionChange {
  readonly fileVersion: FourPartVersion;
  readonly productVersion: FourPartVersion;
  /** By name, which is compared without case. A table that lacks a name gets it at its end. */
  readonly strings: ReadonlyMap<string, string>;
}

interface Place {
  readonly file: string;
  /** Offset of the resource in the file, for messages. */
  readonly base: number;
}

/** One block of a version resource: where its parts are, aligned as they stand. */
interface Block {
  readonly start: number;
  readonly key: string;
  readonly valueStart: number;
  /** As stored: bytes, or 16-bit units where the value is text. */
  readonly valueLength: number;
  readonly end: number;
}

const FIXED_SIZE = 52;
const SIGNATURE = 0xfeef_04bd;
/** Where VS_FIXEDFILEINFO has its versions. */
const FILE_VERSION = 8;
const PRODUCT_VERSION = 16;
const MAX_BLOCK = 0xffff;

const aligned = (offset: number): number => (offset + 3) & ~3;
const textBytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(`${text}\0`, 'utf16le'));

/**
 * VS_VERSIONINFO with other versions and strings: in every StringTable of every StringFileInfo, whatever its language and
 * code page. Blocks that do not change are copied as they stand, so that what another compiler wrote in another way stays
 * so: order, code pages, strings of other names, VarFileInfo, flags, dates.
 * @returns the same bytes when they say all that already
 * @throws WinpvError PE_MALFORMED or PE_TRUNCATED for what is no version resource; PE_TOO_COMPLEX when a block would hold
 *   more than 65,535 bytes
 */
export const editVersionInfo = (bytes: Uint8Array, place: Place, change: VersionChange): Uint8Array => {
  const source: Source = { bytes, place, r: new ByteReader(bytes, { ...place, truncated: 'PE_TRUNCATED' }) };
  const root = blockAt(source, 0, bytes.length);
  if (root === undefined || root.key !== 'VS_VERSION_INFO') {
    throw malformed(source, 0, 'The version resource is no VS_VERSION_INFO.');
  }
  const edited = editRoot(source, root, change);
  const rest = bytes.subarray(root.end);
  if (same(edited, bytes.subarray(0, root.end))) return bytes;
  // What follows the structure is filling, or a scratch area of the linker's.
  return rest.every((octet) => octet === 0) ? edited : concatBytes(edited, padding(edited.length), rest);
};

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
const padding = (length: number): Uint8Array => new Uint8Array(aligned(length) - length);

const versionBytes = ([a, b, c, d]: FourPartVersion): Uint8Array =>
  concatBytes(u16leBytes(b), u16leBytes(a), u16leBytes(d), u16leBytes(c));

/** The resource, and where it is for messages. */
interface Source {
  readonly bytes: Uint8Array;
  readonly r: ByteReader;
  readonly place: Place;
}

const malformed = ({ place }: Source, offset: number, message: string): WinpvError =>
  new WinpvError('PE_MALFORMED', message, { at: { file: place.file, offset: place.base + offset } });

/** UTF-16LE text from an offset up to a NUL or to the end. */
const textAt = ({ bytes }: Source, start: number, end: number): string => {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, (end - start) & ~1).toString('utf16le');
  const nul = text.indexOf('\0');
  return nul < 0 ? text : text.slice(0, nul);
};

/** The block at an offset; undefined where only filling is left. */
const blockAt = (source: Source, start: number, limit: number): Block | undefined => {
  if (start + 6 > limit) return undefined;
  const length = source.r.seek(start, 'a version block').u16le('wLength');
  if (length === 0) return undefined;
  const valueLength = source.r.u16le('wValueLength');
  const end = start + length;
  if (length < 8 || end > limit) throw malformed(source, start, `A version block claims ${length} bytes.`);
  const key = textAt(source, start + 6, end);
  return { start, key, valueStart: Math.min(aligned(start + 6 + 2 * (key.length + 1)), end), valueLength, end };
};

const childrenOf = (source: Source, start: number, end: number): readonly Block[] => {
  const found: Block[] = [];
  for (let at = aligned(start); ; ) {
    const child = blockAt(source, at, end);
    if (child === undefined) return found;
    found.push(child);
    at = aligned(child.end);
  }
};

const raw = ({ bytes }: Source, { start, end }: Block): Uint8Array => bytes.subarray(start, end);

const editRoot = (source: Source, root: Block, change: VersionChange): Uint8Array => {
  const { valueStart: fixed, start, end } = root;
  const valueEnd = fixed + root.valueLength;
  const holds = root.valueLength >= FIXED_SIZE && valueEnd <= end;
  if (!holds || source.r.seek(fixed, 'VS_FIXEDFILEINFO').u32le('dwSignature') !== SIGNATURE) {
    throw malformed(source, fixed, 'The version resource has no VS_FIXEDFILEINFO.');
  }
  const head = source.bytes.slice(start, valueEnd);
  head.set(versionBytes(change.fileVersion), fixed - start + FILE_VERSION);
  head.set(versionBytes(change.productVersion), fixed - start + PRODUCT_VERSION);
  const children = childrenOf(source, valueEnd, end);
  const edited = children.map((child) =>
    child.key === 'StringFileInfo' ? editStringInfo(source, child, change) : raw(source, child),
  );
  if (!isUnchanged(source, children, edited)) return joined(head, edited);
  const whole = source.bytes.slice(start, end);
  whole.set(head);
  return whole;
};

const editStringInfo = (source: Source, info: Block, change: VersionChange): Uint8Array => {
  const tables = childrenOf(source, info.valueStart, info.end);
  return parent(source, info, { before: tables, after: tables.map((table) => editTable(source, table, change)) });
};

const editTable = (source: Source, table: Block, { strings }: VersionChange): Uint8Array => {
  const entries = childrenOf(source, table.valueStart, table.end);
  const wanted = new Map([...strings].map(([name, value]) => [name.toLowerCase(), { name, value }]));
  const missing = new Map(wanted);
  const edited = entries.map((entry) => {
    const to = wanted.get(entry.key.toLowerCase());
    missing.delete(entry.key.toLowerCase());
    const text = entry.valueLength === 0 ? '' : textAt(source, entry.valueStart, entry.end);
    return to === undefined || to.value === text ? raw(source, entry) : stringBlock(entry.key, to.value);
  });
  const added = [...missing.values()].map(({ name, value }) => stringBlock(name, value));
  return parent(source, table, { before: entries, after: [...edited, ...added] });
};

const isUnchanged = (source: Source, before: readonly Block[], after: readonly Uint8Array[]): boolean =>
  before.length === after.length && before.every((child, i) => same(raw(source, child), after[i] ?? NOTHING));

/** A block without a value, with other children; as it stands when none has changed. */
const parent = (
  source: Source,
  block: Block,
  { before, after }: { readonly before: readonly Block[]; readonly after: readonly Uint8Array[] },
): Uint8Array =>
  isUnchanged(source, before, after)
    ? raw(source, block)
    : joined(source.bytes.slice(block.start, block.valueStart), after);

/** A head (length, key, value) and children, each aligned; the head's length is made right. */
const joined = (head: Uint8Array, children: readonly Uint8Array[]): Uint8Array => {
  const parts: Uint8Array[] = [head];
  let length = head.length;
  for (const child of children) {
    parts.push(padding(length), child);
    length = aligned(length) + child.length;
  }
  const whole = concatBytes(...parts);
  whole.set(u16leBytes(checkedLength(length)), 0);
  return whole;
};

const NOTHING = new Uint8Array(0);

const checkedLength = (length: number): number => {
  if (length <= MAX_BLOCK) return length;
  throw new WinpvError('PE_TOO_COMPLEX', `The version resource would have ${length} bytes; a block holds 65,535.`);
};

/** A String: its value counted in 16-bit units, as Microsoft's compiler does. */
const stringBlock = (name: string, value: string): Uint8Array => {
  const key = textBytes(name);
  const text = textBytes(value);
  const valueStart = aligned(6 + key.length);
  const length = checkedLength(valueStart + text.length);
  const block = new Uint8Array(length);
  block.set(u16leBytes(length), 0);
  block.set(u16leBytes(text.length / 2), 2);
  block.set(u16leBytes(1), 4);
  block.set(key, 6);
  block.set(text, valueStart);
  return block;
};
