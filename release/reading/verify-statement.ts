import { z } from 'zod';
import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import type { Certificate } from '../../packaging/formats/x509/parse.ts';
import type { JudgeContext } from '../../packaging/signing/check-signature.ts';
import { checkEnvelope } from '../../packaging/statements/check-envelope.ts';
import { flatDigest, matchDigests } from '../../packaging/statements/digests.ts';
import { parseEnvelope } from '../../packaging/statements/dsse-parse.ts';
import {
  PAYLOAD_TYPE,
  PROVENANCE_TYPE,
  parseStatement,
  SBOM_TYPE,
  type Statement,
  type Subject,
} from '../../packaging/statements/in-toto.ts';
import { statementNames } from '../making/statement-names.ts';
import type { ReadRecord } from './verify-statements.ts';

export interface StatementReport {
  readonly path: string;
  readonly kind: 'provenance' | 'sbom';
  readonly brand: string;
  /** Whose key signed it; undefined when nobody's at hand did. */
  readonly signer?: string;
  readonly subjects: number;
  /** Subjects that are there as stated. */
  readonly matched: number;
  /** Subjects that are there but for their signature. */
  readonly resigned: readonly string[];
}

export interface StatementRequest extends JudgeContext {
  readonly kind: StatementReport['kind'];
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly brand: string;
  readonly record: ReadRecord | undefined;
  readonly pool: readonly Certificate[];
  /** The files of the release by path. */
  readonly there: ReadonlyMap<string, Uint8Array>;
}

export interface CheckedStatement {
  readonly report: StatementReport;
  readonly findings: readonly Diagnostic[];
  readonly subjects: readonly Subject[];
}

/** One statement: its signature, what it is about, and whether that is what is there. Never throws for a bad file. */
export const checkStatement = (request: StatementRequest): CheckedStatement => {
  const { kind, path, bytes, brand } = request;
  const empty = { path, kind, brand, subjects: 0, matched: 0, resigned: [] };
  try {
    const envelope = parseEnvelope(bytes, path);
    const { findings, signer } = checkEnvelope(envelope, path, request);
    if (envelope.payloadType !== PAYLOAD_TYPE)
      throw new WinpvError('STATEMENT_MALFORMED', `The payload is ${envelope.payloadType}.`, { at: { file: path } });
    const statement = parseStatement(envelope.payload, path);
    const matched = matchSubjects(statement, request);
    const about = kind === 'provenance' ? checkProvenance(statement, request) : checkBill(statement, request);
    return {
      report: {
        ...{ ...empty, subjects: statement.subjects.length, matched: matched.matched, resigned: matched.resigned },
        ...(signer === undefined ? {} : { signer: signer.subjectText }),
      },
      findings: [...findings, ...about, ...matched.findings],
      subjects: statement.subjects,
    };
  } catch (error) {
    if (!(error instanceof WinpvError)) throw error;
    return { report: empty, findings: error.diagnostics, subjects: [] };
  }
};

interface Matched {
  readonly matched: number;
  readonly resigned: readonly string[];
  readonly findings: readonly Diagnostic[];
}

const matchSubjects = ({ subjects }: Statement, { path, there }: StatementRequest): Matched => {
  const findings: Diagnostic[] = [];
  const resigned: string[] = [];
  let matched = 0;
  for (const { name, digest } of subjects) {
    const bytes = there.get(name);
    const how = bytes === undefined ? undefined : matchDigests({ path: name, bytes }, digest);
    if (how === 'same') matched += 1;
    else if (how === 're-signed') resigned.push(name);
    else {
      const what = bytes === undefined ? 'is not there' : 'is not the file that was stated';
      findings.push(problem('STATEMENT_SUBJECT', `${name} ${what}: ${path} says otherwise.`, { at: { file: name } }));
    }
  }
  return { matched, resigned, findings };
};

const provenanceSchema = z.object({
  buildDefinition: z.object({ externalParameters: z.object({ brand: z.string(), date: z.string() }) }),
  runDetails: z.object({ builder: z.object({ version: z.object({ winpv: z.string() }) }) }),
});

const other = (path: string, message: string): Diagnostic =>
  problem('STATEMENT_OTHER_RELEASE', message, {
    at: { file: path },
    hint: 'The statement may be right about the release that it was made for.',
  });

const checkProvenance = (statement: Statement, request: StatementRequest): readonly Diagnostic[] => {
  const { path, brand, record } = request;
  if (statement.predicateType !== PROVENANCE_TYPE)
    return [problem('STATEMENT_MALFORMED', `${path} is no provenance.`, { at: { file: path } })];
  const read = provenanceSchema.safeParse(statement.predicate);
  if (!read.success)
    return [problem('STATEMENT_MALFORMED', `${path} is no provenance of winpv's.`, { at: { file: path } })];
  const { externalParameters } = read.data.buildDefinition;
  const { winpv } = read.data.runDetails.builder.version;
  const findings: Diagnostic[] = [];
  if (externalParameters.brand !== brand)
    findings.push(other(path, `${path} is about the brand ${externalParameters.brand}.`));
  if (record !== undefined && externalParameters.date !== record.date)
    findings.push(
      other(path, `${path} is about a release of ${externalParameters.date}, this one is of ${record.date}.`),
    );
  if (record !== undefined && winpv !== record.tool.version)
    findings.push(
      other(path, `${path} is about a release made by winpv ${winpv}, this one by ${record.tool.version}.`),
    );
  return [...findings, ...checkWhole(statement, request)];
};

/** What stands in the brand's folder or is its archive has to be stated; certificates for test machines need not be. */
const checkWhole = (
  { subjects }: Statement,
  { path, brand, record, there }: StatementRequest,
): readonly Diagnostic[] => {
  const stated = new Set(subjects.map(({ name }) => name));
  const recorded = record?.brands.find(({ id }) => id === brand);
  const archives = [...(recorded?.cabinets ?? []), ...(recorded === undefined ? [] : [recorded.zip])];
  const own = [...there.keys()].filter((name) => name.startsWith(`${brand}/`) && !name.startsWith(`${brand}/trust/`));
  return [...own, ...archives.map((archive) => archive.path), statementNames(brand).sbom]
    .filter((name) => !stated.has(name))
    .map((name) => problem('STATEMENT_FILE_UNSTATED', `${path} says nothing about ${name}.`, { at: { file: name } }));
};

const componentSchema = z.object({
  'bom-ref': z.string().optional(),
  hashes: z.array(z.object({ alg: z.string(), content: z.string() })).optional(),
});
const billSchema = z.object({
  components: z.array(componentSchema.extend({ components: z.array(componentSchema).optional() })),
});

/** The signed bill is the one that lies beside, and the hashes in it are of the files. */
const checkBill = (statement: Statement, { path, brand, there }: StatementRequest): readonly Diagnostic[] => {
  const { sbom } = statementNames(brand);
  const at = { file: sbom };
  const beside = there.get(sbom);
  if (statement.predicateType !== SBOM_TYPE)
    return [problem('STATEMENT_MALFORMED', `${path} is no bill of materials.`, { at: { file: path } })];
  if (beside === undefined) return [problem('STATEMENT_SBOM', `There is no ${sbom}, which ${path} signs.`, { at })];
  if (canonical(beside) !== JSON.stringify(statement.predicate))
    return [problem('STATEMENT_SBOM', `${sbom} is not the bill of materials that ${path} signs.`, { at })];
  const bill = billSchema.safeParse(statement.predicate);
  if (!bill.success) return [problem('STATEMENT_SBOM', `${sbom} is no bill of materials.`, { at })];
  const components = bill.data.components.flatMap((one) => [one, ...(one.components ?? [])]);
  return components.flatMap(({ 'bom-ref': name = '', hashes = [] }) => {
    const stated = hashes.find(({ alg }) => alg === 'SHA-256')?.content;
    const bytes = there.get(name);
    if (stated === undefined || (bytes !== undefined && flatDigest(bytes) === stated)) return [];
    const said = statement.subjects.find((subject) => subject.name === name);
    if (said !== undefined && bytes !== undefined && matchDigests({ path: name, bytes }, said.digest) === 're-signed')
      return [];
    return [problem('STATEMENT_SBOM', `${sbom} lists another file as ${name}.`, { at: { file: name } })];
  });
};

const canonical = (bytes: Uint8Array): string | undefined => {
  try {
    return JSON.stringify(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch {
    return undefined;
  }
};
