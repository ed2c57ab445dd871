import { execa } from 'execa';
import { WinpvError } from '../../core/errors.ts';
import type { Exec } from '../../core/ports.ts';

/** External programs, by name on the PATH or by path; never through a shell. */
export const systemExec: Exec = {
  async run(program, args, { input, timeoutMs, cwd } = {}) {
    const result = await execa(program, [...args], {
      encoding: 'buffer',
      reject: false,
      stripFinalNewline: false,
      ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
      ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
      ...(cwd === undefined ? {} : { cwd }),
    });
    if (result.timedOut) throw new WinpvError('TOOL_FAILED', `${program} did not end within ${timeoutMs} ms.`);
    if (result.exitCode === undefined) {
      throw new WinpvError('TOOL_MISSING', `${program} could not be started.`, {
        hint: `Install ${program}, or name its full path.`,
        cause: result.cause,
      });
    }
    return { exitCode: result.exitCode, stdout: result.stdout, stderr: Buffer.from(result.stderr).toString('utf8') };
  },
};
