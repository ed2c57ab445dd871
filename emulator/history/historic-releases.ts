import type { GuestSpec } from '../guest/guest.ts';
import type { ImageFacts, PackageFacts, PackageLibrary } from '../package/facts.ts';
import type { RehearsedBundle } from '../scenarios/contract.ts';
import { type HistoricVendor, isVendorsOwn } from './historic-model.ts';
import { type HistoricPackage, historicPackage, type Templates } from './historic-package.ts';
import { registeredBuild } from './register.ts';
import { KNOWN_RELEASES, type KnownRelease } from './releases.ts';

export interface HistoryRequest {
  readonly guests: readonly GuestSpec[];
  readonly vendor: HistoricVendor;
  readonly templates: Templates;
  /** Labels of those that are wanted; all when not given. */
  readonly only?: ReadonlySet<string>;
}

/** The releases that machines may have, and what they are made of. */
export interface History {
  readonly bundles: readonly RehearsedBundle[];
  readonly library: PackageLibrary;
}

/** Without these a machine gains nothing from the drivers. */
const NEEDED = ['xenbus', 'xenvbd'];

const XCP_NG_PREFIXES = ['XN', 'XCPng'];

/** Whether a machine of the vendor's may have a release: its ids are the vendor's, and it is upstream's or its own. */
const isFor = ({ brand, builds }: KnownRelease, vendor: HistoricVendor): boolean =>
  (brand === 'upstream' || XCP_NG_PREFIXES.includes(vendor.vendorPrefix)) &&
  builds.every(({ driver, commit }) => {
    const registered = registeredBuild(driver, commit);
    return registered !== undefined && isVendorsOwn(vendor, registered);
  });

/**
 * The complete releases and year's ends that a machine of a vendor's may have now (an upgrade is within a brand). Builds of
 * the years before prefixes could be set are Citrix's, so that they are for vendors with its ids only.
 */
export const releasesFor = (vendor: HistoricVendor): readonly KnownRelease[] =>
  KNOWN_RELEASES.filter(
    (release) => NEEDED.every((name) => release.builds.some(({ driver }) => driver === name)) && isFor(release, vendor),
  );

const architecturesOf = (guests: readonly GuestSpec[]): readonly ('x64' | 'x86')[] =>
  (['x64', 'x86'] as const).filter((arch) => guests.some((guest) => guest.arch === arch));

const packagesOf = (
  { builds }: KnownRelease,
  { guests, vendor, templates }: HistoryRequest,
): readonly HistoricPackage[] =>
  architecturesOf(guests).flatMap((arch) =>
    builds.flatMap(({ driver, commit }) => historicPackage({ driver, commit, vendor, arch, templates }) ?? []),
  );

/** The releases that winpv knows, to begin upgrades with. What was made once is shared. */
export const historicReleases = (request: HistoryRequest): History => {
  const packages: Record<string, PackageFacts> = {};
  const images: Record<string, ImageFacts> = {};
  const wanted = releasesFor(request.vendor).filter(({ label }) => request.only?.has(label) !== false);
  const bundles = wanted.map((release): RehearsedBundle => {
    const own = packagesOf(release, request);
    for (const { facts, images: parts } of own) {
      packages[facts.key] = facts;
      for (const image of parts) images[image.key] = image;
    }
    return { label: release.label, packages: own.map(({ facts }) => facts.key) };
  });
  return { bundles, library: { packages, images } };
};
