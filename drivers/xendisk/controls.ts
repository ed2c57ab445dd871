import type { LoadedDriver, Machine } from '../behaviour.ts';
import type { ByteRange, ControlResult, DiskControl, SendSrb } from '../storage.ts';
import { encodeUnmap, MOST_RANGES, type UnmapRange } from '../xenvbd/unmap-list.ts';

/** Days on which xendisk began to do what it does (spec xen-pv 5). */
const SINCE = { parameter: '2016-12-01' } as const;

const u32le = (...values: readonly number[]): Uint8Array => {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => {
    view.setUint32(4 * index, value, true);
  });
  return bytes;
};

const success = (data: Uint8Array = new Uint8Array(), requests = 0): ControlResult => ({
  status: 'success',
  data,
  requests,
});

/** `InterceptTrim` of its parameters: on, unless it is 0 (76ac7c5). */
const intercepts = ({ key, model }: LoadedDriver, machine: Machine): boolean =>
  model.built < SINCE.parameter || machine.value(`${key}\\Parameters`, 'InterceptTrim') !== 0;

const READ_CAPACITY_16 = Uint8Array.from([0x9e, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0]);

/** Sizes of logical and of physical sectors, as it asks for them when a disk starts. */
const sectorSizes = (send: SendSrb): readonly [logical: number, physical: number] | undefined => {
  const data = new Uint8Array(32);
  const result = send(READ_CAPACITY_16, data);
  const view = new DataView(data.buffer);
  const logical = view.getUint32(8);
  if (result.status !== 'SRB_STATUS_SUCCESS' || result.length < data.length || logical === 0) return undefined;
  return [logical, logical << (view.getUint8(13) & 0xf)];
};

const BLOCKS_IN_RANGE = 2 ** 32;

/** Bytes are divided without rounding, and a count of blocks has 32 bits. */
const blocksOf = ({ offset, length }: ByteRange, sectorSize: number): UnmapRange => ({
  block: Math.floor(offset / sectorSize),
  blocks: Math.floor(length / sectorSize) % BLOCKS_IN_RANGE,
});

/** Ranges of bytes become one UNMAP, whose result is the caller's. */
const trim = (driver: LoadedDriver, ranges: readonly ByteRange[], send: SendSrb): ControlResult => {
  const sizes = sectorSizes(send);
  if (sizes === undefined) return { status: 'failed', because: 'READ CAPACITY(16) fails.' };
  if (ranges.length > MOST_RANGES)
    return { status: 'failed', because: `${ranges.length} ranges are too many for one list.` };
  const list = encodeUnmap(
    driver.model,
    ranges.map((range) => blocksOf(range, sizes[0])),
  );
  const cdb = Uint8Array.from([0x42, 0, 0, 0, 0, 0, 0, list.length >>> 8, list.length & 0xff, 0]);
  const srb = send(cdb, list);
  if (srb.status === 'SRB_STATUS_SUCCESS') return success(undefined, srb.requests);
  return { status: 'failed', because: srb.because ?? srb.status, srb };
};

const TRIM_DESCRIPTOR = 12;
const ALIGNMENT_DESCRIPTOR = 28;

const described = (bytes: Uint8Array, output: number): ControlResult =>
  output < bytes.length
    ? { status: 'overflow', because: `The buffer has ${output} bytes of ${bytes.length}.` }
    : success(bytes);

/**
 * Device controls of a disk that xendisk answers itself (spec xen-pv 5).
 * @returns undefined for what it passes on
 */
export const answerControl = (
  driver: LoadedDriver,
  control: DiskControl,
  machine: Machine,
  send: SendSrb,
): ControlResult | undefined => {
  if (control.kind === 'trim') return trim(driver, control.ranges, send);
  if (control.property === 'trim' && intercepts(driver, machine)) {
    // TrimEnabled, whatever the backend says.
    if (control.type === 'exists') return success();
    const bytes = new Uint8Array(TRIM_DESCRIPTOR);
    bytes.set(u32le(TRIM_DESCRIPTOR, TRIM_DESCRIPTOR));
    bytes[8] = 1;
    return described(bytes, control.output);
  }
  if (control.property === 'alignment') {
    const sizes = sectorSizes(send);
    if (sizes === undefined) return { status: 'failed', because: 'READ CAPACITY(16) fails.' };
    if (control.type === 'exists') return success();
    return described(u32le(ALIGNMENT_DESCRIPTOR, ALIGNMENT_DESCRIPTOR, 0, 0, sizes[0], sizes[1], 0), control.output);
  }
  return undefined;
};
