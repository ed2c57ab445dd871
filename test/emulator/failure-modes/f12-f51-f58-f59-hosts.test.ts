import type { GuestEvent } from '../../../emulator/guest/events.ts';
import { ENUM, SERVICES } from '../../../emulator/guest/machine.ts';
import type { Scenario } from '../../../emulator/scenarios/contract.ts';
import { PV } from '../../../emulator/scenarios/expectations.ts';
import type { Expectation, Run } from '../../../emulator/scenarios/run.ts';
import { fromStable } from '../../../emulator/scenarios/stable.ts';
import type { HostChange } from '../../../emulator/xen/host.ts';
import { editedRelease, replacing, without } from '../../support/edited-release.ts';
import { describeProofs } from '../../support/failure-proof.ts';
import { releaseFiles } from '../../support/rehearsal.ts';

/** A machine that works, and what happens to it then. */
const later = (
  id: string,
  events: readonly GuestEvent[] | ((run: Run) => readonly GuestEvent[]),
  expected: Expectation = PV,
): Scenario => ({
  id,
  summary: 'something happens to a machine that works',
  applies: () => true,
  runs: (input) => [
    fromStable(input, {
      variant: '',
      play: (run) => {
        for (const event of typeof events === 'function' ? events(run) : events) run.play(event);
        run.expect(expected);
      },
    }),
  ],
});

describeProofs('what disks need when a guest is moved', [
  {
    mode: 'F51',
    what: 'Windows waits no longer than it does by itself',
    caught: ['static', 'emulated'],
    bad: () => editedRelease({ infs: { xenvbd: without('TimeOutValue') } }),
    scenarios: ['migrate-slow-backends'],
  },
  {
    mode: 'F51',
    what: 'Windows waits a minute and a quarter, as someone wants it',
    severity: 'warning',
    caught: ['emulated'],
    bad: () =>
      editedRelease({ infs: { xenvbd: replacing('"TimeOutValue",0x00010001,120', '"TimeOutValue",0x00010001,75') } }),
    scenarios: ['migrate-slow-backends'],
  },
  {
    mode: 'F51',
    what: 'a disk that comes while a server runs stays offline',
    caught: ['static', 'emulated'],
    bad: () => editedRelease({ infs: { xenvbd: without('SanPolicy') } }),
    guests: ['server-2022-x64'],
    scenarios: ['hot-plug-disk'],
  },
]);

const ADDRESS: GuestEvent = { kind: 'nic.address', vif: 0, address: '192.0.2.4' };

const restarted = (change: HostChange): readonly GuestEvent[] => [
  ADDRESS,
  { kind: 'power.off' },
  { kind: 'host', change },
  { kind: 'power.on' },
];
const KEPT: Expectation = { ...PV, keepsAddresses: true };

describeProofs('a host that numbers the card of a machine otherwise', [
  {
    mode: 'F12',
    what: 'makes another device of it, without its address',
    caught: ['emulated'],
    bad: releaseFiles,
    scenarios: [later('migrate-cold', restarted({ nics: [{ vif: 1, mac: '00:16:3E:00:00:01' }] }), KEPT)],
    goodScenarios: [later('migrate-cold', restarted({ nics: [{ vif: 0, mac: '00:16:3E:00:00:01' }] }), KEPT)],
  },
]);

const UNWILLING = { nics: [{ vif: 0, mac: '00:16:3e:00:00:01', refuses: 'always' as const }] };

describeProofs('a host whose network backend does not connect', [
  {
    mode: 'F58',
    what: 'to which a running machine is moved',
    caught: ['emulated'],
    bad: releaseFiles,
    scenarios: [later('migrate-unserved', [{ kind: 'domain.migrate', change: UNWILLING }])],
    goodScenarios: [later('migrate-unserved', [{ kind: 'domain.migrate' }])],
  },
  {
    mode: 'F58',
    what: 'on which a machine starts',
    caught: ['emulated'],
    bad: releaseFiles,
    scenarios: [
      later('migrate-cold', [{ kind: 'power.off' }, { kind: 'host', change: UNWILLING }, { kind: 'power.on' }]),
    ],
    goodScenarios: [later('migrate-cold', [{ kind: 'power.off' }, { kind: 'power.on' }])],
  },
]);

/** Someone uninstalls the card in Device Manager, and has it found again. */
const again = (run: Run): readonly GuestEvent[] => [
  { kind: 'device.uninstall', path: run.survey.nics[0]?.device ?? '' },
  { kind: 'device.rescan' },
];
const once = { nics: [{ vif: 0, mac: '00:16:3e:00:00:01', refuses: 'again' as const }] };

describeProofs('a network backend that serves a card once', [
  {
    mode: 'F58',
    what: 'that is found again',
    caught: ['emulated'],
    bad: releaseFiles,
    scenarios: [
      later('migrate-once', (run) => [{ kind: 'domain.migrate', change: once }, ...again(run)], {
        ...PV,
        settled: false,
      }),
    ],
    goodScenarios: [
      later('migrate-once', (run) => [{ kind: 'domain.migrate' }, ...again(run)], { ...PV, settled: false }),
    ],
  },
]);

const FILTER = `${SERVICES}\\vendorflt`;
const adapterOf = ({ world }: Run): string =>
  Object.values(world.session?.devices ?? {}).find(({ stack }) =>
    stack.some(({ role, service }) => role === 'function' && service.toLowerCase() === 'xenvbd'),
  )?.path ?? '';
const image = ({ world }: Run): string => world.disk.files['c:\\windows\\system32\\drivers\\xencrsh.sys']?.image ?? '';

const filtering =
  (filters: readonly string[]) =>
  (run: Run): readonly GuestEvent[] => [
    { kind: 'registry.set', key: FILTER, name: 'Type', type: 'REG_DWORD', data: 1 },
    { kind: 'registry.set', key: FILTER, name: 'Start', type: 'REG_DWORD', data: 0 },
    { kind: 'registry.set', key: FILTER, name: 'ErrorControl', type: 'REG_DWORD', data: 1 },
    {
      ...{ kind: 'registry.set', key: FILTER, name: 'ImagePath', type: 'REG_EXPAND_SZ' },
      data: 'System32\\drivers\\vendorflt.sys',
    },
    { kind: 'file.write', path: 'C:\\Windows\\System32\\drivers\\vendorflt.sys', image: image(run) },
    {
      ...{ kind: 'registry.set', key: `${ENUM}\\${adapterOf(run)}`, name: 'UpperFilters' },
      ...{ type: 'REG_MULTI_SZ', data: filters },
    },
    { kind: 'restart' },
  ];

describeProofs('a storage filter of another vendor', [
  {
    mode: 'F59',
    what: 'stands between xenvbd and xendisk',
    caught: ['emulated'],
    bad: releaseFiles,
    scenarios: [later('foreign-filter-between', filtering(['vendorflt', 'xendisk']))],
    goodScenarios: [later('foreign-filter-between', [{ kind: 'restart' }])],
  },
  {
    mode: 'F59',
    what: 'stands above xendisk, which is told',
    caught: ['emulated'],
    bad: releaseFiles,
    scenarios: [later('foreign-filter-above', filtering(['xendisk', 'vendorflt']))],
    goodScenarios: [later('foreign-filter-above', [{ kind: 'restart' }])],
    severity: 'warning',
  },
  {
    mode: 'F59',
    what: 'is in the class before a release whose filter comes after it',
    caught: ['emulated'],
    bad: () =>
      editedRelease({
        infs: {
          xenvbd: (text) =>
            text.replace(
              /^.*"UpperFilters".*$/m,
              'HKLM,"SYSTEM\\CurrentControlSet\\Control\\Class\\{4D36E97B-E325-11CE-BFC1-08002BE10318}","UpperFilters",0x00010008,"xendisk"',
            ),
        },
      }),
    scenarios: ['foreign-storage-filter'],
  },
  {
    mode: 'F59',
    what: 'is thrown out of the list of the class',
    caught: ['emulated'],
    bad: () =>
      editedRelease({
        infs: {
          xenvbd: (text) =>
            text.replace(
              /^.*"UpperFilters".*$/m,
              'HKLM,"SYSTEM\\CurrentControlSet\\Control\\Class\\{4D36E97B-E325-11CE-BFC1-08002BE10318}","UpperFilters",0x00010000,"xendisk"',
            ),
        },
      }),
    scenarios: ['foreign-storage-filter'],
  },
]);
