import { describe, expect, test } from 'vitest';
import { guestSpecs } from '../../../emulator/guest/windows.ts';
import { rehearseFiles } from '../../../emulator/rehearse-files.ts';
import { SCENARIOS } from '../../../emulator/scenarios/index.ts';
import { type TestBrand, WITH_EVERYTHING, XEN_PROJECT } from '../../drivers/render.ts';
import { editedRelease } from '../../support/edited-release.ts';
import { guestNamed, REHEARSAL_TIME } from '../../support/rehearsal.ts';

const MODERN = ['windows-10-1607-x64', 'windows-10-22h2-x64', 'windows-11-24h2-x64', 'server-2025-x64'];
const OLDER = ['windows-7-sp1-sha2-x64', 'windows-8.1-x64', 'server-2012r2-x64', 'windows-10-22h2-x64'];

const known = new Set(guestSpecs().map(({ id }) => id));
const sample = (ids: readonly string[]) => ids.filter((id) => known.has(id));

interface Good {
  readonly what: string;
  readonly generation: '9.1' | '8.2';
  readonly brand: TestBrand;
}

const CASES: readonly Good[] = (['9.1', '8.2'] as const).flatMap((generation) => {
  const version = generation === '9.1' ? '9.1.0.30' : '8.2.1.30';
  const infDate = generation === '9.1' ? '05/29/2026' : '03/21/2018';
  return [
    { what: 'without a function of its own', generation, brand: { ...XEN_PROJECT, version, infDate } },
    { what: 'with a function of its own', generation, brand: { ...WITH_EVERYTHING, version, infDate, forced: false } },
    { what: 'with everything forced', generation, brand: { ...WITH_EVERYTHING, version, infDate } },
  ];
});

describe('good releases pass every scenario and show no failure mode', () => {
  test.each(CASES)('$generation, $what', { timeout: 120_000 }, ({ generation, brand }) => {
    const ids = sample(generation === '9.1' ? MODERN : OLDER);
    expect(ids.length).toBeGreaterThan(2);
    const { runs, findings } = rehearseFiles({
      bundle: { label: 'release', files: editedRelease({ generation, brand }), trust: [] },
      before: [],
      guests: ids.map(guestNamed),
      scenarios: SCENARIOS,
      nowMs: REHEARSAL_TIME,
      shown: (path) => path,
      asked: true,
    });
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(runs.length).toBeGreaterThan(ids.length * 10);
    const told = runs.flatMap(({ guest, scenario, findings: own }) =>
      own
        .filter(({ severity, failureMode }) => severity === 'error' || failureMode !== undefined)
        .map(({ severity, failureMode, message }) => `${guest} ${scenario}: ${severity} ${failureMode} ${message}`),
    );
    expect(told).toEqual([]);
  });
});
