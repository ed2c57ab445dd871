import type { DriverDefinition } from '../../drivers/contract.ts';
import { DRIVERS } from '../../drivers/index.ts';
import type { GuestSpec } from '../../emulator/guest/guest.ts';
import { guestById } from '../../emulator/guest/windows.ts';
import { compileBundle } from '../../emulator/package/compile.ts';
import type { PackageLibrary } from '../../emulator/package/facts.ts';
import { asIfSigned } from '../../emulator/rehearse.ts';
import type { RehearsedBundle, RunResult, Scenario, ScenarioInput } from '../../emulator/scenarios/contract.ts';
import { SCENARIOS } from '../../emulator/scenarios/index.ts';
import { judgeRun } from '../../emulator/scenarios/judge.ts';
import { Run } from '../../emulator/scenarios/run.ts';
import type { CheckedFile } from '../../packaging/bundle/check.ts';
import { type TestBrand, XEN_PROJECT } from '../drivers/render.ts';
import { driverPackage } from './pv-package.ts';

export const REHEARSAL_TIME = Date.UTC(2026, 8, 1);

/** Drivers that a release has packages of its own for. */
export const PACKAGED: readonly DriverDefinition[] = DRIVERS.filter(({ partOf }) => partOf === undefined);

/** A whole release from winpv's own templates and stand-ins: a folder for each driver. */
export const releaseFiles = (brand: TestBrand = XEN_PROJECT, drivers = PACKAGED): readonly CheckedFile[] =>
  drivers.flatMap((driver) =>
    driverPackage(driver, { brand }).map(({ path, bytes }) => ({ path: `${driver.name}/x64/${path}`, bytes })),
  );

export const guestNamed = (id: string): GuestSpec => {
  const guest = guestById(id);
  if (guest === undefined) throw new Error(`no guest ${id}`);
  return guest;
};

export interface TestBundle {
  readonly bundle: RehearsedBundle;
  readonly library: PackageLibrary;
}

/** Compiles the files of a release as if it were signed. */
export const bundleOf = (files: readonly CheckedFile[], guests: readonly GuestSpec[], label = 'new'): TestBundle => {
  const shown = (path: string): string => path;
  const compiled = compileBundle({ files, label, guests, trust: [], nowMs: REHEARSAL_TIME, shown });
  return { bundle: { label, packages: compiled.packages }, library: asIfSigned(compiled.library) };
};

export const togetherIn = (bundles: readonly TestBundle[]): PackageLibrary => ({
  packages: Object.assign({}, ...bundles.map(({ library }) => library.packages)),
  images: Object.assign({}, ...bundles.map(({ library }) => library.images)),
});

export const scenarioNamed = (id: string): Scenario => {
  const scenario = SCENARIOS.find((one) => one.id === id);
  if (scenario === undefined) throw new Error(`no scenario ${id}`);
  return scenario;
};

export interface Played {
  readonly run: Run;
  readonly result: RunResult;
}

/** Every run of a scenario. */
export const played = (scenario: Scenario, input: ScenarioInput): readonly Played[] =>
  scenario.runs(input).map(({ variant, begin, play }) => {
    const run = new Run(input, begin);
    play(run);
    return { run, result: judgeRun(run, variant === '' ? scenario.id : `${scenario.id}:${variant}`) };
  });
