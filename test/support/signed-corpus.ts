import type { FileVerdict } from '../../packaging/signing/verdict.ts';
import { verifyFile } from '../../packaging/signing/verify.ts';
import type { Corpus } from './outside.ts';

/** The roots of the samples that were made for the corpus. */
export const ownRoots = (corpus: Corpus): readonly Uint8Array[] =>
  ['own/root', 'root', 'tsa-root'].map((name) => corpus.file(`signed/test-certs/${name}.pem`));

/** A day on which the samples' certificates are valid. */
export const JUDGED_AT_MS = Date.UTC(2026, 10, 24, 12);

/** Judges bytes under a corpus path with the samples' roots. */
export const judgedAs = (corpus: Corpus, path: string, bytes: Uint8Array): FileVerdict =>
  verifyFile({ path, bytes, catalogs: [], trust: ownRoots(corpus), atMs: JUDGED_AT_MS });

export const judged = (corpus: Corpus, path: string): FileVerdict =>
  judgedAs(corpus, path, corpus.file(`signed/${path}`));
