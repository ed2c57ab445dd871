import { describe, expect, test } from 'vitest';
import type { RegistryData, RegistryDataType } from '../../../drivers/behaviour.ts';
import { targetKey } from '../../../emulator/guest/guest.ts';
import { GuestMachine } from '../../../emulator/guest/machine.ts';
import { keyAt, keyNames, valueAt } from '../../../emulator/guest/registry.ts';
import { applyRegistrySteps } from '../../../emulator/guest/registry-steps.ts';
import { deviceWorld, GUEST, small, smallInf, unmodelled } from '../../support/small-install.ts';

const ROOT = 'SOFTWARE\\Demo';

/** What an INF's lines make of values that are there. */
const applied = (
  sections: string,
  before: Readonly<Record<string, readonly [RegistryDataType, RegistryData]>> = {},
): GuestMachine => {
  const { key, library } = small('a', smallInf(`[Install]\n${sections}`));
  const machine = new GuestMachine(deviceWorld(), library);
  for (const [name, [type, data]] of Object.entries(before)) machine.setValue(ROOT, name, type, data);
  const steps = library.packages[key]?.targets[targetKey(GUEST)]?.installs.install?.software;
  if (steps === undefined) throw new Error('no such section');
  applyRegistrySteps(machine, steps, ROOT);
  return machine;
};

const add = (line: string, before?: readonly [RegistryDataType, RegistryData]) => {
  const found = valueAt(applied(`AddReg=A\n[A]\n${line}\n`, before && { v: before }).registry, ROOT, 'v');
  return found === undefined ? undefined : [found.type, found.data];
};

describe('AddReg', () => {
  test.each([
    ['HKR,,v,,text', ['REG_SZ', 'text']],
    ['HKR,,v', ['REG_SZ', '']],
    ['HKR,,v,0x00010000,a,b', ['REG_MULTI_SZ', ['a', 'b']]],
    ['HKR,,v,0x00020000,"%%SystemRoot%%\\x"', ['REG_EXPAND_SZ', '%SystemRoot%\\x']],
    ['HKR,,v,0x00010001,-1', ['REG_DWORD', 0xffffffff]],
    ['HKR,,v,0x00010001,1,2,0,0', ['REG_DWORD', 0x201]],
    ['HKR,,v,1,0A,0xff', ['REG_BINARY', '0aff']],
    ['HKR,,v,0x00020001', ['REG_NONE', '']],
    ['HKR,,v,,%12%\\x.sys', ['REG_SZ', 'C:\\Windows\\System32\\drivers\\x.sys']],
  ])('%s', (line, expected) => {
    expect(add(line)).toEqual(expected);
  });

  test('overwrites what is there, whatever its type', () => {
    expect(add('HKR,,V,0x00010001,2', ['REG_SZ', 'old'])).toEqual(['REG_DWORD', 2]);
  });

  test('keeps what is there with NOCLOBBER, and writes what is not', () => {
    expect(add('HKR,,v,0x00010003,2', ['REG_DWORD', 1])).toEqual(['REG_DWORD', 1]);
    expect(add('HKR,,v,0x00010003,2')).toEqual(['REG_DWORD', 2]);
  });

  test('writes only what is there with OVERWRITEONLY, and makes no key', () => {
    expect(add('HKR,,v,0x20,new', ['REG_SZ', 'old'])).toEqual(['REG_SZ', 'new']);
    const machine = applied('AddReg=A\n[A]\nHKR,Below,v,0x20,new\n');
    expect(machine.hasKey(`${ROOT}\\Below`)).toBe(false);
  });

  test('appends each text that is not there yet, in any case, also to a list that is not there', () => {
    expect(add('HKR,,v,0x00010008,B,c,C', ['REG_MULTI_SZ', ['a', 'b']])).toEqual(['REG_MULTI_SZ', ['a', 'b', 'c']]);
    expect(add('HKR,,v,0x00010008,a')).toEqual(['REG_MULTI_SZ', ['a']]);
  });

  test('makes keys without values', () => {
    const machine = applied('AddReg=A\n[A]\nHKR,One,,0x10\nHKR,Two,,0x2000\n');
    expect(keyNames(keyAt(machine.registry, ROOT))).toEqual(['One', 'Two']);
  });

  test('deletes with DELVAL: a value, or the key when it names none', () => {
    expect(add('HKR,,v,0x4', ['REG_SZ', 'old'])).toBeUndefined();
    expect(applied('AddReg=A\n[A]\nHKR,,,0x4\n', { v: ['REG_SZ', ''] }).hasKey(ROOT)).toBe(false);
  });

  test('leaves lines to DelReg that are marked as its own', () => {
    expect(add('HKR,,v,0x8000,new')).toBeUndefined();
  });

  test('goes to HKLM and HKCR by their own paths, to the view of 32 bits, and says what is elsewhere', () => {
    const lines = 'HKLM,SOFTWARE\\Here,v,,1\nHKCR,.demo,v,,2\nHKLM,SOFTWARE\\Here,v,0x4000,3\nHKCU,Demo,v,,4\n';
    const machine = applied(`AddReg=A\n[A]\n${lines}`);
    expect(machine.value('SOFTWARE\\Here', 'v')).toBe('1');
    expect(machine.value('SOFTWARE\\Classes\\.demo', 'v')).toBe('2');
    expect(machine.value('SOFTWARE\\Wow6432Node\\Here', 'v')).toBe('3');
    expect(unmodelled(machine.outputs)).toEqual([
      expect.stringMatching(/^a registry value outside HKLM \(line \d+\)$/),
    ]);
  });

  test('lets the last line win', () => {
    expect(add('HKR,,v,,one\nHKR,,v,,two')).toEqual(['REG_SZ', 'two']);
  });
});

describe('DelReg', () => {
  const deleted = (line: string) =>
    applied(`DelReg=D\n[D]\n${line}\n`, { v: ['REG_MULTI_SZ', ['a', 'B', 'b']], w: ['REG_SZ', ''] });

  test('deletes a value', () => {
    const machine = deleted('HKR,,V');
    expect(machine.valueNames(ROOT)).toEqual(['w']);
  });

  test('deletes a key and what is below it', () => {
    const machine = applied('AddReg=A\nDelReg=D\n[A]\nHKR,Kept\\Below,v,,1\n[D]\nHKLM,SOFTWARE\\Demo\n', {
      v: ['REG_SZ', ''],
    });
    expect(machine.valueNames(ROOT)).toEqual([]);
    expect(deleted('HKLM,SOFTWARE').hasKey('SOFTWARE')).toBe(false);
  });

  test('removes a text from a list, in any case', () => {
    expect(deleted('HKR,,v,0x00018002,b').texts(ROOT, 'v')).toEqual(['a']);
    expect(deleted('HKR,,none,0x00018002,b').valueNames(ROOT)).toEqual(['v', 'w']);
  });

  test('does not mind what is not there', () => {
    expect(deleted('HKR,Nowhere,none\nHKR,,none').valueNames(ROOT)).toEqual(['v', 'w']);
  });

  test('comes before AddReg of the same section, wherever it stands', () => {
    const machine = applied('AddReg=A\nDelReg=D\n[A]\nHKR,,v,,new\n[D]\nHKR,,v\n', { v: ['REG_SZ', 'old'] });
    expect(machine.value(ROOT, 'v')).toBe('new');
  });
});

describe('BitReg', () => {
  const bits = (line: string, before?: readonly [RegistryDataType, RegistryData]) => {
    const machine = applied(`BitReg=B\n[B]\n${line}\n`, before && { v: before });
    return machine.value(ROOT, 'v');
  };

  test('sets and clears bits of one byte of a binary value', () => {
    expect(bits('HKR,,v,1,0x81,1', ['REG_BINARY', '000100'])).toBe('008100');
    expect(bits('HKR,,v,0,0f,2', ['REG_BINARY', '00ffff'])).toBe('00fff0');
  });

  test('comes after AddReg', () => {
    expect(bits('HKR,,v,1,1,0\n[Install]\nAddReg=A\n[A]\nHKR,,v,1,80')).toBe('81');
  });

  test('leaves everything else as it is: no value, another type, a byte that is not there', () => {
    expect(bits('HKR,,v,1,1,0')).toBeUndefined();
    expect(bits('HKR,,v,1,1,0', ['REG_DWORD', 8])).toBe(8);
    expect(bits('HKR,,v,1,1,0', ['REG_SZ', '00'])).toBe('00');
    expect(bits('HKR,,v,1,1,3', ['REG_BINARY', '000100'])).toBe('000100');
  });
});
