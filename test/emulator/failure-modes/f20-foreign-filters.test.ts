import { CLASSES } from '../../../emulator/guest/machine.ts';
import type { Scenario } from '../../../emulator/scenarios/contract.ts';
import { ALL_THERE } from '../../../emulator/scenarios/expectations.ts';
import { fromStable } from '../../../emulator/scenarios/stable.ts';
import { editedRelease, replacing } from '../../support/edited-release.ts';
import { describeProofs } from '../../support/failure-proof.ts';
import { releaseFiles } from '../../support/rehearsal.ts';

const SYSTEM = '{4d36e97d-e325-11ce-bfc1-08002be10318}';
const CONTROLLERS = '{4d36e96a-e325-11ce-bfc1-08002be10318}';
const inClass = (guid: string, list: string) =>
  `HKLM,"SYSTEM\\CurrentControlSet\\Control\\Class\\${guid}","${list}",0x00010008,"scsifilt"\n`;

/** What an old tool left in the list of a class. */
const left = (guid: string, list: string, name: string): Scenario => ({
  id: 'foreign-filter',
  summary: 'starts a machine with a filter that other tools left',
  applies: () => true,
  runs: (input) => [
    fromStable(input, {
      variant: `${list}-${name}`,
      play: (run) => {
        const key = `${CLASSES}\\${guid}`;
        const value = run.survey.classFilters.find((one) => one.classGuid === guid && one.list === list)?.names ?? [];
        const data = name === '' ? value : [...value, name];
        run.play({ kind: 'registry.set', key, name: list, type: 'REG_MULTI_SZ', data });
        run.restart();
        run.expect({ ...ALL_THERE, settled: false });
      },
    }),
  ],
});

describeProofs('a filter of other tools in the list of a class', [
  {
    mode: 'F20',
    what: 'the INF of xenbus appends scsifilt to System',
    caught: ['static', 'emulated'],
    bad: () =>
      editedRelease({
        infs: { xenbus: replacing('[UnplugReset]\n', `[UnplugReset]\n${inClass(SYSTEM, 'UpperFilters')}`) },
      }),
  },
  {
    mode: 'F20',
    what: 'the INF of xenvbd puts it below HDC',
    caught: ['static', 'emulated'],
    bad: () =>
      editedRelease({
        infs: {
          xenvbd: replacing('[StoragePolicies]\n', `[StoragePolicies]\n${inClass(CONTROLLERS, 'LowerFilters')}`),
        },
      }),
  },
  {
    mode: 'F20',
    what: 'the INF of xenvbd puts one that nobody has below its own class, and it is told once',
    caught: ['static', 'emulated'],
    bad: () =>
      editedRelease({
        infs: {
          xenvbd: replacing(
            '[StoragePolicies]\n',
            `[StoragePolicies]\nHKLM,"SYSTEM\\CurrentControlSet\\Control\\Class\\{4d36e97b-e325-11ce-bfc1-08002be10318}","LowerFilters",0x00010008,"acmeflt"\n`,
          ),
        },
      }),
  },
  {
    mode: 'F20',
    what: 'scsifilt is left above System',
    caught: ['emulated'],
    bad: releaseFiles,
    scenarios: [left(SYSTEM, 'UpperFilters', 'scsifilt')],
    goodScenarios: [left(SYSTEM, 'UpperFilters', '')],
  },
  {
    mode: 'F20',
    what: 'another vendor’s filter is left below System',
    caught: ['emulated'],
    bad: releaseFiles,
    scenarios: [left(SYSTEM, 'LowerFilters', 'oldfilt')],
    goodScenarios: [left(SYSTEM, 'LowerFilters', '')],
  },
]);
