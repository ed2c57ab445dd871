import type { DriverDefinition, DriverFile, DriverService } from '../contract.ts';
import { busChildIds } from '../ids.ts';
import { BRAND_TEXTS, coInstallerOf, DEVICE_NAMES, eventTextsOf, kernelImports, programOf } from '../stand-in-facts.ts';
import { WINDOWS_7_TO_10, WINDOWS_10_AND_LATER } from '../windows.ts';

const xenifaceSys: DriverFile = {
  name: 'xeniface.sys',
  kind: 'driver',
  dirid: 12,
  installedName: 'xeniface.sys',
  standIn: {
    imports: [
      kernelImports(
        ...DEVICE_NAMES,
        'IoRegisterDeviceInterface',
        'IoSetDeviceInterfaceState',
        'IoWMIRegistrationControl',
        'MmMapLockedPagesSpecifyCache',
        'ObReferenceObjectByHandle',
        'ProbeForRead',
      ),
      { module: 'WMILIB.SYS', names: ['WmiCompleteRequest', 'WmiFireEvent', 'WmiSystemControl'] },
    ],
    exports: [],
    // The WMI classes of a brand begin with its object prefix, so a program that asks for them is tied to the brand.
    strings: [...BRAND_TEXTS, 'XENIFACE', '@OBJECT_PREFIX@XenStoreBase', '@OBJECT_PREFIX@XenStoreSession'],
  },
};

const agent = programOf(
  'xenagent',
  [
    {
      module: 'ADVAPI32.dll',
      names: ['InitiateSystemShutdownExW', 'RegisterEventSourceW', 'ReportEventW', 'StartServiceCtrlDispatcherW'],
    },
    { module: 'SETUPAPI.dll', names: ['SetupDiEnumDeviceInterfaces', 'SetupDiGetClassDevsW'] },
  ],
  'control/shutdown',
);

const agentMessages = eventTextsOf('xenagent');

const coInstaller = coInstallerOf('xeniface', '@PRODUCT_NAME@ Interface');

const services: readonly DriverService[] = [
  { name: 'xeniface', file: 'xeniface.sys', type: 'kernel', start: 'demand', group: 'Extended Base', role: 'function' },
  { name: 'xenagent', file: 'xenagent.exe', type: 'own-process', start: 'auto', role: 'companion' },
];

/** What programs reach xenstore, event channels and grants through; carries the agent that shuts the guest down. */
export const xeniface: DriverDefinition = {
  name: 'xeniface',
  summary: 'the interface of programs to Xen, and the agent that serves its host',
  title: { package: 'Interface Package', device: 'Interface' },
  className: 'System',
  classGuid: '{4d36e97d-e325-11ce-bfc1-08002be10318}',
  parent: 'xenbus',
  deviceClass: 'IFACE',
  generations: [
    {
      name: '9.1',
      template: 'drivers/xeniface/9.1.inf',
      kind: 'device',
      hardwareIds: busChildIds({ bus: 'XENBUS', device: 'IFACE', revision: 0x0900000b }),
      files: [xenifaceSys, agent, agentMessages],
      services,
      windows: WINDOWS_10_AND_LATER,
    },
    {
      name: '8.2',
      template: 'drivers/xeniface/8.2.inf',
      kind: 'device',
      hardwareIds: busChildIds({ bus: 'XENBUS', device: 'IFACE', revision: 0x0800000b }),
      files: [xenifaceSys, agent, agentMessages, coInstaller],
      services,
      windows: WINDOWS_7_TO_10,
    },
  ],
};
