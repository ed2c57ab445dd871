import { z } from 'zod';
import { type Diagnostic, problem } from '../../core/errors.ts';
import type { Certificate } from '../../packaging/formats/x509/parse.ts';
import type { JudgeContext } from '../../packaging/signing/check-signature.ts';
import type { SignatureReport } from '../../packaging/signing/verdict.ts';
import { checkDetached } from '../../packaging/statements/check-detached.ts';
import type { Subject } from '../../packaging/statements/in-toto.ts';
import { SUMS_SIGNATURE, statementNames } from '../making/statement-names.ts';
import { type OutputFile, RECORD_NAME, SUMS_NAME } from '../output.ts';
import { checkReturned, type ReturnedReport } from './verify-returned.ts';
import { checkStatement, type StatementReport } from './verify-statement.ts';

/** What the signed statements of a release folder are worth. */
export interface ReleaseReport {
  readonly sums: {
    readonly signed: boolean;
    readonly subject?: string;
    /** ISO 8601 UTC, of the time stamp. */
    readonly time?: string;
  };
  readonly statements: readonly StatementReport[];
  /** What came back signed by somebody else, found in the provenance by Authenticode hashes. */
  readonly returned: readonly ReturnedReport[];
}

export interface CheckedRelease {
  readonly report: ReleaseReport;
  readonly findings: readonly Diagnostic[];
}

const file = z.object({ path: z.string() });
const recordSchema = z.object({
  tool: z.object({ name: z.literal('winpv'), version: z.string() }),
  date: z.string(),
  signing: z.object({ kind: z.string() }),
  brands: z.array(z.object({ id: z.string(), cabinets: z.array(file), zip: file })),
});

export type ReadRecord = z.output<typeof recordSchema>;

const readRecord = (bytes: Uint8Array): ReadRecord | undefined => {
  try {
    return recordSchema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch {
    return undefined;
  }
};

interface CheckedSums {
  readonly findings: readonly Diagnostic[];
  readonly report: SignatureReport | undefined;
  readonly certificates: readonly Certificate[];
}

const checkSumsSignature = (
  there: ReadonlyMap<string, Uint8Array>,
  unsignable: boolean,
  context: JudgeContext,
): CheckedSums => {
  const [sums, signature] = [there.get(SUMS_NAME), there.get(SUMS_SIGNATURE)];
  const at = { file: SUMS_SIGNATURE };
  if (sums === undefined || signature === undefined) {
    const message = `${SUMS_NAME} is not signed: there is no ${SUMS_SIGNATURE}.`;
    const hint = unsignable
      ? 'The release says that its tool signs files only.'
      : 'A release of winpv brings it along.';
    const severity = unsignable ? 'warning' : 'error';
    return {
      findings: [problem('SUMS_UNSIGNED', message, { at, hint, severity })],
      report: undefined,
      certificates: [],
    };
  }
  const checked = checkDetached({ bytes: signature, path: SUMS_SIGNATURE }, sums, context);
  const wrong = checked.findings.find(({ code }) => code === 'VERIFY_CONTENT_MISMATCH');
  if (wrong === undefined) return checked;
  const message = `${SUMS_NAME} is not the file that ${SUMS_SIGNATURE} was made for.`;
  return {
    ...checked,
    findings: [problem('SUMS_SIGNATURE', message, { at: { file: SUMS_NAME } }), ...checked.findings],
  };
};

/** A time stamp of the checksums says when all that they list was there. */
const provenTime = (report: SignatureReport | undefined): number | undefined => {
  if (report?.timestamp?.verdict !== 'valid' || report.timestamp.time === undefined) return undefined;
  return Date.parse(report.timestamp.time);
};

/**
 * Checks the statements of a release folder: the signature of its checksums, and for each brand its provenance and its
 * bill of materials with their signatures, against the files. Undefined for any other folder.
 */
export const checkStatements = (files: readonly OutputFile[], context: JudgeContext): CheckedRelease | undefined => {
  const there = new Map(files.map(({ path, bytes }) => [path, bytes]));
  const recordBytes = there.get(RECORD_NAME);
  if (recordBytes === undefined) return undefined;
  const record = readRecord(recordBytes);
  const unreadable = problem('STATEMENT_MALFORMED', `${RECORD_NAME} is no record of a release.`, {
    at: { file: RECORD_NAME },
  });
  const unsignable = record?.signing.kind === 'file-command';
  const sums = checkSumsSignature(there, unsignable, context);
  const atMs = provenTime(sums.report) ?? context.atMs;
  const findings: Diagnostic[] = [...(record === undefined ? [unreadable] : []), ...sums.findings];
  const statements: StatementReport[] = [];
  const subjects: Subject[] = [];
  for (const { id } of record?.brands ?? []) {
    const names = statementNames(id);
    for (const kind of ['provenance', 'sbom'] as const) {
      const path = kind === 'provenance' ? names.provenance : names.sbomStatement;
      const bytes = there.get(path);
      if (bytes === undefined) {
        if (!unsignable) findings.push(missing(id, path));
        continue;
      }
      const request = { ...context, atMs, pool: sums.certificates, kind, path, bytes, brand: id, record, there };
      const checked = checkStatement(request);
      findings.push(...checked.findings);
      statements.push(checked.report);
      if (kind === 'provenance' && checked.report.signer !== undefined) subjects.push(...checked.subjects);
    }
  }
  const returned = checkReturned(files, subjects);
  return {
    report: { sums: sumsReport(sums), statements, returned: returned.reports },
    findings: [...findings, ...returned.findings],
  };
};

const missing = (brand: string, path: string): Diagnostic =>
  problem('STATEMENT_MISSING', `The brand ${brand} has no ${path}.`, {
    at: { file: path },
    hint: 'A release of winpv brings it along.',
  });

const sumsReport = ({ report, findings }: CheckedSums): ReleaseReport['sums'] => ({
  signed: report !== undefined && !findings.some(({ severity }) => severity === 'error'),
  ...(report?.subject ? { subject: report.subject } : {}),
  ...(report?.timestamp?.time === undefined ? {} : { time: report.timestamp.time }),
});
