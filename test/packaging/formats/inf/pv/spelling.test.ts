import { describeFaults } from '../../../../support/pv-faults.ts';

describeFaults('names that differ by one slip from one that counts', [
  {
    mode: 'F30',
    what: 'a letter too few in a directive; what it leaves out is not told again',
    sample: 'xenbus',
    changes: [['AddReg = BusParameters', 'AdReg = BusParameters']],
    code: 'PV_REGISTRY_LINE',
    line: 'AdReg',
  },
  {
    mode: 'F30',
    what: 'swapped letters in a directive',
    sample: 'xenvbd',
    changes: [['AddReg = AdapterParameters', 'AddRge = AdapterParameters']],
    code: 'PV_REGISTRY_LINE',
    line: 'AddRge',
  },
  {
    mode: 'F30',
    what: 'a letter too many in a value',
    sample: 'xenbus',
    changes: [['"SyntheticClasses"', '"SyntheticClassses"']],
    code: 'PV_REGISTRY_LINE',
    line: 'SyntheticClassses',
  },
]);
