import type { Corpus } from '../../../support/outside.ts';

/** What the corpus says about one PE file; made by readers that are not ours. */
export interface PeVector {
  readonly kind: 'pe';
  readonly authenticode: { readonly sha1: string; readonly sha256: string };
  readonly certTable: { readonly offset: number; readonly size: number };
  readonly checksumStored: number;
  readonly checksumComputed: number;
  readonly pageHashSha1: { readonly entries: number; readonly sha256OfBlob: string };
  readonly pageHashSha256: { readonly entries: number; readonly sha256OfBlob: string };
  readonly size: number;
}

/** Every PE file of the corpus with its expected values. */
export const peVectors = (corpus: Corpus): (readonly [path: string, vector: PeVector])[] => {
  const vectors: Readonly<Record<string, { readonly kind: string }>> = JSON.parse(
    Buffer.from(corpus.file('signed/vectors.json')).toString('utf8'),
  );
  return Object.entries(vectors)
    .filter((entry): entry is [string, PeVector] => entry[1].kind === 'pe')
    .map(([path, vector]) => [`signed/${path}`, vector] as const);
};
