import { type ErrataList, type Erratum, holdsOn } from './errata.ts';
import type { FilterSet } from './filters.ts';
import type { HlkPackage } from './package.ts';
import type { HlkProductInstance } from './package-info.ts';
import { type RequiredSystem, requiredByCatalog, requiredCode, sameCode } from './platforms.ts';
import type { Playlist } from './playlist.ts';
import type { ReleaseFacts } from './release-facts.ts';
import type { ResultSet } from './results.ts';

/** What is held against each other before anything is uploaded (spec hlk 8). */
export interface EvidenceRequest {
  readonly packages: readonly HlkPackage[];
  readonly release: ReleaseFacts;
  /** OS codes that will be asked for; when there are none, every Windows of the release needs one. */
  readonly signatures: readonly string[];
  /** Product type by OS family, as the submission will say; compared without case. Not compared when undefined. */
  readonly productTypes?: Readonly<Record<string, string>> | undefined;
  readonly unsigned: 'refused' | 'allowed';
  /** SHA-1 thumbprints of the certificates that the account has; any certificate when there are none. */
  readonly thumbprints: readonly string[];
  /** What the package is for: not judged when undefined. */
  readonly submissionType?: 'initial' | 'derived' | undefined;
  /** Certificates for test machines only; told of when undefined. The real service refuses them. */
  readonly testKeys?: 'refused' | 'told' | undefined;
  readonly playlists: readonly Playlist[];
  readonly results: readonly ResultSet[];
  readonly errata: readonly ErrataList[];
  readonly filters: readonly FilterSet[];
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/** One Windows of one package. */
export interface Evidence {
  readonly hlk: HlkPackage;
  readonly instance: HlkProductInstance;
  readonly code: string;
}

export const evidenceOf = (packages: readonly HlkPackage[]): readonly Evidence[] =>
  packages.flatMap((hlk) =>
    hlk.info.projects.flatMap(({ instances }) =>
      instances.flatMap((instance) => instance.codes.map((code) => ({ hlk, instance, code }))),
    ),
  );

/** The systems that a release, or a submission of it, needs evidence for, of one architecture or all. */
export const requiredSystems = ({
  signatures,
  release,
}: Pick<EvidenceRequest, 'signatures' | 'release'>): readonly RequiredSystem[] =>
  signatures.length > 0
    ? signatures.map(requiredCode)
    : [...new Set(release.packages.flatMap(({ windows }) => windows))].map(requiredByCatalog);

/** `2026-11-24`, in UTC. */
export const dayOf = (epochMs: number): string => new Date(epochMs).toISOString().slice(0, 10);

/** The errata that hold today, for any of these systems. */
export const errataFor = (
  { errata, nowMs }: Pick<EvidenceRequest, 'errata' | 'nowMs'>,
  codes: readonly string[],
): readonly Erratum[] =>
  errata
    .flatMap((list) => list.errata)
    .filter((one) => holdsOn(one, dayOf(nowMs)))
    .filter(
      ({ systems }) => systems.length === 0 || systems.some((code) => codes.some((other) => sameCode(code, other))),
    );
