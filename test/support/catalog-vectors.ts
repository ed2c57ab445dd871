import { readFileSync } from 'node:fs';
import { fromHex } from '../../core/bytes.ts';
import type { SubjectKind } from '../../packaging/formats/cat/model.ts';
import type { CatalogSubject } from '../../packaging/formats/cat/subject.ts';
import type { Corpus } from './outside.ts';

interface Hashes {
  readonly sha1: string;
  readonly sha256: string;
}

/** What the corpus tells of a file, whether the file itself is in it or not. */
export interface FileVector {
  readonly kind: string;
  readonly was?: SubjectKind;
  readonly flat?: Hashes;
  readonly authenticode?: Hashes;
  readonly pageHashSha256?: { readonly blob?: string };
  readonly enhancedHash?: string;
}

export const fileVectors = (corpus: Corpus): Readonly<Record<string, FileVector>> =>
  JSON.parse(readFileSync(corpus.path('signed/vectors.json'), 'utf8')) as Record<string, FileVector>;

/** A file of which only the published hashes are known. */
export const publishedSubject = (vector: FileVector | undefined): CatalogSubject => {
  const hashes = vector?.authenticode ?? vector?.flat;
  if (vector === undefined || hashes === undefined) throw new Error('the corpus has no hashes for this file');
  const blob = vector.pageHashSha256?.blob;
  const enhanced = vector.enhancedHash;
  return {
    kind: vector.was ?? 'flat',
    digest: (algorithm) => fromHex(algorithm === 'sha1' ? hashes.sha1 : hashes.sha256),
    ...(blob === undefined ? {} : { pageHashes: () => fromHex(blob) }),
    ...(enhanced === undefined ? {} : { enhancedHash: () => fromHex(enhanced) }),
  };
};
