import { describeFaults } from '../../../../support/pv-faults.ts';

describeFaults('what is signed today', [
  {
    mode: 'F31',
    what: 'BootFlags by AddReg on the newest Windows',
    sample: 'xenvif',
    changes: [['AddReg=Parameters,Reset\nBootFlags=0x81', 'AddReg=Parameters,Reset,BootFlags']],
    code: 'PV_BOOT_FLAGS',
    severity: 'warning',
    line: 'HKR,,"BootFlags"',
  },
  {
    mode: 'F32',
    what: 'PnpLockdown is missing',
    sample: 'xennet',
    changes: [['PnpLockdown=1\n', '']],
    code: 'PV_OLD_PROGRAMME',
    severity: 'warning',
    line: '[Version]',
  },
  {
    mode: 'F33',
    what: 'DriverVer was never stamped',
    sample: 'xennet',
    changes: [['05/29/2026,9.1.0.31', '01/01/1900,0.0.0.0']],
    code: 'PV_UNSTAMPED',
    line: 'DriverVer',
  },
  {
    mode: 'F33',
    what: 'the version is 0.0.0.0',
    sample: 'xennet',
    changes: [['05/29/2026,9.1.0.31', '05/29/2026,0.0.0.0']],
    code: 'PV_UNSTAMPED',
    line: 'DriverVer',
  },
  {
    mode: 'F33',
    what: 'a token is left',
    sample: 'xennet',
    changes: [['Vendor="Example Vendor"', 'Vendor="@VENDOR_NAME@"']],
    code: 'PV_UNSTAMPED',
    line: '@VENDOR_NAME@',
  },
]);
