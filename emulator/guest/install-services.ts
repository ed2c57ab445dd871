import type { ServiceStep } from '../package/facts.ts';
import { CONTROL_SET, type GuestMachine, SERVICES } from './machine.ts';
import { applyRegistrySteps } from './registry-steps.ts';
import { startService } from './services.ts';

/** SPSVCINST_* */
const TAG_TO_FRONT = 0x1;
const ASSOCIATE = 0x2;
const DELETE_EVENT_LOG = 0x4;
const START_NOW = 0x800;
const NOCLOBBER = {
  displayName: 0x8,
  startType: 0x10,
  errorControl: 0x20,
  group: 0x40,
  dependencies: 0x80,
  description: 0x100,
  bootFlags: 0x40000,
} as const;

const DRIVER_TYPES = 0x1 | 0x2;
const PROGRAM_TYPES = 0x10 | 0x20;
const SYSTEM_START = 1;

const word = (value: number): string => (value.toString(16).padStart(8, '0').match(/../g) ?? []).reverse().join('');

/** Puts a service's tag into the order of its group, first or at the end (spec pnp-install 7); a new one unless it has one. */
const orderTag = (machine: GuestMachine, group: string, own: number | undefined, front: boolean): number => {
  const key = `${CONTROL_SET}\\Control\\GroupOrderList`;
  const before = machine.value(key, group);
  const tags = (typeof before === 'string' ? (before.match(/.{8}/g) ?? []) : [])
    .slice(1)
    .map((one) => Number.parseInt(one.match(/../g)?.reverse().join('') ?? '0', 16));
  const known = own !== undefined && tags.includes(own);
  if (known && !front) return own;
  const tag = known ? own : Math.max(0, ...tags) + 1;
  const others = tags.filter((one) => one !== tag);
  const after = front ? [tag, ...others] : [...others, tag];
  machine.setValue(key, group, 'REG_BINARY', [after.length, ...after].map(word).join(''));
  return tag;
};

/** Drivers of boot and system start are ordered in their group; one that stays in it keeps its tag unless it goes to the front. */
const applyTag = (
  machine: GuestMachine,
  key: string,
  { flags }: ServiceStep,
  groupBefore: string | undefined,
): void => {
  const group = machine.text(key, 'Group');
  const [type = 0, start = SYSTEM_START + 1] = [machine.number(key, 'Type'), machine.number(key, 'Start')];
  if (group === undefined || (type & DRIVER_TYPES) === 0 || start > SYSTEM_START) return;
  const same = groupBefore?.toLowerCase() === group.toLowerCase();
  const own = same ? machine.number(key, 'Tag') : undefined;
  machine.setValue(key, 'Tag', 'REG_DWORD', orderTag(machine, group, own, (flags & TAG_TO_FRONT) !== 0));
};

/** Names of services, and of groups without the `+` that tells them. */
const setDependencies = (machine: GuestMachine, key: string, { dependencies }: ServiceStep): void => {
  const services = dependencies.filter((name) => !name.startsWith('+'));
  const groups = dependencies.filter((name) => name.startsWith('+')).map((name) => name.slice(1));
  if (services.length > 0) machine.setValue(key, 'DependOnService', 'REG_MULTI_SZ', services);
  if (groups.length > 0) machine.setValue(key, 'DependOnGroup', 'REG_MULTI_SZ', groups);
};

/** An account of its own, or the one that programs have without one. */
const accountOf = (machine: GuestMachine, key: string, { startName = '', type = 0 }: ServiceStep): string =>
  startName === '' && (type & PROGRAM_TYPES) !== 0 && machine.value(key, 'ObjectName') === undefined
    ? 'LocalSystem'
    : startName;

const eventLogKey = ({ log, source }: NonNullable<ServiceStep['eventLog']>): string =>
  `${SERVICES}\\EventLog\\${log ?? 'System'}\\${source}`;

/** The INFs that a service is from, which Windows 8 and later keep. */
const setOwners = (machine: GuestMachine, key: string, published: string): void => {
  if (!machine.features.driverDatabase) return;
  const owners = machine.texts(key, 'Owners');
  if (!owners.includes(published)) machine.setValue(key, 'Owners', 'REG_MULTI_SZ', [...owners, published]);
};

/** What the INF does not say stays as it is, and so does what a flag protects in a service that is there. */
const addService = (machine: GuestMachine, step: ServiceStep, published: string): void => {
  const key = `${SERVICES}\\${step.name}`;
  const there = machine.hasKey(key);
  const kept = (flag: number): boolean => there && (step.flags & flag) !== 0;
  const groupBefore = machine.text(key, 'Group');
  machine.makeKey(key);
  const set = (
    name: string,
    type: 'REG_SZ' | 'REG_EXPAND_SZ' | 'REG_DWORD',
    data: string | number | undefined,
  ): void => {
    if (data !== undefined && data !== '') machine.setValue(key, name, type, data);
  };
  set('Type', 'REG_DWORD', step.type);
  if (!kept(NOCLOBBER.startType)) set('Start', 'REG_DWORD', step.start);
  if (!kept(NOCLOBBER.errorControl)) set('ErrorControl', 'REG_DWORD', step.errorControl);
  set('ImagePath', 'REG_EXPAND_SZ', step.binary);
  if (!kept(NOCLOBBER.displayName)) set('DisplayName', 'REG_SZ', step.displayName);
  if (!kept(NOCLOBBER.description)) set('Description', 'REG_SZ', step.description);
  set('ObjectName', 'REG_SZ', accountOf(machine, key, step));
  if (!kept(NOCLOBBER.group)) set('Group', 'REG_SZ', step.group);
  applyTag(machine, key, step, groupBefore);
  if (!kept(NOCLOBBER.dependencies)) setDependencies(machine, key, step);
  if (!kept(NOCLOBBER.bootFlags)) set('BootFlags', 'REG_DWORD', step.bootFlags);
  setOwners(machine, key, published);
  applyRegistrySteps(machine, step.registry, key);
  if (step.eventLog !== undefined) applyRegistrySteps(machine, step.eventLog.registry, eventLogKey(step.eventLog));
};

const deleteService = (machine: GuestMachine, { name, flags, eventLog }: ServiceStep): void => {
  machine.deleteKey(`${SERVICES}\\${name}`);
  if ((flags & DELETE_EVENT_LOG) !== 0 && eventLog !== undefined) machine.deleteKey(eventLogKey(eventLog));
};

/** @returns the function driver's service: empty when the INF takes it away, undefined when it says nothing */
export const applyServices = (
  machine: GuestMachine,
  steps: readonly ServiceStep[],
  published: string,
): string | undefined => {
  let service: string | undefined;
  for (const step of steps) {
    if (step.does === 'delete') {
      if (step.name !== '') deleteService(machine, step);
      continue;
    }
    if (step.name !== '') addService(machine, step, published);
    if ((step.flags & ASSOCIATE) !== 0) service = step.name;
    if ((step.flags & START_NOW) !== 0) startService(machine, step.name);
  }
  return service;
};
