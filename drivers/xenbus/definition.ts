import type { DriverDefinition, DriverFile, DriverService } from '../contract.ts';
import { platformIds } from '../ids.ts';
import { BRAND_TEXTS, coInstallerOf, DEVICE_NAMES, eventTextsOf, kernelImports, programOf } from '../stand-in-facts.ts';
import { WINDOWS_7_TO_10, WINDOWS_10_AND_LATER } from '../windows.ts';
import { REVISIONS_8_2, REVISIONS_9_1 } from './revisions.ts';
import { XEN_EXPORTS } from './xen-exports.ts';

const OWN_FUNCTION = 'PCI\\VEN_5853&DEV_@VENDOR_DEVICE_ID@&SUBSYS_@VENDOR_DEVICE_ID@5853&REV_01';

const xenSys: DriverFile = {
  name: 'xen.sys',
  kind: 'export-driver',
  dirid: 12,
  installedName: 'xen.sys',
  standIn: {
    imports: [
      kernelImports(
        'MmAllocatePagesForMdlEx',
        'MmGetPhysicalAddress',
        'ZwCreateKey',
        'ZwDeleteValueKey',
        'ZwSetValueKey',
      ),
      { module: 'HAL.dll', names: ['KeQueryPerformanceCounter', 'KeStallExecutionProcessor'] },
    ],
    exports: XEN_EXPORTS,
    strings: [...BRAND_TEXTS, 'XEN', OWN_FUNCTION],
  },
};

const xenbusSys: DriverFile = {
  name: 'xenbus.sys',
  kind: 'driver',
  dirid: 12,
  installedName: 'xenbus.sys',
  standIn: {
    imports: [
      {
        module: 'xen.sys',
        names: [
          'ConfigGetActive',
          'ConfigRequestReboot',
          'EventChannelSend',
          'FiltersInstall',
          'GrantTableSetVersion',
          'HvmGetParam',
          'LogPrintf',
          'ModuleLookup',
          'UnplugDecrementValue',
          'UnplugIncrementValue',
          'XenTouch',
        ],
      },
      kernelImports(...DEVICE_NAMES, 'IoConnectInterruptEx', 'IoInvalidateDeviceRelations', 'MmMapIoSpace'),
      { module: 'HAL.dll', names: ['KeQueryPerformanceCounter', 'KeStallExecutionProcessor'] },
    ],
    exports: [],
    strings: [...BRAND_TEXTS, 'XENBUS', '@VENDOR_PREFIX@', 'XENBUS\\VEN_@VENDOR_PREFIX@', OWN_FUNCTION],
  },
};

const xenfiltSys: DriverFile = {
  name: 'xenfilt.sys',
  kind: 'driver',
  dirid: 12,
  installedName: 'xenfilt.sys',
  standIn: {
    imports: [
      {
        module: 'xen.sys',
        names: ['ConfigGetActive', 'ConfigUpdateActive', 'FiltersInstall', 'LogPrintf', 'UnplugDevices', 'XenTouch'],
      },
      kernelImports(...DEVICE_NAMES, 'IoInvalidateDeviceRelations'),
    ],
    exports: [],
    strings: [...BRAND_TEXTS, 'XENFILT', OWN_FUNCTION],
  },
};

const monitor = programOf('xenbus_monitor', [
  { module: 'ADVAPI32.dll', names: ['RegNotifyChangeKeyValue', 'RegOpenKeyExW', 'StartServiceCtrlDispatcherW'] },
  { module: 'WTSAPI32.dll', names: ['WTSSendMessageW'] },
]);

/** Gone since the 9.1 line. */
const monitorMessages = eventTextsOf('xenbus_monitor');

const coInstaller = coInstallerOf('xenbus', '@PRODUCT_NAME@ PV Bus', OWN_FUNCTION);

const services: readonly DriverService[] = [
  { name: 'xenbus', file: 'xenbus.sys', type: 'kernel', start: 'boot', group: 'Boot Bus Extender', role: 'function' },
  { name: 'xenfilt', file: 'xenfilt.sys', type: 'kernel', start: 'boot', group: 'Boot Bus Extender', role: 'filter' },
  { name: 'xenbus_monitor', file: 'xenbus_monitor.exe', type: 'own-process', start: 'auto', role: 'companion' },
];

/** The bus: drives the Xen platform function and makes a device for each child class. Carries xen and xenfilt. */
export const xenbus: DriverDefinition = {
  name: 'xenbus',
  summary: 'the Xen platform bus, the filter that hides emulated devices, and the restart monitor',
  title: { package: 'PV Bus Package', device: 'PV Bus' },
  className: 'System',
  classGuid: '{4d36e97d-e325-11ce-bfc1-08002be10318}',
  generations: [
    {
      name: '9.1',
      template: 'drivers/xenbus/9.1.inf',
      kind: 'device',
      hardwareIds: platformIds,
      files: [xenSys, xenbusSys, xenfiltSys, monitor],
      services,
      windows: WINDOWS_10_AND_LATER,
      bus: {
        enumerator: 'XENBUS',
        revisions: REVISIONS_9_1,
        classes: ['VIF', 'VBD', 'VKBD', 'IFACE', 'CONS'],
        lastId: 'XENCLASS',
      },
    },
    {
      name: '8.2',
      template: 'drivers/xenbus/8.2.inf',
      kind: 'device',
      hardwareIds: platformIds,
      files: [xenSys, xenbusSys, xenfiltSys, coInstaller, monitor, monitorMessages],
      services,
      windows: WINDOWS_7_TO_10,
      bus: {
        enumerator: 'XENBUS',
        revisions: REVISIONS_8_2,
        classes: ['VIF', 'VBD', 'IFACE'],
        lastId: 'XENCLASS',
      },
    },
  ],
};
