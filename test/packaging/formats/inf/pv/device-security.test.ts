import { expect, test } from 'vitest';
import { describeFaults } from '../../../../support/pv-faults.ts';
import { changed, pvFindings, pvText } from '../../../../support/pv-infs.ts';

const DEVICE = '"D:P(A;;GA;;;SY)(A;;GA;;;BA)"';

/** Descriptors under which an ordinary user opens the device. */
const OPEN = [
  '"D:P(A;;GA;;;SY)(A;;GA;;;BU)"',
  '"D:P(A;;GA;;;SY)(A;;GA;;;S-1-1-0)"',
  '"D:(A;OICI;GR;;;IU)(A;;GA;;;BA)"',
  '"D:P(A;;GA;;;NU)"',
  '"D:P(A;;GA;;;S-1-15-2-1)"',
  '"D:P(XA;;GA;;;WD;(TRUE))"',
  '"D:NO_ACCESS_CONTROL"',
  '"O:BAG:BA"',
  '""',
];

describeFaults(
  'a descriptor of the interface device that lets users in',
  OPEN.map((descriptor) => ({
    mode: 'F43',
    what: descriptor,
    sample: 'xeniface',
    changes: [[DEVICE, descriptor]],
    code: 'PV_DEVICE_OPEN',
    line: 'HKR,,Security',
  })),
);

test.each(['"D:P(A;;GA;;;BA)"', '"D:P"', '"O:BAG:BAD:P(D;;GA;;;WD)(A;;GA;;;S-1-5-80-1-2-3-4-5)(A;;GA;;;S-1-5-18)"'])(
  'a descriptor of the interface device may be %s',
  (descriptor) => {
    expect(pvFindings(changed(pvText('xeniface'), [[DEVICE, descriptor]]))).toEqual([]);
  },
);

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
