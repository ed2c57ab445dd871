import { createHash } from 'node:crypto';
import { toHex } from '../../core/bytes.ts';
import type { Diagnostic } from '../../core/errors.ts';
import type { RevocationEvidence, RevocationNeed, RevocationSource } from './revocation-evidence.ts';
import type { RevocationFetcher } from './revocation-fetch.ts';

export interface JudgedWithRevocation<T> {
  readonly report: T;
  /** What decided, in the order in which it was looked at, each once. */
  readonly used: readonly RevocationSource[];
  /** What fetching met. */
  readonly findings: readonly Diagnostic[];
}

/**
 * Judges with what is at hand; where that leaves something open and there is a fetcher, has the rest fetched, and judges again
 * with all of it.
 */
export const judgeWithRevocation = async <T>(
  judge: (evidence: RevocationEvidence) => T,
  evidence: RevocationEvidence,
  fetcher?: RevocationFetcher,
): Promise<JudgedWithRevocation<T>> => {
  const first = watched(judge, evidence);
  if (fetcher === undefined || first.missing.length === 0) return { ...first, findings: [] };
  const { lists, answers, findings } = await fetcher.ask(first.missing, evidence);
  if (lists.length + answers.length === 0) return { ...first, findings };
  const all = { ...evidence, lists: [...evidence.lists, ...lists], answers: [...evidence.answers, ...answers] };
  return { ...watched(judge, all), findings };
};

const watched = <T>(judge: (evidence: RevocationEvidence) => T, evidence: RevocationEvidence) => {
  const missing: RevocationNeed[] = [];
  const used = new Set<RevocationSource>();
  const watch = {
    missing: (need: RevocationNeed) => missing.push(need),
    used: (source: RevocationSource) => used.add(source),
  };
  const report = judge({ ...evidence, watch });
  return { report, missing, used: [...used] };
};

/** A list or answer under the name that it is kept by: the hash of its bytes. */
export const keptFile = (source: RevocationSource): { readonly name: string; readonly bytes: Uint8Array } => {
  const hash = toHex(createHash('sha256').update(source.der).digest());
  return { name: `${hash}${'revoked' in source ? '.crl' : '.ocsp'}`, bytes: source.der };
};
