import { z } from 'zod';
import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import { buildChain } from '../../packaging/signing/chain.ts';
import type { JudgeContext } from '../../packaging/signing/check-signature.ts';
import { judge } from '../../packaging/signing/verdict.ts';
import { type Attestation, parseAttestations } from '../../packaging/statements/attestation.ts';
import { checkEnvelope } from '../../packaging/statements/check-envelope.ts';
import { envelopeHolds } from '../../packaging/statements/dsse-parse.ts';
import {
  type AttestedInput,
  type MatchedAttestation,
  matchAttestation,
} from '../../packaging/statements/match-attestation.ts';
import { type OutputFile, RECORD_NAME } from '../output.ts';

/** What an attestation file says of what was given, and how far it can be believed. */
export interface AttestationReport extends Omit<MatchedAttestation, 'findings'> {
  readonly path: string;
  readonly statements: readonly StatementSource[];
}

export interface StatementSource {
  readonly form: Attestation['form'];
  readonly predicateType: string;
  readonly subjects: number;
  /** `holds`: by the key of the certificate that came along. */
  readonly signature: 'holds' | 'broken' | 'none';
  /** Whether the signer's certificate leads to one given with --ca. */
  readonly trusted: boolean;
  /** Who the certificate was issued to. */
  readonly signer?: string;
  /** Checks that were made, and those that were not. */
  readonly checked: readonly string[];
  readonly unchecked: readonly string[];
}

export interface AttestationRequest extends JudgeContext {
  readonly files: readonly OutputFile[];
  readonly attestations: readonly OutputFile[];
}

const recordSchema = z.object({ inputs: z.array(z.object({ path: z.string(), sha256: z.string() })) });

/** What the release says that it was made from; the checksums vouch for that record. */
const inputsOf = (files: readonly OutputFile[]): readonly AttestedInput[] => {
  const record = files.find(({ path }) => path === RECORD_NAME);
  if (record === undefined) return [];
  try {
    return recordSchema.parse(JSON.parse(new TextDecoder().decode(record.bytes))).inputs;
  } catch {
    return [];
  }
};

interface Source {
  readonly report: StatementSource;
  readonly findings: readonly Diagnostic[];
}

const who = (attestation: Attestation): string | undefined => {
  const [leaf] = attestation.certificates;
  const name = leaf?.alternativeNames.find(({ form }) => form === 'uri' || form === 'email');
  return name?.text ?? leaf?.subjectText;
};

const unsignedSource = ({ form, statement }: Attestation, path: string): Source => ({
  report: {
    ...{ form, predicateType: statement.predicateType, subjects: statement.subjects.length },
    ...{ signature: 'none', trusted: false, checked: [], unchecked: ['who made the statement: it is not signed'] },
  },
  findings: [
    problem('ATTESTATION_UNCHECKED', `${path} is a statement that nobody signed: anybody may have written it.`, {
      severity: 'warning',
      at: { file: path },
    }),
  ],
});

const notChecked = (attestation: Attestation, trusted: boolean): readonly string[] => [
  ...(trusted ? [] : ['who the certificate was issued by: name the root, and what is between, with --ca']),
  ...(attestation.logEntries === 0 ? [] : ['that the transparency log has it, and the time that it states']),
  ...(attestation.timestamps === 0 ? [] : ['its time stamps']),
];

const sourceOf = (attestation: Attestation, path: string, context: JudgeContext): Source => {
  const { envelope, certificates, statement, form, loggedMs } = attestation;
  if (envelope === undefined) return unsignedSource(attestation, path);
  const base = { form, predicateType: statement.predicateType, subjects: statement.subjects.length };
  const atMs = loggedMs ?? context.atMs;
  const own = checkEnvelope(envelope, path, { ...context, atMs, pool: certificates });
  const [leaf] = certificates;
  // A bundle names its signer: another certificate in it, or one that the envelope brings, is not the one.
  const named = leaf !== undefined && envelope.signatures.some((signature) => envelopeHolds(envelope, signature, leaf));
  if (own.signer === undefined || (leaf !== undefined && !named)) {
    const message = `The signature of ${path} is not one by the certificate that came along.`;
    return {
      report: { ...base, signature: 'broken', trusted: false, checked: [], unchecked: [] },
      findings: [problem('ATTESTATION_SIGNATURE', message, { at: { file: path } })],
    };
  }
  const chain = leaf === undefined ? own.findings : chainFindings(attestation, { ...context, atMs });
  const trusted = judge(chain).verdict === 'valid';
  const signer = who(attestation) ?? own.signer.subjectText;
  const unchecked = notChecked(attestation, trusted);
  const message = `${path} is signed by ${signer}. Not checked: ${unchecked.join('; ')}.`;
  return {
    report: {
      ...base,
      ...{ signature: 'holds', trusted, signer, unchecked },
      checked: [
        'the signature, by the certificate that came along',
        ...(trusted ? ['the certificate, up to --ca'] : []),
      ],
    },
    findings:
      unchecked.length === 0
        ? []
        : [problem('ATTESTATION_UNCHECKED', message, { severity: 'warning', at: { file: path } })],
  };
};

const chainFindings = ({ certificates }: Attestation, { trust, atMs }: JudgeContext): readonly Diagnostic[] => {
  const [leaf] = certificates;
  if (leaf === undefined) return [];
  return buildChain({ leaf, pool: certificates, trust, atMs, purpose: 'code-signing' }).findings;
};

interface CheckedFile {
  readonly report: AttestationReport;
  readonly findings: readonly Diagnostic[];
}

const checkFile = ({ path, bytes }: OutputFile, request: AttestationRequest): CheckedFile => {
  const { files } = request;
  try {
    const attestations = parseAttestations(bytes, path);
    const sources = attestations.map((attestation) => sourceOf(attestation, path, request));
    // What a broken signature is about is not worth comparing.
    const believed = attestations.filter((_one, index) => sources[index]?.report.signature !== 'broken');
    const subjects = believed.flatMap(({ statement }) => statement.subjects);
    const { findings, ...matched } = matchAttestation(files, inputsOf(files), subjects);
    const found = matched.inputs.length + matched.files.filter(({ as }) => as !== undefined).length;
    const nothing = problem('ATTESTATION_NO_MATCH', `${path} is about nothing of what was given.`, {
      at: { file: path },
    });
    return {
      report: { path, statements: sources.map(({ report }) => report), ...matched },
      findings: [
        ...sources.flatMap((source) => source.findings),
        ...findings,
        ...(found === 0 && believed.length > 0 && findings.length === 0 ? [nothing] : []),
      ],
    };
  } catch (error) {
    if (!(error instanceof WinpvError)) throw error;
    const [first] = error.diagnostics;
    const unreadable = problem('ATTESTATION_UNREADABLE', first?.message ?? error.message, { at: { file: path } });
    return { report: { path, statements: [], files: [], inputs: [], unmatched: [] }, findings: [unreadable] };
  }
};

/** Images that no attestation is about, and that were not made from an attested input as far as is known. */
const unattested = (reports: readonly AttestationReport[]): readonly Diagnostic[] => {
  const attested = new Set(
    reports.flatMap(({ files }) => files.flatMap(({ path, as }) => (as === undefined ? [] : [path]))),
  );
  const images = new Set(reports.flatMap(({ files }) => files.map(({ path }) => path)));
  const open = [...images].filter((path) => !attested.has(path));
  const [first] = open;
  if (first === undefined || attested.size === 0) return [];
  const message = `No attestation is about ${open.length} of ${images.size} files, for example ${first}.`;
  const hint = 'Name the attestations of the other builds too, if they should have some.';
  return [problem('ATTESTATION_INCOMPLETE', message, { severity: 'warning', at: { file: first }, hint })];
};

/** Compares what was given with attestations of builds, by hashes that signing changes and by those that it does not. */
export const checkAttestations = (request: AttestationRequest) => {
  const checked = request.attestations.map((file) => checkFile(file, request));
  const reports = checked.map(({ report }) => report);
  return { reports, findings: [...checked.flatMap(({ findings }) => findings), ...unattested(reports)] };
};
