import type { DriverDefinition, DriverFile, DriverService } from '../contract.ts';
import { busChildIds } from '../ids.ts';
import { BRAND_TEXTS, coInstallerOf, DEVICE_NAMES, kernelImports } from '../stand-in-facts.ts';
import { WINDOWS_7_TO_10, WINDOWS_10_AND_LATER } from '../windows.ts';
import { REVISIONS_8_2, REVISIONS_9_1 } from './revisions.ts';

const xenvifSys: DriverFile = {
  name: 'xenvif.sys',
  kind: 'driver',
  dirid: 12,
  installedName: 'xenvif.sys',
  standIn: {
    imports: [
      kernelImports(
        ...DEVICE_NAMES,
        'IoAllocateMdl',
        'IoInvalidateDeviceRelations',
        'KeInitializeDpc',
        'KeInsertQueueDpc',
        'KeSetTargetProcessorDpcEx',
        'MmMapLockedPagesSpecifyCache',
      ),
    ],
    exports: [],
    strings: [...BRAND_TEXTS, 'XENVIF', '@VENDOR_PREFIX@', 'XENVIF\\VEN_@VENDOR_PREFIX@'],
  },
};

const coInstaller = coInstallerOf('xenvif', '@PRODUCT_NAME@ PV Network Class');

const services: readonly DriverService[] = [
  { name: 'xenvif', file: 'xenvif.sys', type: 'kernel', start: 'demand', group: 'NDIS', role: 'function' },
];

/** What the two generations have in common as a bus. */
const bus = { enumerator: 'XENVIF', classes: ['NET'], lastId: 'XENDEVICE' } as const;

/** The bus of network cards: makes a device for each number below `device/vif` in xenstore (spec xen-pv 1.3, 1.4). */
export const xenvif: DriverDefinition = {
  name: 'xenvif',
  summary: 'the bus of paravirtual network cards',
  title: { package: 'PV Network Class Package', device: 'PV Network Class' },
  className: 'System',
  classGuid: '{4d36e97d-e325-11ce-bfc1-08002be10318}',
  parent: 'xenbus',
  deviceClass: 'VIF',
  generations: [
    {
      name: '9.1',
      template: 'drivers/xenvif/9.1.inf',
      kind: 'device',
      hardwareIds: busChildIds({ bus: 'XENBUS', device: 'VIF', revision: 0x0900000b }),
      files: [xenvifSys],
      services,
      windows: WINDOWS_10_AND_LATER,
      bus: { ...bus, revisions: REVISIONS_9_1 },
    },
    {
      name: '8.2',
      template: 'drivers/xenvif/8.2.inf',
      kind: 'device',
      hardwareIds: busChildIds({ bus: 'XENBUS', device: 'VIF', revision: 0x0800000b }),
      files: [xenvifSys, coInstaller],
      services,
      windows: WINDOWS_7_TO_10,
      bus: { ...bus, revisions: REVISIONS_8_2 },
    },
  ],
};
