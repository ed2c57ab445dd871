import type { GuestEvent } from '../../../emulator/guest/events.ts';
import { SERVICES } from '../../../emulator/guest/machine.ts';
import type { Scenario } from '../../../emulator/scenarios/contract.ts';
import { PV } from '../../../emulator/scenarios/expectations.ts';
import type { Run } from '../../../emulator/scenarios/run.ts';
import { fromStable } from '../../../emulator/scenarios/stable.ts';
import { XEN_PROJECT } from '../../drivers/render.ts';
import { editedRelease, replacing, without } from '../../support/edited-release.ts';
import { describeProofs } from '../../support/failure-proof.ts';
import { releaseFiles } from '../../support/rehearsal.ts';

const BEFORE = () => editedRelease({ brand: { ...XEN_PROJECT, version: '9.1.0.29', infDate: '05/01/2026' } });
const older = (version: string, infDate: string) => ({ ...XEN_PROJECT, version, infDate });
const UPGRADES = ['upgrade-in-place'];

describeProofs('a newer release with an older driver', [
  {
    mode: 'F55',
    what: 'the network bus is of an earlier date and version',
    caught: ['emulated'],
    bad: () => editedRelease({ brands: { xenvif: older('9.1.0.20', '01/01/2026') } }),
    from: [BEFORE],
    scenarios: UPGRADES,
  },
  {
    mode: 'F55',
    what: 'the disk driver has a higher version of an earlier date',
    caught: ['emulated'],
    bad: () => editedRelease({ brands: { xenvbd: older('9.1.0.40', '01/01/2026') } }),
    from: [BEFORE],
    scenarios: ['upgrade-in-place', 'upgrade-windows-update'],
  },
  {
    mode: 'F55',
    what: 'the bus has the date of the one before and a lower version',
    caught: ['emulated'],
    bad: () => editedRelease({ brands: { xenbus: older('9.1.0.28', '05/01/2026') } }),
    from: [BEFORE],
    scenarios: UPGRADES,
  },
]);

/** Someone changes the registry of a machine that works, and starts it again. */
const changed = (id: string, events: readonly GuestEvent[] | ((run: Run) => readonly GuestEvent[])): Scenario => ({
  id,
  summary: 'changes a machine that works',
  applies: () => true,
  runs: (input) => [
    fromStable(input, {
      variant: '',
      play: (run) => {
        for (const event of typeof events === 'function' ? events(run) : events) run.play(event);
        run.restart();
        run.expect({ ...PV, settled: false });
      },
    }),
  ],
});

const start = (service: string, data: number): GuestEvent => ({
  ...{ kind: 'registry.set', key: `${SERVICES}\\${service}`, name: 'Start', type: 'REG_DWORD', data },
});

describeProofs('the class of disks after an upgrade of Windows', [
  {
    mode: 'F57',
    what: 'its driver starts later',
    caught: ['emulated'],
    bad: releaseFiles,
    scenarios: [changed('upgrade-of-windows', [start('disk', 3)])],
    goodScenarios: [changed('upgrade-of-windows', [])],
  },
  {
    mode: 'F57',
    what: 'the manager of partitions starts later',
    caught: ['emulated'],
    bad: releaseFiles,
    scenarios: [changed('upgrade-of-windows', [start('partmgr', 3)])],
    goodScenarios: [changed('upgrade-of-windows', [])],
  },
]);

describeProofs('network cards', [
  {
    mode: 'F58',
    what: 'the INF asks for emulated ones to be unplugged',
    caught: ['static'],
    bad: () => editedRelease({ infs: { xenvif: replacing('"NICS",0x00010001,0', '"NICS",0x00010001,1') } }),
  },
  {
    mode: 'F58',
    what: 'no AddReg names the section of the bus of cards that clears their request',
    caught: ['static'],
    bad: () =>
      editedRelease({ infs: { xenvif: replacing('AddReg = BusParameters,UnplugReset', 'AddReg = BusParameters') } }),
  },
  {
    mode: 'F58',
    what: 'the bus leaves their request',
    caught: ['static'],
    bad: () => editedRelease({ infs: { xenbus: without('"NICS"') } }),
  },
  {
    mode: 'F58',
    what: 'emulated ones are always unplugged, by the bus of cards whose driver comes later',
    caught: ['emulated'],
    bad: () =>
      editedRelease({
        infs: {
          xenvif: replacing(
            '[UnplugReset]',
            '[UnplugReset]\nHKLM,"SYSTEM\\CurrentControlSet\\Services\\XEN\\ForceUnplug","NICS",0x00010001,1',
          ),
        },
      }),
    scenarios: ['fresh-install-windows-update'],
  },
]);

const FILTER = `${SERVICES}\\vendorflt`;
const ADAPTERS = 'SYSTEM\\CurrentControlSet\\Control\\Class\\{4d36e97b-e325-11ce-bfc1-08002be10318}';
/** Some image that loads. */
const anyDriver = ({ world }: Run): string =>
  world.disk.files['c:\\windows\\system32\\drivers\\xencrsh.sys']?.image ?? '';

const foreignFilter =
  (list: string) =>
  (run: Run): readonly GuestEvent[] => [
    { kind: 'registry.set', key: FILTER, name: 'Type', type: 'REG_DWORD', data: 1 },
    { kind: 'registry.set', key: FILTER, name: 'Start', type: 'REG_DWORD', data: 0 },
    { kind: 'registry.set', key: FILTER, name: 'ErrorControl', type: 'REG_DWORD', data: 1 },
    {
      ...{ kind: 'registry.set', key: FILTER, name: 'ImagePath', type: 'REG_EXPAND_SZ' },
      data: 'System32\\drivers\\vendorflt.sys',
    },
    { kind: 'file.write', path: 'C:\\Windows\\System32\\drivers\\vendorflt.sys', image: anyDriver(run) },
    { kind: 'registry.set', key: ADAPTERS, name: list, type: 'REG_MULTI_SZ', data: ['vendorflt'] },
  ];

describeProofs('filters of other vendors at the storage adapter', [
  ...['UpperFilters', 'LowerFilters'].map((list) => ({
    ...{ mode: 'F59', what: list, caught: ['emulated'] as const, bad: releaseFiles, severity: 'warning' as const },
    scenarios: [changed('fresh-install-beside-filters', foreignFilter(list))],
    goodScenarios: [changed('fresh-install-beside-filters', [])],
  })),
]);

describeProofs('a filter whose product is gone', [
  {
    mode: 'F20',
    what: 'its file is missing',
    caught: ['emulated'],
    bad: releaseFiles,
    scenarios: [
      changed('foreign-filter-left', (run) =>
        foreignFilter('UpperFilters')(run).filter(({ kind }) => kind !== 'file.write'),
      ),
    ],
    goodScenarios: [changed('foreign-filter-left', [])],
  },
]);

describeProofs('services that a removal leaves', [
  {
    mode: 'F60',
    what: 'one that cleaners do not know',
    caught: ['emulated'],
    bad: () =>
      editedRelease({
        infs: {
          xenbus: replacing('[Bus.Services]', '[Bus.Services]\nAddService = xenhelper,0x00000000,MonitorService'),
        },
      }),
    scenarios: ['uninstall'],
    severity: 'warning',
  },
  {
    mode: 'F60',
    what: 'the agent under a name of the brand',
    caught: ['emulated'],
    bad: () => editedRelease({ infs: { xeniface: replacing('AddService = xenagent', 'AddService = acmeagent') } }),
    scenarios: ['uninstall', 'fresh-install'],
    severity: 'warning',
  },
]);
