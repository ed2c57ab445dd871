import type { InstallFacts, PlacedFile } from '../package/facts.ts';
import { isInboxImage } from './inbox.ts';
import type { GuestMachine } from './machine.ts';
import { copyLater, deleteFile, isInUse } from './pending-files.ts';

/** COPYFLG_* */
const FORCE_FILE_IN_USE = 0x8;
const NO_OVERWRITE = 0x10;
const BY_VERSION = 0x20 | 0x40;
const REPLACE_ONLY = 0x400;

type Copy = InstallFacts['copyFiles'][number];

/** Whether the flags of a copy let it happen. */
const isWanted = (machine: GuestMachine, { flags, name, line }: Copy, path: string): boolean => {
  if (flags === 0) return true;
  const there = machine.file(path) !== undefined || isInboxImage(path, machine.guest);
  if ((flags & NO_OVERWRITE) !== 0) return !there;
  if ((flags & REPLACE_ONLY) !== 0) return there;
  if ((flags & BY_VERSION) !== 0 && there) {
    machine.say({ kind: 'emulator.unmodelled', what: `whether ${name} is older than what is there (line ${line})` });
  }
  return true;
};

/**
 * Copies a file. One that is in use is put aside, which needs no restart for the file and one for what runs: a module or a
 * program in memory goes on as it is.
 */
const copyFile = (machine: GuestMachine, copy: Copy, device: string): void => {
  const { folder, name, image, dirid, flags, line } = copy;
  if (folder === undefined) {
    machine.say({ kind: 'emulator.unmodelled', what: `CopyFiles to directory ${dirid ?? '?'} (line ${line})` });
    return;
  }
  const path = `${folder}\\${name}`;
  if (image === undefined || !isWanted(machine, copy, path)) return;
  const before = machine.file(path);
  const busy = before !== undefined && before.image !== image && isInUse(machine, path);
  if (busy && (flags & FORCE_FILE_IN_USE) !== 0) copyLater(machine, path, image);
  else machine.writeFile(path, image);
  if (busy) machine.wantRestart(device, `${name} is in use`);
};

const isSame = (a: PlacedFile, b: PlacedFile): boolean =>
  a.name.toLowerCase() === b.name.toLowerCase() && a.folder?.toLowerCase() === b.folder?.toLowerCase();

/** One queue: deletes, then renames, then copies (spec pnp-install 7). */
export const applyFiles = (machine: GuestMachine, install: InstallFacts, device: string): void => {
  for (const gone of install.deleteFiles) {
    const path = `${gone.folder}\\${gone.name}`;
    // What is copied in the same queue is replaced.
    if (gone.folder === undefined || install.copyFiles.some((one) => isSame(one, gone))) continue;
    if (machine.file(path) !== undefined) deleteFile(machine, path);
  }
  for (const { folder, name, from } of install.renameFiles) {
    const file = folder === undefined ? undefined : machine.file(`${folder}\\${from}`);
    if (folder === undefined || file === undefined) continue;
    machine.deleteFile(file.path);
    machine.writeFile(`${folder}\\${name}`, file.image);
  }
  for (const copy of install.copyFiles) copyFile(machine, copy, device);
};
