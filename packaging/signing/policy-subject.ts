import { CROSS_SIGNING_CUTOFF, DriverEku, type PolicyFacts, SHA1_CUTOFF, type SignerClass } from './policy-data.ts';
import type { AuthorityPath, CatalogScope, FileVerdict, SignatureReport, VerifyCode } from './verdict.ts';
import { MICROSOFT_NAMES, RootThumbprint } from './windows-roots.ts';

/** Roots by their SHA-1 thumbprints; an emulator names its own. */
export interface PolicyAuthorities {
  /** Those that sign drivers for Windows (spec signing-formats 6.3: 2010, 2001, 1997). */
  readonly microsoft: readonly string[];
  /** Those under which other authorities were cross-certified. */
  readonly crossSigning: readonly string[];
}

export const WINDOWS_AUTHORITIES: PolicyAuthorities = {
  microsoft: [RootThumbprint.microsoft2010, RootThumbprint.microsoft2001, RootThumbprint.microsoft1997],
  crossSigning: [RootThumbprint.codeVerification],
};

/** A signature as the rules see it. */
export interface PolicySignature {
  /** Undefined where there is none. */
  readonly report?: SignatureReport;
  /** The catalog that it is of, when it is not the file's own. */
  readonly catalog?: string;
  readonly signer: SignerClass;
  /** False when the root is named by the last certificate but cannot be checked. */
  readonly proven: boolean;
  readonly needsSha2: boolean;
  readonly lateSha1: boolean;
  readonly issuedEarly: boolean;
  readonly scope?: CatalogScope;
}

/** A file as the rules see it. */
export interface PolicySubject {
  readonly kind: PolicyFacts['subject'];
  readonly machine?: string;
  readonly mappable: boolean;
  readonly broken: boolean;
  readonly signatures: readonly PolicySignature[];
}

const NO_SIGNATURE: PolicySignature = {
  signer: 'none',
  proven: true,
  needsSha2: false,
  lateSha1: false,
  issuedEarly: false,
};

const DAMAGED: PolicySignature = { ...NO_SIGNATURE, signer: 'damaged' };

/** Errors around a signature, after which it cannot count. */
const UNSOUND: ReadonlySet<string> = new Set<VerifyCode>(['VERIFY_CERTIFICATE_TABLE', 'VERIFY_TRAILING_DATA']);
/** Errors after which an image does not load, whatever its signature. */
const BROKEN: ReadonlySet<string> = new Set<VerifyCode>(['VERIFY_SECTIONS_OVERLAP', 'VERIFY_CHECKSUM_WRONG']);

const hasError = ({ diagnostics }: FileVerdict, codes: ReadonlySet<string>): boolean =>
  diagnostics.some(({ severity, code }) => severity === 'error' && codes.has(code));

/** @returns undefined for what no kernel loads */
export const subjectOf = (file: FileVerdict, authorities: PolicyAuthorities): PolicySubject | undefined => {
  const { kind, image, scope } = file;
  if (kind !== 'pe' && kind !== 'cat') return undefined;
  const of = (reports: readonly SignatureReport[], within?: CatalogScope, catalog?: string) =>
    reports
      .flatMap((report) => signaturesOf(report, authorities, within))
      .map((signature) => (catalog === undefined ? signature : { ...signature, catalog }));
  const own = of(file.signatures, scope);
  const unsound = hasError(file, UNSOUND) || (kind === 'cat' && scope === undefined);
  const signatures = [
    ...(unsound ? [DAMAGED] : own),
    ...file.catalogs.flatMap((match) => of(match.signatures, match, match.path)),
  ];
  const runsIn = image?.runsIn ?? 'kernel';
  return {
    kind: kind === 'cat' ? 'catalog' : runsIn,
    ...(image === undefined ? {} : { machine: image.machine }),
    mappable: image === undefined || (image.pageAligned && image.writableCode === undefined),
    broken: kind === 'pe' && (image === undefined || (runsIn === 'kernel' && hasError(file, BROKEN))),
    signatures: signatures.length === 0 ? [NO_SIGNATURE] : signatures,
  };
};

/** One for each way up: a cross-signed signature has two, and the kernel takes the one that it believes. */
const signaturesOf = (
  report: SignatureReport,
  authorities: PolicyAuthorities,
  scope: CatalogScope | undefined,
): readonly PolicySignature[] => {
  const stampedMs = report.timestamp?.time === undefined ? undefined : Date.parse(report.timestamp.time);
  const stamped = report.timestamp?.verdict === 'invalid' ? undefined : stampedMs;
  const common = {
    lateSha1: report.digestAlgorithm === 'sha1' && (stamped === undefined || stamped >= SHA1_CUTOFF),
    ...(scope === undefined ? {} : { scope }),
  };
  const paths = report.authorityPaths;
  // No kernel asks whether a certificate was revoked: the verdict says so, and the table goes by the signature.
  const unsound = report.verdict === 'invalid' && report.reason !== 'VERIFY_REVOKED';
  if (unsound || paths.length === 0) {
    return [{ ...DAMAGED, report }];
  }
  return paths.map((path) => ({
    ...common,
    report,
    ...classify(path, authorities),
    needsSha2: [report.digestAlgorithm, ...hashesOf(path)].some((hash) => hash !== 'sha1' && hash !== 'md5'),
    issuedEarly: Date.parse(path.certificates[0]?.notBefore ?? '') < CROSS_SIGNING_CUTOFF,
  }));
};

/** Hashes that have to be computed to follow the way; a root's signature on itself is never looked at. */
const hashesOf = ({ certificates }: AuthorityPath) =>
  certificates.filter(({ selfIssued }, depth) => depth === 0 || !selfIssued).map(({ hash }) => hash);

const classify = (
  path: AuthorityPath,
  { microsoft, crossSigning }: PolicyAuthorities,
): { readonly signer: SignerClass; readonly proven: boolean } => {
  const last = path.certificates.at(-1);
  const { root, fault } = path;
  const named = root === undefined ? MICROSOFT_NAMES[last?.issuer ?? ''] : undefined;
  const proven = root !== undefined || named === undefined;
  const isMicrosoft = root === undefined ? named === 'microsoft' : microsoft.includes(root);
  const isCrossed = root === undefined ? named === 'cross-signing' : crossSigning.includes(root);
  if (!isMicrosoft && !isCrossed) return { signer: 'private', proven };
  if (fault !== undefined) return { signer: 'faulty', proven };
  return { signer: isCrossed ? 'cross-signed' : microsoftClass(path.ekus), proven };
};

/** Attested files have the purpose of tested ones as well (spec 6.2). */
const microsoftClass = (ekus: readonly string[]): SignerClass => {
  if (ekus.includes(DriverEku.attested)) return 'attested';
  if (ekus.includes(DriverEku.extended)) return 'extended';
  if (ekus.includes(DriverEku.whql)) return 'whql';
  return ekus.includes(DriverEku.systemComponent) ? 'system' : 'microsoft';
};
