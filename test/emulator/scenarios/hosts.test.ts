import { describe, expect, test } from 'vitest';
import type { GuestEvent } from '../../../emulator/guest/events.ts';
import type { Scenario } from '../../../emulator/scenarios/contract.ts';
import { PV } from '../../../emulator/scenarios/expectations.ts';
import { SCENARIOS } from '../../../emulator/scenarios/index.ts';
import type { Expectation } from '../../../emulator/scenarios/run.ts';
import { fromStable } from '../../../emulator/scenarios/stable.ts';
import { WITH_EVERYTHING, XEN_PROJECT } from '../../drivers/render.ts';
import { bundleOf, guestNamed, PACKAGED, played, releaseFiles, scenarioNamed } from '../../support/rehearsal.ts';

const guest = guestNamed('server-2022-x64');
const inputOf = (files = releaseFiles()) => {
  const { bundle, library } = bundleOf(files, [guest]);
  return { guest, guests: [guest], library, bundle, before: [] };
};

const later = (events: readonly GuestEvent[], expected: Expectation): Scenario => ({
  id: 'later',
  summary: 'something happens to a machine that works',
  applies: () => true,
  runs: (input) => [
    fromStable(input, {
      variant: '',
      play: (run) => {
        for (const event of events) run.play(event);
        run.expect(expected);
      },
    }),
  ],
});

const found = (events: readonly GuestEvent[], expected: Partial<Expectation> = {}) =>
  played(later(events, { ...PV, ...expected }), inputOf()).flatMap(({ result }) =>
    result.findings.filter(({ severity }) => severity !== 'info'),
  );

const DISK = { vbd: 51_776, system: false, sectors: 1_000_000 } as const;
const plug: GuestEvent = { kind: 'disk.plug', disk: DISK };
const SECTORS = '/local/domain/0/backend/vbd/1/51776/sectors';

describe('what hosts do to a machine that runs', () => {
  test('is wrong when Windows has another size of a disk than the host', () => {
    expect(found([plug], { sized: true })).toEqual([]);
    const large = 6_442_450_944;
    expect(found([plug, { kind: 'disk.resize', vbd: DISK.vbd, sectors: large }], { sized: true })).toEqual([]);
    const [one, ...others] = found([plug, { kind: 'store.write', path: SECTORS, value: '12' }], { sized: true });
    expect(others).toEqual([]);
    expect(one).toMatchObject({ code: 'EMULATOR_DISK_SIZE', severity: 'error' });
    expect(one?.message).toBe('Disk 51776 has 1000000 sectors on its host, and 12 for Windows.');
  });

  test('is wrong when a device stays that was asked for', () => {
    const disk = { kind: 'disk', id: DISK.vbd } as const;
    expect(found([plug, { kind: 'disk.eject', vbd: DISK.vbd }], { gone: disk })).toEqual([]);
    expect(found([plug], { gone: disk })).toMatchObject([{ code: 'EMULATOR_LEFTOVER' }]);
    const system = { kind: 'disk', id: 768 } as const;
    expect(found([{ kind: 'disk.eject', vbd: 768 }], { gone: system })).toMatchObject([{ code: 'EMULATOR_LEFTOVER' }]);
    const card = { kind: 'nic', id: 0 } as const;
    expect(found([{ kind: 'nic.unplug', vif: 0 }], { gone: card })).toEqual([]);
    expect(found([], { gone: card })).toMatchObject([{ code: 'EMULATOR_LEFTOVER' }]);
  });

  test('names the backend of a disk that is lost, and of a system disk that Windows stops without', () => {
    const disks = [
      { vbd: 768, system: true },
      { ...DISK, refuses: 'always' },
    ] as const;
    expect(found([{ kind: 'domain.migrate', change: { disks } }])).toMatchObject([
      {
        code: 'EMULATOR_DISK_LOST',
        message: expect.stringContaining('device/vbd/51776 on this host does not connect'),
      },
    ]);
    const gone = [{ vbd: 768, system: true, refuses: 'always' }] as const;
    expect(
      found([{ kind: 'power.off' }, { kind: 'host', change: { disks: gone } }, { kind: 'power.on' }]),
    ).toMatchObject([
      { code: 'EMULATOR_NO_BOOT', message: expect.stringContaining('device/vbd/768 on this host does not connect') },
    ]);
    expect(found([{ kind: 'domain.migrate', change: { disks: gone } }])).toMatchObject([
      { code: 'EMULATOR_NO_BOOT', message: expect.stringContaining('0x7A') },
    ]);
  });
});

describe('scenarios of hosts that change', () => {
  const own = SCENARIOS.filter(({ id }) => /^(migrate|hot-plug|resize|foreign-storage|fresh-install-static)/.test(id));

  test('say nothing of releases without drivers for what changes', () => {
    const only = (...names: readonly string[]) =>
      inputOf(
        releaseFiles(
          XEN_PROJECT,
          PACKAGED.filter(({ name }) => names.includes(name)),
        ),
      );
    const ids = (input: ReturnType<typeof inputOf>) => own.filter(({ applies }) => applies(input)).map(({ id }) => id);
    expect(own).toHaveLength(10);
    expect(ids(only('xeniface'))).toEqual([]);
    expect(ids(only('xenbus', 'xeniface'))).toEqual([]);
    expect(ids(only('xenbus', 'xenvbd'))).not.toContain('hot-plug-network-card');
    expect(ids(only('xenbus', 'xenvif', 'xennet'))).toEqual(
      own.map(({ id }) => id).filter((id) => !/disk|eject|resize|slow|storage/.test(id)),
    );
    expect(ids(inputOf())).toHaveLength(10);
  });

  test('pass for disks alone, and for cards alone', () => {
    for (const names of [
      ['xenbus', 'xenvbd'],
      ['xenbus', 'xenvif', 'xennet'],
    ]) {
      const input = inputOf(
        releaseFiles(
          XEN_PROJECT,
          PACKAGED.filter(({ name }) => names.includes(name)),
        ),
      );
      for (const scenario of own.filter(({ applies }) => applies(input))) {
        const bad = played(scenario, input).flatMap(({ result }) =>
          result.findings.filter(({ severity }) => severity === 'error'),
        );
        expect({ scenario: scenario.id, bad }).toEqual({ scenario: scenario.id, bad: [] });
      }
    }
  });

  test('begin with the function of a vendor where there is one', () => {
    const variants = (files = releaseFiles()) =>
      scenarioNamed('migrate-other-platform')
        .runs(inputOf(files))
        .map(({ variant }) => variant);
    expect(variants()).toEqual(['']);
    expect(variants(releaseFiles(WITH_EVERYTHING))).toEqual(['', 'vendor-function-removed']);
  });
});
