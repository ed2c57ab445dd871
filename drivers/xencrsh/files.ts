import type { DriverFile } from '../contract.ts';
import { BRAND_TEXTS } from '../stand-in-facts.ts';

/** The one entry that xenvbd.sys calls when Windows loads it to write a crash dump or a hibernation image. */
export const XENCRSH_ENTRY = 'XencrshEntryPoint';

/** An export driver: xenvbd.sys cannot be loaded without it (spec xen-pv 6, F37). */
export const xencrshSys: DriverFile = {
  name: 'xencrsh.sys',
  kind: 'export-driver',
  dirid: 12,
  installedName: 'xencrsh.sys',
  standIn: {
    imports: [
      { module: 'storport.sys', names: ['StorPortInitialize', 'StorPortNotification'] },
      { module: 'ntoskrnl.exe', names: ['KeBugCheckEx', 'MmGetPhysicalAddress', '_vsnprintf', 'wcsrchr'] },
    ],
    exports: ['DllInitialize', 'DllUnload', XENCRSH_ENTRY],
    strings: [...BRAND_TEXTS, 'XENCRSH', 'dump_', 'hiber_'],
  },
};
