import { behaviourOf } from '../../drivers/behaviours.ts';
import type { ImageFacts } from '../package/facts.ts';
import type { Cause } from './events.ts';
import { isInboxImage, windowsExports } from './inbox.ts';
import { DRIVERS_FOLDER } from './loader.ts';
import { CONTROL_SET, type GuestMachine } from './machine.ts';
import type { DeviceNode, DumpStack, DumpStacks } from './world.ts';

export const CRASH_CONTROL = `${CONTROL_SET}\\Control\\CrashControl`;
export const POWER = `${CONTROL_SET}\\Control\\Power`;

/** A copy of an image that is part of a stack; Windows' own have none in the library. */
type Copy = DumpStack['images'][number];
type Copies = { readonly ok: true; readonly images: readonly Copy[] } | { readonly ok: false; readonly cause: Cause };

const bare = (file: string): string => file.replace(/\.[^.]*$/, '').toLowerCase();

/** Miniports of these are handed to the port for ATA disks (spec pnp-install 12). */
const ATA = new Set(['atapi', 'pciide', 'intelide', 'msahci']);

/**
 * The port of the stack: for ATA disks, or for all miniports of storport and scsiport. Since Windows 10 the latter has another
 * name (general knowledge).
 */
const portOf = (machine: GuestMachine, miniport: string): string => {
  if (ATA.has(miniport.toLowerCase())) return 'dumpata.sys';
  return machine.features.dumpStorport ? 'dumpstorport.sys' : 'diskdump.sys';
};

/** Modules that the dump port answers for, and those that are there anyway. */
const PORTS = new Set(['storport.sys', 'scsiport.sys', 'ataport.sys']);
const RESIDENT = new Set(['ntoskrnl.exe', 'hal.dll']);

/** Each module that an image imports from, as another copy, before the image itself. */
const copiesOf = (machine: GuestMachine, image: ImageFacts, open: ReadonlySet<string> = new Set()): Copies => {
  const images: Copy[] = [];
  for (const { module, names } of image.imports) {
    const name = module.toLowerCase();
    if (PORTS.has(name) || RESIDENT.has(name) || open.has(name)) continue;
    const file = machine.file(`${DRIVERS_FOLDER}\\${module}`);
    const own = file === undefined ? undefined : machine.image(machine.module(bare(name))?.image ?? file.image);
    if (own === undefined) {
      const lost = names.filter((one) => windowsExports(module, one, machine.guest) === 'no');
      if (windowsExports(module, names[0] ?? '', machine.guest) === 'no-module' || lost.length > 0) {
        return { ok: false, cause: { kind: 'import-missing', image: image.name, module, names: lost } };
      }
      images.push({ file: name });
      continue;
    }
    const missing = names.filter((one) => !own.exports.includes(one));
    if (missing.length > 0) {
      return { ok: false, cause: { kind: 'import-missing', image: image.name, module, names: missing } };
    }
    const below = copiesOf(machine, own, new Set([...open, name]));
    if (!below.ok) return below;
    images.push(...below.images, { file: name, image: own.key });
  }
  return { ok: true, images };
};

/** Filters of the stack, after all else; one that is missing keeps the stack from being loaded (spec pnp-install 12). */
const filtersOf = (machine: GuestMachine): Copies => {
  const images: Copy[] = [];
  for (const name of machine.texts(CRASH_CONTROL, 'DumpFilters').filter((one) => one !== '')) {
    const path = `${DRIVERS_FOLDER}\\${name}`;
    const file = machine.file(path);
    if (file === undefined && !isInboxImage(path, machine.guest)) {
      return { ok: false, cause: { kind: 'file-missing', path, service: bare(name) } };
    }
    images.push({ file: name.toLowerCase(), ...(file === undefined ? {} : { image: file.image }) });
  }
  return { ok: true, images };
};

const TARGET = /Target Id (\d+)/;

const functionOf = (node: DeviceNode | undefined): string | undefined =>
  node?.stack.find(({ role }) => role === 'function')?.service;

const adapterOf = (machine: GuestMachine, disk: DeviceNode): DeviceNode | undefined =>
  disk.parent === undefined ? undefined : machine.node(disk.parent);

/** The copies that would write to a disk: its port, its miniport and what that needs. */
const stackFor = (machine: GuestMachine, disk: DeviceNode): DumpStack => {
  const miniport = functionOf(adapterOf(machine, disk)) ?? '';
  const port = portOf(machine, miniport);
  const facts = disk.facts.kind === 'disk' ? disk.facts : undefined;
  const loaded = machine.module(miniport);
  const image = loaded === undefined ? undefined : machine.image(loaded.image);
  const needs: Copies = image === undefined ? { ok: true, images: [] } : copiesOf(machine, image);
  const filters = filtersOf(machine);
  const place = {
    device: disk.path,
    vbd: facts?.vbd ?? -1,
    target: Number(TARGET.exec(disk.location)?.[1] ?? 0),
    miniport: miniport.toLowerCase(),
  };
  if (!needs.ok) return { ...place, images: [], failure: needs.cause };
  if (!filters.ok) return { ...place, images: [], failure: filters.cause };
  const own: Copy = { file: `${miniport.toLowerCase()}.sys`, ...(image === undefined ? {} : { image: image.key }) };
  return { ...place, images: [{ file: port }, ...needs.images, own, ...filters.images] };
};

const started = (machine: GuestMachine, vbd: number | undefined): DeviceNode | undefined => {
  const found = machine
    .nodes()
    .filter(({ state, facts }) => state === 'started' && facts.kind === 'disk' && facts.vbd === vbd);
  return found.find(({ facts }) => facts.kind === 'disk' && facts.path === 'pv') ?? found[0];
};

/** Letters as Windows gives them to the host's disks: C to the one with the system, and on from there. */
const diskOfLetter = (machine: GuestMachine, file: string): number | undefined => {
  const { disks } = machine.host.settings;
  const system = disks.find((disk) => disk.system)?.vbd;
  const letter = /^([a-z]):\\/i.exec(file)?.[1]?.toUpperCase();
  if (letter === undefined || letter === 'C') return system;
  const others = disks.filter((disk) => !disk.system && disk.cdrom !== true);
  return others[letter.charCodeAt(0) - 'D'.charCodeAt(0)]?.vbd;
};

const PAGE_FILE = 'C:\\pagefile.sys';
export const HIBERNATION_FILE = 'C:\\hiberfil.sys';

/** The file that takes a dump: one of its own, or the page file. */
export const dumpFile = (machine: GuestMachine): string =>
  machine.text(CRASH_CONTROL, 'DedicatedDumpFile') ?? PAGE_FILE;

export const dumpsEnabled = (machine: GuestMachine): boolean =>
  (machine.number(CRASH_CONTROL, 'CrashDumpEnabled') ?? 0) !== 0;

export const hibernationEnabled = (machine: GuestMachine): boolean => machine.number(POWER, 'HibernateEnabled') === 1;

/** Tells the driver of a disk's adapter what is on the disk. */
export const tellUsage = (
  machine: GuestMachine,
  disk: DeviceNode | undefined,
  of: 'paging' | 'dump' | 'hibernation',
  on = true,
): void => {
  const adapter = disk === undefined ? undefined : adapterOf(machine, disk);
  const service = functionOf(adapter);
  const driver = service === undefined ? undefined : machine.loaded(service);
  const tell = driver === undefined ? undefined : behaviourOf(driver.model.image)?.usage;
  if (disk?.facts.kind !== 'disk' || adapter === undefined || driver === undefined || tell === undefined) return;
  tell(driver, machine.view(adapter), { vbd: disk.facts.vbd, of, on }, machine);
};

const systemDisk = (machine: GuestMachine): DeviceNode | undefined =>
  started(machine, machine.host.settings.disks.find(({ system }) => system)?.vbd);

/** The disk that a dump goes to. */
export const dumpDisk = (machine: GuestMachine): DeviceNode | undefined =>
  started(machine, diskOfLetter(machine, dumpFile(machine)));

const stackOrNone = (machine: GuestMachine, disk: DeviceNode | undefined): DumpStack | undefined =>
  disk === undefined ? undefined : stackFor(machine, disk);

/**
 * Once the page file is there, crashdmp loads a second copy of the stack that leads to the disk for dumps; the one for
 * hibernation is of the same images (spec pnp-install 12).
 */
export const loadDumpStacks = (machine: GuestMachine): void => {
  const system = systemDisk(machine);
  tellUsage(machine, system, 'paging');
  const disk = dumpsEnabled(machine) ? dumpDisk(machine) : undefined;
  tellUsage(machine, disk, 'dump');
  if (hibernationEnabled(machine)) tellUsage(machine, system, 'hibernation');
  const hiber = stackOrNone(machine, system);
  const dump = disk === system && dumpsEnabled(machine) ? hiber : stackOrNone(machine, disk);
  const stacks: DumpStacks = {
    ...(dump === undefined ? {} : { dump }),
    ...(hiber === undefined ? {} : { hiber }),
  };
  machine.change({ dumpStacks: stacks });
  if (dump?.failure !== undefined) machine.say({ kind: 'dump.stack-failed', mode: 'dump', cause: dump.failure });
};
