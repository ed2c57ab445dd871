import type { DriverDefinition, DriverFile, DriverService } from '../contract.ts';
import { busChildIds } from '../ids.ts';
import { BRAND_TEXTS, coInstallerOf, kernelImports } from '../stand-in-facts.ts';
import { WINDOWS_7_TO_10, WINDOWS_10_AND_LATER } from '../windows.ts';

const xennetSys: DriverFile = {
  name: 'xennet.sys',
  kind: 'driver',
  dirid: 12,
  installedName: 'xennet.sys',
  standIn: {
    imports: [
      {
        module: 'ndis.sys',
        names: [
          'NdisAllocateNetBufferListPool',
          'NdisCloseConfiguration',
          'NdisFreeNetBufferListPool',
          'NdisMDeregisterMiniportDriver',
          'NdisMGetDeviceProperty',
          'NdisMIndicateReceiveNetBufferLists',
          'NdisMIndicateStatusEx',
          'NdisMRegisterMiniportDriver',
          'NdisMSendNetBufferListsComplete',
          'NdisMSetMiniportAttributes',
          'NdisOpenConfigurationEx',
          'NdisReadConfiguration',
        ],
      },
      kernelImports('KeInitializeEvent', 'KeSetEvent', 'KeWaitForSingleObject'),
    ],
    exports: [],
    strings: [...BRAND_TEXTS, 'XENNET'],
  },
};

const coInstaller = coInstallerOf('xennet', '@PRODUCT_NAME@ PV Network Device');

const services: readonly DriverService[] = [
  { name: 'xennet', file: 'xennet.sys', type: 'kernel', start: 'demand', group: 'NDIS', role: 'function' },
];

/** The network card itself: an NDIS miniport on each device that xenvif makes. */
export const xennet: DriverDefinition = {
  name: 'xennet',
  summary: 'the paravirtual network card',
  title: { package: 'PV Network Device Package', device: 'PV Network Device' },
  className: 'Net',
  classGuid: '{4d36e972-e325-11ce-bfc1-08002be10318}',
  parent: 'xenvif',
  deviceClass: 'NET',
  generations: [
    {
      name: '9.1',
      template: 'drivers/xennet/9.1.inf',
      kind: 'device',
      hardwareIds: busChildIds({ bus: 'XENVIF', device: 'NET', revision: 0x09000005 }),
      files: [xennetSys],
      services,
      windows: WINDOWS_10_AND_LATER,
    },
    {
      name: '8.2',
      template: 'drivers/xennet/8.2.inf',
      kind: 'device',
      hardwareIds: busChildIds({ bus: 'XENVIF', device: 'NET', revision: 0x0800000d }),
      files: [xennetSys, coInstaller],
      services,
      windows: WINDOWS_7_TO_10,
    },
  ],
};
