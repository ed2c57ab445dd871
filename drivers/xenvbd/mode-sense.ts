import { type Srb, type SrbResult, srbDone } from '../storage.ts';
import type { DiskFacts } from './disk-facts.ts';

const CACHING = 0x08;
const EXCEPTIONS = 0x1c;
const ALL = 0x3f;

/** A mode page; its length byte is that of the whole structure, two more than the standard has (spec xen-pv 4.4). */
const modePage = (code: number, length: number, third: number): Uint8Array => {
  const bytes = new Uint8Array(length);
  bytes.set([code, length, third]);
  return bytes;
};

const WRITE_PROTECTED = 0x80;
const DBD = 0x08;

/** MODE SENSE(6) and (10): write protection, a block descriptor of zeros unless DBD, caching, informational exceptions. */
export const modeSense = ({ cdb, data }: Srb, { info, flush }: DiskFacts): SrbResult => {
  const isLong = cdb[0] === 0x5a;
  const wanted = (cdb[2] ?? 0) & 0x3f;
  const described = ((cdb[1] ?? 0) & DBD) === 0 ? 8 : 0;
  const pages = [
    ...(wanted === CACHING || wanted === ALL ? [modePage(CACHING, 20, flush ? 4 : 0)] : []),
    ...(wanted === EXCEPTIONS || wanted === ALL ? [modePage(EXCEPTIONS, 12, 8)] : []),
  ];
  const header = isLong ? 8 : 4;
  const answer = new Uint8Array(header + described + pages.reduce((sum, { length }) => sum + length, 0));
  const specific = (info & 4) !== 0 ? WRITE_PROTECTED : 0;
  if (isLong) answer.set([0, answer.length - 2, 0, specific, 0, 0, 0, described]);
  else answer.set([answer.length - 1, 0, specific, described]);
  let at = header + described;
  for (const one of pages) {
    answer.set(one, at);
    at += one.length;
  }
  data.set(answer.subarray(0, data.length));
  return srbDone(Math.min(answer.length, data.length));
};
