import type { Diagnostic } from '../core/errors.ts';
import type { SubmissionPlan } from '../publishing/submission/plan.ts';
import type { Io } from './io.ts';

export interface EvidenceOptions {
  readonly playlist?: readonly string[];
  readonly errata?: readonly string[];
  readonly filters?: readonly string[];
}

/** What the gate says of a package of the lab kit; nothing for attestation, which needs no evidence. */
export const submissionEvidence = async (
  io: Io,
  { out, path, plan }: { readonly out: string; readonly path: string | undefined; readonly plan: SubmissionPlan },
  options: EvidenceOptions,
): Promise<readonly Diagnostic[]> => {
  if (path === undefined || !/\.(hlkx|hckx)$/i.test(path)) return [];
  const inputs = await import('./hlk-inputs.ts');
  const { checkEvidence } = await import('../publishing/hlk/gate.ts');
  const product = 'create' in plan.product ? plan.product.create : undefined;
  return checkEvidence({
    packages: await inputs.readPackages(io, [path]),
    release: await inputs.readRelease(io, out, { brand: plan.brand, architecture: plan.architecture }),
    signatures: product?.requestedSignatures ?? [],
    productTypes: product?.selectedProductTypes ?? undefined,
    results: [],
    unsigned: 'refused',
    thumbprints: [],
    playlists: await inputs.readPlaylists(io, options.playlist ?? []),
    errata: await inputs.readErrata(io, options.errata ?? []),
    filters: await inputs.readFilters(io, options.filters ?? []),
    nowMs: io.clock.now(),
  });
};
