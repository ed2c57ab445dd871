import type { RegistryStep } from '../package/facts.ts';
import type { GuestMachine } from './machine.ts';

/** The HKR of an INF's section, from HKLM. */
export type RelativeRoot = string;

const joined = (root: string, key: string): string => (key === '' ? root : `${root}\\${key}`);

/** Does what the lines of AddReg, DelReg and BitReg sections say, in their order (spec pnp-install 7). */
export const applyRegistrySteps = (
  machine: GuestMachine,
  steps: readonly RegistryStep[],
  relative: RelativeRoot,
): void => {
  for (const step of steps) {
    if (step.root === 'other') {
      machine.say({ kind: 'emulator.unmodelled', what: `a registry value outside HKLM (line ${step.line})` });
      continue;
    }
    const key = step.root === 'HKR' ? joined(relative, step.key) : step.key;
    applyStep(machine, step, key);
  }
};

const applyStep = (machine: GuestMachine, step: RegistryStep, key: string): void => {
  const { name, type, data } = step;
  const before = machine.value(key, name);
  switch (step.does) {
    case 'set':
      machine.setValue(key, name, type, data);
      return;
    case 'set-if-missing':
      if (before === undefined) machine.setValue(key, name, type, data);
      return;
    case 'set-if-present':
      if (before !== undefined) machine.setValue(key, name, type, data);
      return;
    case 'append':
      machine.setValue(key, name, type, appended(machine.texts(key, name), data));
      return;
    case 'make-key':
      machine.makeKey(key);
      return;
    case 'delete-value':
      machine.deleteValue(key, name);
      return;
    case 'delete-key':
      machine.deleteKey(key);
      return;
    case 'remove-text':
      if (before !== undefined) machine.setValue(key, name, type, withoutTexts(machine.texts(key, name), data));
      return;
    case 'set-bits':
    case 'clear-bits':
      changeBits(machine, step, key, before);
      return;
  }
};

/** BitReg: a mask of one byte of a binary value that is there (spec inf.md section 9). */
const changeBits = (
  machine: GuestMachine,
  step: RegistryStep,
  key: string,
  before: RegistryStep['data'] | undefined,
): void => {
  if (typeof before !== 'string' || machine.valueType(key, step.name) !== 'REG_BINARY') return;
  const [mask = '0', index = '0'] = texts(step.data);
  const at = 2 * Number(index);
  if (at + 2 > before.length) return;
  const old = Number.parseInt(before.slice(at, at + 2), 16);
  const bits = Number.parseInt(mask, 16) & 0xff;
  const after = step.does === 'set-bits' ? old | bits : old & ~bits;
  const byte = (after & 0xff).toString(16).padStart(2, '0');
  machine.setValue(key, step.name, 'REG_BINARY', before.slice(0, at) + byte + before.slice(at + 2));
};

const texts = (data: RegistryStep['data']): readonly string[] =>
  typeof data === 'object' && data !== null ? data : [String(data)];

/** A text that is there already is not added again. */
const appended = (before: readonly string[], data: RegistryStep['data']): readonly string[] => {
  const known = new Set(before.map((text) => text.toLowerCase()));
  const after = [...before];
  for (const text of texts(data)) {
    const id = text.toLowerCase();
    if (!known.has(id)) after.push(text);
    known.add(id);
  }
  return after;
};

const withoutTexts = (before: readonly string[], data: RegistryStep['data']): readonly string[] => {
  const gone = new Set(texts(data).map((text) => text.toLowerCase()));
  return before.filter((text) => !gone.has(text.toLowerCase()));
};
