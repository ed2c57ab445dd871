import { editedRelease, replacing, without } from '../../support/edited-release.ts';
import { describeProofs } from '../../support/failure-proof.ts';

const STATIC = ['static'] as const;

describeProofs('who may use the interface device', [
  {
    mode: 'F43',
    what: 'everybody: the device has no descriptor',
    caught: STATIC,
    bad: () => editedRelease({ infs: { xeniface: without(/^AddReg = DeviceSecurity/) } }),
  },
  {
    mode: 'F43',
    what: 'users by an entry of their own',
    caught: STATIC,
    bad: () => editedRelease({ infs: { xeniface: replacing('(A;;GA;;;BA)"', '(A;;GA;;;BA)(A;;GRGW;;;BU)"') } }),
  },
  {
    mode: 'F43',
    what: 'everybody by WMI',
    caught: STATIC,
    bad: () => editedRelease({ infs: { xeniface: without(/^WMIInterface/) } }),
  },
  {
    mode: 'F43',
    what: 'everybody, as the section has a suffix that Windows does not look for',
    caught: STATIC,
    bad: () => editedRelease({ infs: { xeniface: replacing('[Interface.HW]', '[Interface.Hardware]') } }),
  },
]);

const SDDL = 'D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GRGW;;;WD)';

describeProofs('who may use consoles', [
  {
    mode: 'F44',
    what: 'everybody, by the INF',
    caught: STATIC,
    bad: () =>
      editedRelease({
        infs: {
          xencons: replacing(
            '[Device.Services]',
            `[Device.HW]\nAddReg = Open\n\n[Open]\nHKR,,Security,,"${SDDL}"\n\n[Device.Services]`,
          ),
        },
      }),
    good: () =>
      editedRelease({
        infs: {
          xencons: replacing(
            '[Device.Services]',
            '[Device.HW]\nAddReg = Closed\n\n[Closed]\nHKR,,Security,,"D:P(A;;GA;;;SY)(A;;GA;;;BA)"\n\n[Device.Services]',
          ),
        },
      }),
  },
  {
    mode: 'F44',
    what: 'everybody, by the pipe of the monitor',
    caught: STATIC,
    bad: () => editedRelease({ images: { 'xencons_monitor.exe': { strings: [SDDL] } } }),
    good: () => editedRelease({ images: { 'xencons_monitor.exe': { strings: ['D:P(A;;GA;;;SY)(A;;GA;;;BA)'] } } }),
  },
]);
