import { SERVICES } from '../guest/machine.ts';
import { valueAt } from '../guest/registry.ts';
import type { World } from '../guest/world.ts';
import type { Run } from './run.ts';

const numberAt = (world: World, key: string, name: string): number | undefined => {
  const data = valueAt(world.disk.registry, key, name)?.data;
  return typeof data === 'number' ? data : undefined;
};

/** Whether the bus package that was installed clears the request to unplug disks. */
export const resetsUnplug = (run: Run): boolean => {
  const bus = run.input.bundle.packages
    .map((key) => run.input.library.packages[key])
    .find((facts) => facts?.driver === 'xenbus');
  const installs = Object.values(bus?.targets ?? {}).flatMap(({ installs: all }) => Object.values(all));
  if (installs.length === 0) return true;
  return installs.some(({ software, services }) =>
    [...software, ...services.flatMap(({ registry }) => registry)].some(
      ({ key, name, does }) => does === 'set' && name.toUpperCase() === 'DISKS' && /(^|\\)Unplug$/i.test(key),
    ),
  );
};

export const forced = (world: World): boolean => (numberAt(world, `${SERVICES}\\XEN\\ForceUnplug`, 'DISKS') ?? 0) !== 0;
