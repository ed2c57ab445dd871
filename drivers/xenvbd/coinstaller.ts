import type { Machine } from '../behaviour.ts';
import {
  askByName,
  asksByName,
  type CoInstaller,
  type CoInstallerCall,
  clearUnplug,
  forbiddenUpdate,
  wantedRestart,
  withdrawName,
} from '../co-installer.ts';

const CONTROL_SET = 'SYSTEM\\CurrentControlSet';
const PNP = `${CONTROL_SET}\\Control\\Pnp`;
const DISK = `${CONTROL_SET}\\Services\\Disk`;
const PARTITION_MANAGER = `${CONTROL_SET}\\Services\\PartMgr\\Parameters`;
const TIMEOUT_SECONDS = 120;
const ALL_DISKS_ONLINE = 1;

/** Not before the 9.0 line: win-xenvbd has it in its last co-installers, and not in those of 2015; between, it is inferred. */
const SAN_POLICY_SINCE = '2016-12-12';

/** Disks that appear as new devices start by themselves, and survive a migration of the guest (F50, F51). */
const setPolicies = (built: string, machine: Machine): void => {
  machine.setValue(PNP, 'DisableCDDB', 'REG_DWORD', 0);
  machine.setValue(PNP, 'DontStartRawDevices', 'REG_DWORD', 0);
  const timeout = machine.value(DISK, 'TimeOutValue');
  if (typeof timeout !== 'number' || timeout < TIMEOUT_SECONDS) {
    machine.setValue(DISK, 'TimeOutValue', 'REG_DWORD', TIMEOUT_SECONDS);
  }
  if (built >= SAN_POLICY_SINCE) machine.setValue(PARTITION_MANAGER, 'SanPolicy', 'REG_DWORD', ALL_DISKS_ONLINE);
};

const before = (call: CoInstallerCall, machine: Machine): string | undefined =>
  forbiddenUpdate(call, machine, ['XENVBD']);

const after = ({ model }: CoInstallerCall, machine: Machine): string | undefined => {
  setPolicies(model.built, machine);
  if (!asksByName(model)) return wantedRestart(machine, ['XENVBD']);
  askByName(machine, 'DISKS', 'XENVBD');
  return 'its disks come when the emulated ones are gone';
};

const remove = ({ model }: CoInstallerCall, machine: Machine): void => {
  if (asksByName(model)) withdrawName(machine, 'DISKS', 'XENVBD');
  else clearUnplug(machine, 'DISKS');
};

/** `xenvbd_coinst`: policies of disks, and the request to unplug (win-xenvbd `src/coinst/coinst.c` at 0043f1f). */
export const xenvbdCoInstaller: CoInstaller = { driver: 'xenvbd', before, after, remove };
