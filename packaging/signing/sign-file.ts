import type { Clock } from '../../core/ports.ts';
import { stripSignature } from './embedded-signature.ts';
import { type FileSigner, type FileSignRules, type SignedByTool, signFile } from './file-signer.ts';
import type { SignedKind } from './fitness.ts';
import { refuseSigned } from './refuse-signed.ts';
import { type SignOptions, signCab, signCatalog, signPe } from './sign.ts';

/** One way to sign any file of a release, whether with a key or by a tool. The result is a new file. */
export type SignFile = (kind: SignedKind, bytes: Uint8Array, path: string) => Promise<Uint8Array>;

const SIGN: Readonly<Record<SignedKind, typeof signPe>> = { pe: signPe, cat: signCatalog, cab: signCab };

/** Signing with a key. */
export const signWith =
  (options: SignOptions): SignFile =>
  (kind, bytes, path) =>
    SIGN[kind](bytes, path, options);

export interface ToolSigning {
  readonly signer: FileSigner;
  readonly clock: Clock;
  readonly rules: Omit<FileSignRules, 'atMs'>;
  /** What to do with a signature that is there; it is taken off before the tool sees the file. */
  readonly existing: 'refuse' | 'replace';
  /** Told what was made, file by file. */
  readonly made: (signed: SignedByTool) => void;
}

/**
 * Signing by a tool, one file after the other: tokens and services that people confirm take no two at once. After a file
 * that failed the tool is asked no more: the others fail alike.
 */
export const signByTool = ({ signer, clock, rules, existing, made }: ToolSigning): SignFile => {
  let last: Promise<unknown> = Promise.resolve();
  let failure: { readonly error: unknown } | undefined;
  return (_kind, bytes, path) => {
    const turn = last.then(async () => {
      if (failure !== undefined) throw failure.error;
      if (existing === 'refuse') refuseSigned(bytes, path);
      const unsigned = existing === 'replace' ? stripSignature(bytes, path) : bytes;
      const name = path.slice(path.lastIndexOf('/') + 1);
      const signed = await signFile(signer, { path, name, bytes: unsigned }, { ...rules, atMs: clock.now() });
      made(signed);
      return signed.bytes;
    });
    last = turn.catch((error: unknown) => {
      failure ??= { error };
    });
    return turn;
  };
};
