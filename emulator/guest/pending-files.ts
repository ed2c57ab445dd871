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

/** Whether a file is an image in memory, or a program that runs. */
export const isInUse = (machine: GuestMachine, path: string): boolean => {
  if (!machine.running) return false;
  if (machine.module(moduleOf(path)) !== undefined) return true;
  return machine.session.services.some((service) => imagePath(machine, service).toLowerCase() === path.toLowerCase());
};

/** Pairs of a name and its new name; none to delete. */
const wait = (machine: GuestMachine, from: string, to: string): void =>
  machine.setValue(MANAGER, PENDING, 'REG_MULTI_SZ', [...machine.texts(MANAGER, PENDING), `${PREFIX}${from}`, to]);

/** Deletes a file: one that is in use goes when the machine is started the next time. */
export const deleteFile = (machine: GuestMachine, path: string): void => {
  if (!isInUse(machine, path)) {
    machine.deleteFile(path);
    return;
  }
  wait(machine, path, '');
  machine.wantRestart('Session Manager', `${path} is in use`);
};

/** Copies a file under a name for the meantime; it takes the place of the one that is in use at the next start. */
export const copyLater = (machine: GuestMachine, path: string, image: string): void => {
  const meantime = `${path}.new`;
  machine.writeFile(meantime, image);
  // The mark lets it replace a file that is there.
  wait(machine, meantime, `!${PREFIX}${path}`);
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
    if (index % 2 !== 0 || !name.startsWith(PREFIX)) continue;
    const file = machine.file(name.slice(PREFIX.length));
    const to = (pending[index + 1] ?? '').replace(/^!/, '');
    machine.deleteFile(name.slice(PREFIX.length));
    if (file !== undefined && to.startsWith(PREFIX)) machine.writeFile(to.slice(PREFIX.length), file.image);
  }
};
