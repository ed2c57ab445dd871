import { both, editedRelease, replacing, without } from '../../support/edited-release.ts';
import { describeProofs } from '../../support/failure-proof.ts';

const BOTH = ['static', 'emulated'] as const;
const inMonitor =
  (edit: (section: string) => string) =>
  (text: string): string =>
    text.replace(/\[MonitorParameters\][^[]*/, edit);

describeProofs('nobody restarts the machine', [
  {
    mode: 'F47',
    what: 'the monitor is not told where requests are',
    caught: BOTH,
    bad: () => editedRelease({ infs: { xenbus: inMonitor(without('"RequestKey"')) } }),
  },
  {
    mode: 'F47',
    what: 'the monitor has nothing to say to the user, and ends',
    caught: ['emulated'],
    bad: () => editedRelease({ infs: { xenbus: inMonitor(without('"DialogTitle"')) } }),
  },
  {
    mode: 'F47',
    what: 'the release has no monitor',
    caught: BOTH,
    bad: () =>
      editedRelease({
        infs: {
          xenbus: both(
            without('AddService = xenbus_monitor'),
            without(/^xenbus_monitor/),
            replacing('KernelFiles,MonitorFiles', 'KernelFiles'),
            without(/^\[MonitorFiles\]/),
          ),
        },
        images: { 'xenbus_monitor.exe': 'missing' },
      }),
    severity: 'warning',
  },
  {
    mode: 'F47',
    what: 'the monitor is disabled',
    caught: BOTH,
    bad: () =>
      editedRelease({ infs: { xenbus: (text) => text.replace(/(\[MonitorService\][^[]*?StartType = )2/, '$14') } }),
    severity: 'warning',
  },
]);

const restartsItself = (times: number) => ({
  xenbus: inMonitor((section) =>
    section.replace(
      'HKR,"Parameters","DialogTitle"',
      `HKR,"Parameters","AutoReboot",0x00010001,${times}\nHKR,"Parameters","DialogTitle"`,
    ),
  ),
});

describeProofs('a restart in the middle of an installation', [
  {
    mode: 'F48',
    what: 'the monitor restarts by itself, and its build does not wait',
    caught: ['emulated'],
    bad: () => editedRelease({ infs: restartsItself(3) }),
    scenarios: ['fresh-install', 'fresh-install-busy'],
  },
  {
    mode: 'F48',
    what: 'once is enough',
    caught: ['emulated'],
    bad: () => editedRelease({ infs: restartsItself(1) }),
    scenarios: ['fresh-install-busy'],
  },
]);
