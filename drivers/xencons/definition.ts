import type { DriverDefinition, DriverFile, DriverService } from '../contract.ts';
import { busChildIds } from '../ids.ts';
import { BRAND_TEXTS, DEVICE_NAMES, eventTextsOf, kernelImports, programOf } from '../stand-in-facts.ts';
import { WINDOWS_10_AND_LATER } from '../windows.ts';

const xenconsSys: DriverFile = {
  name: 'xencons.sys',
  kind: 'driver',
  dirid: 12,
  installedName: 'xencons.sys',
  standIn: {
    imports: [
      kernelImports(
        ...DEVICE_NAMES,
        'IoCsqInitialize',
        'IoInvalidateDeviceRelations',
        'IoRegisterDeviceInterface',
        'IoSetDeviceInterfaceState',
      ),
    ],
    exports: [],
    strings: [...BRAND_TEXTS, 'XENCONS', '@VENDOR_PREFIX@', 'XENCONS\\VEN_@VENDOR_PREFIX@'],
  },
};

const monitor = programOf('xencons_monitor', [
  {
    module: 'ADVAPI32.dll',
    names: ['RegOpenKeyExW', 'RegisterEventSourceW', 'ReportEventW', 'StartServiceCtrlDispatcherW'],
  },
]);

/** Asks for a user name and a password, and starts a process as that user. */
const tty = programOf('xencons_tty', [{ module: 'ADVAPI32.dll', names: ['CreateProcessAsUserW', 'LogonUserW'] }]);

const services: readonly DriverService[] = [
  { name: 'xencons', file: 'xencons.sys', type: 'kernel', start: 'demand', group: 'Extended Base', role: 'function' },
  { name: 'xencons_monitor', file: 'xencons_monitor.exe', type: 'own-process', start: 'auto', role: 'companion' },
];

/**
 * The console, with the service and the program that serve it. Came with the 9.0 line. Its own children are raw devices
 * that need no INF, so that it is no bus here.
 */
export const xencons: DriverDefinition = {
  name: 'xencons',
  summary: 'the paravirtual console, with the service that serves it',
  title: { package: 'PV Console Package', device: 'PV Console' },
  className: 'System',
  classGuid: '{4d36e97d-e325-11ce-bfc1-08002be10318}',
  parent: 'xenbus',
  deviceClass: 'CONS',
  generations: [
    {
      name: '9.1',
      template: 'drivers/xencons/9.1.inf',
      kind: 'device',
      hardwareIds: busChildIds({ bus: 'XENBUS', device: 'CONS', revision: 0x0900000a }),
      files: [xenconsSys, monitor, eventTextsOf('xencons_monitor'), tty],
      services,
      windows: WINDOWS_10_AND_LATER,
    },
  ],
};
