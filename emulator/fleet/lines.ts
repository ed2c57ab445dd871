import { checkedId, NoMachine } from './machine.ts';

/** A line of a fleet, taken apart without reading it all. */
export interface FleetLine {
  /** From 1. */
  readonly line: number;
  /** Bytes of the line as Latin-1 text: equal text is equal bytes. */
  readonly text: string;
}

/** Most bytes of a line; a machine with a thousand devices has fewer. */
export const MAX_LINE_BYTES = 1024 * 1024;

/** A line that is longer than a machine can be: its beginning stands for it. */
export const isTooLong = ({ text }: FleetLine): boolean => text.length > MAX_LINE_BYTES;

const NEW_LINE = 0x0a;

/** The lines of a file that comes in blocks; empty ones are left out and counted. Memory is bounded by the longest line. */
export async function* fleetLines(blocks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly FleetLine[], void> {
  let line = 0;
  let rest = '';
  const cut = (text: string): FleetLine | undefined => {
    line += 1;
    const clean = text.endsWith('\r') ? text.slice(0, -1) : text;
    const begun = line === 1 && clean.startsWith('\u00ef\u00bb\u00bf') ? clean.slice(3) : clean;
    return begun.trim() === '' ? undefined : { line, text: begun };
  };
  for await (const block of blocks) {
    const bytes = Buffer.from(block.buffer, block.byteOffset, block.length);
    const found: FleetLine[] = [];
    let start = 0;
    for (let end = bytes.indexOf(NEW_LINE); end >= 0; end = bytes.indexOf(NEW_LINE, start)) {
      const own = bytes.toString('latin1', start, end);
      const one = cut(rest === '' ? own : rest + own);
      if (one !== undefined) found.push(one);
      rest = '';
      start = end + 1;
    }
    // Of a line that is too long only so much is kept as shows it.
    if (rest.length <= MAX_LINE_BYTES) rest += bytes.toString('latin1', start);
    yield found;
  }
  const last = rest === '' ? undefined : cut(rest);
  if (last !== undefined) yield [last];
}

/** The text of Latin-1 bytes that are UTF-8. @throws NoMachine */
export const decoded = (latin1: string): string => {
  if (!/[\u0080-\u00ff]/.test(latin1)) return latin1;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(latin1, 'latin1'));
  } catch {
    throw new NoMachine('The line is no UTF-8.');
  }
};

/** A machine's id and all else of its line. */
export interface SplitLine {
  readonly id: string;
  /** JSON of the machine without its id; equal text is an equal machine. */
  readonly rest: string;
}

const HEAD = '{"id":"';

/**
 * The id and the rest of a line that begins with its id, as programs write it; undefined for any other, which has to be read
 * whole. That no second `id` follows, whoever reads the rest has to look.
 */
export const splitLine = (text: string): SplitLine | undefined => {
  if (!text.startsWith(HEAD)) return undefined;
  const end = text.indexOf('"', HEAD.length);
  if (end < 0 || text.charCodeAt(end + 1) !== 0x2c) return undefined;
  const id = text.slice(HEAD.length, end);
  if (id.includes('\\')) return undefined;
  return { id: checkedId(decoded(id)), rest: text.slice(end + 2) };
};

/** A line as JSON. @throws NoMachine */
export const parsedLine = (text: string): unknown => {
  try {
    return JSON.parse(decoded(text));
  } catch (error) {
    if (error instanceof NoMachine) throw error;
    throw new NoMachine(`The line is no JSON: ${error instanceof Error ? error.message : 'it cannot be read'}.`);
  }
};
