import { describe, expect, test } from 'vitest';
import { POWER } from '../../emulator/guest/dump-stack.ts';
import type { GuestEvent, GuestOutput } from '../../emulator/guest/events.ts';
import { isInboxImage } from '../../emulator/guest/inbox.ts';
import { SERVICES } from '../../emulator/guest/machine.ts';
import { valueAt } from '../../emulator/guest/registry.ts';
import type { World } from '../../emulator/guest/world.ts';
import { newWorld } from '../../emulator/new-world.ts';
import { transition } from '../../emulator/transition.ts';
import { WITH_EVERYTHING, XEN_PROJECT } from '../drivers/render.ts';
import { bundleOf, guestNamed, releaseFiles, togetherIn } from '../support/rehearsal.ts';

/** Numbers that are the same in every run. */
const numbers = (seed: number): ((below: number) => number) => {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};

const guests = ['windows-7-sp1-sha2-x64', 'windows-10-22h2-x64', 'server-2025-x64'].map(guestNamed);
const bundles = [
  bundleOf(releaseFiles(XEN_PROJECT), guests, 'one'),
  bundleOf(releaseFiles(WITH_EVERYTHING), guests, 'other'),
];
const library = togetherIn(bundles);
const packages = bundles.flatMap(({ bundle }) => bundle.packages);
const images = Object.keys(library.images);

const FILES = ['xen', 'xenbus', 'xenfilt', 'xenvbd', 'xencrsh', 'xendisk', 'xenvif', 'xennet'].map(
  (name) => `C:\\Windows\\System32\\drivers\\${name}.sys`,
);
const SERVICE_NAMES = ['xenbus', 'xenfilt', 'xenvbd', 'xendisk', 'xenvif', 'pci', 'disk', 'intelide', 'nothing'];

type Pick = (below: number) => number;

const of = <T>(pick: Pick, items: readonly T[]): T => items[pick(items.length)] as T;

/** Things that setup programs, Windows Update, administrators and hosts do, in any order. */
const MAKERS: readonly (readonly [weight: number, make: (world: World, pick: Pick) => GuestEvent])[] = [
  [6, () => ({ kind: 'restart' })],
  [2, () => ({ kind: 'restart', mode: 'safe' })],
  [2, () => ({ kind: 'power.off' })],
  [3, (_world, pick) => ({ kind: 'power.on', ...(pick(4) === 0 ? { mode: 'last-known-good' as const } : {}) })],
  [1, () => ({ kind: 'power.on', options: ['XEN:BOOT_EMULATED=TRUE'] })],
  [2, (_world, pick) => ({ kind: 'time', ms: pick(600_000) })],
  [6, (_world, pick) => ({ kind: 'package.stage', package: of(pick, packages) })],
  [10, (_world, pick) => ({ kind: 'package.install', package: of(pick, packages) })],
  [3, (_world, pick) => ({ kind: 'package.force', package: of(pick, packages) })],
  [2, (_world, pick) => ({ kind: 'package.delete', published: `oem${pick(12)}.inf` })],
  [2, (world, pick) => ({ kind: 'device.uninstall', path: anyDevice(world, pick) })],
  [1, (world, pick) => ({ kind: 'device.disable', path: anyDevice(world, pick) })],
  [1, (world, pick) => ({ kind: 'device.rollback', path: anyDevice(world, pick) })],
  [2, () => ({ kind: 'device.rescan' })],
  [
    2,
    (_world, pick) => ({
      kind: 'registry.set',
      key: `${SERVICES}\\${of(pick, SERVICE_NAMES)}`,
      name: 'Start',
      type: 'REG_DWORD',
      data: pick(6),
    }),
  ],
  [1, (_world, pick) => ({ kind: 'registry.delete', key: `${SERVICES}\\${of(pick, SERVICE_NAMES)}` })],
  [1, (_world, pick) => ({ kind: 'file.delete', path: of(pick, FILES) })],
  [2, (_world, pick) => ({ kind: 'file.write', path: of(pick, FILES), image: of(pick, images) })],
  [1, (_world, pick) => ({ kind: 'service.stop', service: of(pick, SERVICE_NAMES) })],
  [1, () => ({ kind: 'sysprep' })],
  [1, (_world, pick) => ({ kind: 'crash', pages: 1 + pick(30) })],
  [1, (_world, pick) => ({ kind: 'hibernate', pages: 1 + pick(30) })],
  [1, () => ({ kind: 'resume' })],
  [1, (_world, pick) => ({ kind: 'memory.balloon', first: pick(40), pages: pick(12) })],
  [
    1,
    (_world, pick) => ({
      kind: 'registry.set',
      key: POWER,
      name: 'HibernateEnabled',
      type: 'REG_DWORD',
      data: pick(3),
    }),
  ],
  [1, (_world, pick) => ({ kind: 'host', change: { platform: pick(2) === 0 ? '0001' : '0002' } })],
  [1, (_world, pick) => ({ kind: 'host', change: { vendorDevice: of(pick, ['', 'C000', 'C1F0']) } })],
  [2, (_world, pick) => ({ kind: 'domain.migrate', change: { backends: of(pick, KINDS) } })],
  [1, (_world, pick) => ({ kind: 'domain.migrate', change: { platform: pick(2) === 0 ? '0001' : '0002' } })],
  [1, (_world, pick) => ({ kind: 'disk.plug', disk: { vbd: of(pick, DISKS), system: false } })],
  [1, (_world, pick) => ({ kind: 'disk.eject', vbd: of(pick, DISKS), pulled: pick(2) === 0 })],
  [1, (_world, pick) => ({ kind: 'nic.plug', nic: { vif: 1 + pick(2), mac: '00:16:3e:00:00:02' } })],
  [1, (_world, pick) => ({ kind: 'nic.unplug', vif: pick(3) })],
];

const KINDS = ['linux-3.2', 'linux-6', 'qemu-4'] as const;
const DISKS = [832, 51_776];

const anyDevice = ({ session }: World, pick: Pick): string =>
  of(pick, [...Object.keys(session?.devices ?? {}), 'ROOT\\NOTHING\\0']);

const WEIGHT = MAKERS.reduce((sum, [weight]) => sum + weight, 0);

const nextEvent = (world: World, pick: Pick): GuestEvent => {
  let left = pick(WEIGHT);
  for (const [weight, make] of MAKERS) {
    left -= weight;
    if (left < 0) return make(world, pick);
  }
  throw new Error('the weights do not add up');
};

const pathOf = ({ disk }: World, service: string): string => {
  const data = valueAt(disk.registry, `${SERVICES}\\${service}`, 'ImagePath')?.data;
  return typeof data === 'string' ? data : '';
};

/** What is wrong with a world, in words; empty when nothing is. */
const flaws = (world: World, outputs: readonly GuestOutput[]): readonly string[] => {
  const found: string[] = [];
  const { session, disk } = world;
  const boots = outputs.filter(({ kind }) => kind === 'boot.started').length;
  const ends = outputs.filter(({ kind }) => kind === 'boot.running' || kind === 'boot.stopped').length;
  if (boots > ends) found.push('a boot that ended in nothing');
  if (session?.phase === 'boot') found.push('a boot that goes on');
  if (session?.phase === 'stopped' && session.stop?.code === undefined) found.push('a stop without a name');
  for (const [id, node] of Object.entries(session?.devices ?? {})) {
    if (id !== node.path.toUpperCase()) found.push(`${node.path} under another name`);
    if (node.stack.filter(({ role }) => role === 'function').length > 1) found.push(`${node.path} has two drivers`);
    if (node.parent !== undefined && session?.devices[node.parent.toUpperCase()] === undefined) {
      found.push(`${node.path} without its bus`);
    }
    if (node.state === 'started' && node.problem !== undefined) found.push(`${node.path} works and does not`);
  }
  for (const service of session?.services ?? []) {
    const path = pathOf(world, service);
    const there = disk.files[path.toLowerCase()] !== undefined || isInboxImage(path, world.guest);
    // A service that was deleted while it ran runs on until it is stopped.
    if (path !== '' && !there) found.push(`${service} runs without its file`);
  }
  return found;
};

const SEQUENCES = 20;
const EVENTS = 5_000;

describe('random sequences of 100,000 events', () => {
  test.each(Array.from({ length: SEQUENCES }, (_none, index) => index + 1))(
    'keep the invariants, and every state survives JSON (seed %i)',
    { timeout: 120_000 },
    (seed) => {
      const pick = numbers(seed);
      let world = newWorld(of(pick, guests), pick(3) === 0 ? { vendorDevice: 'C1F0' } : {});
      for (let index = 0; index < EVENTS; index += 1) {
        const event = nextEvent(world, pick);
        const [after, outputs] = transition(world, event, library);
        const wrong = flaws(after, outputs);
        if (wrong.length > 0) expect({ seed, index, event, wrong }).toEqual({ wrong: [] });
        world = after;
        if (index % 500 === 0) {
          const saved = JSON.parse(JSON.stringify(world)) as World;
          const restart: GuestEvent = { kind: 'restart' };
          const [next, told] = transition(world, restart, library);
          const [nextOfSaved, toldOfSaved] = transition(saved, restart, library);
          expect(JSON.stringify(nextOfSaved)).toBe(JSON.stringify(next));
          expect(toldOfSaved).toEqual(told);
        }
      }
    },
  );

  test('the world before an event stays as it was', () => {
    const pick = numbers(99);
    let world = newWorld(guestNamed('windows-10-22h2-x64'));
    for (let index = 0; index < 300; index += 1) {
      const before = JSON.stringify(world);
      const [after] = transition(world, nextEvent(world, pick), library);
      expect(JSON.stringify(world)).toBe(before);
      world = after;
    }
  });
});
