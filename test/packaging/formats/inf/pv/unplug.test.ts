import { describeFaults } from '../../../../support/pv-faults.ts';

describeFaults('the emulated devices at the next start', [
  {
    mode: 'F13',
    what: 'no AddReg of the bus names the section that clears the requests',
    sample: 'xenbus',
    changes: [['BusParameters,UnplugReset', 'BusParameters']],
    code: 'PV_UNPLUG_RESET',
    line: '[UnplugReset]',
  },
  {
    mode: 'F13',
    what: 'the same for disks',
    sample: 'xenvbd',
    changes: [['AdapterParameters,UnplugReset,', 'AdapterParameters,']],
    code: 'PV_UNPLUG_RESET',
    line: '[UnplugReset]',
  },
  {
    mode: 'F58',
    what: 'the same for network cards, for newer Windows only',
    sample: 'xenvif',
    changes: [['AddReg=Parameters,Reset\n', 'AddReg=Parameters\n']],
    code: 'PV_UNPLUG_RESET',
    line: '[Reset]',
  },
  {
    mode: 'F13',
    what: 'the bus clears one of two requests',
    sample: 'xenbus',
    changes: [[/HKLM,%UnplugKey%,"DISKS".*\n/, '']],
    code: 'PV_UNPLUG_RESET',
    line: 'AddService = xenbus,',
  },
  {
    mode: 'F13',
    what: 'the flags keep an older request',
    sample: 'xenbus',
    changes: [['"DISKS",0x00010001,0', '"DISKS",0x00010003,0']],
    code: 'PV_UNPLUG_RESET',
    line: '"DISKS",0x00010003,0',
  },
  {
    mode: 'F13',
    what: 'an INF asks for the unplugging itself',
    sample: 'xenbus',
    changes: [['"DISKS",0x00010001,0', '"DISKS",0x00010001,1']],
    code: 'PV_UNPLUG_RESET',
    line: '"DISKS"',
  },
  {
    mode: 'F58',
    what: 'the network class clears nothing',
    sample: 'xenvif',
    changes: [
      ['BootFlags,Parameters,Reset', 'BootFlags,Parameters'],
      ['AddReg=Parameters,Reset\n', 'AddReg=Parameters\n'],
      [/\[Reset\]\n.*\n/, ''],
    ],
    code: 'PV_UNPLUG_RESET',
    line: 'AddService=xenvif,2,Service',
  },
  {
    mode: 'F14',
    what: 'the bus forces the disks away',
    sample: 'xenbus',
    changes: [
      [
        '[UnplugReset]\n',
        '[UnplugReset]\nHKLM,"SYSTEM\\CurrentControlSet\\Services\\XEN\\ForceUnplug","DISKS",0x00010001,1\n',
      ],
    ],
    code: 'PV_FORCE_UNPLUG',
    line: 'ForceUnplug',
  },
  {
    mode: 'F58',
    what: 'the bus forces the network cards away',
    sample: 'xenbus',
    changes: [
      [
        '[UnplugReset]\n',
        '[UnplugReset]\nHKLM,"SYSTEM\\CurrentControlSet\\Services\\XEN\\ForceUnplug","NICS",0x00010001,1\n',
      ],
    ],
    code: 'PV_FORCE_UNPLUG',
    line: 'ForceUnplug',
  },
  {
    mode: 'F14',
    what: 'a mark was replaced by nothing',
    sample: 'xenvbd',
    changes: [[/(%ForceUnplugKey%,"DISKS",0x00010001,1 ;) 1/, '%ForceUnplugKey%,"DISKS",0x00010001,1 ; ']],
    code: 'PV_FORCE_UNPLUG',
    line: '%ForceUnplugKey%,',
  },
]);
