import { WinpvError } from '../../core/errors.ts';
import { closestName, shownText } from '../../core/spelling.ts';
import { newAccount, publisherOf } from '../../emulator/cloud/partner-center/account.ts';
import { FAULT_NAMES, isFault, switchOn } from '../../emulator/cloud/partner-center/faults.ts';
import { isBeginning, readJournal } from '../../emulator/cloud/partner-center/journal.ts';
import {
  type ContentStore,
  type Journal,
  memoryContent,
  openPartnerCenter,
  type PartnerCenter,
} from '../../emulator/cloud/partner-center/service.ts';
import { type CloudState, emptyState, withRow } from '../../emulator/cloud/partner-center/state.ts';
import type { Io } from '../io.ts';

export interface EmulatedCloudOptions {
  /** Where the state stays between runs. */
  readonly state?: string | undefined;
  readonly fast?: boolean | undefined;
  readonly faults: readonly string[];
}

interface Stored {
  readonly state: CloudState;
  readonly known: boolean;
  readonly content: ContentStore;
  readonly journal?: Journal;
}

/** @throws WinpvError EMUSERVE_FAULT_UNKNOWN */
const checkFaults = (names: readonly string[]): void => {
  const unknown = names.find((name) => !isFault(name));
  if (unknown === undefined) return;
  const near = closestName(unknown, FAULT_NAMES);
  throw new WinpvError('EMUSERVE_FAULT_UNKNOWN', `There is no fault ${shownText(unknown)}.`, {
    hint: near === undefined ? `The faults are ${FAULT_NAMES.join(', ')}.` : `Did you mean ${near}?`,
  });
};

const newState = async (io: Io): Promise<CloudState> => emptyState(await newAccount(io, io.clock.now()));

/** Bytes beside the state, each file named by its hash. */
const folderContent = (io: Io, folder: string): ContentStore => ({
  put: async (sha256, bytes) => {
    const path = io.files.join(folder, sha256);
    if ((await io.files.stat(path)) === undefined) await io.files.write(path, bytes, { mode: 0o600 });
  },
  get: (sha256) => io.files.read(io.files.join(folder, sha256)),
});

const openStored = async (io: Io, path: string): Promise<Stored> => {
  const content = folderContent(io, `${path}.content`);
  // the folder of the content is what two emulators must not share
  const unlock = await io.files.lock(`${path}.content`);
  try {
    const there = (await io.files.stat(path)) !== undefined ? await io.files.read(path) : new Uint8Array(0);
    const read = isBeginning(there) ? undefined : readJournal(there, path);
    const { openLog } = await io.serving();
    const journal = await openLog(path, read?.size ?? 0);
    return { state: read?.state ?? (await newState(io)), known: read !== undefined, content, journal };
  } catch (error) {
    await unlock();
    throw error;
  }
};

/**
 * The emulated Partner Center with its state.
 * @throws WinpvError EMUSERVE_*, FILE_*, OUTPUT_LOCKED when another emulator has the state
 */
export const openEmulatedCloud = async (io: Io, options: EmulatedCloudOptions): Promise<PartnerCenter> => {
  checkFaults(options.faults);
  const stored: Stored =
    options.state === undefined
      ? { state: await newState(io), known: false, content: memoryContent() }
      : await openStored(io, options.state);
  const { state, known, content, journal } = stored;
  const service = openPartnerCenter({
    state: options.faults.reduce((before, name) => switchOn(before, name), state),
    written: known ? state : undefined,
    publisher: await publisherOf(state),
    clock: io.clock,
    content,
    ...(journal === undefined ? {} : { journal }),
    fast: options.fast === true,
  });
  await service.begin();
  return service;
};

/** An emulated Partner Center in memory, whose time can stop running ahead. */
export interface EmulatedCloud {
  readonly service: PartnerCenter;
  /** From now on time goes by only when it is put ahead, and not at each call. */
  stopRunningAhead(): void;
  /** The drivers of its products count as tested in the lab kit, as those that `winpv submit` makes of such: Unclassified. */
  takeAsTested(): void;
}

const asTested = (before: CloudState): CloudState =>
  [...before.products.values()].reduce((state, row) => {
    const selectedProductTypes = { Windows_v100: 'Unclassified' };
    const settings = { ...row.settings, testHarness: 'hlk' as const, selectedProductTypes };
    return withRow(state, 'products', row.id, { ...row, settings });
  }, before);

/** For submissions first: time runs from step to step. */
export const emulatedCloudInMemory = async (io: Io): Promise<EmulatedCloud> => {
  const begun = await newState(io);
  const [content, publisher] = [memoryContent(), await publisherOf(begun)];
  const open = (state: CloudState, fast: boolean): PartnerCenter =>
    openPartnerCenter({ state, publisher, clock: io.clock, content, fast });
  let service = open(begun, true);
  return {
    get service() {
      return service;
    },
    stopRunningAhead: () => {
      service = open(service.state(), false);
    },
    takeAsTested: () => {
      service = open(asTested(service.state()), false);
    },
  };
};
