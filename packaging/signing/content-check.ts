import { equalBytes } from '../../core/bytes.ts';
import { type Diagnostic, WinpvError } from '../../core/errors.ts';
import { type IndirectDataContent, parseIndirectData } from '../formats/authenticode/parse.ts';
import type { DerNode } from '../formats/der/parse.ts';
import { findingAt } from './check-signer.ts';

export type FileHash = 'sha1' | 'sha256' | 'sha384' | 'sha512';

/** The file that an embedded signature should be about. */
export interface EmbeddedSubject {
  readonly subject: 'pe' | 'cab';
  readonly digest: (hash: FileHash) => Uint8Array;
  readonly pageHashes?: (hash: 'sha1' | 'sha256') => Uint8Array;
}

/** Compares SpcIndirectDataContent with the file: kind, hash, and page hashes where they are stored. */
export const checkIndirectData = (node: DerNode, file: EmbeddedSubject): Diagnostic[] => {
  const content = parseIndirectData(node);
  const { digestAlgorithm: hash, digest, subject, type } = content;
  if (subject !== file.subject) {
    return [findingAt(node, 'VERIFY_CONTENT_MISMATCH', `The signature is for a file of another kind (${type}).`)];
  }
  if (hash === undefined || hash === 'md5') {
    return [findingAt(node, 'VERIFY_ALGORITHM_UNKNOWN', "The algorithm of the file's hash is not known.")];
  }
  const findings = equalBytes(file.digest(hash), digest)
    ? []
    : [findingAt(node, 'VERIFY_DIGEST_MISMATCH', `The ${hash} hash of the file is not the signed one.`)];
  return [...findings, ...checkPageHashes(node, content, file)];
};

const checkPageHashes = (
  node: DerNode,
  { pageHashes: stored }: IndirectDataContent,
  { pageHashes }: EmbeddedSubject,
): Diagnostic[] => {
  if (stored === undefined || pageHashes === undefined) return [];
  try {
    if (equalBytes(pageHashes(stored.algorithm), stored.table)) return [];
    return [findingAt(node, 'VERIFY_PAGE_HASHES_MISMATCH', 'The signed page hashes are not those of the pages.')];
  } catch (error) {
    if (!(error instanceof WinpvError)) throw error;
    return [findingAt(node, 'VERIFY_PAGE_HASHES_MISMATCH', `The pages cannot be hashed: ${error.message}`)];
  }
};
