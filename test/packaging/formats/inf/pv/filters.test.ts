import { describeFaults } from '../../../../support/pv-faults.ts';

describeFaults('filters of PV drivers', [
  {
    mode: 'F19',
    what: 'the class filter has no service',
    sample: 'xenbus',
    changes: [
      ['AddService = xenfilt,0x00000000,FilterService\n', ''],
      [/HKLM,%(System|StorageController)ClassKey%.*\n/, ''],
      [/HKLM,%(System|StorageController)ClassKey%.*\n/, ''],
    ],
    code: 'PV_FILTER_SERVICE',
    line: 'AddService = xenbus,',
  },
  {
    mode: 'F19',
    what: 'the file of the class filter is not copied',
    sample: 'xenbus',
    changes: [[/xenfilt\.sys\n\n/, '\n']],
    code: 'PV_FILTER_SERVICE',
    line: '%SystemClassKey%,',
  },
  {
    mode: 'F19',
    what: 'the class filter does not start at boot',
    sample: 'xenbus',
    changes: [
      [
        'DisplayName = %FilterName%\nServiceType = 1 ; kernel driver\nStartType = 0',
        'DisplayName = %FilterName%\nServiceType = 1 ; kernel driver\nStartType = 3',
      ],
    ],
    code: 'PV_FILTER_SERVICE',
    line: '%SystemClassKey%,',
  },
  {
    mode: 'F20',
    what: 'a class filter of another product',
    sample: 'xenvif',
    changes: [
      [
        '[Parameters]\n',
        '[Parameters]\nHKLM,"SYSTEM\\CurrentControlSet\\Control\\Class\\{4d36e96a-e325-11ce-bfc1-08002be10318}","LowerFilters",0x00010008,"scsifilt"\n',
      ],
    ],
    code: 'PV_FILTER_FOREIGN',
    line: 'scsifilt',
  },
  {
    mode: 'F21',
    what: 'the class filters are replaced',
    sample: 'xenbus',
    changes: [[/%SystemClassKey%,"UpperFilters",0x00010008/, '%SystemClassKey%,"UpperFilters",0x00010000']],
    code: 'PV_FILTER_APPEND',
    line: '%SystemClassKey%,',
  },
  {
    mode: 'F21',
    what: 'one class is left out',
    sample: 'xenbus',
    changes: [[/HKLM,%StorageControllerClassKey%.*\n/, '']],
    code: 'PV_FILTER_APPEND',
    severity: 'warning',
    line: '%SystemClassKey%,',
  },
  {
    mode: 'F21',
    what: 'the filter is added twice',
    sample: 'xenbus',
    changes: [
      [
        'HKLM,%StorageControllerClassKey%',
        'HKLM,%SystemClassKey%,"UpperFilters",0x00010008,"XENFILT"\nHKLM,%StorageControllerClassKey%',
      ],
    ],
    code: 'PV_FILTER_APPEND',
    severity: 'warning',
    line: /^HKLM,%SystemClassKey%,"UpperFilters",0x00010008,"XENFILT"$/,
  },
  {
    mode: 'F21',
    what: 'no precedence goes with the filter',
    sample: 'xenbus',
    changes: [[/(HKR,"Parameters\\Precedence".*\n)+/, '']],
    code: 'PV_FILTER_APPEND',
    severity: 'warning',
    line: '%SystemClassKey%,',
  },
  {
    mode: 'F38',
    what: 'the device filter has no service',
    sample: 'xenvbd',
    changes: [['AddService = xendisk,0x00000000,FilterService\n', '']],
    code: 'PV_FILTER_SERVICE',
    line: '"UpperFilters"',
  },
  {
    mode: 'F38',
    what: 'the file of the device filter is not copied',
    sample: 'xenvbd',
    changes: [['xencrsh.sys\nxendisk.sys\n', 'xencrsh.sys\n']],
    code: 'PV_FILTER_SERVICE',
    line: '"UpperFilters"',
  },
  {
    mode: 'F38',
    what: 'a package without the filter leaves the old value',
    sample: 'xenvbd',
    changes: [
      ['AddService = xendisk,0x00000000,FilterService\n', ''],
      ['[Adapter.HW]\nAddReg = AdapterFilters\n', ''],
      [/\[AdapterFilters\]\n.*\n/, ''],
    ],
    code: 'PV_FILTER_SERVICE',
    severity: 'warning',
    line: '[Adapter]',
  },
]);
