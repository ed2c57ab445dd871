import type { Scenario } from '../../../emulator/scenarios/contract.ts';
import { ALL_THERE } from '../../../emulator/scenarios/expectations.ts';
import { packagesFor } from '../../../emulator/scenarios/input.ts';
import { fromStable } from '../../../emulator/scenarios/stable.ts';
import { WITH_EVERYTHING } from '../../drivers/render.ts';
import { editedRelease, replacing } from '../../support/edited-release.ts';
import { describeProofs } from '../../support/failure-proof.ts';

const BOTH = ['static', 'emulated'] as const;
const inKey = (name: string) => `HKLM,"SYSTEM\\CurrentControlSet\\Services\\XEN\\ForceUnplug","${name}",0x00010001,1`;
const FAILING = 'fresh-install-failing-boots';

/** What `pnputil` does with every package of the stack; nothing else is cleaned. */
const packagesDeleted: Scenario = {
  id: 'uninstall-packages-only',
  summary: 'deletes the packages and nothing else',
  applies: () => true,
  runs: (input) => [
    fromStable(input, {
      variant: '',
      play: (run) => {
        for (const { key } of packagesFor(input, input.bundle)) {
          const stored = run.world.disk.store.find((one) => one.package === key);
          if (stored !== undefined) run.play({ kind: 'package.delete', published: stored.published });
        }
        run.stage = 'after the removal';
        run.restart();
        run.expect({ ...ALL_THERE, settled: false, broken: true });
      },
    }),
  ],
};

describeProofs('emulated devices that are taken away at every start', [
  {
    mode: 'F14',
    what: 'the bus forces it, and a broken disk driver never gives the emulated disk back',
    caught: BOTH,
    bad: () => editedRelease({ infs: { xenbus: replacing('[UnplugReset]\n', `[UnplugReset]\n${inKey('DISKS')}\n`) } }),
    scenarios: ['fresh-install', FAILING],
  },
  {
    mode: 'F14',
    what: 'the same, with one driver installed at a time',
    caught: BOTH,
    bad: () => editedRelease({ infs: { xenbus: replacing('[UnplugReset]\n', `[UnplugReset]\n${inKey('DISKS')}\n`) } }),
    scenarios: ['fresh-install-windows-update'],
  },
  {
    mode: 'F14',
    what: 'xenvif forces it for disks',
    caught: BOTH,
    bad: () => editedRelease({ infs: { xenvif: replacing('[UnplugReset]\n', `[UnplugReset]\n${inKey('DISKS')}\n`) } }),
    scenarios: ['fresh-install', FAILING],
  },
  {
    mode: 'F14',
    what: 'the packages of drivers that force it are deleted, and the value stays',
    caught: ['emulated'],
    bad: () => editedRelease({ brand: WITH_EVERYTHING }),
    good: () => editedRelease({ brand: WITH_EVERYTHING }),
    scenarios: [packagesDeleted],
    goodScenarios: ['uninstall', FAILING, 'fresh-install'],
  },
]);
