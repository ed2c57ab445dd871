import type { DriverDefinition } from '../../drivers/contract.ts';
import { xenbus } from '../../drivers/xenbus/definition.ts';
import { peChecksum } from '../../packaging/formats/pe/digest.ts';
import { parsePe } from '../../packaging/formats/pe/parse.ts';
import { binaryOf } from './pv-package.ts';

export type Row = readonly number[];

/** The rows of xenbus 1087a8d: number, suspend, shared info, event channel, debug, store, … emulated. */
export const HEAD: readonly Row[] = [
  [0x09000008, 1, 3, 9, 1, 2, 1, 2, 4, 1, 1, 2],
  [0x09000009, 1, 4, 9, 1, 2, 1, 2, 4, 1, 1, 2],
  [0x0900000a, 1, 4, 9, 1, 2, 1, 2, 4, 2, 1, 2],
  [0x0900000b, 1, 4, 9, 1, 2, 1, 2, 4, 3, 1, 2],
  [0x0900000c, 1, 4, 9, 1, 2, 1, 2, 4, 3, 1, 3],
];

/** The rows of xenvif 14892e7: number, cache, vif, store, suspend, unplug. */
export const HEAD_OF_XENVIF: readonly Row[] = [
  [0x09000001, 2, 8, 2, 1, 1],
  [0x09000002, 2, 9, 2, 1, 1],
  [0x09000003, 2, 10, 2, 1, 1],
  [0x09000004, 2, 10, 2, 1, 2],
  [0x09000005, 2, 10, 2, 1, 3],
];

const ROOM = 'Q'.repeat(600);

/** A driver of a bus with a table in its data; xenbus.sys if not said otherwise. */
export const busWith = (rows: readonly Row[], version = '9.1.0.30', bus: DriverDefinition = xenbus): Uint8Array => {
  const file = bus.generations[0].files.find(({ name }) => name === `${bus.name}.sys`);
  if (file === undefined) throw new Error(`${bus.name}.sys`);
  const bytes = Buffer.from(binaryOf(file, version, { strings: [ROOM] }));
  const start = (Math.floor(bytes.indexOf(ROOM.slice(0, 64)) / 4) + 2) * 4;
  for (const [i, word] of rows.flat().entries()) bytes.writeUInt32LE(word, start + 4 * i);
  const image = parsePe(new Uint8Array(bytes), file.name);
  bytes.writeUInt32LE(peChecksum(image.bytes, image.checksumOffset), image.checksumOffset);
  return new Uint8Array(bytes);
};
