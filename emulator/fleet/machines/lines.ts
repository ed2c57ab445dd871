import { shownText } from '../../../core/spelling.ts';
import { idAmong, leadingId } from './line-id.ts';
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

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text of bytes that are UTF-8. @throws NoMachine */
const decoded = (bytes: Buffer): string => {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    throw new NoMachine('The line is no UTF-8.');
  }
};

/** A machine's id, and what makes its line equal to another one's but for it. */
export interface SplitLine {
  readonly id: string;
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  /** JSON of the machine as it stands there, with `before` in front; an `id` that it may have is empty. */
  readonly before: '{' | '';
}

/**
 * The id of a line and the rest, without reading it all; undefined for a line that has to be read whole. A line that begins with
 * its id is not copied: that no second `id` follows, whoever reads the rest has to look.
 */
export const splitLine = ({ bytes, start, end }: FleetLine): SplitLine | undefined => {
  const leading = leadingId(bytes, start, end);
  const span = leading?.span ?? idAmong(bytes, start, end);
  if (span === undefined) return undefined;
  const id = checkedId(decoded(bytes.subarray(span.from, span.to)));
  if (leading !== undefined) return { id, bytes, start: leading.rest, end, before: '{' };
  const rest = Buffer.concat([bytes.subarray(start, span.from), bytes.subarray(span.to, end)]);
  return { id, bytes: rest, start: 0, end: rest.length, before: '' };
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
