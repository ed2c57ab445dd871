import type { Severity } from '../../core/errors.ts';
import { type Diagnostic, type DiagnosticDetail, problem } from '../../core/errors.ts';
import type { ReturnedCode } from '../../core/refusal-codes.ts';
import type { SentFile, SigningProgramme } from '../refusals/contract.ts';

export type { SentFile } from '../refusals/contract.ts';

export interface CompareOptions {
  readonly programme: SigningProgramme;
  /**
   * Certificates that stand for Microsoft's roots, DER or PEM: the emulator's. Without any, signatures have to lead to a
   * root of Microsoft's.
   */
  readonly trust: readonly Uint8Array[];
  /** OS codes that were asked for; catalogs have to be for them. */
  readonly signatures?: readonly string[];
  /** Signed for tests or for Insiders: who signs that is not known, and is not judged. */
  readonly special?: boolean;
  /**
   * Whether every package that was sent has to come back. A package of the lab kit does not show which drivers are in it,
   * so that those of the release that stay away are told, not refused.
   */
  readonly allPackages?: boolean;
  /** The moment of judgement, milliseconds since 1970. */
  readonly nowMs: number;
}

/** One rule of the comparison. */
export interface ReturnedRow {
  readonly id: ReturnedCode;
  readonly level: 'error' | 'warning' | 'both';
  readonly source: string;
  readonly checks: string;
}

const RETURNS = 'dashboard/code-signing-attestation.md; signed packages that vendors showed';
const SIGNERS = 'dashboard/code-signing-attestation.md; certificates of signed drivers';

const row = (id: ReturnedCode, level: ReturnedRow['level'], source: string, checks: string): ReturnedRow => ({
  ...{ id, level, source, checks },
});

export const RETURNED_RULES: readonly ReturnedRow[] = [
  row(
    'RETURNED_PACKAGE_LOST',
    'both',
    RETURNS,
    'Every package that was sent came back. One that was sent with a package of the lab kit, which does not show its drivers, is a warning.',
  ),
  row('RETURNED_PACKAGE_ADDED', 'error', RETURNS, 'No package came back that was not sent.'),
  row('RETURNED_LOST', 'error', RETURNS, 'Every file of a package came back; symbols may stay away.'),
  row('RETURNED_ADDED', 'error', RETURNS, 'No file came back that was not sent, but the catalogs that the INFs name.'),
  row(
    'RETURNED_CHANGED',
    'error',
    RETURNS,
    'Images are equal without their signatures and checksum, everything else byte for byte.',
  ),
  row('RETURNED_UNREAD', 'error', RETURNS, 'Images, INFs and catalogs can be read.'),
  row(
    'RETURNED_UNSIGNED',
    'both',
    RETURNS,
    'Microsoft signed every driver image itself and every catalog. A program or library that only the catalog vouches for is a warning.',
  ),
  row(
    'RETURNED_SIGNATURE',
    'error',
    'signing-formats 6.5',
    'Every signature holds: over these bytes, by a certificate that was valid.',
  ),
  row(
    'RETURNED_SIGNER',
    'error',
    SIGNERS,
    "The signer is the Microsoft Windows Hardware Compatibility Publisher, and the chain leads to a root of Microsoft's.",
  ),
  row(
    'RETURNED_PURPOSE',
    'error',
    SIGNERS,
    'The certificate is for attested drivers (1.3.6.1.4.1.311.10.3.5.1) after attestation, and for tested ones (1.3.6.1.4.1.311.10.3.5 without it) after WHQL.',
  ),
  row('RETURNED_OWN_SIGNATURE', 'warning', RETURNS, "After WHQL the vendor's own signature is still in the image."),
  row('RETURNED_CATALOG_MISSING', 'error', RETURNS, 'The catalog that an INF names is there.'),
  row(
    'RETURNED_CATALOG_INCOMPLETE',
    'error',
    'signing-formats 2.4',
    'It lists the INF and every file that the INF installs, by the hash that they have.',
  ),
  row(
    'RETURNED_CATALOG_FOREIGN',
    'error',
    'signing-formats 1.3',
    'It lists nothing that did not come back: a catalog vouches for what it lists wherever that is found.',
  ),
  row('RETURNED_CATALOG_SYSTEMS', 'warning', 'signing-formats 2.3', 'It is for every Windows that was asked for.'),
];

const LEVELS = new Map(RETURNED_RULES.map(({ id, level }) => [id, level]));
/** What to do about any of them. */
export const RETURNED_ADVICE =
  'Publish nothing of it. Keep the package and ask Microsoft, naming the submission and the correlation id.';

/** A finding of a rule. */
export const returned = (
  id: ReturnedCode,
  message: string,
  { severity, ...detail }: DiagnosticDetail & { readonly severity?: Severity } = {},
): Diagnostic => {
  const judged = severity ?? (LEVELS.get(id) === 'warning' ? 'warning' : 'error');
  return problem(id, message, {
    ...(judged === 'error' ? { hint: RETURNED_ADVICE } : {}),
    ...detail,
    severity: judged,
  });
};

/** What an INF and its files are: a folder of the packages that were sent, or came back. */
export interface PackageFolder {
  /** With a `/` at the end; empty for the root. */
  readonly path: string;
  /** Names of its INFs in lower case, sorted. */
  readonly infs: readonly string[];
  /** By their path below the folder, in lower case. */
  readonly files: ReadonlyMap<string, SentFile>;
}
