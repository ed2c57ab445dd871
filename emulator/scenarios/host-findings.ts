import type { GuestOutput } from '../guest/events.ts';
import { SERVICES } from '../guest/machine.ts';
import { type Connection, type ConnectionReader, connectionOf } from '../guest/network-connections.ts';
import { valueAt } from '../guest/registry.ts';
import type { World } from '../guest/world.ts';
import { sectorsKey } from '../xen/device-directories.ts';
import type { Finding } from './contract.ts';
import type { Checkpoint, Run } from './run.ts';
import { finding, lastBoot } from './transcript.ts';

type TimedOut = Extract<GuestOutput, { kind: 'disk.timed-out' }>;

/** Seconds that someone may have set on purpose: a warning, then. */
const SHORTEST_TIMEOUT = 60;

/** F51: requests were given up before the backends of a new host answered. */
export const givenUp = (run: Run, { after, world }: Checkpoint): readonly Finding[] => {
  const all = lastBoot(run, after).filter((output): output is TimedOut => output.kind === 'disk.timed-out');
  const [first] = all;
  if (first === undefined) return [];
  const { seconds, timeoutSeconds } = first;
  const message = `${all.map(({ device }) => device).join(', ')}: requests were given up after ${timeoutSeconds} seconds; the backend answers after ${seconds}, as after a migration.`;
  const hint = 'Write TimeOutValue = 120 below Services\\Disk, as the INF of xenvbd does.';
  const set = valueAt(world.disk.registry, `${SERVICES}\\Disk`, 'TimeOutValue')?.data;
  const severity = typeof set === 'number' && set >= SHORTEST_TIMEOUT ? 'warning' : 'error';
  return [finding('EMULATOR_REGISTRY', severity, { failureMode: 'F51', message, hint }, first)];
};

const readerOf = ({ disk: { registry } }: World): ConnectionReader => ({
  text: (key, name) => {
    const data = valueAt(registry, key, name)?.data;
    return typeof data === 'string' ? data : undefined;
  },
  texts: (key, name) => {
    const data = valueAt(registry, key, name)?.data;
    return typeof data === 'object' && data !== null ? data : [];
  },
});

/** The connection of a device in a world, by its instance path. */
export const connectionIn = (world: World, path: string): Connection | undefined => connectionOf(readerOf(world), path);

const macOf = ({ host }: World, vif: number): string =>
  host.settings.nics.find((one) => one.vif === vif)?.mac.toLowerCase() ?? '';

/** Static addresses by the cards' own: whatever number a card has on a host, it is the same for its user. */
const givenAddresses = ({ begin, steps }: Run, after: number): ReadonlyMap<string, string> => {
  const given = new Map<string, string>();
  for (const { event } of steps.slice(0, after)) {
    if (event.kind === 'nic.address') given.set(macOf(begin, event.vif), event.address);
  }
  return given;
};

/** F12: a static address that a user gave a card is another connection's now. */
export const lostAddresses = (run: Run, { survey, world, expected, after }: Checkpoint): readonly Finding[] => {
  if (expected.keepsAddresses !== true) return [];
  const given = givenAddresses(run, after);
  const lost = survey.nics.flatMap(({ id, device }) => {
    const address = given.get(macOf(world, id));
    const connection = device === undefined ? undefined : connectionIn(world, device);
    if (address === undefined || device === undefined || connection?.addresses.includes(address) === true) return [];
    return [`network card ${id} is ${device} now, with the connection "${connection?.name ?? ''}" without ${address}`];
  });
  if (lost.length === 0) return [];
  const message = `A static address is lost: ${lost.join('; ')}.`;
  const hint =
    'Keep the device ids of xenvif, and let its first start find the emulated card whose settings it takes over.';
  return [finding('EMULATOR_DEVICE_RENAMED', 'error', { failureMode: 'F12', message, hint })];
};

/** What Windows was told of the sizes of disks, against what the host gave them. */
export const wrongSizes = ({ world, expected }: Checkpoint): readonly Finding[] => {
  if (expected.sized !== true) return [];
  const { settings } = world.host;
  return settings.disks.flatMap((disk) => {
    const { vbd } = disk;
    const told = world.session?.memory[`xenvbd/sectors ${vbd}`];
    const sectors = sectorsKey(disk, settings);
    if (typeof told !== 'string' || told === sectors) return [];
    const message = `Disk ${vbd} has ${sectors} sectors on its host, and ${told} for Windows.`;
    return [finding('EMULATOR_DISK_SIZE', 'error', { message })];
  });
};

/** A disk or card that the host asked for, and does not get. */
export const keptDevice = ({ world, expected: { gone } }: Checkpoint): readonly Finding[] => {
  if (gone === undefined) return [];
  const { kind, id } = gone;
  const { disks, nics } = world.host.settings;
  const held = kind === 'disk' ? disks.some(({ vbd }) => vbd === id) : nics.some(({ vif }) => vif === id);
  const listed = Object.values(world.session?.devices ?? {}).some(
    ({ facts }) => facts.kind === kind && (facts.kind === 'disk' ? facts.vbd : facts.vif) === id,
  );
  if (!held && !listed) return [];
  const message = `The host asked for ${kind === 'disk' ? 'disk' : 'network card'} ${id}, and it is still there.`;
  return [finding('EMULATOR_LEFTOVER', 'error', { message })];
};
