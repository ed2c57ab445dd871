import type { DriverDefinition, DriverFile } from '../contract.ts';
import { busChildIds } from '../ids.ts';
import { BRAND_TEXTS, kernelImports } from '../stand-in-facts.ts';
import { WINDOWS_10_AND_LATER } from '../windows.ts';

/** A minidriver: hidclass.sys makes the device objects, so that it attaches to none itself. */
const xenhidSys: DriverFile = {
  name: 'xenhid.sys',
  kind: 'driver',
  dirid: 12,
  installedName: 'xenhid.sys',
  standIn: {
    imports: [
      { module: 'HIDCLASS.SYS', names: ['HidRegisterMinidriver'] },
      kernelImports('KeInitializeEvent', 'KeSetEvent', 'KeWaitForSingleObject', 'PsCreateSystemThread'),
    ],
    exports: [],
    strings: [...BRAND_TEXTS, 'XENHID'],
  },
};

/** The keyboard or pointer itself, on each device that xenvkbd makes. Came with the 9.0 line. */
export const xenhid: DriverDefinition = {
  name: 'xenhid',
  summary: 'the paravirtual keyboard and pointer',
  title: { package: 'PV HID Device Package', device: 'PV HID Device' },
  className: 'HIDClass',
  classGuid: '{745a17a0-74d3-11d0-b6fe-00a0c90f57da}',
  parent: 'xenvkbd',
  deviceClass: 'HID',
  generations: [
    {
      name: '9.1',
      template: 'drivers/xenhid/9.1.inf',
      kind: 'device',
      hardwareIds: busChildIds({ bus: 'XENVKBD', device: 'HID', revision: 0x09000002 }),
      files: [xenhidSys],
      services: [{ name: 'xenhid', file: 'xenhid.sys', type: 'kernel', start: 'demand', role: 'function' }],
      windows: WINDOWS_10_AND_LATER,
    },
  ],
};
