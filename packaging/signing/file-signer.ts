import { WinpvError } from '../../core/errors.ts';
import type { Exec, Files } from '../../core/ports.ts';
import { type CommandLine, mentions, runCommandLine } from './command-line.ts';
import { type CertificatePin, pinDifferences } from './pin.ts';
import { checkSameContent } from './same-content.ts';
import type { Secret } from './secret.ts';
import type { SignatureReport } from './verdict.ts';
import { verifyFile } from './verify.ts';

/**
 * A tool, or a service, that takes a file and gives a signed one back: SignTool, jsign, AzureSignTool. It is told nothing
 * but the file, and nothing that it says is believed: what counts is what comes back.
 */
export interface FileSigner {
  /** Shown to people: "the tool signtool.exe". Never contains a secret. */
  readonly label: string;
  /**
   * @param name the file's own name: tools choose the format by it
   * @returns the signed file
   * @throws WinpvError SIGN_* and FILE_* only
   */
  sign(bytes: Uint8Array, name: string): Promise<Uint8Array>;
}

export interface FileCommandOptions {
  readonly exec: Exec;
  readonly files: Files;
  /** An argument with `{file}` gets a copy to sign in place; with `{in}` and `{out}`, the copy and where to write. */
  readonly command: CommandLine;
  /** Names a folder that nobody else uses, for one file at a time; it is removed afterwards. */
  readonly scratch: () => string;
  readonly timeoutMs?: number;
  readonly secrets?: readonly Secret[];
}

/** Uploads and time stamps take their time. */
const TIMEOUT_MS = 600_000;

/** @throws WinpvError SIGN_COMMAND_INVALID when the command does not say where the file goes */
export const createFileCommand = (options: FileCommandOptions): FileSigner => {
  const { exec, files, command, timeoutMs = TIMEOUT_MS, secrets = [] } = options;
  const inPlace = mentions(command, 'file');
  if (inPlace === (mentions(command, 'in') && mentions(command, 'out'))) {
    throw new WinpvError('SIGN_COMMAND_INVALID', 'The command does not say where the file goes.', {
      hint: 'Write {file} where a tool takes the file to sign in place, or {in} and {out}.',
    });
  }
  return {
    label: `the tool ${command.program}`,
    sign: async (bytes, name) => {
      const folder = options.scratch();
      const input = files.join(folder, name);
      const output = inPlace ? input : files.join(folder, 'signed', name);
      try {
        await files.write(input, bytes);
        // The folder of the output has to be there for tools that make none.
        if (!inPlace) await makeFolder(files, files.dirname(output));
        await runCommandLine({ exec, command, values: { file: input, in: input, out: output }, timeoutMs, secrets });
        return await readResult(files, output, command.program);
      } finally {
        await files.remove(folder);
      }
    },
  };
};

const makeFolder = async (files: Files, folder: string): Promise<void> => {
  const mark = files.join(folder, '.winpv');
  await files.write(mark, new Uint8Array(0));
  await files.remove(mark);
};

const readResult = async (files: Files, path: string, program: string): Promise<Uint8Array> => {
  if ((await files.stat(path)) !== undefined) return files.read(path);
  throw new WinpvError('SIGN_FILE_NOT_SIGNED', `${program} ended well, but wrote no file.`, {
    hint: 'Write {out} where it takes the name of its output.',
  });
};

export interface FileToSign {
  /** As the user named it. */
  readonly path: string;
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface FileSignRules {
  /** DER of the roots that the tool's certificate may lead to; without them only the bytes are judged. */
  readonly trust: readonly Uint8Array[];
  readonly atMs: number;
  /** The certificate that was meant. */
  readonly pin?: CertificatePin | undefined;
  /** Whether a signature without a time stamp will do. */
  readonly timestamps: 'required' | 'optional';
}

/**
 * Has a file signed, and takes the result only when it is the same file with one good signature more.
 * @throws WinpvError SIGN_FILE_CHANGED when the content differs; SIGN_FILE_NOT_SIGNED when the signature does not hold, is
 *   not new, is by another certificate, or lacks the time stamp; what the tool throws
 */
export const signFile = async (signer: FileSigner, file: FileToSign, rules: FileSignRules): Promise<Uint8Array> => {
  const { path, name, bytes } = file;
  const signed = await signer.sign(bytes, name);
  checkSameContent(bytes, signed, path, signer.label);
  const { trust, atMs } = rules;
  const before = verifyFile({ path, bytes, catalogs: [], trust, atMs }).signatures;
  const after = verifyFile({ path, bytes: signed, catalogs: [], trust, atMs });
  const refuse = (what: string): never => {
    throw new WinpvError('SIGN_FILE_NOT_SIGNED', `${signer.label} gave ${path} back ${what}.`, {
      at: { file: path },
      hint: 'The file was left as it was.',
    });
  };
  const added = newSignature(before, after.signatures);
  if (added === undefined || Buffer.compare(bytes, signed) === 0) return refuse('without a new signature');
  const good = after.verdict === 'valid' || (after.verdict === 'untrusted' && trust.length === 0);
  if (!good) return refuse(`with a signature that does not hold (${after.reason ?? after.verdict})`);
  const { thumbprint, issuer, subject, ekus } = added;
  const facts = { sha1: thumbprint, sha256: undefined, issuer, subject, ekus };
  const [other] = pinDifferences(facts, rules.pin ?? {});
  if (other !== undefined) return refuse(`with a certificate that ${other}`);
  if (rules.timestamps === 'required' && added.timestamp === undefined) return refuse('without a time stamp');
  return signed;
};

/** The one that was not there before: added beside or below the others, or in their place. */
const newSignature = (
  before: readonly SignatureReport[],
  after: readonly SignatureReport[],
): SignatureReport | undefined => (after.length > before.length ? after.at(-1) : after[0]);
