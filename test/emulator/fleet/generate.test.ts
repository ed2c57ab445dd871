import { describe, expect, test } from 'vitest';
import {
  DEFAULT_DISTRIBUTION,
  distributionSchema,
  type FleetDistribution,
  generateFleet,
} from '../../../emulator/fleet/generate/generate.ts';
import { machineOf } from '../../../emulator/fleet/machines/machine.ts';
import { fleetRehearsal } from '../../../emulator/fleet/outcome/outcome.ts';
import { offersOf, stockOf } from '../../support/fleet-states.ts';
import { releaseFiles } from '../../support/rehearsal.ts';

interface Line {
  readonly id: string;
  readonly os: string;
  readonly type: string;
  readonly policy?: unknown;
  readonly ring?: string;
  readonly devices: readonly { readonly id: string; readonly driver: { readonly provider: string } | null }[];
}

const generated = (
  machines: number,
  configurations: number,
  { seed = 'test', distribution = DEFAULT_DISTRIBUTION }: { seed?: string; distribution?: FleetDistribution } = {},
) => {
  const fleet = generateFleet({ machines, configurations, seed, distribution });
  const text = [...fleet.parts].map((part) => new TextDecoder().decode(part)).join('');
  return { ...fleet, text, lines: text.trimEnd().split('\n') };
};

const parsed = (lines: readonly string[]): readonly Line[] => lines.map((line): Line => JSON.parse(line));
const withoutName = (line: string): string => line.slice(line.indexOf(','));

describe('a generated fleet', () => {
  test('has as many machines and configurations as asked for, each machine with a name of its own', () => {
    const { configurations, lines } = generated(3000, 500);
    expect([configurations, lines.length]).toEqual([500, 3000]);
    expect(new Set(lines.map(withoutName)).size).toBe(500);
    expect(new Set(parsed(lines).map(({ id }) => id)).size).toBe(3000);
  });

  test('reaches two thousand configurations with the distribution that winpv brings', () => {
    expect(generated(2000, 2000).configurations).toBe(2000);
  });

  test('is the same for the same seed, and another one for another', () => {
    const [first, again, other] = ['a', 'a', 'b'].map((seed) => generated(400, 50, { seed }).text);
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });

  test('is made of machines that the simulation reads', () => {
    const { lines } = generated(600, 600);
    for (const line of lines) {
      const written = JSON.parse(line);
      const { id, configuration } = machineOf(written);
      expect([id, configuration.os, configuration.devices.length]).toEqual([
        written.id,
        written.os,
        written.devices.length,
      ]);
    }
  });

  test('has the shares of its distribution, as far as frequent configurations stand for rare ones', () => {
    const machines = parsed(generated(8000, 2000).lines);
    const shareOf = (is: (machine: Line) => boolean): number => machines.filter(is).length / machines.length;
    const shares = [
      [shareOf(({ type }) => type === 'server'), 0.69],
      [shareOf(({ policy }) => policy !== undefined), 0.12],
      [shareOf(({ ring }) => ring === 'Drivers'), 0.03],
      [shareOf(({ devices }) => devices.every(({ driver }) => driver === null)), 0.16],
    ] as const;
    for (const [found, wanted] of shares) expect(Math.abs(found - wanted), `${found} for ${wanted}`).toBeLessThan(0.08);
  });

  test('comes to an end where a distribution has fewer configurations', () => {
    const distribution = distributionSchema.parse({
      formatVersion: 1,
      windows: [{ os: '10.0.19045', arch: 'x64', type: 'workstation', share: 1 }],
      stacks: [
        { like: null, share: 3 },
        { like: '8.2.1', provider: 'Acme', prefix: 'AC', version: '8.2.1.77', date: '2020-02-02', share: 1 },
      ],
      platforms: [{ platform: '0002', share: 1 }],
      nics: [{ count: 2, share: 1 }],
      rings: [{ ring: null, share: 1 }],
      policies: [{ excludeDrivers: false, share: 1 }],
    });
    const { configurations, lines } = generated(4000, 100, { distribution });
    expect([configurations, lines.length]).toEqual([2, 4000]);
    const withDrivers = lines.filter((line) => line.includes('Acme'));
    expect(withDrivers.length / lines.length).toBeCloseTo(0.25, 1);
    const { configuration } = machineOf(JSON.parse(withDrivers[0] ?? ''));
    expect(
      configuration.devices.map(({ id, driver }) => [
        id.split('\\')[0],
        id.split('&DEV_')[1]?.slice(0, 4),
        driver?.version,
      ]),
    ).toEqual([
      ['PCI', '0002', [8, 2, 1, 77]],
      ['XENBUS', 'VBD\\', [8, 2, 1, 77]],
      ['XENBUS', 'VIF\\', [8, 2, 1, 77]],
      ['XENBUS', 'IFAC', [8, 2, 1, 77]],
      ['XENVIF', 'NET\\', [8, 2, 1, 77]],
      ['XENVIF', 'NET\\', [8, 2, 1, 77]],
    ]);
  });

  test.each([
    ['a share of nothing', { nics: [{ count: 1, share: 0 }] }],
    ['a release that nobody knows', { stacks: [{ like: '8.3.0', share: 1 }] }],
    ['a key that is none', { extra: [] }],
    ['no Windows at all', { windows: [] }],
  ])('is refused for %s', (_name, change) => {
    expect(distributionSchema.safeParse({ ...DEFAULT_DISTRIBUTION, ...change }).success).toBe(false);
  });
});

describe('the states of a generated fleet', () => {
  test('are rehearsed once where they differ in what makes no difference', () => {
    const stock = stockOf({ ours: releaseFiles() });
    const { outcomeOf, rehearsed } = fleetRehearsal(stock);
    const offered = offersOf(stock, 'ours', 'xenbus');
    const { lines } = generated(300, 300);
    const outcomes = new Map<string, number>();
    for (const line of lines) {
      const { configuration } = machineOf(JSON.parse(line));
      const { outcome } = outcomeOf({ ...configuration, offered });
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    expect(rehearsed()).toBeLessThan(150);
    expect([...outcomes.keys()]).toEqual(expect.arrayContaining(['boots', 'brand-flip', 'restart']));
  });
});
