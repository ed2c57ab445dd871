import type { InfLine } from '../document.ts';
import { REGISTRY_FLAGS } from '../registry.ts';
import type { RuleContext, RuleFinding, RuleGroup, RuleSection } from './contract.ts';
import { fieldOf, findingOn, isOpen, policyLevel } from './line-facts.ts';
import { isByte, isDword, isQword } from './number-forms.ts';
import { hasNoData, isUsedBy, keyOf, type RegistryLine, registryLines, valueName } from './registry-lines.ts';

const ROOTS: ReadonlySet<string> = new Set(['HKCR', 'HKCU', 'HKLM', 'HKU', 'HKR']);

const BINARY = 0x00000001;
const MULTI_SZ = 0x00010000;
const EXPAND_SZ = 0x00020000;
const DWORD = 0x00010001;
const NONE = 0x00020001;
const QWORD = 0x000b0001;
/** A custom type number is the high word; MULTI_SZ has the number 7, and flags of its own. */
const CUSTOM_MULTI_SZ = 0x00070001;

const typeOf = (flags: number): number => (flags & 0xffff0001) >>> 0;
const isText = (type: number): boolean => (type & 1) === 0;

const checkRoot = (role: RuleSection, line: InfLine): readonly RuleFinding[] => {
  const root = fieldOf(line, 0);
  if (ROOTS.has(root.toUpperCase()) || isOpen(root)) return [];
  if (root === '') return [findingOn(1006, role.section, line, 'The line names no root of the registry.')];
  return [findingOn(1224, role.section, line, `"${root}" is no root of the registry.`, { token: root })];
};

/** Flags that are no number, or that name no type (spec inf.md section 9, AddReg). */
const checkFlags = ({ role, line, flags }: RegistryLine): readonly RuleFinding[] => {
  const written = fieldOf(line, 3);
  if (isOpen(written)) return [];
  const found = (code: number, message: string): readonly RuleFinding[] => [
    findingOn(code, role.section, line, message, { token: written }),
  ];
  if (flags === undefined) return found(1083, `AddReg cannot read the flags "${written}": they are no number.`);
  const type = typeOf(flags);
  if (type === CUSTOM_MULTI_SZ) return found(1263, 'The custom type 7 is REG_MULTI_SZ, which has flags of its own.');
  if (isText(type) && ![0, MULTI_SZ, EXPAND_SZ].includes(type)) {
    return found(1264, `The flags name the custom type ${type >>> 16} without saying that its data are bytes.`);
  }
  if ((flags & REGISTRY_FLAGS.append) !== 0 && type !== MULTI_SZ) {
    return found(1265, 'The flags append to a value whose type is not REG_MULTI_SZ.');
  }
  return [];
};

const checkBytes = ({ role, line, values }: RegistryLine): readonly RuleFinding[] => {
  const wrong = values.find((value) => value !== '' && !isByte(value) && !isOpen(value));
  if (wrong === undefined) return [];
  return [findingOn(1267, role.section, line, `"${wrong}" is no byte in hexadecimal digits.`, { token: wrong })];
};

const checkNumber = (entry: RegistryLine, bytes: 4 | 8): readonly RuleFinding[] => {
  const { role, line, values } = entry;
  if (values.length > 1) return values.length === bytes ? checkBytes(entry) : [];
  const value = values[0] ?? '';
  if (isOpen(value) || (bytes === 4 ? isDword(value) : isQword(value))) return [];
  const message = `"${value}" is no number of ${bytes * 8} bits for ${valueName(entry)}.`;
  return [findingOn(1268, role.section, line, message, { token: value })];
};

const checkData = (entry: RegistryLine): readonly RuleFinding[] => {
  const { flags } = entry;
  if (flags === undefined || hasNoData(entry)) return [];
  const type = typeOf(flags);
  if (type === DWORD) return checkNumber(entry, 4);
  if (type === QWORD) return checkNumber(entry, 8);
  if (type === BINARY || (!isText(type) && type !== NONE)) return checkBytes(entry);
  return [];
};

const checkPaths = (context: RuleContext, entry: RegistryLine): readonly RuleFinding[] => {
  const { role, line, flags, values } = entry;
  if (flags === undefined || hasNoData(entry) || !isText(typeOf(flags))) return [];
  const text = values.join(',');
  const literal = /(?<![a-z])[a-z]:\\(windows|winnt)(?![^\\";,\s])/i.exec(text);
  if (literal !== null) {
    const message = `${valueName(entry)} holds the folder "${literal[0]}", which is elsewhere on other systems.`;
    return [findingOn(1257, role.section, line, capital(message), { token: literal[0], ...policyLevel(context) })];
  }
  const found = /%(10|11|12)%/.exec(text);
  if (found === null) return [];
  const folder = SYSTEM_FOLDERS[found[1] ?? ''] ?? '';
  const message = `${valueName(entry)} gets the path ${found[0]} as it is when the driver is installed, which may be another system than the one that runs it.`;
  const hint = `Write ${folder} and the type REG_EXPAND_SZ (0x00020000).`;
  return [findingOn(1258, role.section, line, capital(message), { token: found[0], hint, ...policyLevel(context) })];
};

const SYSTEM_FOLDERS: Readonly<Record<string, string>> = {
  '10': '%%SystemRoot%%',
  '11': '%%SystemRoot%%\\System32',
  '12': '%%SystemRoot%%\\System32\\drivers',
};

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

/** Values that become properties of the device or of its class, with their type (spec inf.md section 9). */
const PROPERTY_TYPES: ReadonlyMap<string, { readonly type: number; readonly called: string }> = new Map([
  ['devicecharacteristics', { type: DWORD, called: 'REG_DWORD (0x00010001)' }],
  ['devicetype', { type: DWORD, called: 'REG_DWORD (0x00010001)' }],
  ['exclusive', { type: DWORD, called: 'REG_DWORD (0x00010001)' }],
  ['upperfilters', { type: MULTI_SZ, called: 'REG_MULTI_SZ (0x00010000)' }],
  ['lowerfilters', { type: MULTI_SZ, called: 'REG_MULTI_SZ (0x00010000)' }],
]);

const checkPropertyType = (context: RuleContext, entry: RegistryLine): readonly RuleFinding[] => {
  const { role, line, root, subkey, name, flags } = entry;
  const wanted = PROPERTY_TYPES.get(name.toLowerCase());
  if (wanted === undefined || root !== 'HKR' || subkey !== '' || flags === undefined || hasNoData(entry)) return [];
  if (isOpen(fieldOf(line, 3)) || !isUsedBy(entry, 'hw', 'class-install') || typeOf(flags) === wanted.type) return [];
  const message = `The value "${name}" must be ${wanted.called}.`;
  return [findingOn(1225, role.section, line, message, { token: name, ...policyLevel(context) })];
};

/** Keys of one boot of Windows, and those that only the system itself writes. */
const checkSystemKeys = (entry: RegistryLine): readonly RuleFinding[] => {
  const { role, line, root, subkey } = entry;
  if (root !== 'HKLM') return [];
  if (/^system\\controlset\d+(\\|$)/i.test(subkey)) {
    const message = `${keyOf(entry)} is one of several control sets; only CurrentControlSet is the one in use.`;
    return [findingOn(1222, role.section, line, message, { token: subkey })];
  }
  if (/^system\\currentcontrolset\\enum(\\|$)/i.test(subkey)) {
    const message = `${keyOf(entry)} belongs to Plug and Play alone.`;
    const hint = 'Use HKR in an AddReg section of DDInstall.HW.';
    return [findingOn(1223, role.section, line, message, { token: subkey, hint })];
  }
  return [];
};

const checkSecurity = (context: RuleContext, entries: readonly RegistryLine[]): readonly RuleFinding[] =>
  entries.flatMap((entry) => {
    const { role, line, root, subkey } = entry;
    if (
      root !== 'HKR' ||
      subkey !== '' ||
      !context.document.byName.has(`${role.section.name}.security`.toLowerCase())
    ) {
      return [];
    }
    const message = `[${role.section.name}.Security] would apply to the key of the device or service itself, where ${valueName(entry)} is.`;
    return [findingOn(1226, role.section, line, message, policyLevel(context))];
  });

const DELETE_STRING = 0x00018002;

const checkDelReg = (role: RuleSection): readonly RuleFinding[] =>
  role.section.lines.flatMap((line) => {
    const flags = fieldOf(line, 3);
    const root = checkRoot(role, line);
    if (Number(flags === '' ? 0 : flags) !== DELETE_STRING || fieldOf(line, 4) !== '') return root;
    const message = 'DelReg is to delete a text from a REG_MULTI_SZ and does not say which.';
    return [...root, findingOn(1266, role.section, line, message, { token: flags })];
  });

const BIT_REG_FIELDS = 6;

const checkBitReg = (role: RuleSection): readonly RuleFinding[] =>
  role.section.lines.flatMap((line) => {
    const mask = fieldOf(line, 4);
    const root = checkRoot(role, line);
    if (line.fields.length < BIT_REG_FIELDS) {
      return [
        ...root,
        findingOn(1085, role.section, line, 'BitReg needs a root, a value, a mask and the index of a byte.'),
      ];
    }
    if (isByte(mask) || isOpen(mask)) return root;
    return [...root, findingOn(1262, role.section, line, `The mask "${mask}" is not one byte.`, { token: mask })];
  });

/** AddReg, DelReg and BitReg lines: form, types and data. Where they may write is in isolation.ts. */
export const registryRules: RuleGroup = (context) => {
  const entries = registryLines(context);
  return [
    ...entries.flatMap((entry) => [
      ...checkRoot(entry.role, entry.line),
      ...checkFlags(entry),
      ...checkData(entry),
      ...checkPaths(context, entry),
      ...checkPropertyType(context, entry),
      ...checkSystemKeys(entry),
    ]),
    ...checkSecurity(context, entries),
    ...context.of('del-reg').flatMap(checkDelReg),
    ...context.of('bit-reg').flatMap(checkBitReg),
  ];
};
