import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'vitest';

/**
 * What tests compare with that is not part of the project: independent programs ("oracles") and the corpus of real
 * files. A missing one is a skipped test with its name; with WINPV_REQUIRE_OUTSIDE=1 (set by .ci/run) it is a failure.
 */
export const ORACLES = [
  'osslsigncode',
  'openssl',
  'gcab',
  'cabextract',
  'objdump',
  'softhsm2-util',
  'wine',
  'x86_64-w64-mingw32-gcc',
  'tar',
  'gzip',
  'zip',
  'unzip',
  'xorriso',
  'python3',
  'xmllint',
  'chromium',
  'zsh',
  'fish',
  'man',
] as const;
export type Oracle = (typeof ORACLES)[number];

export const projectRoot = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
const corpusRoot = resolve(projectRoot, '..', 'shared', 'corpus');
const dataRoot = resolve(projectRoot, '..', 'shared', 'data');
const specRoot = resolve(projectRoot, '..', 'shared', 'spec');
const required = process.env.WINPV_REQUIRE_OUTSIDE === '1';

export const hasCorpus = existsSync(corpusRoot);

export const hasOracle = (tool: Oracle): boolean => {
  const probe = spawnSync(tool, [tool === 'openssl' ? 'version' : '--version'], { stdio: 'ignore' });
  return probe.error === undefined;
};

export interface OracleRun {
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Runs the program; any exit status is a result. */
export type OracleTool = (...args: readonly string[]) => OracleRun;

const runner =
  (tool: Oracle): OracleTool =>
  (...args) => {
    const { status, stdout, stderr } = spawnSync(tool, [...args], { maxBuffer: 256 * 1024 * 1024 });
    return { status, stdout, stderr: stderr.toString('utf8') };
  };

/** Runs the program without stopping this process, which may have to answer it. */
export const startTool = (tool: Oracle, ...args: readonly string[]): Promise<OracleRun> =>
  new Promise((resolve) => {
    const child = spawn(tool, [...args]);
    const [out, err]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('close', (status) => {
      resolve({ status, stdout: Buffer.concat(out), stderr: Buffer.concat(err).toString('utf8') });
    });
  });

/** A test that asks an independent program. */
export const oracle = (tool: Oracle, name: string, body: (run: OracleTool) => void | Promise<void>): void => {
  const there = hasOracle(tool);
  test.skipIf(!there && !required)(`${tool} ${name}`, async () => {
    if (!there) throw new Error(`${tool} is required here and is not installed`);
    await body(runner(tool));
  });
};

/** Tests over the corpus of real files. `file(path)` reads one; `path(path)` gives its place. */
export interface Corpus {
  file(path: string): Uint8Array;
  path(path: string): string;
}

/** Declares tests that read the corpus; the body runs (and may list files) only when the corpus is there. */
export const describeCorpus = (name: string, body: (corpus: Corpus) => void): void => {
  if (!hasCorpus) {
    describe(name, () => {
      test.skipIf(!required)('needs the corpus of real files', () => {
        throw new Error('the corpus is required here and is not there');
      });
    });
    return;
  }
  describe(name, () => {
    body({
      file: (path) => new Uint8Array(readFileSync(join(corpusRoot, path))),
      path: (path) => join(corpusRoot, path),
    });
  });
};

/** Declares tests that read the shared data tables (JSON), which stand beside the corpus. */
export const describeData = (name: string, file: string, body: (data: unknown) => void): void => {
  const path = join(dataRoot, file);
  describe(name, () => {
    if (existsSync(path)) {
      body(JSON.parse(readFileSync(path, 'utf8')));
      return;
    }
    test.skipIf(!required)(`needs ${file}`, () => {
      throw new Error(`${file} is required here and is not there`);
    });
  });
};

/** Declares tests that read a document of the specification (Markdown). */
export const describeSpec = (name: string, file: string, body: (text: string) => void): void => {
  const path = join(specRoot, file);
  describe(name, () => {
    if (existsSync(path)) {
      body(readFileSync(path, 'utf8'));
      return;
    }
    test.skipIf(!required)(`needs ${file}`, () => {
      throw new Error(`${file} is required here and is not there`);
    });
  });
};

/** A temporary folder that goes away after the body. */
export const withTempFolder = async <T>(body: (folder: string) => T | Promise<T>): Promise<T> => {
  const folder = mkdtempSync(join(tmpdir(), 'winpv-test-'));
  try {
    return await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Whether to leave out tests that need these programs of the system: they are not there, and need not be. */
export const lacks = (...programs: readonly string[]): boolean =>
  !required && programs.some((name) => spawnSync(name, ['--help'], { stdio: 'ignore' }).error !== undefined);
