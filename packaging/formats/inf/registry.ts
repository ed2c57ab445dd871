import type { InfDocument, InfLine } from './document.ts';
import { sectionOf } from './document.ts';
import { parseInfFlags, parseInfNumber } from './numbers.ts';

/** Type of a registry value; `KEY` when the line makes or deletes a key and no value. */
export type RegistryType =
  | 'REG_SZ'
  | 'REG_EXPAND_SZ'
  | 'REG_MULTI_SZ'
  | 'REG_DWORD'
  | 'REG_QWORD'
  | 'REG_BINARY'
  | 'REG_NONE'
  | `REG_TYPE_${number}`
  | 'KEY';

/** Text; a number for REG_DWORD and REG_QWORD; a list for REG_MULTI_SZ; lower-case hex digits for bytes; null for none. */
export type RegistryValue = string | number | readonly string[] | null;

/** Whose registry key HKR stands for (spec inf.md section 9, AddReg). */
export type RegistryScope =
  | 'software'
  | 'hardware'
  | 'service'
  | 'event-log'
  | 'class'
  | 'interface'
  | 'interface-class';

/** One line of an AddReg section. */
export interface RegistryWrite {
  /** Root and subkey: `HKR`, `HKR\Parameters`, `HKLM\SYSTEM\...`. */
  readonly key: string;
  /** Empty for the default value of the key, and for `KEY`. */
  readonly name: string;
  readonly type: RegistryType;
  readonly value: RegistryValue;
  /** All 32 bits: type, and what to do about a value that is there. */
  readonly flags: number;
  readonly scope: RegistryScope;
  /** Name of the AddReg section as written. */
  readonly section: string;
  readonly line: number;
}

export const REGISTRY_FLAGS = {
  noClobber: 0x2,
  deleteValue: 0x4,
  append: 0x8,
  keyOnly: 0x10,
  overwriteOnly: 0x20,
  keyOnlyCommon: 0x2000,
  delRegOnly: 0x8000,
} as const;

const TYPE_MASK = 0xffff0001;

const NAMED_TYPES: ReadonlyMap<number, RegistryType> = new Map([
  [0x00000000, 'REG_SZ'],
  [0x00010000, 'REG_MULTI_SZ'],
  [0x00020000, 'REG_EXPAND_SZ'],
  [0x00010001, 'REG_DWORD'],
  [0x00020001, 'REG_NONE'],
  [0x00000001, 'REG_BINARY'],
  [0x000b0001, 'REG_QWORD'],
]);

/** The type that the flags name. */
export const registryType = (flags: number): RegistryType => {
  const type = (flags & TYPE_MASK) >>> 0;
  return NAMED_TYPES.get(type) ?? ((type & 1) === 0 ? 'REG_SZ' : `REG_TYPE_${type >>> 16}`);
};

/** Two digits; zeros may stand before them. */
const hexByte = (text: string): string | undefined => {
  const match = /^(?:0x)?0*([0-9a-f]{1,2})$/i.exec(text.trim());
  return match?.[1]?.toLowerCase().padStart(2, '0');
};

const bytesValue = (values: readonly string[]): string =>
  values.length === 1 && values[0] === '' ? '' : values.map((value) => hexByte(value) ?? '00').join('');

/** One field is the number itself; `size` of them are its bytes, the lowest first. */
const numberValue = (values: readonly string[], size: 4 | 8): RegistryValue => {
  if (values.length < size) {
    const value = parseInfNumber(values[0] ?? '');
    if (value === undefined) return values[0] ?? '';
    return size === 4 ? value >>> 0 : value;
  }
  return values.slice(0, size).reduceRight((sum, value) => sum * 256 + Number.parseInt(hexByte(value) ?? '00', 16), 0);
};

const registryValue = (type: RegistryType, values: readonly string[]): RegistryValue => {
  switch (type) {
    case 'KEY':
      return null;
    case 'REG_SZ':
    case 'REG_EXPAND_SZ':
      return values[0] ?? '';
    case 'REG_MULTI_SZ':
      return values.length === 1 && values[0] === '' ? [] : values;
    case 'REG_DWORD':
      return numberValue(values, 4);
    case 'REG_QWORD':
      return numberValue(values, 8);
    default:
      return bytesValue(values);
  }
};

const writeOf = (line: InfLine, section: string, scope: RegistryScope): RegistryWrite => {
  const [root = '', subkey = '', name = '', flagsText, ...values] = line.fields;
  const flags = parseInfFlags(flagsText);
  const { keyOnly, keyOnlyCommon, deleteValue } = REGISTRY_FLAGS;
  const isKey = (flags & (keyOnly | keyOnlyCommon)) !== 0 || ((flags & deleteValue) !== 0 && name === '');
  const type = isKey ? 'KEY' : registryType(flags);
  const key = subkey === '' ? root.toUpperCase() : `${root.toUpperCase()}\\${subkey}`;
  return {
    key,
    name: isKey ? '' : name,
    type,
    value: registryValue(type, values),
    flags,
    scope,
    section,
    line: line.line,
  };
};

/** What an AddReg section writes; lines marked as DelReg's only are left out. */
export const registryWrites = (
  document: InfDocument,
  sectionName: string,
  scope: RegistryScope,
): readonly RegistryWrite[] => {
  const section = sectionOf(document, sectionName);
  if (section === undefined) return [];
  return section.lines
    .map((line) => writeOf(line, section.name, scope))
    .filter(({ flags }) => (flags & REGISTRY_FLAGS.delRegOnly) === 0);
};
