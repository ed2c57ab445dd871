import { imagePath } from './loader.ts';
import { CONTROL_SET, type GuestMachine } from './machine.ts';

const MANAGER = `${CONTROL_SET}\\Control\\Session Manager`;
const PENDING = 'PendingFileRenameOperations';
const PREFIX = '\\??\\';

const moduleOf = (path: string): string =>
  path
    .slice(path.lastIndexOf('\\') + 1)
    .replace(/\.[^.]*$/, '')
    .toLowerCase();

const isInUse = (machine: GuestMachine, path: string): boolean => {
  if (!machine.running) return false;
  if (machine.module(moduleOf(path)) !== undefined) return true;
  return machine.session.services.some((service) => imagePath(machine, service).toLowerCase() === path.toLowerCase());
};

/** Deletes a file: one that is in use goes when the machine is started the next time. */
export const deleteFile = (machine: GuestMachine, path: string): void => {
  if (!isInUse(machine, path)) {
    machine.deleteFile(path);
    return;
  }
  const before = machine.texts(MANAGER, PENDING);
  // Pairs of a name and its new name; none to delete.
  machine.setValue(MANAGER, PENDING, 'REG_MULTI_SZ', [...before, `${PREFIX}${path}`, '']);
  machine.wantRestart('Session Manager', `${path} is in use`);
};

/**
 * What waited for a restart. Windows does it once its boot-start drivers run, one boot later for those; here it is done before
 * they are loaded.
 */
export const deletePending = (machine: GuestMachine): void => {
  const pending = machine.texts(MANAGER, PENDING);
  if (pending.length === 0) return;
  machine.deleteValue(MANAGER, PENDING);
  for (const [index, name] of pending.entries()) {
    if (index % 2 === 0 && name.startsWith(PREFIX)) machine.deleteFile(name.slice(PREFIX.length));
  }
};
