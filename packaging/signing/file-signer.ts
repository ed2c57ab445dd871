import type { X509Certificate } from 'node:crypto';
import { type Diagnostic, stopOnErrors, WinpvError } from '../../core/errors.ts';
import type { Exec, Files } from '../../core/ports.ts';
import type { Certificate } from '../formats/x509/parse.ts';
import { type CommandLine, mentions, runCommandLine } from './command-line.ts';
import { checkFitness, type SigningPurpose } from './fitness.ts';
import { certificateChain } from './key.ts';
import { type CertificatePin, factsOf, pinDifferences } from './pin.ts';
import { signableKind } from './read-signatures.ts';
import { checkSameContent } from './same-content.ts';
import type { Secret } from './secret.ts';
import { certificatesIn, topmost } from './signature-certificates.ts';
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
  /** Where it is started; the working folder otherwise. */
  readonly where?: string | undefined;
  /** Names a folder that nobody else uses, for one file at a time; it is removed afterwards. */
  readonly scratch: () => string;
  readonly timeoutMs?: number;
  readonly secrets?: readonly Secret[];
}

/** Uploads and time stamps take their time. */
const TIMEOUT_MS = 600_000;

/** @throws WinpvError SIGN_COMMAND_INVALID when the command does not say where the file goes */
export const createFileCommand = (options: FileCommandOptions): FileSigner => {
  const { exec, files, command, where, timeoutMs = TIMEOUT_MS, secrets = [] } = options;
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
      const removed = files.unfinished(folder);
      try {
        await files.write(input, bytes);
        // The folder of the output has to be there for tools that make none.
        if (!inPlace) await makeFolder(files, files.dirname(output));
        const values = { file: input, in: input, out: output };
        await runCommandLine({ exec, command, folder: where, values, timeoutMs, secrets });
        return await readResult(files, output, command.program);
      } finally {
        await files.remove(folder);
        removed();
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
  readonly purpose: SigningPurpose;
}

/** What a tool made, and who made it. */
export interface SignedByTool {
  readonly bytes: Uint8Array;
  /** DER: the signer's certificate first, then its issuers as far as they came along. */
  readonly certificates: readonly Uint8Array[];
  /** DER of the last certificates of the ways up from whoever confirmed the time. */
  readonly authorities: readonly Uint8Array[];
  /** Warnings about the certificate. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Has a file signed, and takes the result only when it is the same file with one good signature more, by a certificate that
 * is fit to sign it.
 * @throws WinpvError SIGN_FILE_CHANGED when the content differs; SIGN_FILE_NOT_SIGNED when the signature does not hold, is
 *   not new, is by another certificate, or lacks the time stamp; those of `checkFitness`; what the tool throws
 */
export const signFile = async (signer: FileSigner, file: FileToSign, rules: FileSignRules): Promise<SignedByTool> => {
  const { path, name, bytes } = file;
  const signed = await signer.sign(bytes, name);
  checkSameContent(bytes, signed, path, signer.label);
  const { trust, atMs } = rules;
  const before = verifyFile({ path, bytes, catalogs: [], trust, atMs }).signatures;
  const after = verifyFile({ path, bytes: signed, catalogs: [], trust, atMs });
  const refuse: Refuse = (what) => {
    throw new WinpvError('SIGN_FILE_NOT_SIGNED', `${signer.label} gave ${path} back ${what}.`, {
      at: { file: path },
      hint: 'The file was left as it was.',
    });
  };
  const added = newSignature(before, after.signatures);
  if (added === undefined || Buffer.compare(bytes, signed) === 0) return refuse('without a new signature');
  const all = certificatesIn(signed, path);
  const certificates = signerChain(added, all.signers, signer.label);
  // A certificate that is not fit makes a signature untrusted too; its own words say more.
  const good = after.verdict === 'valid' || (after.verdict === 'untrusted' && trust.length === 0);
  if (!good && after.verdict !== 'untrusted') {
    return refuse(`with a signature that does not hold (${after.reason ?? after.verdict})`);
  }
  const [leaf] = certificates;
  if (leaf === undefined) return refuse('without the certificate of its signature');
  checkAdded(added, leaf, rules, refuse);
  const kinds = new Set([signableKind(bytes, path)]);
  const fitness = checkFitness({ certificates, kinds, nowMs: atMs, purpose: rules.purpose });
  const diagnostics = stopOnErrors(fitness);
  if (!good) return refuse(`with a signature that is not trusted (${after.reason ?? after.verdict})`);
  const authorities = topmost([...all.signers, ...all.authorities]).map(({ der }) => der);
  return { bytes: signed, certificates, authorities, diagnostics };
};

type Refuse = (what: string) => never;

const checkAdded = (
  added: SignatureReport,
  leaf: Uint8Array,
  { pin = {}, timestamps }: FileSignRules,
  refuse: Refuse,
): void => {
  const [other] = pinDifferences(factsOf(leaf), pin);
  if (other !== undefined) refuse(`with a certificate that ${other}`);
  if (timestamps === 'required' && added.timestamp === undefined) refuse('without a time stamp');
};

/** The signer's certificate and its issuers, of those that came along. */
const signerChain = (
  { thumbprint }: SignatureReport,
  known: readonly Certificate[],
  label: string,
): readonly Uint8Array[] => {
  const isLeaf = ({ fingerprint }: X509Certificate): boolean =>
    fingerprint.replaceAll(':', '').toLowerCase() === thumbprint;
  const own = known.some((certificate) => certificate.thumbprint === thumbprint);
  return own
    ? certificateChain(
        known.map(({ der }) => der),
        isLeaf,
        label,
      )
    : [];
};

/** The one that was not there before: added beside or below the others, or in their place. */
const newSignature = (
  before: readonly SignatureReport[],
  after: readonly SignatureReport[],
): SignatureReport | undefined => (after.length > before.length ? after.at(-1) : after[0]);
