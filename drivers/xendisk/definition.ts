import type { DriverDefinition } from '../contract.ts';
import { WINDOWS_10_1903_AND_LATER } from '../windows.ts';
import { xendiskService, xendiskSys } from './files.ts';

/**
 * The storage filter as a package of its own, for offline servicing and tests: upstream ships it inside xenvbd's
 * package only, and only that INF makes it a filter. This one brings the file and the service.
 */
export const xendisk: DriverDefinition = {
  name: 'xendisk',
  summary: 'the storage filter of xenvbd, as a package of its own',
  title: { package: 'PV Storage Filter Package', device: 'PV Storage Filter' },
  className: 'SCSIAdapter',
  classGuid: '{4D36E97B-E325-11CE-BFC1-08002BE10318}',
  partOf: 'xenvbd',
  generations: [
    {
      name: '9.1',
      template: 'drivers/xendisk/9.1.inf',
      kind: 'primitive',
      hardwareIds: () => [],
      files: [xendiskSys],
      services: [xendiskService],
      windows: WINDOWS_10_1903_AND_LATER,
    },
  ],
};
