import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What takes long to make is made once for a run of tests, in a temporary folder that all its workers know. */
const VARIABLE = 'WINPV_TEST_RUN';

/** Vitest global setup: the folder is there before the workers are, and goes away with the run. */
export const setup = (): (() => void) => {
  // Each project of the test run has this setup; the first one makes the folder.
  if (process.env[VARIABLE] !== undefined) return () => undefined;
  const folder = mkdtempSync(join(tmpdir(), 'winpv-tests-'));
  process.env[VARIABLE] = folder;
  return () => {
    delete process.env[VARIABLE];
    rmSync(folder, { recursive: true, force: true });
  };
};

const made = new Map<string, Promise<string>>();

const make = async (name: string, fill: (folder: string) => Promise<void>): Promise<string> => {
  const run = process.env[VARIABLE];
  if (run === undefined) throw new Error('the tests are run without their global setup');
  const folder = join(run, name);
  if (existsSync(folder)) return folder;
  mkdirSync(run, { recursive: true });
  const own = mkdtempSync(join(run, 'making-'));
  mkdirSync(join(own, name));
  await fill(join(own, name));
  try {
    renameSync(join(own, name), folder);
  } catch (error) {
    // Another worker was faster: what it made is as good.
    if (!existsSync(folder)) throw error;
  }
  return folder;
};

/** A folder with this content, filled by whoever needs it first. Nobody writes to it afterwards. */
export const onceInRun = (name: string, fill: (folder: string) => Promise<void>): Promise<string> => {
  const there = made.get(name) ?? make(name, fill);
  made.set(name, there);
  return there;
};
