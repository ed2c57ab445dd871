import type { Diagnostic } from '../../core/errors.ts';
import type { SubmissionPlan } from '../../publishing/submission/plan.ts';
import type { Io } from '../io.ts';

export interface EvidenceOptions {
  readonly playlist?: readonly string[];
  readonly errata?: readonly string[];
  readonly filters?: readonly string[];
  readonly results?: readonly string[];
  /** Authorities that the signer has to lead to, and certificates of the account. */
  readonly ca?: readonly string[];
  readonly cert?: readonly string[];
}

export interface EvidenceQuestion {
  readonly out: string;
  readonly path: string | undefined;
  readonly plan: SubmissionPlan;
  /** The emulator takes certificates for tests. */
  readonly emulated: boolean;
}

/** What the gate says of a package of the lab kit; nothing for attestation, which needs no evidence. */
export const submissionEvidence = async (
  io: Io,
  { out, path, plan, emulated }: EvidenceQuestion,
  options: EvidenceOptions,
): Promise<readonly Diagnostic[]> => {
  if (path === undefined || !/\.(hlkx|hckx)$/i.test(path)) return [];
  const inputs = await import('./hlk-inputs.ts');
  const { checkEvidence } = await import('../../publishing/hlk/gate.ts');
  const product = 'create' in plan.product ? plan.product.create : undefined;
  return checkEvidence({
    packages: await inputs.readPackages(io, [path], await inputs.readTrust(io, options.ca)),
    release: await inputs.readRelease(io, out, { brand: plan.brand, architecture: plan.architecture }),
    signatures: product?.requestedSignatures ?? [],
    productTypes: product?.selectedProductTypes ?? undefined,
    results: await inputs.readResults(io, options.results ?? []),
    unsigned: 'refused',
    submissionType: plan.submission.type,
    thumbprints: await inputs.readThumbprints(io, options.cert ?? []),
    testKeys: emulated ? 'told' : 'refused',
    playlists: await inputs.readPlaylists(io, options.playlist ?? []),
    errata: await inputs.readErrata(io, options.errata ?? []),
    filters: await inputs.readFilters(io, options.filters ?? []),
    nowMs: io.clock.now(),
  });
};
