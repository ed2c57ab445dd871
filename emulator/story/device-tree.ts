import type { DeviceFacts } from '../../drivers/behaviour.ts';
import type { DeviceNode, StackEntry, World } from '../guest/world.ts';
import { causeLines } from './cause-words.ts';

/** A device as people see it in a tree. */
export interface DeviceBranch {
  /** Instance path. */
  readonly path: string;
  readonly text: string;
  readonly state: DeviceNode['state'];
  /** What kind of device it is to the machine's user. */
  readonly kind: DeviceFacts['kind'];
  /** Of disks and network cards: how the host gives it. */
  readonly via?: 'emulated' | 'pv' | 'pass-through';
  /** From the bottom up. */
  readonly stack: readonly StackEntry[];
  readonly problem?: { readonly code: number; readonly because: readonly string[] };
  readonly below: readonly DeviceBranch[];
}

/** A machine at one moment. */
export interface MachinePicture {
  readonly phase: 'off' | 'boot' | 'running' | 'stopped';
  readonly stop?: { readonly code: string; readonly reason: string };
  readonly devices: readonly DeviceBranch[];
}

/** Deeper than any bus nests; what names itself as its parent ends here. */
const MAX_DEPTH = 32;

const branchOf = (node: DeviceNode, below: readonly DeviceBranch[]): DeviceBranch => {
  const { path, text, state, facts, stack, problem } = node;
  return {
    ...{ path, text, state, kind: facts.kind, stack, below },
    ...(facts.kind === 'disk' || facts.kind === 'nic' ? { via: facts.path } : {}),
    ...(problem === undefined ? {} : { problem: { code: problem.code, because: causeLines(problem.cause) } }),
  };
};

/** The devices of a machine, each below the bus that lists it; one whose bus is gone stands at the root. */
export const deviceTree = (nodes: readonly DeviceNode[]): readonly DeviceBranch[] => {
  const paths = new Set(nodes.map(({ path }) => path));
  const byParent = new Map<string | undefined, DeviceNode[]>();
  for (const node of nodes) {
    const parent = node.parent !== undefined && paths.has(node.parent) ? node.parent : undefined;
    const others = byParent.get(parent);
    if (others === undefined) byParent.set(parent, [node]);
    else others.push(node);
  }
  const below = (parent: string | undefined, depth: number): readonly DeviceBranch[] =>
    depth > MAX_DEPTH ? [] : (byParent.get(parent) ?? []).map((node) => branchOf(node, below(node.path, depth + 1)));
  return below(undefined, 0);
};

/** A machine that is switched off has no devices. */
export const pictureOf = ({ session }: World): MachinePicture => {
  if (session === undefined) return { phase: 'off', devices: [] };
  const { phase, stop } = session;
  return {
    phase,
    ...(stop === undefined ? {} : { stop: { code: stop.code, reason: stop.reason } }),
    devices: deviceTree(Object.values(session.devices)),
  };
};
