import { SERVICES } from '../../../emulator/guest/machine.ts';
import { cleanUp } from '../../../emulator/scenarios/cleaner.ts';
import type { Scenario } from '../../../emulator/scenarios/contract.ts';
import { ALL_THERE, PV } from '../../../emulator/scenarios/expectations.ts';
import type { Run } from '../../../emulator/scenarios/run.ts';
import { fromStable } from '../../../emulator/scenarios/stable.ts';
import { editedRelease, replacing } from '../../support/edited-release.ts';
import { describeProofs } from '../../support/failure-proof.ts';
import { releaseFiles } from '../../support/rehearsal.ts';

const override = (service: string) =>
  `HKLM,"SYSTEM\\CurrentControlSet\\Services\\${service}\\StartOverride","0",0x00010001,3\n`;

const set = (run: Run, services: readonly string[]): void => {
  for (const service of services) {
    const key = `${SERVICES}\\${service}\\StartOverride`;
    run.play({ kind: 'registry.set', key, name: '0', type: 'REG_DWORD', data: 3 });
  }
};

/** A machine whose Windows keeps drivers from starting at boot. */
const overridden = (services: readonly string[]): Scenario => ({
  id: 'uninstall-start-override',
  summary: 'starts a machine with StartOverride',
  applies: () => true,
  runs: (input) => [
    fromStable(input, {
      variant: '',
      play: (run) => {
        set(run, services);
        run.restart();
        run.expect({ ...PV, settled: false, broken: true });
      },
    }),
  ],
});

/** The same once the PV drivers were removed, so that the emulated disk is needed again. */
const overriddenLater = (services: readonly string[]): Scenario => ({
  id: 'uninstall-and-start-override',
  summary: 'removes the drivers and starts a machine with StartOverride',
  applies: () => true,
  runs: (input) => [
    fromStable(input, {
      variant: '',
      play: (run) => {
        cleanUp(run, input.bundle);
        set(run, services);
        run.restart();
        run.expect({ ...ALL_THERE, settled: false, broken: true });
      },
    }),
  ],
});

describeProofs('a driver that StartOverride keeps from starting', [
  {
    mode: 'F17',
    what: 'the INF of xenvbd writes it',
    caught: ['static', 'emulated'],
    bad: () =>
      editedRelease({ infs: { xenvbd: replacing('[StoragePolicies]\n', `[StoragePolicies]\n${override('xenvbd')}`) } }),
    scenarios: ['fresh-install-windows-update'],
  },
  {
    mode: 'F17',
    what: 'the INF of xenbus writes it for xenbus',
    caught: ['static'],
    bad: () =>
      editedRelease({ infs: { xenbus: replacing('[UnplugReset]\n', `[UnplugReset]\n${override('xenbus')}`) } }),
    scenarios: ['fresh-install-nvme'],
  },
  {
    mode: 'F17',
    what: 'Windows has it for xenvbd, on the PV disk',
    caught: ['emulated'],
    bad: releaseFiles,
    scenarios: [overridden(['xenvbd'])],
    goodScenarios: [overridden(['storahci'])],
  },
  {
    mode: 'F17',
    what: 'Windows has it for the emulated controller that is needed again',
    caught: ['emulated'],
    bad: releaseFiles,
    scenarios: [overriddenLater(['intelide'])],
    goodScenarios: [overriddenLater(['storahci', 'stornvme'])],
  },
]);
