import type { ErrorCode } from '../../../core/error-codes.ts';

/** Codes that belong together, and the page of the documentation that tells more of them. */
export interface CodeArea {
  readonly title: string;
  /** Beginnings of codes, up to a `_` or whole. */
  readonly prefixes: readonly string[];
  /** Path below docs/. */
  readonly more: string;
}

const area = (title: string, more: string, prefixes: string): CodeArea => ({
  title,
  prefixes: prefixes.split(' '),
  more,
});

/** In the order of the index. Where several prefixes fit a code, the longest counts. */
export const CODE_AREAS: readonly CodeArea[] = [
  area(
    'The command line and this machine',
    'guide/command-line.md',
    'INTERNAL USAGE INTERRUPTED OUTPUT FILE TOOL REMOTE DATE',
  ),
  area('The machine that releases', 'guide/doctor.md', 'CLOCK_WRONG'),
  area('Settings', 'reference/winpv.yaml', 'CONFIG PROJECT DRIVER TOKEN'),
  area('Brands', 'reference/brand.yaml', 'BRAND'),
  area('The ledger of releases', 'guide/trust.md', 'LEDGER'),
  area('Patches', 'guide/patches.md', 'PATCH'),
  area('Sources and archives', 'guide/sources.md', 'SOURCE PREBUILT TAR GZIP ZIP'),
  area('Packages', 'guide/compatibility.md', 'BUNDLE'),
  area('Services of the brand', 'guide/services.md', 'BUNDLE_SERVICE'),
  area('Parts of a release', 'guide/ci.md', 'PART KEPT'),
  area('INFs', 'guide/inf.md', 'INF'),
  area("INF rules of Microsoft's checker", 'inf-rules.md', 'INF_1 INF_2'),
  area('Rules for Xen PV drivers', 'pv-rules.md', 'PV'),
  area('Images and ASN.1', 'guide/binaries.md', 'PE DER'),
  area('Catalogs', 'guide/catalogs.md', 'CAT'),
  area('Cabinets', 'guide/cabinets.md', 'CAB'),
  area('Keys and signing', 'guide/signing.md', 'SIGN KEYS'),
  area('Keys in a cloud', 'guide/cloud-keys.md', 'SIGN_CLOUD'),
  area('Time stamps', 'guide/timestamps.md', 'TS'),
  area('Verification and revocation', 'guide/verify.md', 'VERIFY REVOCATION'),
  area('Checksums, statements and attestations', 'guide/trust.md', 'SUMS STATEMENT STATEMENTS ATTESTATION RELEASE'),
  area('Rehearsals', 'guide/rehearsal.md', 'EMULATOR CHECK'),
  area('Fleets', 'guide/fleet.md', 'FLEET'),
  area('Test evidence', 'guide/evidence.md', 'HLK OPC XML'),
  area('What Partner Center would refuse', 'guide/refusals.md', 'REFUSAL'),
  area('Submissions to Partner Center', 'guide/submission.md', 'PUBLISH RETURNED'),
  area('The emulated services', 'guide/partner-center-emulator.md', 'EMUSERVE'),
  area('Shipping labels', 'guide/labels.md', 'LABEL'),
  area(
    'Repositories and publishing',
    'guide/publish.md',
    'REPOSITORY PUBLISH_UNSIGNED_FOR_WINDOWS PUBLISH_NOT_CONFIRMED PUBLISH_NOTHING_ASKED',
  ),
  area('Forms of delivery', 'guide/delivery.md', 'DELIVERY'),
];

const begins = (code: string, prefix: string): boolean =>
  code === prefix || code.startsWith(/\d$/.test(prefix) ? prefix : `${prefix}_`);

/** The area of a code; undefined when no prefix fits, which a test excludes. */
export const areaOf = (code: ErrorCode): CodeArea | undefined =>
  CODE_AREAS.flatMap((one) => one.prefixes.filter((prefix) => begins(code, prefix)).map((prefix) => ({ one, prefix })))
    .sort((a, b) => b.prefix.length - a.prefix.length)
    .at(0)?.one;
