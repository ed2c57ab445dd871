/** The detached signature of SHA256SUMS. */
export const SUMS_SIGNATURE = 'SHA256SUMS.p7s';

/** The files about a brand beside its archives; names below OUT. */
export const statementNames = (brand: string) => ({
  /** Bill of materials, CycloneDX. */
  sbom: `${brand}.cdx.json`,
  /** SLSA provenance: an in-toto statement in a DSSE envelope. */
  provenance: `${brand}.provenance.intoto.jsonl`,
  /** The bill of materials as a signed statement. */
  sbomStatement: `${brand}.cdx.intoto.jsonl`,
});
