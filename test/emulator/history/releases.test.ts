import { describe, expect, test } from 'vitest';
import { registeredBuild } from '../../../emulator/history/register.ts';
import { buildVersion, KNOWN_RELEASES } from '../../../emulator/history/releases.ts';
import { describeData } from '../../support/outside.ts';

interface Facts {
  readonly releases: Readonly<
    Record<string, readonly { readonly label: string; readonly commit: string; readonly date: string }[]>
  >;
}

const sorted = (rows: readonly string[]): readonly string[] => [...rows].sort();

describeData('the releases of the register', 'xen-revisions.json', (data) => {
  const { releases } = data as Facts;

  test('are all there, each driver with its commit and its day', () => {
    const wanted = Object.entries(releases).flatMap(([driver, builds]) =>
      builds.map(({ label, commit, date }) => `${label} ${driver} ${commit.slice(0, 7)} ${date}`),
    );
    const known = KNOWN_RELEASES.flatMap(({ label, builds }) =>
      builds.map(({ driver, commit, built }) => `${label} ${driver} ${commit} ${built}`),
    );
    expect(sorted(known)).toEqual(sorted(wanted));
  });
});

describe('a known build', () => {
  test('of a bus has its table, of a child what it asks for, of xenvif both', () => {
    for (const { builds } of KNOWN_RELEASES) {
      for (const { driver, commit } of builds) {
        const registered = registeredBuild(driver, commit);
        const isBus = ['xenbus', 'xenvif', 'xenvkbd'].includes(driver);
        expect([driver, commit, registered?.state !== undefined]).toEqual([driver, commit, isBus]);
        expect([driver, commit, registered?.need !== undefined]).toEqual([driver, commit, driver !== 'xenbus']);
      }
    }
  });

  test("that a vendor took from upstream is upstream's", () => {
    expect(registeredBuild('xenhid', '3728255')?.release.label).toBe('master@2025-12-31');
    expect(registeredBuild('xennet', 'cea8572')?.release.label).toBe('master@head');
  });

  test('is unknown by a commit that no release has', () => {
    expect(registeredBuild('xenbus', '0000000')).toBeUndefined();
  });
});

describe('the version of a known build', () => {
  const versionOf = (driver: string, commit: string): string => {
    const registered = registeredBuild(driver, commit);
    return registered === undefined ? '' : buildVersion(registered.release, registered.build).join('.');
  };

  test('goes up with the day, so that a later build has other file names', () => {
    expect(versionOf('xenbus', '7864897')).toBe('7.0.0.352');
    expect(versionOf('xenbus', '329a5d1')).toBe('8.2.0.1421');
    expect(versionOf('xenbus', '6790a1d')).toBe('8.2.1.1905');
    expect(versionOf('xenbus', 'caf3536')).toBe('9.0.0.2179');
    expect(versionOf('xenbus', '1087a8d')).toBe('9.1.0.4887');
    expect(versionOf('xenbus', '9b7e59e')).toBe('9.0.9030.4340');
  });
});
