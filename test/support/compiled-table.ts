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

const ROOM = 'Q'.repeat(600);

/** A xenbus.sys with a table in its data. */
export const busWith = (rows: readonly Row[], version = '9.1.0.30'): Uint8Array => {
  const file = xenbus.generations[0].files.find(({ name }) => name === 'xenbus.sys');
  if (file === undefined) throw new Error('xenbus.sys');
  const bytes = Buffer.from(binaryOf(file, version, { strings: [ROOM] }));
  const start = (Math.floor(bytes.indexOf(ROOM.slice(0, 64)) / 4) + 2) * 4;
  for (const [i, word] of rows.flat().entries()) bytes.writeUInt32LE(word, start + 4 * i);
  const image = parsePe(new Uint8Array(bytes), 'xenbus.sys');
  bytes.writeUInt32LE(peChecksum(image.bytes, image.checksumOffset), image.checksumOffset);
  return new Uint8Array(bytes);
};
