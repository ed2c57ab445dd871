import type { DriverNote, LoadedDriver } from '../../drivers/behaviour.ts';
import type { DumpMachine } from '../../drivers/dump.ts';
import type { DriverModel } from '../../drivers/model.ts';
import { type HostSettings, type HostState, newHost } from '../../emulator/xen/host.ts';
import { storeList, storeRead, storeRemove, storeWrite } from '../../emulator/xen/store.ts';
import { readNode, type StoreTree, writeNode } from '../../emulator/xen/tree.ts';
import { testDriver } from './machine.ts';

/** The machine as the dump stack has it, over a host; what was written can be read, in order. */
export interface TestDumpMachine extends DumpMachine {
  readonly notes: readonly DriverNote[];
  /** `path = value` in the order of writing; `path -` for what was removed. */
  readonly log: readonly string[];
  readonly store: () => StoreTree;
}

export const dumpMachineOn = (host: HostState, lost: readonly number[] = []): TestDumpMachine => {
  let { store } = host;
  const notes: DriverNote[] = [];
  const log: string[] = [];
  return {
    notes,
    log,
    store: () => store,
    storeRead: (path) => storeRead(store, path),
    storeList: (path) => storeList(store, path),
    storeWrite: (path, value) => {
      log.push(`${path} = ${value}`);
      store = storeWrite(store, path, value);
    },
    storeRemove: (path) => {
      log.push(`${path} -`);
      store = storeRemove(store, path);
    },
    isMemory: (page) => !lost.includes(page),
    note: (note) => notes.push(note),
  };
};

/** Frontends as a system that runs leaves them: connected, by what each wrote. */
export const runningHost = (settings: Partial<HostSettings>, written: Readonly<Record<string, string>>): HostState => {
  const host = newHost(settings);
  let { store } = host;
  const front = '/local/domain/1/device';
  for (const [path, value] of Object.entries(written)) store = writeNode(store, path, value);
  for (const type of ['vbd', 'vif']) {
    for (const id of storeList(store, `${front}/${type}`)) {
      store = writeNode(store, `${front}/${type}/${id}/state`, '4');
      store = writeNode(store, `${readNode(store, `${front}/${type}/${id}/backend`)}/state`, '4');
    }
  }
  return { ...host, store };
};

/** The library as it is today, or of another day. */
export const library = (model: Partial<DriverModel> = {}): LoadedDriver => testDriver('xencrsh', model);
