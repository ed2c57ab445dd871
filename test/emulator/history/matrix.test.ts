import { describe, expect, test } from 'vitest';
import type { DriverModel } from '../../../drivers/model.ts';
import { cellOf } from '../../../drivers/revision-register.ts';
import { guestById } from '../../../emulator/guest/windows.ts';
import type { DeviceNode, World } from '../../../emulator/guest/world.ts';
import type { HistoricPackage } from '../../../emulator/history/historic-package.ts';
import { registeredBuild } from '../../../emulator/history/register.ts';
import { KNOWN_RELEASES } from '../../../emulator/history/releases.ts';
import { newWorld } from '../../../emulator/new-world.ts';
import { transition } from '../../../emulator/transition.ts';
import { CITRIX, knownPackage, libraryOf } from '../../support/history.ts';
import { describeData } from '../../support/outside.ts';

interface Facts {
  readonly matrix: Readonly<Record<string, Matrix>>;
}

interface Matrix {
  readonly bus_releases: readonly string[];
  readonly child_releases: readonly string[];
  /** A letter for each release of the child. */
  readonly rows: readonly string[];
}

/** What a run shows: it starts, it is bound and fails, nothing matches, or nobody can tell. */
type Verdict = 'O' | 'F' | 'no match' | '?';

const guest = guestById('windows-10-22h2-x64');
if (guest === undefined) throw new Error('no such guest');

const commitOf = (driver: string, label: string): string => {
  const build = KNOWN_RELEASES.find((one) => one.label === label)?.builds.find((one) => one.driver === driver);
  if (build === undefined) throw new Error(`no ${driver} at ${label}`);
  return build.commit;
};

/** One brand on both sides, whose ids builds of every year have. */
const packageAt = (driver: string, label: string): HistoricPackage =>
  knownPackage(driver, commitOf(driver, label), CITRIX);

/** A guest with packages installed one after the other, started anew. */
const withInstalled = (...packages: readonly HistoricPackage[]): World => {
  const library = libraryOf(...packages);
  let world = newWorld(guest);
  for (const { facts } of packages)
    [world] = transition(world, { kind: 'package.install', package: facts.key }, library);
  [world] = transition(world, { kind: 'restart' }, library);
  return world;
};

const isChild = (name: string) => (node: DeviceNode) => node.path.includes(`&DEV_${name}`);
const CLASS_OF: Readonly<Record<string, string>> = { xenvbd: 'VBD', xenvif: 'VIF', xeniface: 'IFACE', xennet: 'NET' };
/** CM_PROB_FAILED_START, FAILED_ADD, FAILED_DRIVER_ENTRY. */
const FAILED = [10, 31, 37];
const NO_DRIVER = 28;

/** Installs a child in a guest that has its bus. */
const verdictOf = (
  driver: string,
  child: HistoricPackage,
  world: World,
  ...installed: readonly HistoricPackage[]
): Verdict => {
  const library = libraryOf(child, ...installed);
  const [ready, atOnce] = transition(world, { kind: 'package.install', package: child.facts.key }, library);
  // A card waits until the emulated ones were taken away.
  const [after, later] = driver === 'xennet' ? transition(ready, { kind: 'restart' }, library) : [ready, []];
  const outputs = [...atOnce, ...later];
  const node = Object.values(after.session?.devices ?? {}).find(isChild(CLASS_OF[driver] ?? ''));
  const isUndecided = outputs.some(
    (output) => output.kind === 'driver.note' && output.note.kind === 'xen.undecided' && output.note.module === driver,
  );
  if (node === undefined) throw new Error(`the bus lists no ${driver}`);
  if (isUndecided) return '?';
  if (node.problem?.code === NO_DRIVER) return 'no match';
  if (node.problem !== undefined && FAILED.includes(node.problem.code)) return 'F';
  if (node.state === 'started') return 'O';
  throw new Error(`${driver} is ${node.state} with problem ${node.problem?.code}`);
};

/** The static check tells the two kinds of `no match` apart. */
const letterOf = (verdict: Verdict, bus: readonly [string, string], child: readonly [string, string]): string => {
  if (verdict !== 'no match') return verdict;
  const [state, need] = [registeredBuild(...bus)?.state, registeredBuild(...child)?.need];
  if (state === undefined || need === undefined) throw new Error('not in the register');
  return cellOf(state, need);
};

/** The letters of one bus release, by what the emulator does with each release of the child. */
const rowOf = (driver: string, bus: string, label: string, children: readonly string[]): string => {
  const chain = bus === 'xenbus' ? ['xenbus'] : ['xenbus', bus];
  const installed = chain.map((name) => packageAt(name, label));
  const world = withInstalled(...installed);
  return children
    .map((childLabel) => {
      const verdict = verdictOf(driver, packageAt(driver, childLabel), world, ...installed);
      return letterOf(verdict, [bus, commitOf(bus, label)], [driver, commitOf(driver, childLabel)]);
    })
    .join('');
};

describeData('a release of a child in a guest that has a release of its bus', 'xen-revisions.json', (data) => {
  const { matrix } = data as Facts;
  const busOf = { xenvbd: 'xenbus', xenvif: 'xenbus', xeniface: 'xenbus', xennet: 'xenvif' };

  test.each(Object.entries(busOf))('%s on %s: all cells as in the register', (driver, bus) => {
    const facts = matrix[driver];
    if (facts === undefined) throw new Error(`no matrix of ${driver}`);
    const rows = facts.bus_releases.map((label) => `${label} ${rowOf(driver, bus, label, facts.child_releases)}`);
    expect(rows).toEqual(facts.bus_releases.map((label, index) => `${label} ${facts.rows[index]}`));
  });
});

/** A package whose images do something else. */
const changed = (known: HistoricPackage, change: (model: DriverModel) => DriverModel): HistoricPackage => ({
  ...known,
  images: known.images.map((image) => (image.model === undefined ? image : { ...image, model: change(image.model) })),
});

describe('the verdict of a run', () => {
  // Early 9.0 builds bind a row that the bus still lists, and ask for versions that it dropped (spec xen-pv 2.6).
  const bus = packageAt('xenbus', 'master@2023-12-31');
  const old = packageAt('xenvbd', 'master@2016-12-31');
  const fitting = packageAt('xenvbd', 'master@2023-12-31');
  const run = (child: HistoricPackage, on: HistoricPackage): Verdict =>
    verdictOf('xenvbd', child, withInstalled(on), on);

  test('follows the rows that the bus lists', () => {
    expect(run(fitting, bus)).toBe('O');
    const shorter = changed(bus, (model) => ({
      ...model,
      rows: model.rows?.filter((row) => row !== '0900000A') ?? [],
    }));
    expect(run(fitting, shorter)).toBe('no match');
    const longer = changed(bus, (model) => ({ ...model, rows: ['08000009', ...(model.rows ?? [])] }));
    const older = packageAt('xenvbd', '8.2.1');
    expect(run(older, bus)).toBe('no match');
    expect(run(older, longer)).toBe('F');
  });

  test('follows the versions that the bus answers to', () => {
    expect(run(old, bus)).toBe('F');
    const wider = changed(bus, ({ provides = {}, ...model }) => ({
      ...model,
      provides: { ...provides, XENBUS_EVTCHN: [4, 9], XENBUS_GNTTAB: [1, 4], XENBUS_STORE: [1, 2] },
    }));
    expect(run(old, wider)).toBe('O');
    const narrower = changed(bus, ({ provides = {}, ...model }) => ({
      ...model,
      provides: { ...provides, XENBUS_UNPLUG: [1, 1] },
    }));
    expect(run(fitting, narrower)).toBe('F');
  });

  test('follows the versions that the child asks for', () => {
    const asking = changed(fitting, ({ needs = {}, ...model }) => ({
      ...model,
      needs: { ...needs, XENBUS_CACHE: { version: 3, optional: false } },
    }));
    expect(run(asking, bus)).toBe('F');
  });
});
