import type { Outcome } from '../../drivers/behaviour.ts';
import { behaviourOf } from '../../drivers/behaviours.ts';
import { remembered } from './caseless.ts';
import type { Cause } from './events.ts';
import { stackOf } from './filters.ts';
import { inboxDriver } from './inbox.ts';
import { enumKey } from './install.ts';
import { effectiveStart, isSafe, loadService } from './loader.ts';
import type { GuestMachine } from './machine.ts';
import type { DeviceNode, StackEntry } from './world.ts';

const BOOT_START = 0;

const withProblem = (machine: GuestMachine, node: DeviceNode, code: number, cause: Cause): DeviceNode => {
  machine.say({ kind: 'device.problem', device: node.path, code, cause });
  return machine.putNode({ ...node, state: 'problem', problem: { code, cause } });
};

/** Ids of packages in the store that are for the same kind of device: what they lack tells the failure modes apart. */
export const nearestIds = (machine: GuestMachine, node: DeviceNode): readonly string[] => {
  const nearest = machine.store.flatMap(({ package: key }) => {
    const facts = machine.package(key);
    const target = facts === undefined ? undefined : machine.targetOf(facts);
    return (target?.models ?? []).flatMap(({ ids }) => ids.filter((id) => isNear(id, node)));
  });
  return [...new Set(nearest)];
};

/** A device that no package matches. */
export const withoutDriver = (machine: GuestMachine, node: DeviceNode): DeviceNode =>
  withProblem(machine, node, 28, {
    kind: 'no-driver',
    device: node.path,
    wanted: node.hardwareIds,
    nearest: nearestIds(machine, node),
  });

/** `XENBUS\…&DEV_VBD`: of one bus and one class. */
const familyOf = remembered((id) => {
  const [bus = '', rest = ''] = id.toUpperCase().split('\\');
  const device = /&DEV_([^&]+)/.exec(rest)?.[1] ?? /CLASS_([^&]+)/.exec(rest)?.[1] ?? rest;
  return `${bus}\\${device}`;
});

const isNear = (id: string, node: DeviceNode): boolean => {
  const family = familyOf(id);
  return node.hardwareIds.some((own) => familyOf(own) === family);
};

/** The first of a stack that may not run while only boot-start drivers do; a service that is not there fails at once. */
export const startsLater = (machine: GuestMachine, stack: readonly StackEntry[]): StackEntry | undefined =>
  stack.find(({ service }) => {
    if (machine.module(service) !== undefined) return false;
    const start = effectiveStart(machine, service);
    return start !== undefined && start !== BOOT_START;
  });

/**
 * Builds the stack of a device and starts it: lower filters, function driver, upper filters, each loaded and added from the
 * bottom up, then started (spec pnp-install 8, 11).
 * @returns the node after that; unchanged when it has to wait for a later phase
 */
export const startDevice = (machine: GuestMachine, node: DeviceNode): DeviceNode => {
  const stack = stackOf(machine, enumKey(node));
  const hasFunction = stack.some(({ role }) => role === 'function');
  const configured = machine.value(enumKey(node), 'ClassGUID') !== undefined;
  if (!hasFunction && !node.rawOk && !isDriverless(machine, node, configured)) return withoutDriver(machine, node);
  if (machine.session.phase === 'boot' && startsLater(machine, stack) !== undefined) return node;
  if ((machine.number(enumKey(node), 'ConfigFlags') ?? 0) & 1) {
    return withProblem(machine, node, 22, { kind: 'text', text: 'The device is disabled.' });
  }
  const classGuid = machine.text(enumKey(node), 'ClassGUID');
  if (machine.safeMode && stack.some(({ service }) => !isSafe(machine, service, classGuid))) return node;
  const built = machine.putNode({ ...node, stack });
  return loadStack(machine, built) ?? addAndStart(machine, built);
};

/** A driver of Windows that is a null driver. */
const isDriverless = ({ guest }: GuestMachine, node: DeviceNode, configured: boolean): boolean => {
  const own = configured ? inboxDriver(node, guest) : undefined;
  return own !== undefined && own.service === undefined;
};

/** @returns the node with its problem when a driver does not come into memory */
const loadStack = (machine: GuestMachine, node: DeviceNode): DeviceNode | undefined => {
  for (const { service, role } of node.stack) {
    const result = loadService(machine, service, role === 'function' ? 'function' : 'filter', node.path);
    if (!result.ok) return withProblem(machine, node, result.code, result.cause);
  }
  return undefined;
};

const current = (machine: GuestMachine, { path }: DeviceNode): DeviceNode | undefined => machine.node(path);

const each = (
  machine: GuestMachine,
  node: DeviceNode,
  step: 'add' | 'start',
): { readonly service: string; readonly outcome: Extract<Outcome, { ok: false }> } | undefined => {
  for (const { service } of node.stack) {
    const loaded = machine.loaded(service);
    const call = loaded === undefined ? undefined : behaviourOf(loaded.model.image)?.[step];
    const now = current(machine, node);
    if (loaded === undefined || call === undefined || now === undefined) continue;
    const outcome = call(loaded, machine.view(now), machine);
    if (!outcome.ok) return { service, outcome };
    if (machine.session.phase === 'stopped') return undefined;
  }
  return undefined;
};

const STEPS = [
  ['add', 31],
  ['start', 10],
] as const;

/** A driver may fail a start with the wish for a restart (CM_PROB_NEED_RESTART). */
const NEED_RESTART = 14;

const addAndStart = (machine: GuestMachine, node: DeviceNode): DeviceNode => {
  for (const [step, code] of STEPS) {
    const failed = each(machine, node, step);
    const now = current(machine, node) ?? node;
    if (machine.session.phase === 'stopped') return now;
    if (failed !== undefined) {
      const { failure } = failed.outcome;
      if (failure.kind === 'restart') {
        const because = failure.reason;
        return withProblem(machine, now, NEED_RESTART, { kind: 'restart-pending', device: node.path, because });
      }
      return withProblem(machine, now, code, { kind: 'driver', service: failed.service, device: node.path, failure });
    }
  }
  const { problem: _none, ...now } = current(machine, node) ?? node;
  const service = node.stack.find(({ role }) => role === 'function')?.service;
  machine.say({ kind: 'device.started', device: node.path, service });
  machine.stale.add(node.path.toUpperCase());
  return machine.putNode({ ...now, state: 'started' });
};
