import type { RegistryData, RegistryDataType } from '../../../../drivers/behaviour.ts';
import { type InfDocument, type InfLine, type InfSection, sectionOf } from '../document.ts';
import { parseInfFlags, parseInfNumber } from '../numbers.ts';
import { REGISTRY_FLAGS, type RegistryWrite, registryWrites } from '../registry.ts';
import type { InfArch } from '../target-os.ts';
import { fieldsOf, type ReadLines } from './reach.ts';

export type RegistryEffectKind =
  | 'set'
  | 'set-if-missing'
  | 'set-if-present'
  | 'append'
  | 'make-key'
  | 'delete-value'
  | 'delete-key'
  | 'remove-text'
  | 'set-bits'
  | 'clear-bits';

/** What a line of AddReg, DelReg or BitReg does (spec inf.md section 9). Numbers of directories stay as written. */
export interface RegistryEffect {
  readonly does: RegistryEffectKind;
  /** HKCR is a part of HKLM; with `other` the key begins with the root as written. */
  readonly root: 'HKR' | 'HKLM' | 'other';
  /** Below the root; empty for the root itself. */
  readonly key: string;
  /** Empty for the default value. */
  readonly name: string;
  readonly type: RegistryDataType;
  /** For bits: the mask in hex digits, and the index of the byte. */
  readonly data: RegistryData;
  readonly line: number;
}

const VIEW_32_BIT = 0x4000;
const CLASSES_KEY = 'SOFTWARE\\Classes';

const joined = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join('\\');

/** The root and the key of a line; a line for the 32-bit view goes there on systems of 64 bits. */
const place = (rootText: string, key: string, flags: number, arch: InfArch): Pick<RegistryEffect, 'root' | 'key'> => {
  const root = rootText.trim().toUpperCase();
  if (root === 'HKR') return { root, key };
  if (root !== 'HKLM' && root !== 'HKCR') return { root: 'other', key: joined(root, key) };
  const full = root === 'HKCR' ? joined(CLASSES_KEY, key) : key;
  if ((flags & VIEW_32_BIT) === 0 || arch === 'x86') return { root: 'HKLM', key: full };
  const match = /^(software)(?=\\|$)(.*)$/i.exec(full);
  return { root: 'HKLM', key: match === null ? full : `${match[1]}\\Wow6432Node${match[2]}` };
};

const addKind = ({ type, name, flags }: RegistryWrite): RegistryEffectKind => {
  const { noClobber, deleteValue, append, overwriteOnly } = REGISTRY_FLAGS;
  if ((flags & deleteValue) !== 0) return name === '' ? 'delete-key' : 'delete-value';
  if (type === 'KEY') return 'make-key';
  if ((flags & noClobber) !== 0) return 'set-if-missing';
  if ((flags & overwriteOnly) !== 0) return 'set-if-present';
  return (flags & append) !== 0 && type === 'REG_MULTI_SZ' ? 'append' : 'set';
};

const addEffect = (write: RegistryWrite, arch: InfArch): RegistryEffect => {
  const { key, name, type, value, flags, line } = write;
  const end = key.indexOf('\\');
  const root = end < 0 ? key : key.slice(0, end);
  // A number that is none is read as 0.
  const data = type === 'REG_DWORD' && typeof value === 'string' ? 0 : value;
  return {
    does: addKind(write),
    ...place(root, end < 0 ? '' : key.slice(end + 1), flags, arch),
    name,
    type: type === 'KEY' ? 'REG_NONE' : type,
    data,
    line,
  };
};

/** FLG_DELREG_MULTI_SZ_DELSTRING */
const REMOVE_TEXT = 0x18002;

const deleteEffect = ({ fields, line }: InfLine, arch: InfArch): RegistryEffect => {
  const [root = '', key = '', name = '', flagsText, text = ''] = fields;
  const flags = parseInfFlags(flagsText);
  const whole = name === '' || (flags & REGISTRY_FLAGS.keyOnlyCommon) !== 0;
  const common = { ...place(root, key, flags, arch), line };
  if (whole) return { does: 'delete-key', ...common, name: '', type: 'REG_NONE', data: null };
  if ((flags & REMOVE_TEXT) === REMOVE_TEXT) {
    return { does: 'remove-text', ...common, name, type: 'REG_MULTI_SZ', data: text };
  }
  return { does: 'delete-value', ...common, name, type: 'REG_NONE', data: null };
};

const bitEffect = ({ fields, line }: InfLine, arch: InfArch): RegistryEffect => {
  const [root = '', key = '', name = '', flagsText, mask = '', index = ''] = fields;
  const flags = parseInfFlags(flagsText);
  const bits = Number.parseInt(mask.trim().replace(/^0x/i, ''), 16);
  return {
    does: (flags & 1) === 0 ? 'clear-bits' : 'set-bits',
    ...place(root, key, flags, arch),
    name,
    type: 'REG_BINARY',
    data: [(Number.isNaN(bits) ? 0 : bits & 0xff).toString(16).padStart(2, '0'), String(parseInfNumber(index) ?? 0)],
    line,
  };
};

/** What the directives of some sections do to the registry: in each section deletions, then additions, then bits. */
export const registryEffects = (
  document: InfDocument,
  sections: readonly InfSection[],
  arch: InfArch,
  read: ReadLines,
): readonly RegistryEffect[] => {
  const effects: RegistryEffect[] = [];
  for (const { lines } of sections) {
    for (const name of fieldsOf(lines, 'delreg')) {
      for (const line of read.read(sectionOf(document, name))) effects.push(deleteEffect(line, arch));
    }
    for (const name of fieldsOf(lines, 'addreg')) {
      read.read(sectionOf(document, name));
      for (const write of registryWrites(document, name, 'software')) effects.push(addEffect(write, arch));
    }
    for (const name of fieldsOf(lines, 'bitreg')) {
      for (const line of read.read(sectionOf(document, name))) effects.push(bitEffect(line, arch));
    }
  }
  return effects;
};
