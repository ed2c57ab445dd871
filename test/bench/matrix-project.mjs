import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { measured } from './compiled.mjs';

/** The drivers of the matrix. */
const PACKAGES = ['xenbus', 'xenvbd', 'xenvif', 'xennet'];
const ARCHITECTURES = ['x64', 'x86'];
const IMAGE_BYTES = 125_000;
/** Each text of a stand-in is stored as bytes and as UTF-16. */
const BYTES_A_CHARACTER = 3;

const VERSION = [9, 1, 0, 0];

const resource = (driver, file) => ({
  fixed: {
    fileVersion: VERSION,
    productVersion: VERSION,
    fileType: file.kind === 'program' ? 1 : 3,
    fileSubtype: file.kind === 'program' ? 0 : 7,
    fileFlags: 0,
    fileOs: 0x40004,
  },
  strings: [
    {
      language: 0x409,
      codepage: 1200,
      values: {
        CompanyName: 'Bench',
        FileDescription: driver.toUpperCase(),
        FileVersion: VERSION.join('.'),
        OriginalFilename: file.name,
        ProductName: driver.toUpperCase(),
        ProductVersion: VERSION.join('.'),
      },
    },
  ],
});

/** Text that no dictionary makes much of, the same in each run. */
const filler = (seed, length) => {
  const parts = [];
  for (let i = 0; i * 64 < length; i += 1) parts.push(createHash('sha256').update(`${seed} ${i}`).digest('hex'));
  return parts.join('').slice(0, length);
};

/** Images of about 125 KB for every file of the drivers, under bin/<architecture>; their bytes altogether. */
const writeImages = async (folder) => {
  const { DRIVERS, encodeStandIn } = await measured();
  let total = 0;
  for (const machine of ARCHITECTURES) {
    mkdirSync(join(folder, 'bin', machine), { recursive: true });
    for (const { name: driver, generations } of DRIVERS.filter(({ name }) => PACKAGES.includes(name))) {
      for (const file of generations[0].files) {
        const { imports, exports } = file.standIn;
        const text = filler(`${machine} ${file.name}`, IMAGE_BYTES / BYTES_A_CHARACTER);
        const image = encodeStandIn({
          ...{ name: file.name, machine, kind: file.kind, imports, exports, strings: [text] },
          ...{ timeDateStamp: 0, version: resource(driver, file) },
        });
        writeFileSync(join(folder, 'bin', machine, file.name), image);
        total += image.length;
      }
    }
  }
  return total;
};

/** Letters that count: every brand has its own prefix. */
const letters = (index) => String.fromCharCode(65 + Math.floor(index / 26), 65 + (index % 26));

const brandText = (index) => {
  const id = `brand-${String(index).padStart(3, '0')}`;
  const lines = [
    `id: ${id}`,
    'version: 9.1.0.0',
    `vendorName: Vendor ${letters(index)}`,
    `vendorPrefix: ${letters(index)}`,
    `productName: Product ${letters(index)}`,
    `vendorDeviceId: "${(0xd100 + index).toString(16).toUpperCase()}"`,
    // Every brand ships images of its own.
    'rewriteVersions: true',
  ];
  return { file: `${id}.yaml`, text: `${lines.join('\n')}\n` };
};

/**
 * Writes a project of so many brands, of four packages for two architectures each.
 * @returns the bytes of images that go into a release of it, each brand's counted
 */
export const writeMatrix = async (folder, brands) => {
  mkdirSync(folder, { recursive: true });
  const all = Array.from({ length: brands }, (_, index) => brandText(index));
  for (const { file, text } of all) writeFileSync(join(folder, file), text);
  const bytes = await writeImages(folder);
  const settings = [
    `brands: [${all.map(({ file }) => file).join(', ')}]`,
    'sources: { default: { binaries: bin } }',
    `drivers: [${PACKAGES.join(', ')}]`,
    `architectures: [${ARCHITECTURES.join(', ')}]`,
    'rehearse: false',
  ];
  writeFileSync(join(folder, 'winpv.yaml'), `${settings.join('\n')}\n`);
  return bytes * brands;
};
