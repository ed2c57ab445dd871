import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FAMILY } from '../../drivers/index.ts';
import { historicTemplates } from '../../emulator/history/historic-package.ts';
import { rehearseFiles } from '../../emulator/rehearse-files.ts';
import type { CheckedFile } from '../../packaging/bundle/check.ts';
import { WITH_EVERYTHING } from '../drivers/render.ts';
import { editedRelease } from '../support/edited-release.ts';
import { knownRelease, mixedRelease } from '../support/known-release.ts';
import { projectRoot } from '../support/outside.ts';
import { guestNamed, REHEARSAL_TIME, scenarioNamed } from '../support/rehearsal.ts';

const templates = new Map(
  historicTemplates(FAMILY).map((path) => [path, new Uint8Array(readFileSync(join(projectRoot, path)))]),
);

const rehearsed = (files: readonly CheckedFile[], scenarios: readonly string[] = ['fresh-install']) =>
  rehearseFiles({
    bundle: { label: 'release', files, trust: [] },
    before: [],
    guests: [guestNamed('windows-10-22h2-x64')],
    scenarios: scenarios.map(scenarioNamed),
    nowMs: REHEARSAL_TIME,
    shown: (path) => path,
    asked: true,
    templates,
  });

const incomplete = (files: readonly CheckedFile[]): readonly string[] =>
  rehearsed(files)
    .findings.filter(({ code }) => code === 'EMULATOR_INCOMPLETE')
    .map(({ message }) => message);

const problems = ({ runs, findings }: ReturnType<typeof rehearsed>) => [
  ...findings.filter(({ severity }) => severity === 'error').map(({ failureMode }) => failureMode),
  ...runs.flatMap((run) =>
    run.findings.filter(({ severity }) => severity === 'error').map(({ failureMode }) => failureMode),
  ),
];

describe('a part of a release without the bus of its devices', () => {
  test.each(['xenvbd', 'xenvif', 'xennet', 'xeniface', 'xenvkbd', 'xenhid', 'xencons'])(
    '%s alone is rehearsed with the buses of the newest known release, and passes',
    { timeout: 60_000 },
    (driver) => {
      const all = rehearsed(editedRelease({ drivers: [driver] }), ['fresh-install', 'upgrade-in-place']);
      expect(all.runs.length).toBeGreaterThan(1);
      expect(problems(all)).toEqual([]);
      const forced = rehearsed(editedRelease({ drivers: [driver], brand: WITH_EVERYTHING }));
      expect(forced.runs.length).toBe(1);
      expect(problems(forced)).toEqual([]);
    },
  );

  test('which release that is, is said for each bus', () => {
    expect(incomplete(editedRelease({ drivers: ['xennet'] }))).toEqual([
      'The release has xennet and no xenvif, which lists its devices: it was rehearsed with xenbus and xenvif of master@head, the newest release known that goes with it.',
    ]);
  });

  test('the newest bus that still lists the revision of an old driver is taken', () => {
    expect(incomplete(mixedRelease({ xenvbd: 'master@2018-12-31' })).join()).toMatch(/xenbus of master@2025-07-31,/);
  });

  test('that a known release has equal numbers, which are made up, is no news', () => {
    const release = knownRelease('master@2023-08-31');
    const { runs } = rehearsed(release, ['upgrade-in-place']);
    expect(runs.length).toBeGreaterThan(1);
    expect(runs.flatMap(({ findings }) => findings.filter(({ code }) => code === 'EMULATOR_TIE'))).toEqual([]);
  });

  test('nothing is added to a release that is whole', () => {
    expect(incomplete(knownRelease('master@2025-12-31'))).toEqual([]);
  });

  test('a fault of the given package is told', () => {
    const files = editedRelease({ drivers: ['xenvbd'], images: { 'xencrsh.sys': 'missing' } });
    expect([...new Set(problems(rehearsed(files)))]).toEqual(['F37']);
  });

  test('a service that does not start at boot is told', () => {
    const files = editedRelease({
      drivers: ['xenvbd'],
      infs: { xenvbd: (text) => text.replace('StartType = 0', 'StartType = 3') },
    });
    expect([...new Set(problems(rehearsed(files)))]).toEqual(['F30']);
  });

  test('what the lent bus does to a machine is a note, and no failure mode of the package', () => {
    const all = rehearsed(mixedRelease({ xenvbd: 'master@2018-12-31' }), ['fresh-install-pass-through-nvme']);
    const findings = all.runs.flatMap((run) => run.findings);
    expect(findings.filter(({ severity }) => severity !== 'info')).toEqual([]);
    const [told] = findings.filter(({ code }) => code === 'EMULATOR_NO_BOOT');
    expect(told?.message).toMatch(/NVMe controller .* It lies in a package that the release lacks\.$/);
    expect(told?.failureMode).toBeUndefined();
  });

  test('machines have no later releases before it, however new the lent bus is', () => {
    const all = rehearsed(mixedRelease({ xenvbd: 'master@2021-06-30' }), ['upgrade-in-place']);
    expect(problems(all)).toEqual([]);
    const from = all.runs.map(({ scenario }) => scenario);
    expect(from).toContain('upgrade-in-place:8.2.1');
    expect(from).not.toContain('upgrade-in-place:master@2025-12-31');
  });
});
