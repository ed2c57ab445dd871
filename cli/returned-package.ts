import type { Diagnostic } from '../core/errors.ts';
import type { SubmissionPlan } from '../publishing/submission/plan.ts';
import type { ReturnedFile } from '../publishing/submission/run.ts';
import type { Io } from './io.ts';

export interface SentPackage {
  readonly plan: SubmissionPlan;
  readonly out: string;
  /** The file that was uploaded. */
  readonly content: Uint8Array;
}

/** The drivers that were sent: those of the cabinet, or of the release where a package of the lab kit holds them. */
const sentFiles = async (io: Io, { plan, out, content }: SentPackage): Promise<readonly ReturnedFile[]> => {
  if (/\.cab$/i.test(plan.package.path)) {
    const { parseCab } = await import('../packaging/formats/cab/parse.ts');
    const { extractCab } = await import('../packaging/formats/cab/extract.ts');
    return extractCab(parseCab(content, plan.package.path)).map(({ name, bytes }) => ({
      name: name.replaceAll('\\', '/'),
      bytes,
    }));
  }
  const { readFolderFiles } = await import('./named-files.ts');
  const files = await readFolderFiles(io, io.files.join(out, plan.brand));
  return files.filter(({ name }) => name.split('/').includes(plan.architecture));
};

/** Compares the signed package with what was sent. */
export const checkReturnedPackage = async (
  io: Io,
  sent: SentPackage,
  returned: readonly ReturnedFile[],
): Promise<readonly Diagnostic[]> => {
  const { compareFiles } = await import('../publishing/submission/compare-returned.ts');
  return compareFiles(await sentFiles(io, sent), returned);
};
