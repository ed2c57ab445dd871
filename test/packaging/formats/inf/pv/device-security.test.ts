import { describeFaults } from '../../../../support/pv-faults.ts';

describeFaults('who may open the interface device', [
  {
    mode: 'F43',
    what: 'the device has no descriptor',
    sample: 'xeniface',
    changes: [[/HKR,,Security.*/, '']],
    code: 'PV_DEVICE_OPEN',
    line: 'AddService=xeniface',
  },
  {
    mode: 'F43',
    what: 'the descriptor lets every user in',
    sample: 'xeniface',
    changes: [['(A;;GA;;;BA)"', '(A;;GA;;;BA)(A;;GRGW;;;WD)"']],
    code: 'PV_DEVICE_OPEN',
    line: 'HKR,,Security',
  },
  {
    mode: 'F43',
    what: 'the WMI classes have none on newer Windows',
    sample: 'xeniface',
    changes: [[/\[Current\.WMI\]\n(WMI.*\n)+/, '']],
    code: 'PV_DEVICE_OPEN',
    line: '[Current]',
  },
  {
    mode: 'F43',
    what: 'one WMI class is left out',
    sample: 'xeniface',
    changes: [[/WMIInterface=\{12138A69.*\n/, '']],
    code: 'PV_DEVICE_OPEN',
    line: '[Install.WMI]',
  },
  {
    mode: 'F43',
    what: 'the descriptor of the WMI classes is gone',
    sample: 'xeniface',
    changes: [[/\[Guard\]\nSecurity=.*\n/, '[Guard]\n']],
    code: 'PV_DEVICE_OPEN',
    line: 'WMIInterface={1D80EB99',
  },
]);
