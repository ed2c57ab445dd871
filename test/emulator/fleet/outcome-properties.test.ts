import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FleetState } from '../../../emulator/fleet/outcome/model.ts';
import { fleetRehearsal } from '../../../emulator/fleet/outcome/outcome.ts';
import { XEN_PROJECT } from '../../drivers/render.ts';
import { editedRelease } from '../../support/edited-release.ts';
import { fleetOutcomes, offersOf, stateOf, stockOf } from '../../support/fleet-states.ts';
import { releaseFiles } from '../../support/rehearsal.ts';

const OTHER = { ...XEN_PROJECT, vendorName: 'Other Vendor', vendorPrefix: 'XS', vendorDeviceId: 'C000' };
const STOCK = stockOf({ ours: releaseFiles(), theirs: editedRelease({ brand: OTHER }) });

const DRIVERS = ['xenbus', 'xenvbd', 'xenvif', 'xennet'] as const;

const state: fc.Arbitrary<FleetState> = fc
  .record({
    release: fc.constantFrom(undefined, '8.2.1', 'master@2021-06-30', 'master@2024-12-31'),
    platform: fc.constantFrom('0001', '0002'),
    vendorDevice: fc.constantFrom(undefined, 'C000'),
    brand: fc.constantFrom('ours', 'theirs'),
    drivers: fc.subarray([...DRIVERS]),
    os: fc.constantFrom('10.0.17763', '10.0.19045', '10.0.26100'),
    type: fc.constantFrom('workstation', 'server', 'dc'),
  })
  .map(({ release, platform, vendorDevice, brand, drivers, os, type }) =>
    stateOf(
      {
        platform,
        ...(release === undefined ? {} : { release }),
        ...(vendorDevice === undefined ? {} : { vendorDevice }),
      },
      drivers.length === 0 ? [] : offersOf(STOCK, brand, ...drivers),
      { os, type },
    ),
  );

describe('outcomes of a fleet', () => {
  test('do not depend on the order in which states are asked for, nor on what was asked before', {
    timeout: 60_000,
  }, () => {
    fc.assert(
      fc.property(fc.array(state, { minLength: 2, maxLength: 6 }), (states) => {
        const together = fleetOutcomes(states, STOCK);
        expect(fleetOutcomes(states.toReversed(), STOCK).toReversed()).toEqual(together);
        expect(fleetOutcomes(states.slice(0, 1), STOCK)[0]).toEqual(together[0]);
      }),
      { numRuns: 8 },
    );
  });

  test('are those of a state without regard to the order of devices and offers', { timeout: 60_000 }, () => {
    const { outcomeOf } = fleetRehearsal(STOCK);
    fc.assert(
      fc.property(state, ({ devices, offered, ...rest }) => {
        const turned = { ...rest, devices: devices.toReversed(), offered: offered.toReversed() };
        expect(outcomeOf(turned)).toMatchObject({
          outcome: outcomeOf({ ...rest, devices, offered }).outcome,
          arrival: outcomeOf({ ...rest, devices, offered }).arrival,
        });
      }),
      { numRuns: 20 },
    );
  });

  test('are rehearsed once for machines that are alike', () => {
    const { outcomeOf, rehearsed } = fleetRehearsal(STOCK);
    const offered = offersOf(STOCK, 'ours');
    const first = outcomeOf(stateOf({ release: 'master@2024-12-31' }, offered));
    expect(rehearsed()).toBe(1);
    // The same again, and machines that differ in what makes no difference: the system, which says so, and the older day.
    expect(outcomeOf(stateOf({ release: 'master@2024-12-31' }, offered))).toEqual(first);
    const server = outcomeOf(stateOf({ release: 'master@2024-12-31' }, offered, { os: '10.0.20348', type: 'server' }));
    expect(server).toEqual({ ...first, guest: 'server-2022-x64' });
    expect(rehearsed()).toBe(1);
    outcomeOf(stateOf({ release: 'master@2024-12-31', platform: '0002' }, offered));
    expect(rehearsed()).toBe(2);
  });
});
