import { describeFaults } from '../../../../support/pv-faults.ts';

describeFaults('the files of a PV driver', [
  {
    mode: 'F24',
    what: 'the library of the bus is not copied',
    sample: 'xenbus',
    changes: [['[KernelFiles]\nxen.sys\n', '[KernelFiles]\n']],
    code: 'PV_FILE_MISSING',
    line: /^xenbus\.sys$/,
  },
  {
    mode: 'F35',
    what: 'the service has another version in its name',
    sample: 'xeniface',
    changes: [['%11%\\xenagent_9_1_0_31.exe', '%11%\\xenagent_9_1_0_30.exe']],
    code: 'PV_FILE_NAMES',
    line: 'xenagent_9_1_0_30.exe',
  },
  {
    mode: 'F35',
    what: 'the event source has another version in its name',
    sample: 'xeniface',
    changes: [['System32\\xenagent_9_1_0_31.dll', 'System32\\xenagent_9_1_0_3.dll']],
    code: 'PV_FILE_NAMES',
    line: 'EventMessageFile',
  },
  {
    mode: 'F35',
    what: 'the program goes to another folder than the service says',
    sample: 'xenbus',
    changes: [['%11%\\xenbus_monitor', '%12%\\xenbus_monitor']],
    code: 'PV_FILE_NAMES',
    line: /^ServiceBinary = %12%\\xenbus_monitor/,
  },
  {
    mode: 'F36',
    what: 'the name has another version than the package',
    sample: 'xennet',
    changes: [
      ['FeatureScore=0xFE\n[Current]', 'CopyFiles=Programs\nFeatureScore=0xFE\n[Current]'],
      ['[Strings]', '[Programs]\nxentool_9_1_0_30.exe,xentool.exe\n[Strings]'],
    ],
    code: 'PV_FILE_VERSION',
    severity: 'warning',
    line: 'xentool_9_1_0_30.exe',
  },
  {
    mode: 'F36',
    what: 'the name has no version',
    sample: 'xennet',
    changes: [
      ['FeatureScore=0xFE\n[Current]', 'CopyFiles=Programs\nFeatureScore=0xFE\n[Current]'],
      ['[Strings]', '[Programs]\nxentool.exe\n[Strings]'],
    ],
    code: 'PV_FILE_VERSION',
    severity: 'warning',
    line: 'xentool.exe',
  },
  {
    mode: 'F37',
    what: 'the crash dump library is not copied',
    sample: 'xenvbd',
    changes: [['[KernelFiles]\nxenvbd.sys\nxencrsh.sys\n', '[KernelFiles]\nxenvbd.sys\n']],
    code: 'PV_FILE_MISSING',
    line: /^xenvbd\.sys$/,
  },
]);
