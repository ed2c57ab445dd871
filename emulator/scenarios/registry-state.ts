import { targetKey } from '../guest/guest.ts';
import { SERVICES } from '../guest/machine.ts';
import { valueAt } from '../guest/registry.ts';
import type { World } from '../guest/world.ts';
import type { Finding, ScenarioInput } from './contract.ts';
import { packagesFor } from './input.ts';
import type { Checkpoint, Run } from './run.ts';
import { finding } from './transcript.ts';

/** F21: a filter that is in its list twice, for a class or for a device of the family. */
export const filterFindings = ({ survey, world }: Checkpoint): readonly Finding[] => [
  ...ofClasses(survey),
  ...ofDevices(world),
];

const ofDevices = ({ session }: World): readonly Finding[] =>
  Object.values(session?.devices ?? {}).flatMap(({ path, stack }) => {
    if (stack.length < 3) return [];
    const names = stack.map(({ service }) => service.toLowerCase());
    const twice = names.find((name, index) => name.startsWith('xen') && names.indexOf(name) !== index);
    if (twice === undefined) return [];
    const message = `${twice} is in the stack of ${path} twice.`;
    const hint = 'Name each filter once in the list of the device.';
    return [finding('EMULATOR_REGISTRY', 'warning', { failureMode: 'F21', message, hint })];
  });

const ofClasses = ({ classFilters }: Checkpoint['survey']): readonly Finding[] =>
  classFilters.flatMap(({ classGuid, list, names }) => {
    const lower = names.map((name) => name.toLowerCase());
    const twice = lower.find((name, index) => lower.indexOf(name) !== index);
    if (twice === undefined) return [];
    const message = `${list} of the class ${classGuid} names ${twice} twice.`;
    return [
      finding('EMULATOR_REGISTRY', 'warning', {
        failureMode: 'F21',
        message,
        hint: 'Append a filter by flags 0x00010008, which adds a name once.',
      }),
    ];
  });

const numberAt = ({ disk }: World, service: string, name: string): number | undefined => {
  const data = valueAt(disk.registry, `${SERVICES}\\${service}`, name)?.data;
  return typeof data === 'number' ? data : undefined;
};

const ONLINE = 1;
const SHORTEST_TIMEOUT = 60;
const SERVER = 3;

const hasCoInstaller = (input: ScenarioInput, driver: string): boolean =>
  packagesFor(input, input.bundle)
    .filter((facts) => facts.driver === driver)
    .some(({ targets }) =>
      Object.values(targets[targetKey(input.guest)]?.installs ?? {}).some(
        ({ coInstallers }) => coInstallers.length > 0,
      ),
    );

/** F51: what PV disks need of Windows. A server takes no disk online by itself that others may have. */
export const diskSettings = ({ input, begin }: Run, { survey, world, expected }: Checkpoint): readonly Finding[] => {
  // What co-installers of the time did was what was known then.
  if (hasCoInstaller(input, 'xenvbd')) return [];
  const isPv = survey.disks.some(({ path }) => path === 'pv');
  if (!isPv || expected.disks !== 'pv') return [];
  const policy = numberAt(world, 'PartMgr\\Parameters', 'SanPolicy');
  const data = survey.disks.filter(({ system, path }) => !system && path === 'pv');
  const found: string[] = [];
  const isServer = input.guest.windows.productType === SERVER;
  if (data.length > 0 && (policy === undefined ? isServer : policy !== ONLINE)) {
    found.push(`disk ${data.map(({ id }) => id).join(', ')} stays offline: SanPolicy is ${policy ?? 'not set'}`);
  }
  const timeout = numberAt(world, 'Disk', 'TimeOutValue');
  const changed = timeout !== numberAt(begin, 'Disk', 'TimeOutValue');
  if (changed && timeout !== undefined && timeout < SHORTEST_TIMEOUT) {
    found.push(`requests give up after ${timeout} seconds, which a migration outlasts`);
  }
  if (found.length === 0) return [];
  const hint = 'Write SanPolicy=1 of PartMgr and TimeOutValue=120 of Disk, as the INF of xenvbd does.';
  return [
    finding('EMULATOR_REGISTRY', 'error', { failureMode: 'F51', message: `On the PV path ${found.join('; ')}.`, hint }),
  ];
};
