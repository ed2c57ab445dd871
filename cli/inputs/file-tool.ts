import type { Command } from 'commander';
import { toHex } from '../../core/bytes.ts';
import { WinpvError } from '../../core/errors.ts';
import type { SignedByTool } from '../../packaging/signing/file-signer.ts';
import type { Io } from '../io.ts';
import { type KeyOptions, namesKey, pinOf, purposeOf, type TimestampOptions } from './signing-options.ts';

/** Signing by a tool that takes a file and gives a signed one back, in place of a key. */

export interface FileToolOptions extends KeyOptions, TimestampOptions {
  readonly fileCommand?: string;
  readonly append?: true;
  readonly replace?: true;
  readonly description?: string;
  readonly url?: string;
  readonly pageHashes?: true | 'sha1' | 'sha256';
  readonly attach?: string;
}

export interface FileForTool {
  readonly path: string;
  readonly bytes: Uint8Array;
}

export const addFileToolOption = (command: Command): Command =>
  command.option(
    '--file-command <command>',
    'a tool that signs whole files: {file} in place, or {in} and {out}; what comes back is checked',
  );

const usage = (message: string, hint: string): WinpvError => new WinpvError('USAGE', message, { hint });

/** Options that only winpv's own signatures have: with a tool they would do nothing. */
const checkOptions = (options: FileToolOptions): void => {
  if (namesKey(options)) throw usage('--file-command and a key were both named.', 'The tool has the key. Name one.');
  if (Array.isArray(options.timestamp)) {
    throw usage('With --file-command the tool asks for the time stamp.', 'Name the server among the tool’s options.');
  }
  const own = (['description', 'url', 'attach', 'cert'] as const).find((name) => options[name] !== undefined);
  const stray = own ?? (options.pageHashes === undefined ? undefined : 'page-hashes');
  if (stray !== undefined) throw usage(`--${stray} does nothing with --file-command.`, 'Give it to the tool.');
};

/**
 * Has each file signed by the tool, one after the other, and takes what is the same file with a new good signature. A
 * time stamp is demanded unless `--no-timestamp` was given. Writes nothing but copies for the tool beside each file.
 * @throws WinpvError USAGE, SIGN_*, FILE_*
 */
export const signByTool = async (
  io: Io,
  files: readonly FileForTool[],
  options: FileToolOptions,
): Promise<readonly SignedByTool[]> => {
  checkOptions(options);
  const { parseCommandLine } = await import('../../packaging/signing/command-line.ts');
  const { createFileCommand, signFile } = await import('../../packaging/signing/file-signer.ts');
  const { environmentSecrets } = await import('../../packaging/signing/secret.ts');
  const { refuseSigned } = await import('../../packaging/signing/refuse-signed.ts');
  const again = options.append === true || options.replace === true;
  if (!again) for (const { bytes, path } of files) refuseSigned(bytes, path);
  const command = parseCommandLine(options.fileCommand ?? '');
  const rules = {
    trust: [],
    atMs: io.clock.now(),
    pin: pinOf(options),
    purpose: purposeOf(options),
    timestamps: options.timestamp === false ? ('optional' as const) : ('required' as const),
  };
  const common = { exec: await io.exec(), files: io.files, command, secrets: environmentSecrets(io.env) };
  const signed: SignedByTool[] = [];
  for (const { path, bytes } of files) {
    const scratch = (): string => io.files.join(io.files.dirname(path), `.winpv-${toHex(io.random.bytes(8))}`);
    const name = io.files.basename(path);
    signed.push(await signFile(createFileCommand({ ...common, scratch }), { path, name, bytes }, rules));
  }
  return signed;
};
