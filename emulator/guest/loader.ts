import { OK, type Outcome } from '../../drivers/behaviour.ts';
import { behaviourOf } from '../../drivers/behaviours.ts';
import type { ImageFacts } from '../package/facts.ts';
import { remembered } from './caseless.ts';
import type { Cause } from './events.ts';
import { isInboxImage, loadsInSafeMode, windowsExports } from './inbox.ts';
import { startOf } from './load-order.ts';
import type { GuestMachine } from './machine.ts';
import { dataOf } from './registry.ts';

/** Which problem code a device has when its driver does not come into memory (spec pnp-install 11). */
export type LoadResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: 19 | 32 | 37 | 39 | 40 | 52; readonly cause: Cause };

const LOADED: LoadResult = { ok: true };
export const DRIVERS_FOLDER = 'C:\\Windows\\System32\\drivers';
const DISABLED = 4;

const failed = (code: Exclude<LoadResult, { ok: true }>['code'], cause: Cause): LoadResult => ({
  ok: false,
  code,
  cause,
});

/** What a service is started as: StartOverride stands in for Start where this Windows knows it. */
export const effectiveStart = (machine: GuestMachine, service: string): number | undefined => {
  const key = machine.service(service);
  return key === undefined ? undefined : startOf(key, machine.guest, machine.features);
};

/** `\SystemRoot\System32\drivers\x.sys`, `System32\drivers\x.sys` and the like as a path of the guest. */
export const imagePath = (machine: GuestMachine, service: string): string => {
  const text = dataOf(machine.service(service), 'imagepath');
  return typeof text !== 'string' || text === '' ? defaultPath(service) : guestPath(text);
};

const defaultPath = remembered((service) => `${DRIVERS_FOLDER}\\${service}.sys`);

const guestPath = remembered((text) => {
  const bare = text.replace(/^"([^"]*)".*$/, '$1');
  if (/^[a-z]:\\/i.test(bare)) return bare;
  const below = bare.replace(/^\\?\??\\?(%?SystemRoot%?\\)?/i, '');
  return /^[a-z]:\\/i.test(below) ? below : `C:\\Windows\\${below}`;
});

const fileName = (path: string): string => path.slice(path.lastIndexOf('\\') + 1);
const moduleName = remembered((path) =>
  fileName(path)
    .replace(/\.[^.]*$/, '')
    .toLowerCase(),
);

/** Whether safe mode loads a service, for a device of a class or for none. */
export const isSafe = ({ registry }: GuestMachine, service: string, classGuid?: string): boolean =>
  loadsInSafeMode(registry, service, classGuid);

/** A kernel service's image, with what it imports, comes into memory, and its entry runs once. */
export const loadService = (
  machine: GuestMachine,
  service: string,
  role: 'function' | 'filter',
  device: string,
): LoadResult => {
  const start = effectiveStart(machine, service);
  if (start === undefined) {
    return failed(role === 'filter' ? 19 : 40, { kind: 'service-missing', service, role, device });
  }
  if (start === DISABLED) {
    const by = dataOf(machine.service(service), 'start') === DISABLED ? 'start' : 'override';
    return failed(32, { kind: 'service-disabled', service, by });
  }
  return loadImage(machine, imagePath(machine, service), service);
};

/** Modules that are being loaded, for imports in a circle. */
type Open = ReadonlySet<string>;

const loadImage = (machine: GuestMachine, path: string, service: string, open: Open = new Set()): LoadResult => {
  const name = moduleName(path);
  const known = machine.module(name);
  if (known !== undefined) return known.ready ? LOADED : failed(37, lastFailure(machine, name));
  const file = machine.file(path);
  if (file === undefined) {
    return isInboxImage(path, machine.guest) ? LOADED : failed(39, { kind: 'file-missing', path, service });
  }
  const image = machine.image(file.image);
  if (image === undefined) return failed(39, { kind: 'file-missing', path, service });
  const flaw = flawOf(machine, image);
  if (flaw !== undefined) return noted(machine, name, flaw);
  const imports = loadImports(machine, image, new Set([...open, name]));
  if (!imports.ok) return noted(machine, name, imports);
  return enter(machine, image, name, service);
};

const noted = (machine: GuestMachine, module: string, result: LoadResult): LoadResult => {
  if (!result.ok) machine.say({ kind: 'module.failed', module, cause: result.cause });
  return result;
};

const MACHINES = { x86: 'x86', x64: 'x64', arm64: 'arm64' } as const;

/** What keeps an image itself from being loaded. */
const flawOf = (machine: GuestMachine, image: ImageFacts): LoadResult | undefined => {
  if (image.machine !== MACHINES[machine.guest.arch]) {
    return failed(39, { kind: 'wrong-machine', image: image.name, machine: image.machine });
  }
  const policy = image.loads[machine.policy];
  if (policy?.loads === 'no') return failed(52, { kind: 'signature', image: image.name, reason: policy.reason });
  return undefined;
};

/** Each module that is imported comes into memory first, and has what is asked of it. */
const loadImports = (machine: GuestMachine, image: ImageFacts, open: Open): LoadResult => {
  for (const { module, names } of image.imports) {
    const own = machine.file(`${DRIVERS_FOLDER}\\${module}`);
    if (own === undefined) {
      const result = windowsImports(machine, image, module, names);
      if (!result.ok) return result;
      continue;
    }
    const name = moduleName(module);
    if (open.has(name)) continue;
    const loaded = loadImage(machine, own.path, name, open);
    if (!loaded.ok) return loaded;
    const inMemory = machine.module(name)?.image ?? own.image;
    const exported = machine.image(inMemory)?.exports ?? [];
    const missing = names.filter((one) => !exported.includes(one));
    if (missing.length > 0) return failed(39, { kind: 'import-missing', image: image.name, module, names: missing });
  }
  return LOADED;
};

const windowsImports = (
  machine: GuestMachine,
  image: ImageFacts,
  module: string,
  names: readonly string[],
): LoadResult => {
  const missing: string[] = [];
  for (const name of names) {
    const answer = windowsExports(module, name, machine.guest);
    if (answer === 'no-module') {
      return failed(39, { kind: 'import-missing', image: image.name, module, names: [] });
    }
    if (answer === 'no') missing.push(name);
  }
  if (missing.length === 0) return LOADED;
  const because = `${missing.join(', ')} of ${module}`;
  return failed(39, { kind: 'needs-windows', image: image.name, because });
};

const enter = (machine: GuestMachine, { key, model }: ImageFacts, name: string, service: string): LoadResult => {
  const module = { image: key, service, ready: false };
  const put = (ready: boolean): void =>
    machine.change({ loaded: { ...machine.session.loaded, [name]: { ...module, ready } } });
  put(false);
  const driver = machine.driverOf(module);
  const entry = model === undefined ? undefined : behaviourOf(model.image)?.load;
  const outcome: Outcome = driver === undefined || entry === undefined ? OK : entry(driver, machine);
  if (outcome.ok) {
    put(true);
    machine.say({ kind: 'module.loaded', module: name, image: key });
    return LOADED;
  }
  const { failure } = outcome;
  return noted(machine, name, failed(37, { kind: 'driver', service, device: '', failure }));
};

/** What an entry that has failed in this boot failed of. */
const lastFailure = (machine: GuestMachine, module: string): Cause => {
  for (let index = machine.outputs.length - 1; index >= 0; index -= 1) {
    const output = machine.outputs[index];
    if (output?.kind === 'module.failed' && output.module === module) return output.cause;
  }
  return { kind: 'text', text: `The entry of ${module} failed earlier in this boot.` };
};
