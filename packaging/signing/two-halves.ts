import { createHash } from 'node:crypto';
import { z } from 'zod';
import { equalBytes, toHex } from '../../core/bytes.ts';
import { WinpvError } from '../../core/errors.ts';
import { publicKeyOf } from './key.ts';
import { readSignature } from './raw-signature.ts';
import type { Signer } from './signer.ts';

/**
 * Signing in two halves, for keys on machines without a network: the first half writes what has to be signed, the
 * second takes the signatures and makes the files. Both walk the same code with the same options, so the bytes that are
 * asked for in the second half are the ones that were written in the first.
 */
export interface PreparedItem {
  readonly path: string;
  /** Of the file as it was, lower-case hex. */
  readonly sha256: string;
  readonly digestAlgorithm: 'SHA-256';
  /** What the key signs: the signed attributes, to be hashed with the digest algorithm. */
  readonly toBeSigned: string;
}

const base64 = z.string().regex(/^[A-Za-z0-9+/]+={0,2}$/, 'has to be base64');

/** The file between the halves; the second half wants `signature` in each item. */
export const preparedSchema = z
  .strictObject({
    items: z
      .array(
        z.strictObject({
          path: z.string().min(1),
          sha256: z.string().regex(/^[0-9a-f]{64}$/, 'has to be 64 lower-case hex digits'),
          digestAlgorithm: z.literal('SHA-256'),
          toBeSigned: base64,
          signature: base64.optional(),
        }),
      )
      .min(1),
  })
  .meta({ title: 'prepared signatures' });

export type AttachedItem = z.output<typeof preparedSchema>['items'][number];

/** Ends the first half: the bytes are known, and nothing more is wanted. */
class Recorded extends Error {}

export const fileSha256 = (bytes: Uint8Array): string => toHex(createHash('sha256').update(bytes).digest());

/**
 * Runs a signing with a signer that only takes down what it is asked to sign.
 * @param sign the signing as it will be done in the second half, without a time stamp
 */
export const recordToBeSigned = async (
  certificates: readonly Uint8Array[],
  sign: (signer: Signer) => Promise<unknown>,
): Promise<Uint8Array> => {
  let asked: Uint8Array | undefined;
  const signer: Signer = {
    label: 'the key that signs later',
    certificates: async () => certificates,
    sign: async (message) => {
      asked = message;
      throw new Recorded();
    },
  };
  try {
    await sign(signer);
  } catch (error) {
    if (!(error instanceof Recorded)) throw error;
  }
  if (asked === undefined) throw new TypeError('nothing was asked to be signed');
  return asked;
};

/**
 * The signer of the second half: it has exactly one signature, for exactly one text.
 * @throws WinpvError SIGN_PREPARED_DIFFERS when something else is to be signed now, SIGN_ATTACH_INCOMPLETE
 */
export const attachedSigner = (certificates: readonly Uint8Array[], item: AttachedItem): Signer => ({
  label: 'the attached signature',
  certificates: async () => certificates,
  sign: async (message) => {
    if (!equalBytes(message, new Uint8Array(Buffer.from(item.toBeSigned, 'base64')))) {
      throw new WinpvError('SIGN_PREPARED_DIFFERS', 'What would be signed now is not what was prepared.', {
        at: { file: item.path },
        hint: 'Use the same options, certificates and files in both halves.',
      });
    }
    const [leaf] = certificates;
    const raw = item.signature === undefined ? undefined : new Uint8Array(Buffer.from(item.signature, 'base64'));
    const signature =
      raw === undefined || leaf === undefined ? undefined : readSignature(raw, publicKeyOf(leaf, 'the certificate'));
    if (signature === undefined) {
      throw new WinpvError('SIGN_ATTACH_INCOMPLETE', `The item has no signature that fits the certificate's key.`, {
        at: { file: item.path },
        hint: 'Put the signature into `signature`, in base64: PKCS#1 v1.5 for RSA; for EC keys DER or r and s.',
      });
    }
    return signature;
  },
});
