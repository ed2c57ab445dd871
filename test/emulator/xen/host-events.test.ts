import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { GuestEvent } from '../../../emulator/guest/events.ts';
import type { World } from '../../../emulator/guest/world.ts';
import { BACKEND_KINDS, type BackendKind } from '../../../emulator/xen/backend-kinds.ts';
import type { BackendSettings, HostDisk, HostNic } from '../../../emulator/xen/host.ts';
import { type RunningGuest, runningGuest } from '../../support/running-guest.ts';

const KINDS = Object.keys(BACKEND_KINDS) as BackendKind[];
const VBDS = [768, 832, 51_776, 51_792, 268_439_808, 9_999_999] as const;
const VIFS = [0, 1, 7] as const;

/** What a key may hold that nobody meant. */
const oddValue = fc.oneof(
  fc.constantFrom(
    '',
    '0',
    '1',
    '-1',
    ' 2',
    '4294967296',
    '18446744073709551616',
    '0x10',
    'NaN',
    '1e9',
    'yes',
    '\u0000',
  ),
  fc.integer().map(String),
  fc.bigInt().map(String),
  fc.string({ maxLength: 12 }),
);

const BLOCK_KEYS = [
  ...['sectors', 'sector-size', 'physical-sector-size', 'info', 'mode', 'removable', 'state', 'online', 'frontend'],
  ...['feature-flush-cache', 'feature-barrier', 'feature-discard', 'feature-persistent', 'discard-granularity'],
  ...['feature-max-indirect-segments', 'max-ring-page-order', 'multi-queue-max-queues', 'discard-alignment'],
];
const NET_KEYS = [
  'state',
  'online',
  'mac',
  'handle',
  'multi-queue-max-queues',
  'feature-split-event-channels',
  'feature-sg',
];
const FRONT_KEYS = [
  'backend',
  'backend-id',
  'state',
  'device-type',
  'mac',
  'ring-ref',
  'event-channel',
  'ejected',
  'protocol',
];

const settings: fc.Arbitrary<BackendSettings> = fc.record(
  {
    refuses: fc.constantFrom('always' as const, 'again' as const),
    keys: fc.dictionary(fc.constantFrom(...BLOCK_KEYS, ...NET_KEYS), fc.option(oddValue), { maxKeys: 4 }),
  },
  { requiredKeys: [] },
);

const disk = (system: boolean): fc.Arbitrary<HostDisk> =>
  fc
    .record({ vbd: system ? fc.constant(768) : fc.constantFrom(...VBDS.slice(1)), sectors: fc.nat(), own: settings })
    .map(({ vbd, sectors, own }) => ({ vbd, system, sectors, ...own }));
const nic: fc.Arbitrary<HostNic> = fc
  .record({
    vif: fc.constantFrom(...VIFS),
    mac: fc.constantFrom('00:16:3e:00:00:01', '00:16:3E:00:00:07', 'none', ''),
    own: settings,
  })
  .map(({ vif, mac, own }) => ({ vif, mac, ...own }));

const change = fc.record(
  {
    backends: fc.constantFrom(...KINDS),
    platform: fc.constantFrom('0001' as const, '0002' as const),
    vendorDevice: fc.constantFrom('', 'C000', 'C1F0'),
    disks: fc.tuple(disk(true), fc.array(disk(false), { maxLength: 3 })).map(([one, more]) => [one, ...more]),
    nics: fc.array(nic, { maxLength: 3 }),
    keyboard: fc.boolean(),
    unplugVersion: fc.constantFrom(0, 1),
    unplugBlocked: fc.boolean(),
  },
  { requiredKeys: [] },
);

const id = fc.oneof(
  fc.tuple(fc.constant('vbd'), fc.constantFrom(...VBDS)),
  fc.tuple(fc.constant('vif'), fc.constantFrom(...VIFS)),
  fc.constantFrom(['vkbd', 0] as const),
);
const path = fc.oneof(
  fc
    .tuple(id, fc.constantFrom(...BLOCK_KEYS, ...NET_KEYS))
    .map(([[type, number], key]) => `/local/domain/0/backend/${type}/1/${number}/${key}`),
  fc.tuple(id, fc.constantFrom(...FRONT_KEYS)).map(([[type, number], key]) => `device/${type}/${number}/${key}`),
  id.map(([type, number]) => `/tool/backends/${type}/${number}`),
  fc.constantFrom(
    'device',
    'device/vbd',
    'device/vif',
    '/',
    '/local',
    'drivers',
    'control',
    'device/vbd/abc/device-type',
  ),
);

/** Requests for blocks that may be there or not. */
const request: fc.Arbitrary<GuestEvent> = fc
  .record({
    kind: fc.constantFrom('io.read' as const, 'io.write' as const, 'io.delete' as const, 'io.retrim' as const),
    vbd: fc.constantFrom(...VBDS),
    block: fc.oneof(fc.nat(100), fc.nat(), fc.constantFrom(67_108_863, 2 ** 32 - 1, 2 ** 40)),
    blocks: fc.nat(64),
  })
  .map(({ kind, vbd, block, blocks }) =>
    kind === 'io.read' || kind === 'io.write'
      ? { kind, vbd, block, blocks }
      : { kind, vbd, ranges: [{ block, blocks }] },
  );

const event: fc.Arbitrary<GuestEvent> = fc.oneof(
  { weight: 4, arbitrary: request },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('domain.migrate' as const), change, backendsAfterSeconds: fc.nat(300) }),
  },
  { weight: 3, arbitrary: disk(false).map((one) => ({ kind: 'disk.plug' as const, disk: one })) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('disk.eject' as const),
      vbd: fc.constantFrom(...VBDS),
      pulled: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('disk.resize' as const),
      vbd: fc.constantFrom(...VBDS),
      sectors: fc.integer(),
    }),
  },
  { weight: 2, arbitrary: nic.map((one) => ({ kind: 'nic.plug' as const, nic: one })) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('nic.unplug' as const), vif: fc.constantFrom(...VIFS) }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('store.write' as const), path, value: oddValue }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('store.write' as const), path }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('nic.address' as const),
      vif: fc.constantFrom(...VIFS),
      address: fc.ipV4(),
    }),
  },
  { weight: 3, arbitrary: fc.constantFrom<GuestEvent>({ kind: 'restart' }, { kind: 'restart', mode: 'safe' }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<GuestEvent>({ kind: 'power.off' }, { kind: 'power.on' }, { kind: 'device.rescan' }),
  },
);

/** How a machine stands, in a word that has a name: anything else is a fault of the emulator. */
const standing = ({ session }: World): string => {
  if (session === undefined) return 'off';
  if (session.phase === 'stopped') return session.stop === undefined ? 'stopped for nothing' : 'stopped';
  return session.phase === 'running' ? 'running' : `in phase ${session.phase}`;
};

const flaws = (guest: RunningGuest): readonly string[] => {
  const { world } = guest;
  const found = ['off', 'stopped', 'running'].includes(standing(world)) ? [] : [standing(world)];
  for (const node of Object.values(world.session?.devices ?? {})) {
    if (node.parent !== undefined && world.session?.devices[node.parent.toUpperCase()] === undefined) {
      found.push(`${node.path} without its bus`);
    }
    if (node.state === 'problem' && node.problem === undefined) found.push(`${node.path} has a problem without a name`);
  }
  return found;
};

describe('hosts that do anything, with backends that say anything', () => {
  test('leave a machine that runs, is off, or stopped for a reason that has a name; and the same after JSON', () => {
    const ran = { running: 0, stopped: 0, off: 0 } as Record<string, number>;
    fc.assert(
      fc.property(change, fc.array(event, { minLength: 20, maxLength: 60 }), (host, events) => {
        let guest = runningGuest();
        guest = guest.play({ kind: 'power.off' }, { kind: 'host', change: host }, { kind: 'power.on' });
        for (const one of events) {
          const after = guest.play(one);
          expect(flaws(after)).toEqual([]);
          const now = standing(after.world);
          ran[now] = (ran[now] ?? 0) + 1;
          guest = after;
          if (now === 'stopped')
            guest = guest.play({ kind: 'host', change: { disks: [{ vbd: 768, system: true }] } }, { kind: 'power.on' });
        }
        const saved = JSON.parse(JSON.stringify(guest.world)) as World;
        expect(saved).toEqual(guest.world);
      }),
      { numRuns: 60 },
    );
    // All of them happen, so that this says something.
    expect(Math.min(...Object.values(ran))).toBeGreaterThan(20);
  }, 60_000);
});
