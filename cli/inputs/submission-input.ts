import { createHash } from 'node:crypto';
import { toHex } from '../../core/bytes.ts';
import { type Diagnostic, WinpvError } from '../../core/errors.ts';
import type { Destination } from '../../publishing/refusals/contract.ts';
import { planSubmission, type SubmissionFacts, type SubmissionPlan } from '../../publishing/submission/plan.ts';
import { parseSdcmCreation } from '../../publishing/submission/sdcm.ts';
import { RECORD_NAME } from '../../release/output.ts';
import { checkSubmittable, type SubmittedRelease, submittedRelease } from '../../release/reading/submission-facts.ts';
import type { Io } from '../io.ts';

export interface SubmissionChoice {
  readonly brand: string;
  readonly arch: string;
  /** A package other than the release's own cabinet: a signed .hlkx. */
  readonly package?: string;
  readonly signatures?: string;
  readonly productType?: string;
  readonly product?: string;
  /** Files as SDCM takes them. */
  readonly from?: readonly string[];
  readonly destination?: Destination;
  /** Certificates of the account. */
  readonly cert?: readonly string[];
}

export interface SubmissionInput {
  readonly plan: SubmissionPlan;
  readonly content: Uint8Array;
  readonly diagnostics: readonly Diagnostic[];
}

const MAX_FILE = 4 * 1024 * 1024;

const missing = (path: string): WinpvError =>
  new WinpvError('PUBLISH_PACKAGE_MISSING', `${path} does not exist.`, {
    at: { file: path },
    hint: 'Name what was made with `winpv release`, or a package of the lab kit with --package.',
  });

/** The package to upload: the release's cabinet as it was recorded, or another file. */
const readPackage = async (io: Io, out: string, release: SubmittedRelease, other: string | undefined) => {
  const { files } = io;
  const path = other ?? files.join(out, release.cabinet?.path ?? `${release.title}.cab`);
  if ((await files.stat(path)) === undefined) throw missing(path);
  const bytes = await files.read(path);
  const recorded = other === undefined ? release.cabinet?.sha256 : undefined;
  if (recorded !== undefined && toHex(createHash('sha256').update(bytes).digest()) !== recorded) {
    throw new WinpvError('PUBLISH_PACKAGE_DIFFERS', `${path} is not the cabinet that the release recorded.`, {
      at: { file: path },
      hint: 'It was changed or damaged after the release: make the release again.',
    });
  }
  return { path: files.relative(out, path), bytes };
};

const givenBy = async (io: Io, paths: readonly string[]): Promise<NonNullable<SubmissionFacts['given']>> => {
  let given: NonNullable<SubmissionFacts['given']> = {};
  for (const path of paths) {
    const creation = parseSdcmCreation(await io.files.read(path, { maxBytes: MAX_FILE }), path);
    if (creation.kind === 'product') given = { ...given, product: creation.product };
    else if (creation.kind === 'submission') given = { ...given, submission: creation.submission };
    else {
      throw new WinpvError('USAGE', `${path} describes a shipping label; \`submit\` makes none.`, {
        hint: 'A label is made after the submission is done.',
      });
    }
  }
  return given;
};

/** Reads a release and plans the submission of one brand and architecture. @throws WinpvError */
export const submissionInput = async (
  io: Io,
  out: string,
  choice: SubmissionChoice,
  { emulated }: { readonly emulated: boolean },
): Promise<SubmissionInput> => {
  const file = io.files.join(out, RECORD_NAME);
  if ((await io.files.stat(file)) === undefined) throw missing(file);
  const { brand, arch: architecture, productType, product } = choice;
  const release = submittedRelease(await io.files.read(file), file, { brand, architecture });
  const content = await readPackage(io, out, release, choice.package);
  const { plan, diagnostics } = planSubmission({
    brand,
    architecture: release.architecture,
    title: release.title,
    package: content,
    windows: release.windows,
    signatures: choice.signatures?.split(',').map((code) => code.trim()),
    productType,
    product,
    given: await givenBy(io, choice.from ?? []),
  });
  const { beforeUpload } = await import('./before-upload.ts');
  const refused = await beforeUpload(io, { ...choice, out, plan, release, emulated, content: content.bytes });
  return {
    plan,
    content: content.bytes,
    diagnostics: [...checkSubmittable(release, { emulated, file }), ...diagnostics, ...refused],
  };
};
