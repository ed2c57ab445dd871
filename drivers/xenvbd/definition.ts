import type { DriverDefinition, DriverFile, DriverService } from '../contract.ts';
import { busChildIds } from '../ids.ts';
import { BRAND_TEXTS, coInstallerOf, kernelImports } from '../stand-in-facts.ts';
import { WINDOWS_7_TO_10, WINDOWS_10_AND_LATER } from '../windows.ts';
import { XENCRSH_ENTRY, xencrshSys } from '../xencrsh/files.ts';
import { xendiskService, xendiskSys } from '../xendisk/files.ts';

const xenvbdSys: DriverFile = {
  name: 'xenvbd.sys',
  kind: 'driver',
  dirid: 12,
  installedName: 'xenvbd.sys',
  standIn: {
    imports: [
      { module: 'xencrsh.sys', names: [XENCRSH_ENTRY] },
      {
        module: 'storport.sys',
        names: [
          'StorPortExtendedFunction',
          'StorPortGetScatterGatherList',
          'StorPortInitialize',
          'StorPortNotification',
          'StorPortSetDeviceQueueDepth',
        ],
      },
      kernelImports(
        'IoAllocateMdl',
        'IoFreeMdl',
        'IoInvalidateDeviceRelations',
        'KeInitializeEvent',
        'KeWaitForSingleObject',
        'PsCreateSystemThread',
      ),
    ],
    exports: [],
    strings: [...BRAND_TEXTS, 'XENVBD'],
  },
};

const coInstaller = coInstallerOf('xenvbd', '@PRODUCT_NAME@ PV Storage Host Adapter');

const services: readonly DriverService[] = [
  { name: 'xenvbd', file: 'xenvbd.sys', type: 'kernel', start: 'boot', group: 'Scsi Miniport', role: 'function' },
  xendiskService,
];

/** The storage adapter. Carries its crash dump library and its filter, which must come from the same build (F37, F39). */
export const xenvbd: DriverDefinition = {
  name: 'xenvbd',
  summary: 'the paravirtual storage adapter, with its crash dump library and its filter',
  title: { package: 'PV Storage Host Adapter Package', device: 'PV Storage Host Adapter' },
  className: 'SCSIAdapter',
  classGuid: '{4D36E97B-E325-11CE-BFC1-08002BE10318}',
  parent: 'xenbus',
  deviceClass: 'VBD',
  generations: [
    {
      name: '9.1',
      template: 'drivers/xenvbd/9.1.inf',
      kind: 'device',
      hardwareIds: busChildIds({ bus: 'XENBUS', device: 'VBD', revision: 0x0900000b }),
      files: [xenvbdSys, xencrshSys, xendiskSys],
      services,
      windows: WINDOWS_10_AND_LATER,
    },
    {
      name: '8.2',
      template: 'drivers/xenvbd/8.2.inf',
      kind: 'device',
      hardwareIds: busChildIds({ bus: 'XENBUS', device: 'VBD', revision: 0x08000009 }),
      files: [xenvbdSys, xencrshSys, xendiskSys, coInstaller],
      services,
      windows: WINDOWS_7_TO_10,
    },
  ],
};
