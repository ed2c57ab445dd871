import type { Stop } from './header.ts';

const MAX_RECORDS = 1024;
/** More digits than the length of any record has. */
const MAX_LENGTH_DIGITS = 8;
const BLANK = 0x20;
const EQUALS = 0x3d;
const LINE_END = 0x0a;

/**
 * Records of a pax header: `LENGTH KEY=VALUE\n`, the length counting all of it. Values stay bytes; the last of a key holds.
 * @throws WinpvError TAR_MALFORMED
 * @see POSIX.1-2001 pax, "pax Extended Header"
 */
export const parsePax = (bytes: Uint8Array, stop: Stop): ReadonlyMap<string, Uint8Array> => {
  const records = new Map<string, Uint8Array>();
  let at = 0;
  for (let count = 0; at < bytes.length; count += 1) {
    if (count === MAX_RECORDS) throw stop('TAR_MALFORMED', `An extended header has more than ${MAX_RECORDS} records.`);
    const blank = bytes.subarray(at, at + MAX_LENGTH_DIGITS + 1).indexOf(BLANK);
    const digits = Buffer.from(bytes.subarray(at, at + Math.max(0, blank))).toString('latin1');
    const length = /^[1-9]\d*$/.test(digits) ? Number(digits) : 0;
    const end = at + length;
    const equals = bytes.subarray(at + blank + 1, end).indexOf(EQUALS);
    if (length === 0 || end > bytes.length || bytes[end - 1] !== LINE_END || equals < 1) {
      throw stop('TAR_MALFORMED', 'An extended header has a record of no known form.');
    }
    const start = at + blank + 1;
    const key = Buffer.from(bytes.subarray(start, start + equals)).toString('latin1');
    records.set(key, bytes.subarray(start + equals + 1, end - 1));
    at = end;
  }
  return records;
};
