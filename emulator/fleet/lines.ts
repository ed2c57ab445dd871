import { shownText } from '../../core/spelling.ts';
import { checkedId, NoMachine } from './machine.ts';

/** A line of a fleet as it stands in a block of the file: no copy is made of what was seen before. */
export interface FleetLine {
  /** From 1. */
  readonly line: number;
  readonly bytes: Buffer;
  readonly start: number;
  /** The byte after the last. */
  readonly end: number;
}

/** Most bytes of a line; a machine with a thousand devices has fewer. */
export const MAX_LINE_BYTES = 1024 * 1024;

export const isTooLong = ({ start, end }: FleetLine): boolean => end - start > MAX_LINE_BYTES;

const NEW_LINE = 0x0a;
const TAB = 0x09;
const RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BRACE = 0x7b;
const BACKSLASH = 0x5c;
const MARK = Buffer.from([0xef, 0xbb, 0xbf]);

const isBlank = (bytes: Buffer, start: number, end: number): boolean => {
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte !== SPACE && byte !== TAB && byte !== RETURN) return false;
  }
  return true;
};

/**
 * The lines of a file that comes in blocks, each told while its block is there; blank ones are left out, and counted. Memory is
 * bounded by the longest line that can be a machine.
 */
export async function* fleetLines(blocks: AsyncIterable<Uint8Array>): AsyncGenerator<FleetLine[], void> {
  let line = 0;
  let rest: Buffer | undefined;
  const cut = (bytes: Buffer, from: number, to: number): FleetLine | undefined => {
    line += 1;
    const start = line === 1 && bytes.subarray(from, from + 3).equals(MARK) ? from + 3 : from;
    const end = to > start && bytes[to - 1] === RETURN ? to - 1 : to;
    return isBlank(bytes, start, end) ? undefined : { line, bytes, start, end };
  };
  for await (const block of blocks) {
    const bytes = Buffer.from(block.buffer, block.byteOffset, block.length);
    const found: FleetLine[] = [];
    let start = 0;
    for (let end = bytes.indexOf(NEW_LINE); end >= 0; end = bytes.indexOf(NEW_LINE, start)) {
      const one =
        rest === undefined
          ? cut(bytes, start, end)
          : cut(Buffer.concat([rest, bytes.subarray(0, end)]), 0, rest.length + end);
      if (one !== undefined) found.push(one);
      rest = undefined;
      start = end + 1;
    }
    if (start < bytes.length) {
      // Of a line that is too long only so much is kept as shows that it is.
      const kept: readonly Buffer[] = rest === undefined ? [] : [rest];
      rest = (rest?.length ?? 0) > MAX_LINE_BYTES ? rest : Buffer.concat([...kept, bytes.subarray(start)]);
    }
    yield found;
  }
  const last = rest === undefined ? undefined : cut(rest, 0, rest.length);
  if (last !== undefined) yield [last];
}

/** Text of bytes that are UTF-8. @throws NoMachine */
const decoded = (bytes: Buffer): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new NoMachine('The line is no UTF-8.');
  }
};

/** A machine's id, and where the rest of its line begins. */
export interface SplitLine {
  readonly id: string;
  /** From here to the end of the line stands all else of the machine, but for the brace before it. */
  readonly rest: number;
}

const LAST_ASCII = 0x7f;
const ID_KEY = Buffer.from('"id"');

/** Past the blanks that JSON allows between its parts, and past one mark if it comes next; -1 when it does not. */
const past = (bytes: Buffer, from: number, mark: number): number => {
  let at = from;
  while (bytes[at] === SPACE || bytes[at] === TAB) at += 1;
  return bytes[at] === mark ? at + 1 : -1;
};

/** Where the text of the id begins in a line that begins with it; -1 in any other. */
const idStart = (bytes: Buffer, start: number): number => {
  const open = past(bytes, start, BRACE);
  const key = open < 0 ? -1 : past(bytes, open, QUOTE) - 1;
  if (key < 0 || bytes.compare(ID_KEY, 0, ID_KEY.length, key, key + ID_KEY.length) !== 0) return -1;
  const colon = past(bytes, key + ID_KEY.length, COLON);
  return colon < 0 ? -1 : past(bytes, colon, QUOTE);
};

/**
 * The id and the rest of a line that begins with its id, as programs write it; undefined for any other, which has to be read
 * whole. That no second `id` follows, whoever reads the rest has to look.
 */
export const splitLine = ({ bytes, start, end }: FleetLine): SplitLine | undefined => {
  const begin = idStart(bytes, start);
  if (begin < 0) return undefined;
  let at = begin;
  let isAscii = true;
  for (; at < end && bytes[at] !== QUOTE; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === BACKSLASH || byte < SPACE) return undefined;
    if (byte > LAST_ASCII) isAscii = false;
  }
  const rest = past(bytes, at + 1, COMMA);
  if (at >= end || rest < 0 || rest > end) return undefined;
  const id = isAscii ? bytes.toString('latin1', begin, at) : decoded(bytes.subarray(begin, at));
  return { id: checkedId(id), rest };
};

/** JSON of a part of a line. @throws NoMachine */
export const parsedJson = (bytes: Buffer, before = ''): unknown => {
  const text = before + decoded(bytes);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new NoMachine(
      `The line is no JSON: ${error instanceof Error ? shownText(error.message) : 'it cannot be read'}.`,
    );
  }
};
