import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { diskFiles } from '../../cli/adapters/files.ts';
import { systemKeyMaker, systemTimer } from '../../cli/adapters/machine.ts';
import { projectTestKeys } from '../../release/making/keys.ts';
import { onceInRun } from './run-folder.ts';

/** A project in a temporary folder, which goes away with `dispose`. */
export interface TestProject {
  readonly folder: string;
  path(...parts: readonly string[]): string;
  write(path: string, content: string | Uint8Array): void;
  dispose(): void;
}

/** Test keys made once for all projects of a run: making RSA keys takes a second. */
const sharedKeys = (): Promise<string> =>
  onceInRun('keys', async (folder) => {
    await projectTestKeys({ files: diskFiles, keyMaker: systemKeyMaker, timer: systemTimer }, folder, 'winpv');
  });

/** Rehearsals take seconds that few tests are about: a project that does not speak of them has none. */
const unrehearsed = (name: string, content: string | Uint8Array): string | Uint8Array =>
  name === 'winpv.yaml' && typeof content === 'string' && !/^\s*\{|^rehearse:/m.test(content)
    ? `${content.replace(/\n?$/, '\n')}rehearse: false\n`
    : content;

/** Makes a project of these files (path → content) with test keys ready. */
export const makeProject = async (files: Readonly<Record<string, string | Uint8Array>>): Promise<TestProject> => {
  const keys = await sharedKeys();
  const folder = mkdtempSync(join(tmpdir(), 'winpv-project-'));
  cpSync(join(keys, '.winpv'), join(folder, '.winpv'), { recursive: true });
  const path = (...parts: readonly string[]): string => join(folder, ...parts);
  const write = (name: string, content: string | Uint8Array): void => {
    mkdirSync(dirname(path(name)), { recursive: true });
    writeFileSync(path(name), unrehearsed(name, content));
  };
  for (const [name, content] of Object.entries(files)) write(name, content);
  return { folder, path, write, dispose: () => rmSync(folder, { recursive: true, force: true }) };
};

/** Every file below a folder, `/`-separated and sorted; empty when the folder does not exist. */
export const filesBelow = (folder: string): readonly string[] => {
  if (!existsSync(folder)) return [];
  return (readdirSync(folder, { recursive: true }) as string[])
    .filter((name) => statSync(join(folder, name)).isFile())
    .map((name) => name.replaceAll('\\', '/'))
    .sort();
};

/** Path → bytes of every file below a folder. */
export const contentBelow = (folder: string): ReadonlyMap<string, Buffer> =>
  new Map(filesBelow(folder).map((name) => [relative('.', name), readFileSync(join(folder, name))]));
