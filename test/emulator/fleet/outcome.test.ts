import { describe, expect, test } from 'vitest';
import { parseDate } from '../../../core/date.ts';
import type { FleetFinding, FleetOutcome } from '../../../emulator/fleet/outcome/model.ts';
import { fleetRehearsal } from '../../../emulator/fleet/outcome/outcome.ts';
import { XEN_PROJECT } from '../../drivers/render.ts';
import { editedRelease, replacing, without } from '../../support/edited-release.ts';
import { fleetOutcomes, type MachineTraits, offersOf, stateOf, stockOf } from '../../support/fleet-states.ts';
import { knownRelease, mixedRelease } from '../../support/known-release.ts';
import { releaseFiles } from '../../support/rehearsal.ts';

const OTHER = { ...XEN_PROJECT, vendorName: 'Other Vendor', vendorPrefix: 'XS', vendorDeviceId: 'C000' };
const STOCK = stockOf({
  ours: releaseFiles(),
  theirs: editedRelease({ brand: OTHER }),
  old: knownRelease('8.2.1'),
});
const REHEARSAL = fleetRehearsal(STOCK);

const ours = (...drivers: readonly string[]) => offersOf(STOCK, 'ours', ...drivers);
const theirs = (...drivers: readonly string[]) => offersOf(STOCK, 'theirs', ...drivers);
const outcome = (traits: MachineTraits, offered: readonly string[]): FleetOutcome =>
  REHEARSAL.outcomeOf(stateOf(traits, offered));
const errors = ({ findings }: FleetOutcome): readonly FleetFinding[] =>
  findings.filter(({ severity }) => severity === 'error');

const FRESH: MachineTraits = {};
const OLD: MachineTraits = { release: '8.2.1' };
const RECENT: MachineTraits = { release: 'master@2024-12-31' };

describe('a machine that is offered nothing', () => {
  test.each<[string, MachineTraits]>([
    ['on emulated hardware, C000 without a driver', { vendorDevice: 'C000' }],
    ['with drivers that work', RECENT],
  ])('boots as before: %s', (_name, traits) => {
    expect(outcome(traits, [])).toMatchObject({ outcome: 'boots', findings: [], arrival: [] });
  });

  test('is degraded where a device of its own does not work', () => {
    const { outcome: verdict, findings } = outcome({ ...RECENT, problems: { xenvif: 10 } }, []);
    expect(verdict).toBe('degraded');
    expect(findings.map(({ code, message }) => [code, message])).toEqual([
      ['EMULATOR_DEVICE_PROBLEM', expect.stringMatching(/DEV_VIF.* \(xenvif\) has problem 10 before anything/)],
    ]);
  });

  test('waits for a restart where its devices do', () => {
    expect(outcome({ ...RECENT, problems: { xenvbd: 14 } }, []).outcome).toBe('restart');
  });

  test.each([
    ['another brand', XEN_PROJECT.vendorName, true],
    ['the same brand', OTHER.vendorName, false],
  ])(
    'is told by the name of its vendor to be of %s, where no child and no prefix tells it',
    (_name, provider, flips) => {
      const bus = { inf: 'oem3.inf', provider, date: parseDate('2020-01-01'), version: [9, 0, 0, 0] } as const;
      const state = stateOf({}, theirs('xenbus'));
      const devices = state.devices.map((device) => ({ ...device, driver: bus }));
      expect(REHEARSAL.outcomeOf({ ...state, devices }).outcome === 'brand-flip').toBe(flips);
    },
  );

  test('has nothing wrong where nobody serves its console', () => {
    expect(outcome({ ...RECENT, problems: { xencons: 28 } }, []).outcome).toBe('boots');
  });
});

describe('a machine on emulated hardware', () => {
  test.each<[string, MachineTraits]>([
    ['on 0001', FRESH],
    ['on 0002', { platform: '0002' }],
    ['with C000 beside it', { vendorDevice: 'C000' }],
  ])('gets everything and needs a restart: %s', (_name, traits) => {
    const { outcome: verdict, ...told } = outcome(traits, ours());
    expect([verdict, errors({ outcome: verdict, ...told })]).toEqual(['restart', []]);
  });

  test('keeps what it has where a child comes without its bus', () => {
    expect(outcome(FRESH, ours('xenvbd'))).toMatchObject({ outcome: 'boots', restarts: 0 });
  });

  test('is degraded where the child binds a revision that the bus does not list (F03)', () => {
    const stock = stockOf({
      mixed: [
        ...releaseFiles().filter(({ path }) => path.startsWith('xenbus/')),
        ...knownRelease('8.2.1').filter(({ path }) => path.startsWith('xenvbd/')),
      ],
    });
    const [found] = fleetOutcomes([stateOf(FRESH, offersOf(stock, 'mixed'))], stock);
    expect(found?.outcome).toBe('degraded');
    expect(found?.findings).toContainEqual(
      expect.objectContaining({ code: 'EMULATOR_DEVICE_PROBLEM', failureMode: 'F03' }),
    );
  });
});

describe('an upgrade inside the brand', () => {
  test.each(['8.2.1', 'master@2021-06-30', 'master@2023-12-31', 'master@2024-12-31', 'master@2025-12-31'])(
    'from %s needs a restart and breaks nothing, in whatever order it comes',
    (release) => {
      const found = outcome({ release }, ours());
      expect([found.outcome, errors(found)]).toEqual(['restart', []]);
    },
  );

  test.each(['0001', '0002'])('is the same on platform function %s', (platform) => {
    const found = outcome({ ...RECENT, platform }, ours());
    expect([found.outcome, errors(found), found.guest]).toEqual(['restart', [], 'windows-10-22h2-x64']);
  });

  test('says which known release stands for drivers that it does not know', () => {
    const { assumed } = outcome(RECENT, ours());
    expect(assumed).toContain(
      'xenbus 9.1.0.4329 of Xen Project is rehearsed as that of master@2024-12-31, the nearest known.',
    );
  });

  test('says which Windows stands for one that it does not know', () => {
    const { guest, assumed } = REHEARSAL.outcomeOf(stateOf(RECENT, ours(), { os: '10.0.25398', type: 'server' }));
    expect([guest, assumed[0]]).toEqual([
      'server-2022-x64',
      'Windows 10.0.25398 (server) is rehearsed as Windows Server 2022.',
    ]);
  });

  test('is taken from the very packages where these were handed in', () => {
    const drivers = STOCK.releases.find(({ label }) => label === 'old');
    const { date, version, provider } = STOCK.library.packages[drivers?.packages[0] ?? ''] ?? {};
    const devices = stateOf(OLD, []).devices.map((device) =>
      device.driver === null
        ? device
        : { ...device, driver: { ...device.driver, date, version, provider: provider ?? '' } },
    );
    const found = REHEARSAL.outcomeOf({ ...stateOf(OLD, ours()), devices });
    expect(found.outcome).toBe('restart');
    expect(found.assumed.join()).not.toContain('xenbus');
  });

  test('is degraded where the bus comes alone and lists no revision of the drivers that stay (F04)', () => {
    const found = outcome(OLD, ours('xenbus'));
    expect(found.outcome).toBe('degraded');
    expect(errors(found)[0]).toMatchObject({ code: 'EMULATOR_DEVICE_PROBLEM', failureMode: 'F04' });
    expect(errors(found)[0]?.device).toContain('DEV_VBD');
  });

  test.each(['xenvbd', 'xenvif', 'xennet'])(
    'of %s alone changes nothing below an older bus that does not list it',
    (driver) => {
      expect(outcome(OLD, ours(driver))).toMatchObject({ outcome: 'boots', restarts: 0 });
    },
  );
});

describe('another brand', () => {
  test.each<[string, MachineTraits, readonly string[]]>([
    ['its bus alone on the platform function', RECENT, theirs('xenbus')],
    ['its whole stack', RECENT, theirs()],
    ['its bus over releases of before', OLD, theirs('xenbus')],
    ['its bus on its own function beside a stack that works', { ...RECENT, vendorDevice: 'C000' }, theirs('xenbus')],
  ])('flips the machine: %s', (_name, traits, offered) => {
    const found = outcome(traits, offered);
    expect(found.outcome).toBe('brand-flip');
    expect(errors(found)[0]).toMatchObject({ code: 'EMULATOR_BRAND_FLIP', failureMode: 'F25' });
    expect(errors(found)[0]?.message).toContain('XS');
  });

  test('keeps static addresses where the card goes back to its emulated twin, and loses them where it does not (F12)', () => {
    const lost = { code: 'EMULATOR_DEVICE_RENAMED', severity: 'warning', failureMode: 'F12' };
    expect(outcome(RECENT, theirs()).findings).not.toContainEqual(expect.objectContaining(lost));
    const hasty = stockOf({
      theirs: editedRelease({ brand: OTHER, infs: { xenbus: without('"NICS"'), xenvif: without('"NICS"') } }),
    });
    const [found] = fleetOutcomes([stateOf(RECENT, offersOf(hasty, 'theirs'))], hasty);
    expect(found?.findings).toContainEqual(expect.objectContaining(lost));
    expect(found?.outcome).toBe('brand-flip');
  });

  test('does nothing with children alone, whose ids have another prefix', () => {
    expect(outcome(RECENT, theirs('xenvbd', 'xenvif', 'xennet'))).toMatchObject({ outcome: 'boots', restarts: 0 });
  });

  test('is no flip on a machine without drivers', () => {
    expect(outcome(FRESH, theirs()).outcome).toBe('restart');
  });
});

describe('the order of arrival', () => {
  const newer = { version: '9.9.9.9', infDate: '06/01/2026' };
  // Better than what binds a newer revision.
  const scored = replacing('[Adapter]\n', '[Adapter]\nFeatureScore=FE\n');
  const mixed = stockOf({
    mixed: [
      ...mixedRelease({ xenbus: 'master@2018-12-31' }, newer),
      ...mixedRelease({ xenvbd: 'master@2016-12-31' }, { ...newer, infs: { xenvbd: scored } }),
    ],
  });
  const machine: MachineTraits = { release: 'master@2021-06-30' };
  const offered = (...drivers: readonly string[]) =>
    fleetOutcomes([stateOf(machine, offersOf(mixed, 'mixed', ...drivers))], mixed)[0];

  test('counts by its worst: a child that does not start below the bus of before ends the machine, whatever comes later (F05)', () => {
    for (const found of [offered('xenvbd'), offered('xenbus', 'xenvbd')]) {
      expect(found?.outcome).toBe('no-boot');
      expect(found?.arrival).toContain('xenvbd');
      expect(found?.findings).toContainEqual(expect.objectContaining({ code: 'EMULATOR_NO_BOOT', failureMode: 'F05' }));
    }
  });
});

describe('a fleet of very many vendors', () => {
  test('is told the same of each, and takes no memory for all of them', () => {
    const { outcomeOf, rehearsed } = fleetRehearsal(STOCK);
    const prefixes = Array.from(
      { length: 90 },
      (_, index) => `Q${String.fromCharCode(65 + (index % 26))}${Math.floor(index / 26)}`,
    );
    const outcomes = prefixes.map((prefix) =>
      outcomeOf(stateOf({ ...RECENT, prefix, provider: `Vendor ${prefix}` }, ours('xenbus'))),
    );
    expect(new Set(outcomes.map(({ outcome: one }) => one))).toEqual(new Set(['brand-flip']));
    expect(rehearsed()).toBe(65);
  });
});
