import { type Diagnostic, problem } from '../../core/errors.ts';
import { authenticodeDigest, flatDigest } from '../../packaging/statements/digests.ts';
import type { Subject } from '../../packaging/statements/in-toto.ts';
import type { OutputFile } from '../output.ts';

/** A folder that Partner Center filled: its images have other signatures, its catalogs are new. */
export interface ReturnedReport {
  readonly folder: string;
  /** Images and INFs in it. */
  readonly files: number;
  /** Those that the provenance of the release is about. */
  readonly matched: number;
}

/** The state of a submission: what it brought back stands beside the release, and came after it. */
const SUBMISSION = /^\.winpv\/submission-(.+)\.json$/;

/** Folders of what submissions brought back. */
export const returnedFolders = (paths: Iterable<string>): readonly string[] =>
  [...paths].flatMap((path) => SUBMISSION.exec(path)?.[1] ?? []).map((key) => `${key}-signed/`);

/** Images by their Authenticode hash, INFs by their bytes: both survive what Microsoft does to a package. */
export const checkReturned = (files: readonly OutputFile[], subjects: readonly Subject[]) => {
  const findings: Diagnostic[] = [];
  const flat = new Set(subjects.map(({ digest }) => digest.sha256));
  const authenticode = new Set(subjects.flatMap(({ digest }) => digest.authenticodeSha256 ?? []));
  const reports = returnedFolders(files.map(({ path }) => path)).flatMap((folder): readonly ReturnedReport[] => {
    const within = files.filter(({ path }) => path.startsWith(folder));
    const known = within.flatMap((file) => {
      const hash = authenticodeDigest(file);
      if (hash !== undefined) return [{ file, stated: authenticode.has(hash) }];
      return /\.inf$/i.test(file.path) ? [{ file, stated: flat.has(flatDigest(file.bytes)) }] : [];
    });
    for (const { file, stated } of known) {
      if (stated || subjects.length === 0) continue;
      const message = `No provenance of the release is about ${file.path}, which came back.`;
      findings.push(problem('STATEMENT_FILE_UNSTATED', message, { at: { file: file.path } }));
    }
    if (known.length === 0) return [];
    return [{ folder, files: known.length, matched: known.filter(({ stated }) => stated).length }];
  });
  return { reports, findings };
};
