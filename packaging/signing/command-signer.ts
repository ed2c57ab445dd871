import { createHash, type KeyObject } from 'node:crypto';
import { toHex } from '../../core/bytes.ts';
import { WinpvError } from '../../core/errors.ts';
import type { Exec } from '../../core/ports.ts';
import { type CommandLine, runCommandLine } from './command-line.ts';
import { certificateChain, keyKind, publicKeyOf } from './key.ts';
import { limitConcurrency } from './limit.ts';
import { readSignature } from './raw-signature.ts';
import type { Secret } from './secret.ts';
import { DIGEST_OF, type SignatureAlgorithm, type Signer } from './signer.ts';

export interface CommandSignerOptions {
  readonly exec: Exec;
  readonly command: CommandLine;
  /** Where it is started; the working folder otherwise. */
  readonly folder?: string | undefined;
  /** DER: the key's own first, then its issuers in any order. */
  readonly certificates: readonly Uint8Array[];
  /** How long one signature may take. */
  readonly timeoutMs?: number;
  readonly secrets?: readonly Secret[];
}

/** Long enough for somebody to find the token and touch it. */
const TIMEOUT_MS = 120_000;
/** Services answer several at once; a program for each of hundreds of files would only be in its own way. */
const AT_A_TIME = 4;

/**
 * A signer that asks an external program: the digest of the message on its standard input, as octets, and the signature
 * expected on its standard output (see `readSignature` for the forms). Exit code 0 means done.
 *
 * In arguments `{hash}` is the hash's name (`sha256`), `{algorithm}` that of the signature (`rsa-sha256`), `{digest}`
 * the digest in hex, `{digest-base64}` and `{digest-base64url}` the digest in these forms.
 * @throws WinpvError SIGN_CERTIFICATE_MISSING, SIGN_CERTIFICATE_UNREADABLE, SIGN_KEY_UNSUPPORTED; `sign` throws
 *   SIGN_COMMAND_FAILED, SIGN_COMMAND_ANSWER and SIGN_KEY_UNSUPPORTED
 */
export const createCommandSigner = (options: CommandSignerOptions): Signer => {
  const { exec, command, folder, certificates, timeoutMs = TIMEOUT_MS, secrets = [] } = options;
  const label = `the command ${command.program}`;
  const [leaf] = certificates;
  if (leaf === undefined) {
    throw new WinpvError('SIGN_CERTIFICATE_MISSING', `${label} needs the certificate of its key.`, {
      hint: 'Give it with --cert, then those of its issuers.',
    });
  }
  const publicKey = publicKeyOf(leaf, label);
  const kind = keyKind(publicKey, label);
  const chain = certificateChain(certificates, (certificate) => certificate.raw.equals(leaf), label);
  const inTurn = limitConcurrency(AT_A_TIME);
  return {
    label,
    certificates: async () => chain,
    sign: async (message, algorithm) => {
      if (algorithm.startsWith('rsa') !== (kind === 'rsa'))
        throw new WinpvError('SIGN_KEY_UNSUPPORTED', `${label} cannot sign with ${algorithm}.`);
      const input = new Uint8Array(createHash(DIGEST_OF[algorithm]).update(message).digest());
      const values = placeholders(input, algorithm);
      const answer = await inTurn(() => runCommandLine({ exec, command, folder, values, input, timeoutMs, secrets }));
      return understood(answer, publicKey, label);
    },
  };
};

const placeholders = (digest: Uint8Array, algorithm: SignatureAlgorithm): Readonly<Record<string, string>> => ({
  algorithm,
  hash: DIGEST_OF[algorithm],
  digest: toHex(digest),
  'digest-base64': Buffer.from(digest).toString('base64'),
  'digest-base64url': Buffer.from(digest).toString('base64url'),
});

const understood = (answer: Uint8Array, publicKey: KeyObject, label: string): Uint8Array => {
  const signature = readSignature(answer, publicKey);
  if (signature !== undefined) return signature;
  throw new WinpvError(
    'SIGN_COMMAND_ANSWER',
    `${label} answered with ${answer.length} bytes that are no signature of its key.`,
    { hint: 'It has to write the signature and nothing else to its standard output: octets, hex or base64.' },
  );
};
