import { createHash } from 'node:crypto';
import { WinpvError } from '../../../core/errors.ts';
import { cabDigest } from '../cab/digest.ts';
import { isCab } from '../cab/header.ts';
import { pageHashes, peDigest } from '../pe/digest.ts';
import { checkPe } from '../pe/flaws.ts';
import type { PeFlawRule } from '../pe/model.ts';
import { isPe, parsePe } from '../pe/parse.ts';
import type { SubjectKind } from './model.ts';

export type SubjectAlgorithm = 'sha1' | 'sha256' | 'sha384' | 'sha512';

/** A file as a catalog sees it: what kind it is, and its hashes. */
export interface CatalogSubject {
  readonly kind: SubjectKind;
  digest(algorithm: SubjectAlgorithm): Uint8Array;
  /** The page hash table of a PE image (spec signing-formats 3.5). */
  pageHashes?(algorithm: 'sha1' | 'sha256'): Uint8Array;
  /** The second hash that MakeCat stores for a cabinet (spec 3.6). */
  enhancedHash?(): Uint8Array;
}

/** Which hash a file is listed under: told from its content, never from its name (spec signing-formats 1.5). */
export const subjectKind = (bytes: Uint8Array): SubjectKind => {
  if (isPe(bytes)) return 'pe';
  return isCab(bytes) ? 'cab' : 'flat';
};

/**
 * The hashes by which a catalog lists a file. An image by its Authenticode hash, a cabinet by its own, anything else
 * (`MZ` without `PE` too) by the hash of its bytes.
 *
 * @throws WinpvError PE_* or CAB_* when the headers of an image or cabinet cannot be read
 */
export const subjectOf = (bytes: Uint8Array, file: string): CatalogSubject => {
  const kind = subjectKind(bytes);
  if (kind === 'pe') {
    const image = parsePe(bytes, file);
    return {
      kind,
      digest: (algorithm) => peDigest(image, algorithm),
      pageHashes: (algorithm) => pageHashes(image, algorithm),
    };
  }
  if (kind === 'cab') {
    return {
      kind,
      digest: (algorithm) => cabDigest(bytes, file, algorithm),
      // observed: makecat/osslsigncode-unsigned/unsigned.cat: SHA-256 of CFHEADER.cbCabinet.
      enhancedHash: () => sha256(bytes.subarray(8, 12)),
    };
  }
  return flatSubjectOf(bytes);
};

/** Flaws of an image with which its hash means nothing: Windows loads no such image, and readers hash it differently. */
const HASHLESS: readonly PeFlawRule[] = ['section-out-of-range', 'overlap-raw', 'directories-out-of-range'];

/**
 * `subjectOf` for a file that is to be listed: an image that is cut short or contradicts itself is refused.
 *
 * @throws WinpvError PE_TRUNCATED, PE_MALFORMED, and what `subjectOf` throws
 */
export const listedSubjectOf = (bytes: Uint8Array, file: string): CatalogSubject => {
  if (subjectKind(bytes) === 'pe') {
    const image = parsePe(bytes, file);
    const flaws = image.flaws.filter(({ rule }) => HASHLESS.includes(rule));
    if (flaws.length > 0) throw WinpvError.of(checkPe({ ...image, flaws }));
  }
  return subjectOf(bytes, file);
};

/** A file by the hash of its bytes, whatever it holds. */
export const flatSubjectOf = (bytes: Uint8Array): CatalogSubject => ({
  kind: 'flat',
  digest: (algorithm) => new Uint8Array(createHash(algorithm).update(bytes).digest()),
});

const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(bytes).digest());
