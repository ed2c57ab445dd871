import { describe, expect, test } from 'vitest';
import { policyKey, targetKey } from '../../../emulator/guest/guest.ts';
import {
  featuresOf,
  guestById,
  guestSpecs,
  switchesOf,
  WINDOWS_PROFILES,
  withSwitches,
} from '../../../emulator/guest/windows.ts';
import { machineStates } from '../../../packaging/signing/policy.ts';
import { WINDOWS_RELEASES } from '../../../packaging/signing/policy-data.ts';

const titleOf = (name: string): string | undefined => WINDOWS_PROFILES.find((one) => one.name === name)?.title;

describe('the guests', () => {
  test('are every Windows of the trust policy on every processor it runs on', () => {
    expect(WINDOWS_PROFILES.map(({ name }) => name)).toEqual(WINDOWS_RELEASES.map(({ name }) => name));
    expect(guestSpecs()).toHaveLength(WINDOWS_RELEASES.reduce((sum, { archs }) => sum + archs.length, 0));
    expect(new Set(guestSpecs().map(({ id }) => id)).size).toBe(guestSpecs().length);
  });

  test('are called by their Windows and processor', () => {
    const ids = guestSpecs().map(({ id }) => id);
    expect(ids).toContain('windows-10-22h2-x64');
    expect(ids).toContain('windows-7-sp1-sha2-x86');
    expect(ids).toContain('windows-11-24h2-arm64');
    expect(ids).toContain('server-2019-x64');
    expect(guestById('SERVER-2008R2-X64')?.windows.build).toBe(7601);
    expect(guestById('windows-95-x86')).toBeUndefined();
  });

  test('have the titles that people know', () => {
    expect(titleOf('7-sp1-sha2')).toBe('Windows 7 SP1 with SHA-2 updates');
    expect(titleOf('8.1')).toBe('Windows 8.1');
    expect(titleOf('10-22h2')).toBe('Windows 10 22H2');
    expect(titleOf('10-1607')).toBe('Windows 10 1607');
    expect(titleOf('server-2012r2')).toBe('Windows Server 2012 R2');
    expect(titleOf('server-2025')).toBe('Windows Server 2025');
  });

  test('name their INF target and the state of their trust policy', () => {
    const guest = guestById('server-2019-x64');
    expect(guest && targetKey(guest)).toBe('amd64 10.0.17763 3');
    expect(guest && policyKey(guest)).toBe('server-2019 x64');
    const seven = guestById('windows-7-sp1-x86');
    expect(seven && targetKey(seven)).toBe('x86 6.1.7601 1');
  });

  test('have the switches with which the trust policy knows machines', () => {
    for (const release of WINDOWS_RELEASES) {
      const states = machineStates(release);
      for (const guest of guestSpecs().filter(({ windows }) => windows.name === release.name)) {
        const mine = states.filter(({ arch }) => arch === guest.arch);
        const seen = {
          secureBoot: mine.some((state) => state.secureBoot),
          testSigning: mine.some((state) => state.testSigning),
          hvci: mine.some((state) => state.hvci),
          upgraded: mine.some((state) => state.upgraded),
        };
        expect(switchesOf(guest), guest.id).toEqual(seen);
        const all = withSwitches(guest, { secureBoot: true, testSigning: true, hvci: true, upgraded: true });
        expect(all, guest.id).toEqual({ ...guest, ...seen });
      }
    }
  });
});

describe('what a Windows can do', () => {
  const features = (name: string) => featuresOf({ build: WINDOWS_RELEASES.find((r) => r.name === name)?.build ?? 0 });

  test('Windows 7 binds no boot device from the driver store and knows no StartOverride', () => {
    expect(features('7-sp1')).toMatchObject({ driverDatabase: false, startOverride: false, lastKnownGood: 'offered' });
    expect(features('server-2012')).toMatchObject({ driverDatabase: true, startOverride: true });
  });

  test('short PCI ids move with Windows 10, declarative filters come with 1903', () => {
    expect(features('8.1').pciIdsMoved).toBe(false);
    expect(features('10-1507').pciIdsMoved).toBe(true);
    expect(features('10-1809').declarativeFilters).toBe(false);
    expect(features('10-1903').declarativeFilters).toBe(true);
    expect(features('server-2019').declarativeFilters).toBe(false);
  });
});
