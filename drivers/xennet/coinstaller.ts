import type { Machine } from '../behaviour.ts';
import {
  askByName,
  asksByName,
  type CoInstaller,
  type CoInstallerCall,
  forbiddenUpdate,
  withdrawName,
} from '../co-installer.ts';

const before = (call: CoInstallerCall, machine: Machine): string | undefined =>
  forbiddenUpdate(call, machine, ['XENNET']);

const after = ({ model }: CoInstallerCall, machine: Machine): string | undefined => {
  if (!asksByName(model)) return undefined;
  askByName(machine, 'NICS', 'XENNET');
  return 'its card comes when the emulated one is gone';
};

const remove = ({ model }: CoInstallerCall, machine: Machine): void => {
  if (asksByName(model)) withdrawName(machine, 'NICS', 'XENNET');
};

/**
 * `xennet_coinst` (win-xennet `src/coinst/coinst.c` at 0154c71). That it takes over the network settings of the emulated card is
 * not modelled: the emulated guest has none.
 */
export const xennetCoInstaller: CoInstaller = { driver: 'xennet', before, after, remove };
