import type { Subject } from './in-toto.ts';

/** A file of a release as statements name it. */
export interface StatedFile {
  /** Below OUT. */
  readonly path: string;
  readonly sha256: string;
  /** SHA-256 Authenticode hash; images only. */
  readonly authenticode?: string;
  readonly standIn?: true;
  readonly prebuilt?: string;
}

export interface StatedPackage {
  readonly driver: string;
  readonly architecture: string;
  readonly version: string;
  readonly folder: string;
  readonly source: string;
  readonly sourceRevision?: string;
  readonly windows: readonly string[];
  readonly hardwareIds: readonly string[];
  readonly patches?: readonly { readonly name: string; readonly sha256: string; readonly state: string }[];
  readonly files: readonly StatedFile[];
}

export interface StatedInput {
  readonly name: string;
  readonly sha256: string;
}

/** What the statements of one brand say; all of it is in the record of the release. */
export interface StatedBrand {
  readonly id: string;
  readonly toolVersion: string;
  /** YYYY-MM-DD. */
  readonly date: string;
  readonly signing: { readonly kind: string; readonly timestamps: string };
  readonly packages: readonly StatedPackage[];
  /** Cabinets and the ZIP. */
  readonly archives: readonly StatedFile[];
  /** What the brand was made from, and nothing that is another brand's. */
  readonly inputs: readonly StatedInput[];
}

export const subjectOf = ({ path, sha256, authenticode }: StatedFile): Subject => ({
  name: path,
  digest: { sha256, ...(authenticode === undefined ? {} : { authenticodeSha256: authenticode }) },
});

/** Every file of the brand, in the order of the release. */
export const subjectsOf = ({ packages, archives }: StatedBrand): readonly Subject[] =>
  [...packages.flatMap(({ files }) => files), ...archives].map(subjectOf);
