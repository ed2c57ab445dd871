import { Command, Option } from 'commander';
import { WinpvError } from '../../core/errors.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';

interface ServeOptions {
  readonly host: string;
  readonly port: string;
  readonly state?: string;
  readonly fast?: boolean;
  readonly fault: readonly string[];
}

const MAX_PORT = 65_535;

const portOf = (text: string): number => {
  if (/^\d{1,5}$/.test(text) && Number(text) <= MAX_PORT) return Number(text);
  throw new WinpvError('USAGE', `A port is a number from 0 to ${MAX_PORT}; 0 takes one that is free.`);
};

/** Serves until it is told to end. */
const serve = async ({ io }: Context, options: ServeOptions): Promise<Outcome> => {
  const port = portOf(options.port);
  const { isLoopback } = await import('../../emulator/http/limits.ts');
  if (!isLoopback(options.host)) {
    throw new WinpvError('EMUSERVE_NOT_LOOPBACK', 'The emulated services are for this machine only.', {
      hint: 'Leave --host out, or give 127.0.0.1, ::1 or localhost.',
    });
  }
  const { openEmulatedCloud } = await import('../publishing/emulated-cloud.ts');
  const { credentialsOf } = await import('../../emulator/cloud/partner-center/service.ts');
  const { cloudRequest } = await import('../../emulator/http/requests.ts');
  const { maxBodyBytes } = await import('../../emulator/http/limits.ts');
  const service = await openEmulatedCloud(io, { state: options.state, fast: options.fast, faults: options.fault });
  const { server } = await io.serving();
  const { url } = await server.listen({
    host: options.host,
    port,
    maxBodyBytes,
    handle: (request) => service.handle(cloudRequest(request)),
    failed: (error) => io.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`),
  });
  io.stdout.write(`${JSON.stringify({ url, ...credentialsOf(service.state()) })}\n`);
  return io.ended;
};

export const emulatorCommand = (bind: Bind): Command => {
  const command = new Command('emulator').description(
    'An emulated Partner Center and Windows Update, to try submissions and labels on before they are real.',
  );
  command
    .command('serve')
    .summary('serve the emulated Partner Center and Windows Update on this machine')
    .description(
      'Serves the emulated Partner Center until it is told to end. Prints one line of JSON first: url, tenant, clientId,\n' +
        'clientSecret. Nothing leaves this machine, and what it signs is trusted nowhere. Below URL/emulator the clock is moved\n' +
        '(clock), machines ask what they are offered (windows-update/scan) and report back (windows-update/report), and\n' +
        'windows-update/rollout shows where labels stand; see docs/guide/windows-update-emulator.md.',
    )
    .option('--host <host>', 'this machine: 127.0.0.1, ::1 or localhost', '127.0.0.1')
    .option('--port <port>', 'where to listen; 0 for any that is free', '0')
    .option('--state <file>', 'keep the state in this file, and packages in FILE.content, over restarts')
    .option('--fast', 'move the clock to the next event at each call')
    .addOption(
      new Option('--fault <name>', 'switch a fault on (repeatable); GET URL/emulator/faults lists them')
        .argParser((name: string, before: readonly string[]) => [...before, name])
        .default([], 'none'),
    )
    .addHelpText(
      'after',
      examples(
        'winpv emulator serve --fast',
        'winpv emulator serve --port 8080 --state cloud.jsonl --fault commit-502',
        'winpv emulator serve --fast --fault approval-rejected --fault expired-offered',
      ),
    )
    .action(bind(serve));
  return command;
};
