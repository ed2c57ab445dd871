import { describe, expect, test } from 'vitest';
import {
  emptyKey,
  keyAt,
  keyNames,
  valueAt,
  withKey,
  withoutKey,
  withoutValue,
  withoutVolatile,
  withValue,
  withVolatileKey,
  writeValue,
} from '../../../emulator/guest/registry.ts';

const one = { type: 'REG_DWORD', data: 1 } as const;
const root = withValue(emptyKey('HKLM'), 'SYSTEM\\Select', 'Current', one);

describe('the registry', () => {
  test('compares names without case and keeps the first spelling', () => {
    const twice = withValue(root, 'system\\SELECT', 'CURRENT', { type: 'REG_DWORD', data: 2 });
    expect(valueAt(twice, 'System\\select', 'current')).toEqual({ name: 'Current', type: 'REG_DWORD', data: 2 });
    expect(keyNames(keyAt(twice, 'SYSTEM'))).toEqual(['Select']);
  });

  test('is persistent: what was there stays as it was, and what did not change is shared', () => {
    const before = JSON.stringify(root);
    const after = withValue(root, 'SOFTWARE\\Vendor', 'Name', { type: 'REG_SZ', data: 'x' });
    expect(JSON.stringify(root)).toBe(before);
    expect(keyAt(after, 'SYSTEM')).toBe(keyAt(root, 'SYSTEM'));
    expect(withValue(after, 'SOFTWARE\\Vendor', 'Name', { type: 'REG_SZ', data: 'x' })).toBe(after);
    expect(withKey(after, 'software\\vendor')).toBe(after);
  });

  test('changes in place only what a transition made itself', () => {
    const owned = new WeakSet<object>();
    const first = writeValue(root, 'SYSTEM\\Select', { name: 'Default', ...one }, owned);
    const second = writeValue(first, 'SYSTEM\\Select', { name: 'Failed', ...one }, owned);
    expect(second).toBe(first);
    expect(valueAt(root, 'SYSTEM\\Select', 'Default')).toBeUndefined();
    expect(valueAt(first, 'SYSTEM\\Select', 'Failed')?.data).toBe(1);
  });

  test('removes values and keys, with all below them, and nothing else', () => {
    const more = withValue(root, 'SYSTEM\\Select\\Below', 'Deep', one);
    expect(withoutValue(more, 'SYSTEM\\select', 'CURRENT')).toEqual(
      withValue(emptyKey('HKLM'), 'SYSTEM\\Select\\Below', 'Deep', one),
    );
    expect(withoutKey(more, 'SYSTEM\\Select')).toEqual(withKey(emptyKey('HKLM'), 'SYSTEM'));
    expect(withoutKey(more, 'SYSTEM\\Nothing')).toBe(more);
    expect(withoutKey(more, '')).toBe(more);
  });

  test('loses volatile keys when the machine is switched off', () => {
    const asked = withValue(withVolatileKey(root, 'SYSTEM\\Request\\xenvbd'), 'SYSTEM\\Request\\xenvbd', 'Reboot', one);
    expect(withoutVolatile(asked)).toEqual(withKey(root, 'SYSTEM\\Request'));
    expect(withoutVolatile(root)).toBe(root);
  });

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'has keys and values named %s like others',
    (name) => {
      expect(valueAt(root, name, name)).toBeUndefined();
      expect(keyAt(root, `SYSTEM\\${name}`)).toBeUndefined();
      const after = withValue(root, `SYSTEM\\${name}`, name, one);
      expect(valueAt(after, `SYSTEM\\${name}`, name)?.data).toBe(1);
      expect(JSON.parse(JSON.stringify(after))).toEqual(after);
      expect(valueAt(JSON.parse(JSON.stringify(after)), `SYSTEM\\${name}`, name)?.data).toBe(1);
      expect(withoutKey(after, `SYSTEM\\${name}`)).toEqual(root);
    },
  );
});
