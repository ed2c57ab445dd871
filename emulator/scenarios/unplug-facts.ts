import type { GuestOutput } from '../guest/events.ts';
import { targetKey } from '../guest/guest.ts';
import { SERVICES } from '../guest/machine.ts';
import { keyAt, valueAt } from '../guest/registry.ts';
import type { World } from '../guest/world.ts';
import { packagesFor } from './input.ts';
import type { Run } from './run.ts';
import { notesOf } from './transcript.ts';

type UnplugType = 'DISKS' | 'NICS';

/** Whether the emulated devices of a type were taken away in a boot. */
export const wasUnplugged = (outputs: readonly GuestOutput[], type: UnplugType): boolean =>
  notesOf(outputs).some((note) => note.kind === 'xen.unplug' && (type === 'DISKS' ? note.disks : note.nics));

/**
 * Whether the bus package of the release leaves no request of the drivers before it: its INF writes 0, or it has a
 * co-installer, which did so (spec xen-pv 1.7, 3.2).
 */
export const resetsUnplug = ({ input }: Run, type: UnplugType): boolean => {
  const target = targetKey(input.guest);
  const bus = packagesFor(input, input.bundle).find(({ driver }) => driver === 'xenbus');
  const installs = Object.values(bus?.targets[target]?.installs ?? {});
  if (installs.length === 0) return true;
  return installs.some(({ software, services, coInstallers }) => {
    if (coInstallers.length > 0) return true;
    const last = [...software, ...services.flatMap(({ registry }) => registry)].findLast(
      ({ key, name, does }) => does === 'set' && name.toUpperCase() === type && /\\XEN\\Unplug$/i.test(key),
    );
    return last?.data === 0;
  });
};

/** Whether emulated devices of a type are taken away whatever the drivers did in the boot before. */
export const forced = ({ disk }: World, type: UnplugType): boolean => {
  const data = valueAt(disk.registry, `${SERVICES}\\XEN\\ForceUnplug`, type)?.data;
  return typeof data === 'number' && data !== 0;
};

/** Services of the drivers that take over from the emulated devices of a type. */
const DRIVERS = { DISKS: ['xenvbd'], NICS: ['xenvif', 'xennet'] } as const;

/** Whether what was installed in a run, or before it, was taken away in part: a driver of a type is gone. */
export const isRemoved = ({ world, input, steps }: Run, type: UnplugType): boolean => {
  const removes = steps.some(
    ({ event }) =>
      event.kind === 'package.delete' ||
      event.kind === 'device.uninstall' ||
      event.kind === 'file.delete' ||
      event.kind === 'registry.delete',
  );
  if (!removes) return false;
  return DRIVERS[type].some((driver) => {
    const key = keyAt(world.disk.registry, `${SERVICES}\\${driver}`);
    const file = Object.hasOwn(world.disk.files, `c:\\windows\\system32\\drivers\\${driver}.sys`);
    const stored = world.disk.store.some((one) => input.library.packages[one.package]?.driver === driver);
    return key === undefined || !file || !stored;
  });
};

/** Whether a release was installed over another in a run, or for the first time. */
export const installsBus = ({ steps, input }: Run): boolean =>
  steps.some(({ outputs }) =>
    outputs.some(
      (output) =>
        output.kind === 'device.bound' &&
        input.bundle.packages.includes(output.package) &&
        input.library.packages[output.package]?.driver === 'xenbus',
    ),
  );
