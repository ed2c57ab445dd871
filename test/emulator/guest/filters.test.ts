import { describe, expect, test } from 'vitest';
import { type FilterReader, stackOf } from '../../../emulator/guest/filters.ts';
import { emptyKey, keyAt, keyNames, type RegistryKey, valueAt, withValue } from '../../../emulator/guest/registry.ts';
import { guestById } from '../../../emulator/guest/windows.ts';

const DEVICE = 'SYSTEM\\CurrentControlSet\\Enum\\XENBUS\\VEN_XP&DEV_VBD\\_';
const GUID = '{4d36e97b-e325-11ce-bfc1-08002be10318}';
const CLASS = `SYSTEM\\CurrentControlSet\\Control\\Class\\${GUID}`;

type Values = Readonly<Record<string, string | readonly string[]>>;

const registry = (keys: Readonly<Record<string, Values>>): RegistryKey =>
  Object.entries(keys).reduce(
    (root, [key, values]) =>
      Object.entries(values).reduce(
        (now, [name, data]) =>
          withValue(now, key, name, { type: typeof data === 'string' ? 'REG_SZ' : 'REG_MULTI_SZ', data }),
        root,
      ),
    emptyKey('HKLM'),
  );

const reader = (keys: Readonly<Record<string, Values>>, id = 'windows-11-24h2-x64'): FilterReader => {
  const root = registry(keys);
  const guest = guestById(id);
  if (guest === undefined) throw new Error(`No guest ${id}.`);
  return {
    guest,
    text: (key, name) => {
      const data = valueAt(root, key, name)?.data;
      return typeof data === 'string' ? data : undefined;
    },
    texts: (key, name) => {
      const data = valueAt(root, key, name)?.data;
      return Array.isArray(data) ? data : typeof data === 'string' ? [data] : [];
    },
    keyNames: (key) => keyNames(keyAt(root, key)),
  };
};

/** `lower<device` and the like, from the bottom up. */
const stack = (keys: Readonly<Record<string, Values>>, id?: string): string =>
  stackOf(reader(keys, id), DEVICE)
    .map(({ service }) => service)
    .join(' ');

const declared = (service: string, values: Values): Readonly<Record<string, Values>> => ({
  [`${DEVICE}\\Filters\\${service}`]: values,
});

describe('the stack of a device', () => {
  test('is lower filters of device and class, the function driver, upper filters of device and class', () => {
    const keys = {
      [DEVICE]: {
        ClassGUID: GUID.toUpperCase(),
        Service: 'xenvbd',
        LowerFilters: ['a', 'b'],
        UpperFilters: ['xendisk', 'c'],
      },
      [CLASS]: { LowerFilters: ['d'], UpperFilters: ['e', 'f'] },
    };
    expect(stackOf(reader(keys), DEVICE)).toEqual([
      { service: 'a', role: 'lower-filter', from: 'device' },
      { service: 'b', role: 'lower-filter', from: 'device' },
      { service: 'd', role: 'lower-filter', from: 'class' },
      { service: 'xenvbd', role: 'function', from: 'device' },
      { service: 'xendisk', role: 'upper-filter', from: 'device' },
      { service: 'c', role: 'upper-filter', from: 'device' },
      { service: 'e', role: 'upper-filter', from: 'class' },
      { service: 'f', role: 'upper-filter', from: 'class' },
    ]);
  });

  test('of a device without class and driver is empty', () => {
    expect(stackOf(reader({}), DEVICE)).toEqual([]);
    expect(stack({ [DEVICE]: { UpperFilters: ['x'] }, [CLASS]: { UpperFilters: ['y'] } })).toBe('x');
  });

  test('takes a single string for a list of one, leaves out empty names, and keeps one that stands twice', () => {
    const keys = {
      [DEVICE]: { ClassGUID: GUID, Service: 's', UpperFilters: 'one' },
      [CLASS]: { UpperFilters: ['', 'xenfilt', 'xenfilt'] },
    };
    expect(stack(keys)).toBe('s one xenfilt xenfilt');
  });
});

describe('filters of AddFilter', () => {
  const base = { ClassGUID: GUID, Service: 'fdo' };

  test('without levels stand behind the registry value of their position', () => {
    const keys = {
      [DEVICE]: { ...base, UpperFilters: ['u1'], LowerFilters: ['l1'] },
      ...declared('u2', { Position: 'upper' }),
      ...declared('l2', { Position: 'Lower' }),
    };
    expect(stack(keys)).toBe('l1 l2 fdo u1 u2');
  });

  test('with levels are sorted by them, upward from the function driver', () => {
    const keys = {
      [DEVICE]: { ...base, UpperFilterLevels: ['A', 'B', 'C'], UpperFilterDefaultLevel: 'B', UpperFilters: ['old'] },
      ...declared('c1', { Position: 'upper', Level: 'c' }),
      ...declared('anywhere', { Position: 'upper' }),
      ...declared('a1', { Position: 'upper', Level: 'A' }),
    };
    expect(stack(keys)).toBe('fdo a1 old anywhere c1');
  });

  test('of the first lower level stand right below the function driver', () => {
    const keys = {
      [DEVICE]: {
        ...base,
        LowerFilterLevels: ['Encryption', 'Monitoring'],
        LowerFilterDefaultLevel: 'Monitoring',
        LowerFilters: ['m1', 'm2'],
      },
      ...declared('encrypt', { Position: 'lower', Level: 'Encryption' }),
    };
    expect(stack(keys)).toBe('m1 m2 encrypt fdo');
  });

  test('of a level that the INF does not have are left out, also when it has none', () => {
    const keys = {
      [DEVICE]: { ...base, UpperFilterLevels: ['A'], UpperFilterDefaultLevel: 'A' },
      ...declared('gone', { Position: 'upper', Level: 'Z' }),
    };
    expect(stack(keys)).toBe('fdo');
    expect(stack({ [DEVICE]: base, ...declared('gone', { Position: 'upper', Level: 'A' }) })).toBe('fdo');
  });

  test('go where their level is, whichever position was noted', () => {
    const keys = {
      [DEVICE]: { ...base, LowerFilterLevels: ['L'], LowerFilterDefaultLevel: 'L' },
      ...declared('low', { Position: 'upper', Level: 'L' }),
    };
    expect(stack(keys)).toBe('low fdo');
  });

  test('take the last level as default when the INF names none of its own', () => {
    const keys = {
      [DEVICE]: { ...base, UpperFilterLevels: ['A', 'B'], UpperFilterDefaultLevel: 'Z', UpperFilters: ['old'] },
      ...declared('b', { Position: 'upper', Level: 'B' }),
      ...declared('a', { Position: 'upper', Level: 'A' }),
    };
    expect(stack(keys)).toBe('fdo a old b');
  });

  test('find the levels in Device Parameters too', () => {
    const keys = {
      [DEVICE]: base,
      [`${DEVICE}\\Device Parameters`]: { UpperFilterLevels: ['A'], UpperFilterDefaultLevel: 'A' },
      ...declared('a', { Position: 'upper', Level: 'A' }),
    };
    expect(stack(keys)).toBe('fdo a');
  });

  test('mean nothing to a Windows before 10 version 1903', () => {
    const keys = {
      [DEVICE]: { ...base, UpperFilterLevels: ['A'], UpperFilters: ['old'] },
      ...declared('a', { Position: 'upper', Level: 'A' }),
      ...declared('u', { Position: 'upper' }),
    };
    expect(stack(keys, 'windows-10-1809-x64')).toBe('fdo old');
    expect(stack(keys, 'windows-10-1903-x64')).toBe('fdo old u a');
  });
});
