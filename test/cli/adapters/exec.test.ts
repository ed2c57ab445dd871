import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemExec } from '../../../cli/adapters/exec.ts';
import { lacks } from '../../support/outside.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'winpv-exec-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const script = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return path;
};

describe.skipIf(process.platform === 'win32' || lacks('sleep'))('an external program', () => {
  test('that takes too long is ended together with what it started, which holds its output open', async () => {
    const note = join(folder, 'pid');
    const program = script('slow.sh', `sleep 60 &\necho $! > '${note}'\nwait`);
    const start = Date.now();
    await expect(systemExec.run(program, [], { timeoutMs: 1500 })).rejects.toMatchObject({ code: 'TOOL_FAILED' });
    expect(Date.now() - start).toBeLessThan(20_000);
    const started = Number(readFileSync(note, 'utf8'));
    await expect.poll(() => isRunning(started)).toBe(false);
  });

  test('that was ended by a signal has failed; it is not missing', async () => {
    const run = systemExec.run(script('killed.sh', 'kill -KILL $$'), []);
    await expect(run).rejects.toMatchObject({ code: 'TOOL_FAILED', message: expect.stringContaining('SIGKILL') });
  });

  test('that is not there is missing', async () => {
    await expect(systemExec.run(join(folder, 'none'), [])).rejects.toMatchObject({ code: 'TOOL_MISSING' });
  });

  test('that ends with a number other than 0 has answered', async () => {
    const { exitCode, stderr } = await systemExec.run(script('three.sh', 'echo no >&2; exit 3'), []);
    expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: 'no\n' });
  });
});

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};
