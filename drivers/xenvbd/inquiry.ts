import type { Machine } from '../behaviour.ts';
import type { Srb, SrbResult } from '../storage.ts';
import { srbDone, srbFailed } from '../storage.ts';
import type { DiskFacts } from './disk-facts.ts';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

/** 36 bytes of a disk that queues commands: XENSRC, PVDISK, 2.0 (spec xen-pv 4.2, 4.4). */
export const standardInquiry = ({ info, removable }: DiskFacts): Uint8Array => {
  const bytes = new Uint8Array(36);
  // A disk that may not be written is of the type of read-only direct access devices.
  bytes[0] = (info & 4) !== 0 ? 0x0e : 0;
  bytes[1] = (info & 3) !== 0 || removable ? 0x80 : 0;
  bytes.set([4, 2, 32 - 1], 2);
  bytes[7] = 2;
  bytes.set(ascii('XENSRC  PVDISK          2.0 '), 8);
  return bytes;
};

const page = (code: number, body: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(4 + body.length);
  bytes.set([0, code, body.length >>> 8, body.length & 0xff]);
  bytes.set(body, 4);
  return bytes;
};

/** A page that the backend brings itself, as base64 of all of it. */
const ofBackend = (machine: Machine, vbd: number, code: string): Uint8Array | undefined => {
  const backend = machine.storeRead(`device/vbd/${vbd}/backend`) ?? '';
  const text = machine.storeRead(`${backend}/sm-data/scsi/0x12/${code}`);
  if (text === undefined) return undefined;
  const bytes = Uint8Array.from(atobOrNothing(text), (letter) => letter.charCodeAt(0));
  return bytes.length >= 4 ? bytes : undefined;
};

const atobOrNothing = (text: string): string => {
  const clean = text.replace(/\s/g, '');
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(clean) ? atob(clean) : '';
};

const identifier = (target: number): Uint8Array => {
  const name = ascii(`XENSRC  ${String(target).padStart(8, '0')}`);
  return Uint8Array.from([2, 1, 0, name.length, ...name]);
};

const LIMITS_LENGTH = 0x3c;

/** Granularity and alignment as the backend has them, in bytes, where the standard counts blocks; no other limit. */
const blockLimits = ({ granularity, alignment, discard }: DiskFacts): Uint8Array => {
  const body = new Uint8Array(LIMITS_LENGTH);
  if (!discard) return body;
  const view = new DataView(body.buffer);
  view.setUint32(24, granularity);
  view.setUint32(28, granularity === 0 ? 0 : ((alignment & 0x7fff_ffff) | 0x8000_0000) >>> 0);
  return body;
};

const characteristics = (): Uint8Array => {
  const body = new Uint8Array(LIMITS_LENGTH);
  body[1] = 1;
  return body;
};

/** Days of win-xenvbd on which pages came (633d194, 9ceaaa0); before, the list ends sooner (inferred: not before the 9.0 line). */
const PAGES_SINCE = '2016-12-12';

interface Asked {
  readonly built: string;
  readonly target: number;
  readonly facts: DiskFacts;
}

const vitalPage = (
  code: number,
  vbd: number,
  { built, target, facts }: Asked,
  machine: Machine,
): Uint8Array | undefined => {
  const hasLimits = built >= PAGES_SINCE;
  switch (code) {
    case 0x00:
      return page(0, Uint8Array.from(hasLimits ? [0x00, 0x80, 0x83, 0xb0, 0xb1] : [0x00, 0x80, 0x83]));
    case 0x80:
      return ofBackend(machine, vbd, '0x80') ?? page(0x80, ascii(String(target).padStart(4, '0')));
    case 0x83:
      return ofBackend(machine, vbd, '0x83') ?? page(0x83, identifier(target));
    case 0xb0:
      return hasLimits ? page(0xb0, blockLimits(facts)) : undefined;
    case 0xb1:
      return hasLimits ? page(0xb1, characteristics()) : undefined;
    default:
      return undefined;
  }
};

/** INQUIRY: as much of the answer as the caller has room for. */
export const inquiry = ({ vbd, cdb, data }: Srb, asked: Asked, machine: Machine): SrbResult => {
  const [, flags = 0, code = 0] = cdb;
  const isVital = (flags & 1) === 1;
  if (!isVital && code !== 0) return srbFailed('SRB_STATUS_ERROR', 'INQUIRY with a page code, and no EVPD.');
  const answer = isVital ? vitalPage(code, vbd, asked, machine) : standardInquiry(asked.facts);
  if (answer === undefined) {
    return srbFailed('SRB_STATUS_ERROR', `There is no page ${code.toString(16).toUpperCase().padStart(2, '0')}h.`);
  }
  data.set(answer.subarray(0, data.length));
  return srbDone(Math.min(answer.length, data.length));
};
