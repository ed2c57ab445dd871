import { describe, expect, test } from 'vitest';
import { rehearseFiles } from '../../../emulator/rehearse-files.ts';
import type { CheckedFile } from '../../../packaging/bundle/check.ts';
import { WITH_EVERYTHING, XEN_PROJECT } from '../../drivers/render.ts';
import { editedRelease } from '../../support/edited-release.ts';
import { knownRelease } from '../../support/known-release.ts';
import { guestNamed, REHEARSAL_TIME, releaseFiles, scenarioNamed } from '../../support/rehearsal.ts';

const OTHER = { ...XEN_PROJECT, vendorName: 'Other Vendor', vendorPrefix: 'XS', vendorDeviceId: 'C000' };

const runsOf = (files: readonly CheckedFile[], before: readonly CheckedFile[], scenarios: readonly string[]) =>
  rehearseFiles({
    bundle: { label: 'release', files, trust: [] },
    before: [{ label: 'before', files: before, trust: [] }],
    guests: [guestNamed('windows-10-22h2-x64')],
    scenarios: scenarios.map(scenarioNamed),
    nowMs: REHEARSAL_TIME,
    shown: (path) => path,
    asked: true,
  }).runs;

const AFTER_REMOVAL = ['rebrand', 'rebrand-without-cleaner', 'foreign-filters'];

describe('the stack of another vendor', () => {
  test.each([
    { what: 'a release of today', before: () => editedRelease({ brand: OTHER }) },
    { what: '8.2.1', before: () => knownRelease('8.2.1', {}, { brand: OTHER }) },
  ])('$what: after its removal, complete or not, the release has everything', { timeout: 60_000 }, ({ before }) => {
    for (const files of [releaseFiles(), editedRelease({ brand: WITH_EVERYTHING })]) {
      const runs = runsOf(files, before(), AFTER_REMOVAL);
      // On the usual host, and on one with that vendor's function.
      expect(runs.map(({ scenario }) => scenario)).toEqual(
        AFTER_REMOVAL.flatMap((one) => [`${one}:before`, `${one}:before:on-C000`]),
      );
      expect(runs.filter(({ verdict }) => verdict !== 'pass')).toEqual([]);
    }
  });

  test('a preference for its function that it left is told, and fails no release', { timeout: 60_000 }, () => {
    const runs = runsOf(releaseFiles(), editedRelease({ brand: { ...OTHER, forced: true } }), AFTER_REMOVAL);
    expect(runs.filter(({ verdict }) => verdict !== 'pass')).toEqual([]);
    const told = runs.flatMap(({ findings }) => findings).filter(({ severity }) => severity === 'warning');
    expect(told.length).toBeGreaterThan(0);
    for (const { message, hint, failureMode } of told) {
      expect(message).toContain('xenfilt still prefers PCI\\VEN_5853&DEV_C000');
      expect(hint).toContain('cleaner');
      expect(failureMode).toBeUndefined();
    }
  });

  test('an offer by Windows Update afterwards fails no release: it is for the host to prevent', () => {
    const runs = runsOf(releaseFiles(), knownRelease('8.2.1', {}, { brand: OTHER }), ['foreign-offered']);
    expect(runs.map(({ verdict }) => verdict)).toEqual(['pass']);
    const [told] = runs.flatMap(({ findings }) => findings).filter(({ severity }) => severity === 'warning');
    expect(told?.failureMode).toBeUndefined();
    expect(told?.hint).toContain('Switch off the device on the host');
  });
});

describe('one file of an earlier release that stays', () => {
  test('the machine comes up, and a second installation mends it', { timeout: 60_000 }, () => {
    const before = editedRelease({ brand: { ...XEN_PROJECT, version: '9.1.0.29', infDate: '05/01/2026' } });
    const runs = runsOf(releaseFiles(), before, ['upgrade-stale-files']);
    expect(runs.map(({ scenario }) => scenario.split(':').at(-1))).toEqual([
      'xen.sys',
      'xenfilt.sys',
      'xenbus.sys',
      'xenvbd.sys',
      'xencrsh.sys',
      'xendisk.sys',
    ]);
    expect(runs.filter(({ verdict }) => verdict !== 'pass')).toEqual([]);
  });
});
