import { CLASSES, SERVICES } from '../guest/machine.ts';
import { keyAt } from '../guest/registry.ts';
import type { RehearsedBundle } from './contract.ts';
import { enumPathOf } from './devices.ts';
import { packagesFor } from './input.ts';
import type { Run } from './run.ts';

/** Services that a cleaner removes (spec xen-pv 8, removal data). */
export const REMOVED_SERVICES: readonly string[] = [
  ...['xenagent', 'xenbus', 'xenbus_monitor', 'xencons', 'xencons_monitor', 'xendisk', 'xenfilt', 'xenhid'],
  ...['xeniface', 'xennet', 'xenvbd', 'xenvif', 'xenvkbd', 'xen'],
];
const FILTERS: ReadonlySet<string> = new Set(['xenfilt', 'scsifilt']);
const FILTERED = ['{4d36e97d-e325-11ce-bfc1-08002be10318}', '{4d36e96a-e325-11ce-bfc1-08002be10318}'];
/** Windows' own storage drivers, which another platform may have switched off. */
const OWN_STORAGE = ['stornvme', 'storahci', 'pciide', 'intelide', 'atapi'];

/** Devices before those above them: disks of the stack last but for the bus. */
const ORDER = ['xenvbd', 'xennet', 'xenvif', 'xenhid', 'xenvkbd', 'xencons', 'xeniface', 'xenbus'];

/**
 * Removes a stack as the vendors' cleaners do, in their order: devices and their packages, filters, services with all that
 * stands below them (unplug requests, the active function), start overrides (spec xen-pv 8; F15, F17, F19, F22).
 */
export const cleanUp = (
  run: Run,
  bundle: RehearsedBundle,
  { keepFilters = false }: { readonly keepFilters?: boolean } = {},
): void => {
  removeDevices(run);
  if (!keepFilters) removeFilters(run);
  for (const service of REMOVED_SERVICES) {
    if (keepFilters && FILTERS.has(service)) continue;
    run.play({ kind: 'service.stop', service });
    run.play({ kind: 'registry.delete', key: `${SERVICES}\\${service}` });
  }
  for (const service of OWN_STORAGE)
    run.play({ kind: 'registry.delete', key: `${SERVICES}\\${service}\\StartOverride` });
  for (const { key } of packagesFor(run.input, bundle)) {
    const stored = run.world.disk.store.find((one) => one.package === key);
    if (stored !== undefined) run.play({ kind: 'package.delete', published: stored.published });
  }
  run.play({ kind: 'restart' });
};

const removeDevices = (run: Run): void => {
  for (const service of ORDER) {
    for (const { path, stack } of Object.values(run.world.session?.devices ?? {})) {
      const own = stack.find(({ role }) => role === 'function')?.service.toLowerCase();
      if (own === service) run.play({ kind: 'device.uninstall', path });
    }
  }
  for (const name of ['XENBUS', 'XENVIF', 'XENVKBD']) run.play({ kind: 'registry.delete', key: enumPathOf(name) });
};

const removeFilters = (run: Run): void => {
  for (const classGuid of FILTERED) {
    for (const list of ['UpperFilters', 'LowerFilters']) {
      const data = keyAt(run.world.disk.registry, `${CLASSES}\\${classGuid}`)?.values[list.toLowerCase()]?.data;
      if (typeof data !== 'object' || data === null) continue;
      const kept = data.filter((name) => !FILTERS.has(name.toLowerCase()));
      if (kept.length === data.length) continue;
      const place = { key: `${CLASSES}\\${classGuid}`, name: list };
      if (kept.length === 0) run.play({ kind: 'registry.delete', ...place });
      else run.play({ kind: 'registry.set', ...place, type: 'REG_MULTI_SZ', data: kept });
    }
  }
};
