import type { z } from 'zod';
import type { EvidenceRequest } from '../hlk/evidence.ts';
import type { createProduct } from '../partner-center/contract.ts';

/** How Microsoft comes to sign: on the vendor's word, or on the results of its tests. */
export type SigningProgramme = 'attestation' | 'whql';

/**
 * Where the drivers are to go: to everybody by Windows Update, to the machines of its test audiences, or nowhere: the
 * signature alone is wanted.
 */
export type Destination = 'windows-update' | 'test-audience' | 'signature';
export const DESTINATIONS: readonly Destination[] = ['windows-update', 'test-audience', 'signature'];

/** A file by its path below the packages: `xenbus/xenbus.inf`. */
export interface SentFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface UploadRequest {
  /** The package to upload, and its path for findings. */
  readonly file: string;
  readonly bytes: Uint8Array;
  /** The product that will be asked for; undefined for one that is there, of which nothing is known. */
  readonly product: z.output<typeof createProduct> | undefined;
  readonly submissionType: 'initial' | 'derived';
  /** Where it is to go: `test-audience` for attestation and `windows-update` for WHQL when undefined. */
  readonly destination?: Destination | undefined;
  /** The drivers of the release, a folder each, for a package of the lab kit, which does not show its own. */
  readonly drivers?: readonly SentFile[] | undefined;
  /** What the evidence of a package of the lab kit is held against; left to others when undefined. */
  readonly evidence?: Pick<EvidenceRequest, 'release' | 'playlists' | 'results' | 'errata' | 'filters'> | undefined;
  /** Computer ids that the drivers will be published with; not judged when undefined. */
  readonly chids?: readonly string[] | undefined;
  /** SHA-1 thumbprints of the certificates that the account has; any certificate when there are none. */
  readonly thumbprints?: readonly string[] | undefined;
  /** What the release's record says already; it is not said twice. */
  readonly known?: { readonly standIns: boolean; readonly testSigned: boolean } | undefined;
  /** The emulator takes stand-ins and test signatures. */
  readonly emulated: boolean;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

export const programmeOf = ({ file, product }: Pick<UploadRequest, 'file' | 'product'>): SigningProgramme => {
  const harness = product?.testHarness;
  if (harness === 'attestation') return 'attestation';
  if (harness === 'hlk' || harness === 'hck') return 'whql';
  return /\.cab$/i.test(file) ? 'attestation' : 'whql';
};
