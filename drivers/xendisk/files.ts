import type { DriverFile, DriverService } from '../contract.ts';
import { BRAND_TEXTS, DEVICE_NAMES, kernelImports } from '../stand-in-facts.ts';

/** The storage filter that answers TRIM questions; upper filter of the xenvbd adapter (spec xen-pv 5). */
export const xendiskSys: DriverFile = {
  name: 'xendisk.sys',
  kind: 'driver',
  dirid: 12,
  installedName: 'xendisk.sys',
  standIn: {
    imports: [kernelImports(...DEVICE_NAMES, 'IoGetAttachedDeviceReference')],
    exports: [],
    strings: [...BRAND_TEXTS, 'XENDISK'],
  },
};

export const xendiskService: DriverService = {
  name: 'xendisk',
  file: 'xendisk.sys',
  type: 'kernel',
  start: 'boot',
  group: 'Scsi Miniport',
  role: 'filter',
};
