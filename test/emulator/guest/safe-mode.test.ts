import { describe, expect, test } from 'vitest';
import { newDisk } from '../../../emulator/guest/baseline.ts';
import { type RegistryKey, withKey, withValue } from '../../../emulator/guest/registry.ts';
import { loadsInSafeMode } from '../../../emulator/guest/safe-mode.ts';
import { guestSpecs } from '../../../emulator/guest/windows.ts';

const SERVICES = 'SYSTEM\\CurrentControlSet\\Services';
const SYSTEM_CLASS = '{4D36E97D-E325-11CE-BFC1-08002BE10318}';
const NET_CLASS = '{4d36e972-e325-11ce-bfc1-08002be10318}';

const [first] = guestSpecs();
if (first === undefined) throw new Error('No guest.');
const FRESH = newDisk(first, 'ide', 'rtl8139').registry;

const withService = (name: string, start: number, group = '', image = ''): RegistryKey => {
  const key = `${SERVICES}\\${name}`;
  let root = withValue(FRESH, key, 'Start', { type: 'REG_DWORD', data: start });
  if (group !== '') root = withValue(root, key, 'Group', { type: 'REG_SZ', data: group });
  if (image !== '') root = withValue(root, key, 'ImagePath', { type: 'REG_EXPAND_SZ', data: image });
  return root;
};

describe('safe mode loads', () => {
  test('every boot-start driver', () => {
    expect(loadsInSafeMode(withService('xenvbd', 0, 'Scsi Miniport'), 'xenvbd')).toBe(true);
  });

  test('what is in a group that it lists, in any case', () => {
    expect(loadsInSafeMode(withService('x', 1, 'boot bus EXTENDER'), 'x')).toBe(true);
    expect(loadsInSafeMode(withService('x', 1, 'SCSI miniport'), 'x')).toBe(false);
    expect(loadsInSafeMode(withService('x', 1), 'x')).toBe(false);
  });

  test('what it lists by name or file', () => {
    expect(loadsInSafeMode(withService('plugplay', 2), 'plugplay')).toBe(true);
    expect(loadsInSafeMode(withService('x', 3, '', '\\SystemRoot\\System32\\drivers\\VGA.sys'), 'x')).toBe(true);
    const added = withKey(
      withService('xenagent', 2),
      'SYSTEM\\CurrentControlSet\\Control\\SafeBoot\\Minimal\\XenAgent',
    );
    expect(loadsInSafeMode(added, 'xenagent')).toBe(true);
  });

  test('drivers of a device whose class it lists: the bus of PV network cards, not the cards', () => {
    const bus = withService('xenvif', 3, 'NDIS');
    expect(loadsInSafeMode(bus, 'xenvif')).toBe(false);
    expect(loadsInSafeMode(bus, 'xenvif', SYSTEM_CLASS)).toBe(true);
    const card = withService('xennet', 3, 'NDIS');
    expect(loadsInSafeMode(card, 'xennet', NET_CLASS)).toBe(false);
    expect(loadsInSafeMode(card, 'xennet', NET_CLASS, 'Network')).toBe(true);
  });

  test('a service that is missing as far as it goes: it is missing anyway', () => {
    expect(loadsInSafeMode(FRESH, 'gone')).toBe(true);
  });
});
