import type { DriverDefinition, DriverFile } from '../contract.ts';
import { busChildIds } from '../ids.ts';
import { BRAND_TEXTS, DEVICE_NAMES, kernelImports } from '../stand-in-facts.ts';
import { WINDOWS_10_AND_LATER } from '../windows.ts';
import { REVISIONS_9_1 } from './revisions.ts';

const xenvkbdSys: DriverFile = {
  name: 'xenvkbd.sys',
  kind: 'driver',
  dirid: 12,
  installedName: 'xenvkbd.sys',
  standIn: {
    imports: [
      kernelImports(
        ...DEVICE_NAMES,
        'IoInvalidateDeviceRelations',
        'KeInitializeDpc',
        'KeInsertQueueDpc',
        'KeSetTargetProcessorDpcEx',
      ),
    ],
    exports: [],
    strings: [...BRAND_TEXTS, 'XENVKBD', '@VENDOR_PREFIX@', 'XENVKBD\\VEN_@VENDOR_PREFIX@'],
  },
};

/** The bus of input devices: makes a device for each number below `device/vkbd` in xenstore. Came with the 9.0 line. */
export const xenvkbd: DriverDefinition = {
  name: 'xenvkbd',
  summary: 'the bus of paravirtual keyboards and pointers',
  title: { package: 'PV Keyboard/Mouse Class Package', device: 'PV Keyboard/Mouse Class' },
  className: 'System',
  classGuid: '{4d36e97d-e325-11ce-bfc1-08002be10318}',
  parent: 'xenbus',
  deviceClass: 'VKBD',
  generations: [
    {
      name: '9.1',
      template: 'drivers/xenvkbd/9.1.inf',
      kind: 'device',
      hardwareIds: busChildIds({ bus: 'XENBUS', device: 'VKBD', revision: 0x0900000a }),
      files: [xenvkbdSys],
      services: [{ name: 'xenvkbd', file: 'xenvkbd.sys', type: 'kernel', start: 'demand', role: 'function' }],
      windows: WINDOWS_10_AND_LATER,
      bus: { enumerator: 'XENVKBD', classes: ['HID'], lastId: 'XENDEVICE', revisions: REVISIONS_9_1 },
    },
  ],
};
