import type { InstalledFile } from '../../packaging/formats/inf/model.ts';
import { REGISTRY_FLAGS, type RegistryValue, type RegistryWrite } from '../../packaging/formats/inf/registry.ts';
import type { AnswerLine } from './setup-inf.ts';

/** Directories by number, as Wine has them. */
type Directories = ReadonlyMap<string, string>;

/** Keys by path, values by name, both in lower case; a value is its type and its bytes in hex. */
export type RegistryTree = ReadonlyMap<string, ReadonlyMap<string, string>>;

const TYPES: Readonly<Record<string, number>> = {
  REG_NONE: 0,
  REG_SZ: 1,
  REG_EXPAND_SZ: 2,
  REG_BINARY: 3,
  REG_DWORD: 4,
  REG_MULTI_SZ: 7,
  REG_QWORD: 11,
};

/** A path or a value with the directories put in that it names. */
export const withDirectories = (text: string, directories: Directories): string =>
  text.replace(/%([+-]?\d+)%(\\?)/g, (whole, number: string, slash: string) => {
    const directory = directories.get(number);
    if (directory === undefined) return whole;
    return (slash === '' ? directory : directory.replace(/\\$/, '')) + slash;
  });

const utf16 = (text: string): string => Buffer.from(text, 'utf16le').toString('hex');

const littleEndian = (value: number, size: 4 | 8): string => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)));
  return bytes.subarray(0, size).toString('hex');
};

const valueBytes = (type: string, value: RegistryValue): string => {
  if (Array.isArray(value)) return [...value, ''].map((text: string) => utf16(`${text}\0`)).join('');
  if (typeof value === 'number') return littleEndian(value, type === 'REG_QWORD' ? 8 : 4);
  if (type === 'REG_SZ' || type === 'REG_EXPAND_SZ') return utf16(`${value}\0`);
  return typeof value === 'string' ? value : '';
};

const stored = ({ type, value }: RegistryWrite, directories: Directories): string => {
  const put = (text: string): string => withDirectories(text, directories);
  const full = Array.isArray(value) ? value.map(put) : typeof value === 'string' ? put(value) : value;
  return `${TYPES[type] ?? type.replace('REG_TYPE_', '')} ${valueBytes(type, full)}`;
};

const ancestors = (path: string): readonly string[] => {
  const parts = path.split('\\');
  return parts.map((_, index) => parts.slice(0, index + 1).join('\\'));
};

/** What the writes make of an empty registry (spec inf.md section 9, AddReg). */
export const applyWrites = (writes: readonly RegistryWrite[], directories: Directories): RegistryTree => {
  const tree = new Map<string, Map<string, string>>();
  const open = (path: string): Map<string, string> => {
    for (const key of ancestors(path)) tree.set(key, tree.get(key) ?? new Map());
    return tree.get(path) ?? new Map();
  };
  const { deleteValue, overwriteOnly, noClobber, append } = REGISTRY_FLAGS;
  for (const write of writes) {
    const has = (flag: number): boolean => (write.flags & flag) !== 0;
    const path = withDirectories(write.key, directories).toLowerCase();
    const name = withDirectories(write.name, directories).toLowerCase();
    if (has(overwriteOnly) && path.includes('\\') && !tree.has(path)) continue;
    const values = open(path);
    if (has(deleteValue) && write.type === 'KEY') {
      for (const key of [...tree.keys()].filter((each) => `${each}\\`.startsWith(`${path}\\`))) tree.delete(key);
    } else if (has(deleteValue)) values.delete(name);
    else if (write.type === 'KEY' || (values.has(name) ? has(noClobber) : has(overwriteOnly))) continue;
    // To a list that is not there Wine appends nothing; no section of the corpus appends to one that is.
    else if (!has(append)) values.set(name, stored(write, directories));
  }
  return tree;
};

/** The tree in an answer to `registry` or `services`, below a root or whole. */
export const registryTree = (answer: readonly AnswerLine[]): RegistryTree => {
  const tree = new Map<string, Map<string, string>>();
  let values: Map<string, string> | undefined;
  for (const [kind, ...parts] of answer) {
    if (kind === 'key') {
      values = new Map();
      tree.set((parts[0] ?? '').toLowerCase(), values);
    } else if (kind === 'value') {
      values?.set((parts[0] ?? '').toLowerCase(), `${parts[1]} ${parts[2] ?? ''}`);
    }
  }
  return tree;
};

/** One line a value, and one a key that has no value and none below it. */
export const treeLines = (tree: RegistryTree): readonly string[] => {
  const keys = [...tree.keys()];
  const leaf = (path: string): boolean => !keys.some((key) => key.startsWith(`${path}\\`));
  const roots = ['', 'hkr', 'hklm', 'hkcr', 'hkcu', 'hku'];
  return [...tree]
    .flatMap(([path, values]) => {
      if (values.size > 0) return [...values].map(([name, value]) => `${path} | ${name} = ${value}`);
      return leaf(path) && !roots.includes(path) ? [path] : [];
    })
    .sort();
};

/** `source -> target` of what is copied. */
export const copyLines = (files: readonly InstalledFile[], directories: Directories): readonly string[] =>
  files
    .map(({ name, sourcePath, source, dirid, subdir }) => {
      const from = ['C:', 'source', ...(sourcePath ?? source).split('/')].join('\\');
      const to = [directories.get(String(dirid)) ?? String(dirid), subdir, name]
        .filter((part) => part !== '')
        .join('\\');
      return `${from} -> ${to}`.toLowerCase();
    })
    .sort();

export const copiedLines = (answer: readonly AnswerLine[]): readonly string[] =>
  answer
    .filter(([kind]) => kind === 'copy')
    .map(([, from = '', to = '']) => `${from} -> ${to}`.toLowerCase())
    .sort();
