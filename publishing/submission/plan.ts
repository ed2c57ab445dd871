import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Architecture } from '../../core/architecture.ts';
import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import { createProduct, createSubmission, type TestHarness } from '../partner-center/contract.ts';
import { catalogOsOf, OS_CODES, osFamilyOf, parseOsCode } from '../partner-center/os-codes.ts';

export const SUBMISSION_FORMAT = 1;

/** What a submission is to be, before anything is asked: `--dry-run` prints it, and the state file keeps it. */
export const submissionPlan = z.strictObject({
  formatVersion: z.literal(SUBMISSION_FORMAT),
  brand: z.string(),
  architecture: z.string(),
  /** The file that is uploaded: its path from OUT, or absolute when it is elsewhere. */
  package: z.strictObject({
    path: z.string(),
    bytes: z.int().nonnegative(),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
  /** A product of its own, or one that is there. */
  product: z.union([z.strictObject({ create: createProduct }), z.strictObject({ existing: z.string() })]),
  submission: createSubmission,
  /** Where the signed package is to stand, from OUT. */
  signedFolder: z.string(),
});
export type SubmissionPlan = z.output<typeof submissionPlan>;

export interface SubmissionFacts {
  readonly brand: string;
  readonly architecture: Architecture;
  /** How the product is called, for people: `XenProject PV drivers 9.1.0.5`. */
  readonly title: string;
  readonly package: { readonly path: string; readonly bytes: Uint8Array };
  /** Inf2Cat's names of the release's packages. */
  readonly windows: readonly string[];
  /** OS codes, when they are given; otherwise those that stand for `windows`. */
  readonly signatures?: readonly string[] | undefined;
  /** For HLK and HCK: the product type of each family. */
  readonly productType?: string | undefined;
  /** An id of a product that is there. */
  readonly product?: string | undefined;
  /** What a file of the user's says of the product and submission (SDCM's form); the rest is as always. */
  readonly given?: {
    readonly product?: z.output<typeof createProduct> | undefined;
    readonly submission?: z.output<typeof createSubmission> | undefined;
  };
}

const HARNESS: Readonly<Record<string, TestHarness>> = { cab: 'attestation', hlkx: 'hlk', hckx: 'hck' };

const harnessOf = (path: string): TestHarness => {
  const harness = HARNESS[/\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase() ?? ''];
  if (harness !== undefined) return harness;
  throw new WinpvError('PUBLISH_RELEASE_UNFIT', `${path} is no package that Partner Center takes.`, {
    at: { file: path },
    hint: 'Attestation takes a .cab, WHQL a .hlkx.',
  });
};

/** The codes that stand for the Windows versions of a release, oldest first. */
export const signaturesFor = (windows: readonly string[], architecture: Architecture): readonly string[] =>
  OS_CODES.filter((code) => {
    const os = catalogOsOf(code);
    const parsed = parseOsCode(code);
    return (
      os !== undefined &&
      (parsed === undefined || parsed.arch === architecture) &&
      windows.some((name) => name.toLowerCase() === os.name?.toLowerCase())
    );
  });

const familiesOf = (signatures: readonly string[], type: string): Readonly<Record<string, string>> =>
  Object.fromEntries(signatures.flatMap((code) => osFamilyOf(code) ?? []).map((family) => [family, type]));

const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

const checkSignatures = (signatures: readonly string[], architecture: Architecture): readonly Diagnostic[] => {
  const unknown = signatures.filter((code) => !OS_CODES.some((known) => known.toLowerCase() === code.toLowerCase()));
  const foreign = signatures.filter((code) => (parseOsCode(code)?.arch ?? architecture) !== architecture);
  return [
    ...unknown.map((code) =>
      problem('PUBLISH_RELEASE_UNFIT', `The OS code ${code} is not known to winpv.`, { severity: 'warning' }),
    ),
    ...foreign.map((code) =>
      problem('PUBLISH_RELEASE_UNFIT', `The OS code ${code} is not for ${architecture}, which this package is for.`),
    ),
    ...(signatures.length === 0
      ? [
          problem('PUBLISH_RELEASE_UNFIT', 'No OS code stands for the Windows versions of the release.', {
            hint: 'Name them with --signatures CODE,…',
          }),
        ]
      : []),
  ];
};

/**
 * Plans a submission. The name of a product ends in a hash of what is submitted, so that it can be found again when the
 * answer to its creation was lost: nothing else of the service identifies it.
 */
export const planSubmission = (
  facts: SubmissionFacts,
): { readonly plan: SubmissionPlan; readonly diagnostics: readonly Diagnostic[] } => {
  const { brand, architecture, given } = facts;
  const harness = given?.product?.testHarness ?? harnessOf(facts.package.path);
  const hash = sha256(facts.package.bytes);
  const signatures =
    given?.product?.requestedSignatures ?? facts.signatures ?? signaturesFor(facts.windows, architecture);
  const mark = sha256(JSON.stringify([brand, architecture, harness, hash, signatures])).slice(0, 8);
  const types = harness === 'attestation' ? {} : familiesOf(signatures, facts.productType ?? 'Unclassified');
  const standard = {
    productName: `${facts.title} ${architecture}`,
    testHarness: harness,
    announcementDate: null,
    deviceMetadataIds: [],
    firmwareVersion: '0',
    deviceType: 'internal' as const,
    isTestSign: false,
    isFlightSign: false,
    marketingNames: [],
    selectedProductTypes: types,
    requestedSignatures: [...signatures],
    additionalAttributes: {},
  };
  const product = { ...standard, ...given?.product };
  const create = { ...product, productName: `${product.productName} (${mark})` };
  const submission = given?.submission ?? { name: create.productName, type: 'initial' as const };
  const existing = facts.product;
  return {
    plan: {
      formatVersion: SUBMISSION_FORMAT,
      brand,
      architecture,
      package: { path: facts.package.path, bytes: facts.package.bytes.length, sha256: hash },
      product: existing === undefined ? { create } : { existing },
      submission: { ...submission, name: existing === undefined ? submission.name : `${submission.name} (${mark})` },
      signedFolder: `${brand}-${architecture}-signed`,
    },
    diagnostics: existing === undefined ? checkSignatures(signatures, architecture) : [],
  };
};

/** The same plan has the same hash. */
export const planHash = (plan: SubmissionPlan): string => sha256(JSON.stringify(submissionPlan.encode(plan)));
