import { PROVENANCE_TYPE, type Statement } from './in-toto.ts';
import { type StatedBrand, type StatedFile, subjectOf, subjectsOf } from './stated.ts';

/** What kind of build this is: the parameters below are those of `winpv release`. */
export const BUILD_TYPE = 'urn:winpv:release:1';
/** Whoever ran winpv and has the key; which machine that was, the statement does not say. */
const BUILDER = 'urn:winpv:builder:holder-of-the-signing-key';

const isCommit = (revision: string): boolean => /^[0-9a-f]{40}$|^[0-9a-f]{64}$/.test(revision);

/** A source at a commit, once for each revision that packages were built from. */
const sourcesOf = ({ packages }: StatedBrand) => {
  const named = new Map<string, { readonly name: string; readonly digest: { readonly gitCommit: string } }>();
  for (const { driver, sourceRevision } of packages) {
    const gitCommit = sourceRevision?.toLowerCase() ?? '';
    if (isCommit(gitCommit))
      named.set(`${driver} ${gitCommit}`, { name: `source of ${driver}`, digest: { gitCommit } });
  }
  return [...named.values()];
};

/**
 * Provenance of a brand: which files, made from what, by which winpv. It says nothing about when or where, so that the same
 * input makes the same bytes.
 *
 * @param more files about the brand that are not its packages
 * @see SLSA 1.0, provenance/v1: buildDefinition, runDetails
 */
export const provenanceOf = (brand: StatedBrand, more: readonly StatedFile[]): Statement => ({
  subjects: [...subjectsOf(brand), ...more.map(subjectOf)],
  predicateType: PROVENANCE_TYPE,
  predicate: {
    buildDefinition: {
      buildType: BUILD_TYPE,
      externalParameters: {
        brand: brand.id,
        date: brand.date,
        packages: brand.packages.map(({ driver, architecture, version, source, windows }) => ({
          ...{ driver, architecture, version, source, windows },
        })),
      },
      internalParameters: { signing: brand.signing },
      resolvedDependencies: [
        ...brand.inputs.map(({ name, sha256 }) => ({ name, digest: { sha256 } })),
        ...sourcesOf(brand),
      ],
    },
    runDetails: { builder: { id: BUILDER, version: { winpv: brand.toolVersion } } },
  },
});
