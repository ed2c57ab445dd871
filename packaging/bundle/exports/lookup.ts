import { KERNEL_EXPORTS } from './kernel.ts';
import { MODULE_EXPORTS } from './modules.ts';
import { NETWORK_EXPORTS } from './network.ts';
import { type ExportTables, type KernelExport, readExports } from './table.ts';

/**
 * The loader of the driver framework, which the tables do not have: every function of the framework is reached through
 * these few names (spec kernel-exports).
 */
const FRAMEWORK_LOADER: ExportTables = {
  'wdfldr.sys': {
    '<=6.0': `WdfVersionBind WdfVersionUnbind WdfVersionBindClass WdfVersionUnbindClass WdfLdrQueryInterface
WdfRegisterLibrary WdfRegisterClassLibrary`,
  },
};

const SOURCES = [KERNEL_EXPORTS, NETWORK_EXPORTS, MODULE_EXPORTS, FRAMEWORK_LOADER];

const read = new Map<string, ReadonlyMap<string, KernelExport>>();

/** The exports of a kernel module of Windows, by its file name in any case; undefined for a module not in the tables. */
export const kernelExports = (module: string): ReadonlyMap<string, KernelExport> | undefined => {
  const key = module.toLowerCase();
  const known = read.get(key);
  if (known !== undefined) return known;
  const groups = SOURCES.find((tables) => Object.hasOwn(tables, key))?.[key];
  if (groups === undefined) return undefined;
  const names = readExports(groups);
  read.set(key, names);
  return names;
};

/** Windows 10 2004: hal.dll has become a forwarder, and either module gives the names of both. */
export const JOINED_HAL_BUILD = 19041;

const OTHER_HALF: Readonly<Record<string, string>> = { 'ntoskrnl.exe': 'hal.dll', 'hal.dll': 'ntoskrnl.exe' };

/** What a module exports under a name. `joined` when only the other of kernel and hardware layer has it. */
export const kernelExport = (
  module: string,
  name: string,
): { readonly found: KernelExport; readonly joined: boolean } | undefined => {
  const found = kernelExports(module)?.get(name);
  if (found !== undefined) return { found, joined: false };
  const other = kernelExports(OTHER_HALF[module.toLowerCase()] ?? '')?.get(name);
  return other === undefined ? undefined : { found: other, joined: true };
};
