import { editedRelease, replacing } from '../../support/edited-release.ts';
import { describeProofs } from '../../support/failure-proof.ts';

const STATIC = ['static'] as const;
const LOCKDOWN = 'PnpLockdown = 1\n';

describeProofs('forms that nobody signs any more', [
  {
    mode: 'F31',
    what: 'BootFlags by AddReg for a Windows that has the directive',
    caught: STATIC,
    bad: () =>
      editedRelease({
        infs: {
          xenvif: replacing(/^BootFlags = 0x81$/m, 'AddReg = BusBootFlags'),
        },
      }),
    severity: 'warning',
  },
  {
    mode: 'F31',
    what: 'a registry line for programs of Windows',
    caught: STATIC,
    bad: () =>
      editedRelease({
        infs: {
          xeniface: replacing(
            'HKR,"Parameters",,0x00000010',
            'HKR,"Parameters",,0x00000010\nHKLM,"SOFTWARE\\Policies\\Microsoft\\Windows","XenPresent",0x00010001,1',
          ),
        },
      }),
    severity: 'warning',
  },
  {
    mode: 'F31',
    what: 'a registry line for the user who installs',
    caught: STATIC,
    bad: () =>
      editedRelease({
        infs: {
          xenbus: replacing('[UnplugReset]', '[UnplugReset]\nHKCU,"Software\\Xen","Installed",0x00000000,"yes"'),
        },
      }),
    severity: 'warning',
  },
  {
    mode: 'F32',
    what: 'a co-installer is registered',
    caught: STATIC,
    bad: () =>
      editedRelease({
        infs: {
          xenbus: (text) =>
            `${text}\n[Bus.CoInstallers]\nAddReg = BusCoInstaller\n\n[BusCoInstaller]\nHKR,,"CoInstallers32",0x00010000,"xenbus_coinst.dll,Entry"\n`,
        },
      }),
    severity: 'warning',
  },
  {
    mode: 'F32',
    what: 'no PnpLockdown',
    caught: STATIC,
    bad: () => editedRelease({ infs: { xencons: replacing(LOCKDOWN, '') } }),
    severity: 'warning',
  },
  {
    mode: 'F32',
    what: 'PnpLockdown is off in all INFs',
    caught: STATIC,
    bad: () =>
      editedRelease({
        infs: Object.fromEntries(
          ['xenbus', 'xenvbd', 'xenvif', 'xennet'].map((driver) => [driver, replacing(LOCKDOWN, 'PnpLockdown = 0\n')]),
        ),
      }),
    severity: 'warning',
  },
]);

describeProofs('a template that was not finished', [
  {
    mode: 'F33',
    what: 'DriverVer of a template',
    caught: STATIC,
    bad: () => editedRelease({ infs: { xenvif: replacing(/^DriverVer = .*$/m, 'DriverVer = 01/01/1900,0.0.0.0') } }),
  },
  {
    mode: 'F33',
    what: 'the day alone is left',
    caught: STATIC,
    bad: () => editedRelease({ infs: { xenvkbd: replacing(/^DriverVer = [^,]*/m, 'DriverVer = 01/01/1900') } }),
  },
  {
    mode: 'F33',
    what: 'a token in a text',
    caught: STATIC,
    bad: () =>
      editedRelease({ infs: { xennet: replacing('Xen PV Network Device', '@PRODUCT_NAME@ PV Network Device') } }),
  },
  {
    mode: 'F33',
    what: 'a token for the vendor of one package',
    caught: ['static'],
    bad: () => editedRelease({ infs: { xenvbd: replacing('Provider = %Vendor%', 'Provider = "@VENDOR_NAME@"') } }),
  },
  {
    mode: 'F33',
    what: 'a token in the name of a file',
    caught: STATIC,
    bad: () => editedRelease({ infs: { xeniface: replacing('xenagent_9_1_0_30', 'xenagent_@MAJOR_VERSION@_1_0_30') } }),
  },
  {
    mode: 'F33',
    what: 'the architecture is left to a stamping tool',
    caught: STATIC,
    bad: () => editedRelease({ infs: { xenhid: replacing('NTamd64', 'NT$ARCH$') } }),
  },
]);
