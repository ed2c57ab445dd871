import type { Machine } from '../behaviour.ts';
import {
  askByName,
  asksByName,
  type CoInstaller,
  type CoInstallerCall,
  childBindings,
  forbiddenUpdate,
  withdrawName,
} from '../co-installer.ts';

const before = (call: CoInstallerCall, machine: Machine): string | undefined =>
  forbiddenUpdate(call, machine, ['XENVIF']) ?? childBindings(call, machine, 'XENVIF').lost;

const after = ({ model }: CoInstallerCall, machine: Machine): string | undefined => {
  if (asksByName(model)) askByName(machine, 'NICS', 'XENVIF');
  return undefined;
};

const remove = ({ model }: CoInstallerCall, machine: Machine): void => {
  if (asksByName(model)) withdrawName(machine, 'NICS', 'XENVIF');
};

/**
 * `xenvif_coinst` (win-xenvif `src/coinst/coinst.c` at 1b39dc0). That it keeps the network settings of cards is not modelled:
 * the emulated guest has none.
 */
export const xenvifCoInstaller: CoInstaller = { driver: 'xenvif', before, after, remove };
