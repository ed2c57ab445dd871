import { beforeAll, expect, test } from 'vitest';
import { readUpload } from '../../../../emulator/cloud/partner-center/drivers.ts';
import { parseZip } from '../../../../packaging/formats/zip/parse.ts';
import { type OddZip, oddZip } from '../../../support/odd-zip.ts';
import { START_MS, sampleUpload } from '../../../support/partner-center.ts';

let files: readonly { readonly name: string; readonly bytes: Uint8Array }[];
beforeAll(async () => {
  const { hlkx } = await sampleUpload();
  files = parseZip(hlkx, 'a.hlkx').map((entry) => ({ name: entry.name, bytes: entry.bytes() }));
});
const complaints = (how: OddZip) =>
  readUpload(oddZip(files, how), 'hlk', START_MS).complaints.map(({ message }) => message);

test('a kit package of another writer is taken', () => {
  expect(complaints({ descriptors: true, room: true })).toEqual([]);
});

test('a kit package that is a ZIP64 archive is refused in the words of the service', () => {
  expect(complaints({ zip64: true })).toEqual(['Failed to open package: File is using Zip64(4gb+file Size)']);
});
