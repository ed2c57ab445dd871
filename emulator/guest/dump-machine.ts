import type { DriverNote } from '../../drivers/behaviour.ts';
import type { DumpMachine } from '../../drivers/dump.ts';
import type { GuestMachine } from './machine.ts';

/** Where the balloon's pages are remembered: first page and how many. */
const MODULE = 'balloon';
const NAME = 'pages';

/** Pages that are the host's now. */
const givenBack = (machine: GuestMachine): readonly [first: number, pages: number] => {
  const known = machine.recall(MODULE, NAME);
  const [first, pages] = Array.isArray(known) ? known : [];
  return typeof first === 'number' && typeof pages === 'number' ? [first, pages] : [0, 0];
};

/** The balloon takes pages, or gives all of them back with 0. */
export const balloon = (machine: GuestMachine, first: number, pages: number): void =>
  machine.remember(MODULE, NAME, [Math.max(0, Math.floor(first)), Math.max(0, Math.floor(pages))]);

/** The machine as the dump stack has it. */
export const dumpMachine = (machine: GuestMachine): DumpMachine => {
  const [first, pages] = givenBack(machine);
  return {
    storeRead: (path) => machine.storeRead(path),
    storeList: (path) => machine.storeList(path),
    storeWrite: (path, value) => machine.storeWrite(path, value),
    storeRemove: (path) => machine.storeRemove(path),
    isMemory: (page) => page < first || page >= first + pages,
    note: (event: DriverNote) => machine.note(event),
  };
};
