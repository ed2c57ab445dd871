import { describe, expect, test } from 'vitest';
import { baseMachines, busPrefix } from '../../../emulator/fleet/outcome/base.ts';
import { InstalledPackages } from '../../../emulator/fleet/outcome/installed.ts';
import { machineFacts } from '../../../emulator/fleet/outcome/machine.ts';
import type { FleetVerdict } from '../../../emulator/fleet/outcome/model.ts';
import { fleetRehearsal } from '../../../emulator/fleet/outcome/outcome.ts';
import type { World } from '../../../emulator/guest/world.ts';
import { survey } from '../../../emulator/scenarios/survey.ts';
import { transition } from '../../../emulator/transition.ts';
import { XEN_PROJECT } from '../../drivers/render.ts';
import { editedRelease } from '../../support/edited-release.ts';
import { type MachineTraits, offersOf, stateOf, stockOf } from '../../support/fleet-states.ts';
import { guestNamed, releaseFiles } from '../../support/rehearsal.ts';

const OTHER = { ...XEN_PROJECT, vendorName: 'Other Vendor', vendorPrefix: 'XS', vendorDeviceId: 'C000' };
const FORCED = { ...XEN_PROJECT, vendorName: 'Forced Vendor', vendorPrefix: 'XF', forced: true };
const STOCK = stockOf({
  ours: releaseFiles(),
  theirs: editedRelease({ brand: OTHER }),
  forced: editedRelease({ brand: FORCED }),
});
const GUEST = guestNamed('windows-10-22h2-x64');
const MOST_RESTARTS = 3;

/** What the worst of all orders of arrival comes to, with and without a restart after each: 24 of them for three drivers. */
const exhaustive = (traits: MachineTraits, offered: readonly string[]): FleetVerdict => {
  const stock = new InstalledPackages(STOCK);
  const { library } = stock;
  const facts = machineFacts(stateOf(traits, offered));
  const installed = facts.drivers.flatMap((own) => stock.standInFor(own, GUEST, offered)?.key ?? []);
  const base = baseMachines()({
    ...{ guest: GUEST, library, platform: facts.platform ?? '0001', vendorDevice: facts.vendorDevice, hasNic: true },
    installed: ['xenbus', 'xenvif', 'xennet', 'xenvbd', 'xeniface'].flatMap(
      (driver) => installed.find((key) => key.includes(`:${driver}@`)) ?? [],
    ),
  });
  const met = new Set<FleetVerdict>();
  const look = (world: World): boolean => {
    const { running, disks, nics } = survey(world);
    if (!running) met.add('no-boot');
    if ([...disks, ...nics].some(({ path }) => path === undefined)) met.add('degraded');
    if (base.prefix !== undefined && busPrefix(world, library) !== base.prefix) met.add('brand-flip');
    return running;
  };
  const restarted = (world: World): World => transition(world, { kind: 'restart' }, library)[0];
  const arrive = (world: World, left: readonly string[]): void => {
    if (left.length === 0) {
      for (let now = restarted(world), count = 1; look(now) && count < MOST_RESTARTS; count += 1) now = restarted(now);
    }
    for (const key of left) {
      const [next] = transition(world, { kind: 'package.install', package: key }, library);
      const others = left.filter((one) => one !== key);
      arrive(next, others);
      if (others.length === 0) continue;
      const after = restarted(next);
      if (look(after)) arrive(after, others);
    }
  };
  arrive(base.world, offered);
  return (['no-boot', 'brand-flip', 'degraded'] as const).find((verdict) => met.has(verdict)) ?? 'restart';
};

describe('the orders that are rehearsed', () => {
  const disk = ['xenbus', 'xenvbd', 'xenvif'];
  const card = ['xenbus', 'xenvif', 'xennet'];

  test.each<[string, MachineTraits, string, readonly string[]]>([
    ['an upgrade inside the brand', { release: 'master@2024-12-31' }, 'ours', disk],
    ['the same for cards', { release: 'master@2024-12-31' }, 'ours', card],
    ['another brand on the platform function', { release: 'master@2024-12-31' }, 'theirs', card],
    ['another brand on its own function', { release: '8.2.1', vendorDevice: 'C000' }, 'theirs', disk],
    ['another brand that forces emulated disks away', { release: 'master@2024-12-31' }, 'forced', disk],
    ['a machine without drivers', {}, 'forced', disk],
  ])('find what the worst of all orders does: %s', { timeout: 60_000 }, (_name, traits, label, drivers) => {
    const offered = offersOf(STOCK, label, ...drivers);
    expect(offered).toHaveLength(drivers.length);
    expect(fleetRehearsal(STOCK).outcomeOf(stateOf(traits, offered)).outcome).toBe(exhaustive(traits, offered));
  });
});
