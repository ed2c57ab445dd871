import { createHash } from 'node:crypto';
import { z } from 'zod';

const text = z.string().max(256);
const number = z.union([z.int().min(0).max(255), z.string().max(8)]);

/** What SMBIOS says of a machine, as far as computer hardware ids are made of it. */
export const smbiosSchema = z.strictObject({
  manufacturer: text.nullish(),
  family: text.nullish(),
  productName: text.nullish(),
  sku: text.nullish(),
  biosVendor: text.nullish(),
  biosVersion: text.nullish(),
  biosMajor: number.nullish(),
  biosMinor: number.nullish(),
  baseboardManufacturer: text.nullish(),
  baseboardProduct: text.nullish(),
  enclosureType: number.nullish(),
});
export type Smbios = z.output<typeof smbiosSchema>;
type Field = keyof Smbios;

const BIOS: readonly Field[] = ['biosVendor', 'biosVersion', 'biosMajor', 'biosMinor'];
const BOARD: readonly Field[] = ['baseboardManufacturer', 'baseboardProduct'];

/** The fields of CHID-0 to CHID-14 (spec windows-update 1.3; specifying-hardware-ids-for-a-computer.md). */
export const CHID_FIELDS: readonly (readonly Field[])[] = [
  ['manufacturer', 'family', 'productName', 'sku', ...BIOS],
  ['manufacturer', 'family', 'productName', ...BIOS],
  ['manufacturer', 'productName', ...BIOS],
  ['manufacturer', 'family', 'productName', 'sku', ...BOARD],
  ['manufacturer', 'family', 'productName', 'sku'],
  ['manufacturer', 'family', 'productName'],
  ['manufacturer', 'sku', ...BOARD],
  ['manufacturer', 'sku'],
  ['manufacturer', 'productName', ...BOARD],
  ['manufacturer', 'productName'],
  ['manufacturer', 'family', ...BOARD],
  ['manufacturer', 'family'],
  ['manufacturer', 'enclosureType'],
  ['manufacturer', ...BOARD],
  ['manufacturer'],
];

/** 70ffd812-4c7f-4c7d-0000-000000000000 in network order. */
const NAMESPACE = Buffer.from('70ffd8124c7f4c7d0000000000000000', 'hex');

/** Fields that SMBIOS has as a number. */
const NUMBERS: readonly Field[] = ['biosMajor', 'biosMinor', 'enclosureType'];

/**
 * BIOS releases are two hex digits, the enclosure is hex without zeros before it; texts lose blanks around them, and zeros before
 * them (observed: fwupd's fu-hwids-smbios.c, which was compared with Microsoft's ComputerHardwareIds.exe; the documentation
 * does not say). A number given as text is taken as it is.
 */
const written = (field: Field, value: string | number): string => {
  if (typeof value === 'string') return NUMBERS.includes(field) ? value.trim() : value.trim().replace(/^0+/, '');
  return value.toString(16).padStart(field === 'enclosureType' ? 1 : 2, '0');
};

/** UUID of version 5 over UTF-16LE text. */
export const computerHardwareId = (name: string): string => {
  const hash = createHash('sha1').update(NAMESPACE).update(Buffer.from(name, 'utf16le')).digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
};

/** The computer hardware ids of a machine, each with its level, 0 the most specific; those that lack a field are left out. */
export const chidsOf = (smbios: Smbios): ReadonlyMap<string, number> => {
  const ids = new Map<string, number>();
  for (const [level, fields] of CHID_FIELDS.entries()) {
    const values = fields.flatMap((field) => {
      const value = smbios[field];
      const text = value == null ? '' : written(field, value);
      return text === '' ? [] : [text];
    });
    if (values.length === fields.length) ids.set(computerHardwareId(values.join('&')), level);
  }
  return ids;
};
