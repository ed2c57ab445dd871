import type { DeviceFacts } from '../../drivers/behaviour.ts';
import { XenbusState } from './backends.ts';
import { backendPath, frontendPath } from './device-directories.ts';
import type { HostState } from './host.ts';
import { readNode } from './tree.ts';

type Backed = Extract<DeviceFacts, { kind: 'disk' | 'nic' }>;

/** Whether the host does what the guest's driver asks of a device: always for what is emulated or passed through. */
export const isServed = ({ store }: HostState, facts: Backed): boolean => {
  if (facts.path !== 'pv') return true;
  const place =
    facts.kind === 'disk' ? ({ type: 'vbd', id: facts.vbd } as const) : ({ type: 'vif', id: facts.vif } as const);
  const back = readNode(store, `${backendPath(place)}/state`);
  // A backend that wants to close still serves until its frontend has closed.
  const open = back === XenbusState.connected || back === XenbusState.closing;
  return open && readNode(store, `${frontendPath(place)}/state`) === XenbusState.connected;
};
