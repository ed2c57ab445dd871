import type { DriverDefinition } from '../contract.ts';
import { WINDOWS_10_1903_AND_LATER } from '../windows.ts';
import { xencrshSys } from './files.ts';

/** The crash dump library of xenvbd as a package of its own, for offline servicing and tests. It has no service. */
export const xencrsh: DriverDefinition = {
  name: 'xencrsh',
  summary: 'the crash dump and hibernation library of xenvbd, as a package of its own',
  title: { package: 'PV Crash Dump Library Package', device: 'PV Crash Dump Library' },
  className: 'SCSIAdapter',
  classGuid: '{4D36E97B-E325-11CE-BFC1-08002BE10318}',
  partOf: 'xenvbd',
  generations: [
    {
      name: '9.1',
      template: 'drivers/xencrsh/9.1.inf',
      kind: 'primitive',
      hardwareIds: () => [],
      files: [xencrshSys],
      services: [],
      windows: WINDOWS_10_1903_AND_LATER,
    },
  ],
};
