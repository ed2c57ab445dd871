import { describe, expect, test } from 'vitest';
import type { GuestEvent, GuestOutput } from '../../../emulator/guest/events.ts';
import { SERVICES } from '../../../emulator/guest/machine.ts';
import { keyAt, valueAt } from '../../../emulator/guest/registry.ts';
import { guestById } from '../../../emulator/guest/windows.ts';
import type { World } from '../../../emulator/guest/world.ts';
import type { HistoricVendor } from '../../../emulator/history/historic-model.ts';
import type { HistoricPackage } from '../../../emulator/history/historic-package.ts';
import { KNOWN_RELEASES } from '../../../emulator/history/releases.ts';
import { newWorld } from '../../../emulator/new-world.ts';
import { transition } from '../../../emulator/transition.ts';
import { CITRIX, knownPackage, libraryOf, UPSTREAM } from '../../support/history.ts';

const guest = guestById('windows-10-22h2-x64');
if (guest === undefined) throw new Error('no such guest');

/** Packages of a release, as `xenbus`, `xenvbd` and so on; all of them when none is named. */
const packagesOf = (label: string, vendor: HistoricVendor = UPSTREAM): readonly HistoricPackage[] => {
  const builds = KNOWN_RELEASES.find((release) => release.label === label)?.builds ?? [];
  return builds.map(({ driver, commit }) => knownPackage(driver, commit, vendor));
};

interface Played {
  readonly world: World;
  readonly outputs: readonly GuestOutput[];
}

const play = (world: World, packages: readonly HistoricPackage[], ...events: readonly GuestEvent[]): Played => {
  const library = libraryOf(...packages);
  const outputs: GuestOutput[] = [];
  let now = world;
  for (const event of events) {
    const [after, said] = transition(now, event, library);
    now = after;
    outputs.push(...said);
  }
  return { world: now, outputs };
};

const installing = (packages: readonly HistoricPackage[]): readonly GuestEvent[] =>
  packages.map(({ facts }) => ({ kind: 'package.install', package: facts.key }));

const installed = (packages: readonly HistoricPackage[]): World =>
  play(newWorld(guest), packages, ...installing(packages), { kind: 'restart' }).world;

const refusals = (outputs: readonly GuestOutput[]): readonly string[] =>
  outputs.flatMap((output) => (output.kind === 'device.refused' ? [`${output.by}: ${output.reason}`] : []));

const boundTo = (outputs: readonly GuestOutput[]): readonly string[] =>
  outputs.flatMap((output) => (output.kind === 'device.bound' ? [output.package] : []));

const value = ({ disk }: World, key: string, name: string) => valueAt(disk.registry, key, name)?.data;
const UNPLUG = `${SERVICES}\\XEN\\Unplug`;

describe('the co-installer of xenbus', () => {
  const old = packagesOf('8.2.0');
  const machine = installed(old);

  test('refuses a bus that does not list the revisions of the children that are installed', () => {
    const later = packagesOf('master@2021-06-30');
    const [bus] = later;
    const { outputs } = play(machine, [...old, ...later], ...installing(bus === undefined ? [] : [bus]));
    expect(refusals(outputs)).toEqual([
      expect.stringMatching(
        /^xenbus_coinst_9_0_0_\d+\.dll: XENBUS\\VEN_XP0001&DEV_\w+&REV_0800000\w is installed, and the new bus does not list it\.$/,
      ),
    ]);
    expect(boundTo(outputs)).not.toContain(bus?.facts.key);
  });

  test('lets the devices of before work on after it has refused', () => {
    const later = packagesOf('master@2021-06-30');
    const all = [...old, ...later];
    const { world } = play(machine, all, ...installing(later), { kind: 'restart' });
    const disks = Object.values(world.session?.devices ?? {}).filter(({ facts }) => facts.kind === 'disk');
    expect(disks.map(({ facts, state }) => [facts, state])).toEqual([
      [{ kind: 'disk', vbd: 768, path: 'pv' }, 'started'],
    ]);
  });

  test('keeps the next boot on emulated devices when a child will be bound anew', () => {
    const [bus] = packagesOf('8.2.1');
    expect(value(machine, UNPLUG, 'DISKS')).toBe(1);
    const packages = bus === undefined ? [] : [bus];
    const { world, outputs } = play(machine, [...old, ...packages], ...installing(packages));
    expect(refusals(outputs)).toEqual([]);
    expect([value(world, UNPLUG, 'DISKS'), value(world, UNPLUG, 'NICS')]).toEqual([undefined, undefined]);
  });

  test('refuses while AllowUpdate is 0', () => {
    const [bus] = packagesOf('8.2.1');
    const packages = bus === undefined ? [] : [bus];
    const forbidden: GuestEvent = {
      ...{ kind: 'registry.set', key: `${SERVICES}\\XENFILT`, name: 'AllowUpdate', type: 'REG_DWORD', data: 0 },
    };
    const { outputs } = play(machine, [...old, ...packages], forbidden, ...installing(packages));
    expect(refusals(outputs)).toEqual([expect.stringContaining('AllowUpdate of XENFILT forbids it.')]);
  });

  test('refuses a platform device that another product drives', () => {
    const other = packagesOf('8.2.0', { ...UPSTREAM, productName: 'Other', vendorPrefix: 'XO' });
    const [foreign] = packagesOf('8.2.1');
    const packages = foreign === undefined ? [] : [foreign];
    const { outputs } = play(installed(other), [...other, ...packages], ...installing(packages));
    expect(refusals(outputs)).toEqual([
      expect.stringContaining('The platform device is driven by "Other PV Bus" and not by "Xen PV Bus".'),
    ]);
  });

  test('is not there any more in packages of 2023 and later', () => {
    const later = packagesOf('master@2023-12-31');
    const { outputs } = play(machine, [...old, ...later], ...installing(later));
    expect(refusals(outputs)).toEqual([]);
    expect(boundTo(outputs)).toContain(later[0]?.facts.key);
  });

  test('takes the monitor away with the device', () => {
    const path = Object.values(machine.session?.devices ?? {}).find(
      ({ facts }) => facts.kind === 'pci' && facts.vendor === '5853',
    )?.path;
    expect(keyAt(machine.disk.registry, `${SERVICES}\\xenbus_monitor`)).toBeDefined();
    const { world } = play(machine, old, { kind: 'device.uninstall', path: path ?? '' });
    expect(keyAt(world.disk.registry, `${SERVICES}\\xenbus_monitor`)).toBeUndefined();
  });
});

describe('the co-installer of xenvbd', () => {
  test('sets what INFs set later: policies of devices and the time that a disk may take', () => {
    const world = installed(packagesOf('8.2.1'));
    const pnp = 'SYSTEM\\CurrentControlSet\\Control\\Pnp';
    expect([value(world, pnp, 'DisableCDDB'), value(world, pnp, 'DontStartRawDevices')]).toEqual([0, 0]);
    expect(value(world, `${SERVICES}\\Disk`, 'TimeOutValue')).toBe(120);
  });

  test('and those of cards ask by name to unplug, until requests were counted', () => {
    const packages = packagesOf('master@2014-12-31', CITRIX);
    const { world, outputs } = play(newWorld(guest), packages, ...installing(packages));
    const key = `${SERVICES}\\XENFILT\\Unplug`;
    expect([value(world, key, 'DISKS'), value(world, key, 'NICS')]).toEqual([['XENVBD'], ['XENVIF', 'XENNET']]);
    expect(outputs).toContainEqual(
      expect.objectContaining({ kind: 'restart.wanted', because: expect.stringMatching(/^xenvbd: /) }),
    );
    const after = play(world, packages, { kind: 'restart' });
    expect(after.outputs).toContainEqual({
      kind: 'driver.note',
      note: { kind: 'xen.unplug', mask: 3, disks: true, nics: true },
    });
  });
});

describe('a co-installer of somebody else', () => {
  test('is told as not modelled, and the device gets its driver', () => {
    const [bus] = packagesOf('8.2.0');
    if (bus === undefined) throw new Error('no bus');
    const text = JSON.stringify(bus.facts).replaceAll('xenbus_coinst', 'acme_helper');
    const changed: HistoricPackage = { ...bus, facts: JSON.parse(text) as HistoricPackage['facts'] };
    const { outputs } = play(newWorld(guest), [changed], ...installing([changed]));
    expect(outputs).toContainEqual({
      kind: 'emulator.unmodelled',
      what: expect.stringMatching(/^the co-installer acme_helper_8_2_0_\d+\.dll$/),
    });
    expect(boundTo(outputs)).toContain(bus.facts.key);
  });
});
