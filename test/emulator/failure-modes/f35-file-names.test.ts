import { editedRelease, replacing } from '../../support/edited-release.ts';
import { describeProofs } from '../../support/failure-proof.ts';

const BOTH = ['static', 'emulated'] as const;

describeProofs('a file is copied under another name than it is used by', [
  {
    mode: 'F35',
    what: 'the service of the agent names another version',
    caught: BOTH,
    bad: () =>
      editedRelease({
        infs: {
          xeniface: replacing('ServiceBinary = %11%\\xenagent_9_1_0_30', 'ServiceBinary = %11%\\xenagent_9_1_0_29'),
        },
      }),
  },
  {
    mode: 'F35',
    what: 'the monitor is copied under a name without its version',
    caught: ['emulated'],
    bad: () =>
      editedRelease({
        infs: {
          xenbus: replacing(
            /^xenbus_monitor_9_1_0_30\.exe,xenbus_monitor\.exe$/m,
            'xenbus_monitor_9_1_0.exe,xenbus_monitor.exe',
          ),
        },
      }),
  },
  {
    mode: 'F35',
    what: 'the event source names another library',
    caught: ['static'],
    bad: () =>
      editedRelease({
        infs: { xencons: replacing('System32\\xencons_monitor_9_1_0_30.dll', 'System32\\xencons_monitor_9_1_0.dll') },
      }),
  },
  {
    mode: 'F35',
    what: 'a parameter names another program',
    caught: ['static'],
    bad: () =>
      editedRelease({
        infs: {
          xencons: replacing(
            '"Executable",0x00000000,"xencons_tty_9_1_0_30.exe"',
            '"Executable",0x00000000,"xencons_tty.exe"',
          ),
        },
      }),
  },
  {
    mode: 'F35',
    what: 'the service of the disk driver names another file',
    caught: BOTH,
    bad: () =>
      editedRelease({
        infs: { xenvbd: replacing('ServiceBinary = %12%\\xenvbd.sys', 'ServiceBinary = %12%\\xenvbd1.sys') },
      }),
  },
  {
    mode: 'F35',
    what: 'the network driver is copied to another folder than its service has',
    caught: BOTH,
    bad: () => editedRelease({ infs: { xennet: replacing('KernelFiles = 12', 'KernelFiles = 11') } }),
  },
  {
    mode: 'F35',
    what: 'the program of the agent is not in the package',
    caught: ['static', 'emulated'],
    bad: () => editedRelease({ images: { 'xenagent.exe': 'missing' } }),
  },
]);
