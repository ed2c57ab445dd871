import { utf8 } from '../../core/bytes.ts';
import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import type { Files, KeyMaker, Timer } from '../../core/ports.ts';
import {
  certificateFiles,
  HIERARCHY_STORE_NAMES,
  hierarchyStore,
  readHierarchyStore,
} from '../../packaging/signing/hierarchy-files.ts';
import { createTestHierarchy, type TestHierarchy } from '../../packaging/signing/test-hierarchy.ts';
import { lockPatiently } from '../ledger/lock.ts';

const MAX_KEY_BYTES = 64 * 1024;
const OWNER_ONLY = 0o600;
/** Only the ledger belongs into version control. */
const HIDDEN = '*\n!ledger.jsonl\n!ledger.seal\n';

export interface TestKeyPorts {
  readonly files: Files;
  readonly keyMaker: KeyMaker;
  readonly timer: Timer;
}

export interface LoadedTestKeys {
  readonly hierarchy: TestHierarchy;
  readonly diagnostics: readonly Diagnostic[];
}

const readStore = async (files: Files, folder: string): Promise<TestHierarchy> =>
  readHierarchyStore(
    await Promise.all(
      HIERARCHY_STORE_NAMES.map(async (name) => {
        const file = files.join(folder, name);
        return { file, bytes: await files.read(file, { maxBytes: MAX_KEY_BYTES }) };
      }),
    ),
  );

/** Writes the keys into a folder beside, and moves it into its place whole: a killed run leaves no half set. */
const makeStore = async ({ files, keyMaker }: TestKeyPorts, folder: string, name: string): Promise<TestHierarchy> => {
  const hierarchy = await createTestHierarchy({ keyMaker, name });
  const partial = files.join(files.dirname(folder), 'keys.partial');
  await files.remove(partial);
  const whole = files.unfinished(partial);
  // Whoever adds the project to git should not add the keys.
  await files.write(files.join(files.dirname(folder), '.gitignore'), utf8(HIDDEN));
  for (const file of [...hierarchyStore(hierarchy), ...certificateFiles(hierarchy)]) {
    await files.write(files.join(partial, file.name), file.bytes, file.secret ? { mode: OWNER_ONLY } : {});
  }
  await files.rename(partial, folder);
  whole();
  return hierarchy;
};

/** Which of the key files are not there. */
const missingKeys = async (files: Files, folder: string): Promise<readonly string[]> => {
  if ((await files.stat(folder)) === undefined) return HIERARCHY_STORE_NAMES;
  const there = (await files.list(folder)).map((entry) => entry.name);
  return HIERARCHY_STORE_NAMES.filter((name) => !there.includes(name));
};

/** The test keys that a project has; undefined before its first release. Makes none. @throws as {@link projectTestKeys} */
export const existingTestKeys = async (files: Files, projectFolder: string): Promise<TestHierarchy | undefined> => {
  const folder = files.join(projectFolder, '.winpv', 'keys');
  return (await allKeysThere(files, folder)) ? readStore(files, folder) : undefined;
};

/** Whether all are there; false when none is. @throws WinpvError KEYS_INCOMPLETE */
const allKeysThere = async (files: Files, folder: string): Promise<boolean> => {
  const missing = await missingKeys(files, folder);
  if (missing.length === 0 || missing.length === HIERARCHY_STORE_NAMES.length) return missing.length === 0;
  throw new WinpvError('KEYS_INCOMPLETE', `The test keys in ${folder} lack ${missing.join(', ')}.`, {
    at: { file: folder },
    hint: 'Put the files back, or delete the folder: new keys are made, and machines have to trust the new root.',
  });
};

/**
 * The test keys of a project, in its `.winpv/keys/`: made once, readable by their owner only, and used again.
 * @param name who the certificates speak of
 * @throws WinpvError KEYS_INCOMPLETE when only some of the files are there; SIGN_*, FILE_*
 */
export const projectTestKeys = async (
  ports: TestKeyPorts,
  projectFolder: string,
  name: string,
): Promise<LoadedTestKeys> => {
  const { files } = ports;
  const folder = files.join(projectFolder, '.winpv', 'keys');
  const complete = (): Promise<boolean> => allKeysThere(files, folder);
  // Keys that are there are only read: any number of releases may do so at once, also in a read-only project.
  if (await complete()) return { hierarchy: await readStore(files, folder), diagnostics: [] };
  const unlock = await lockPatiently(ports, folder);
  try {
    if (await complete()) return { hierarchy: await readStore(files, folder), diagnostics: [] };
    await files.remove(folder);
    const hierarchy = await makeStore(ports, folder, name);
    const note = problem('KEYS_MADE', `New test keys were made in ${folder}.`, { severity: 'info' });
    return { hierarchy, diagnostics: [note] };
  } finally {
    await unlock();
  }
};
