import { createHash } from 'node:crypto';
import { toHex } from '../../core/bytes.ts';
import { WinpvError } from '../../core/errors.ts';
import { peDigest } from '../formats/pe/digest.ts';
import { isPe, parsePe } from '../formats/pe/parse.ts';
import type { DigestSet } from './in-toto.ts';

export interface DigestedFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

const flat = new WeakMap<Uint8Array, Map<string, string>>();

const FLAT: ReadonlySet<string> = new Set(['sha1', 'sha256', 'sha384', 'sha512']);

/** Hashes of a file, each computed once, in lower-case hex. */
export const flatDigest = (bytes: Uint8Array, algorithm = 'sha256'): string => {
  const known = flat.get(bytes) ?? new Map<string, string>();
  flat.set(bytes, known);
  const digest = known.get(algorithm) ?? createHash(algorithm).update(bytes).digest('hex');
  known.set(algorithm, digest);
  return digest;
};

/** The SHA-256 Authenticode hash of an image; undefined of what is none, or is too damaged to have one. */
export const authenticodeDigest = ({ path, bytes }: DigestedFile): string | undefined => {
  if (!isPe(bytes)) return undefined;
  const known = flat.get(bytes)?.get('authenticode');
  if (known !== undefined) return known;
  try {
    const digest = toHex(peDigest(parsePe(bytes, path), 'sha256'));
    flat.set(bytes, (flat.get(bytes) ?? new Map<string, string>()).set('authenticode', digest));
    return digest;
  } catch (error) {
    if (!(error instanceof WinpvError)) throw error;
    return undefined;
  }
};

/** How a file is the one that hashes are of: byte for byte, or but for its signature. SHA-1 alone is not believed. */
export const matchDigests = (file: DigestedFile, digest: DigestSet): 'same' | 're-signed' | undefined => {
  const named = Object.entries(digest).filter(([name]) => FLAT.has(name) && name !== 'sha1');
  // in-toto: any one of the hashes is enough. A thing that has two which disagree is none that we know.
  if (named.length > 0 && named.every(([name, value]) => flatDigest(file.bytes, name) === value)) return 'same';
  const { authenticodeSha256 } = digest;
  return authenticodeSha256 !== undefined && authenticodeDigest(file) === authenticodeSha256 ? 're-signed' : undefined;
};
