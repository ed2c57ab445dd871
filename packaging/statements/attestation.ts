import { z } from 'zod';
import { WinpvError } from '../../core/errors.ts';
import { type Certificate, parseCertificates } from '../formats/x509/parse.ts';
import { type Envelope, envelopeOf } from './dsse-parse.ts';
import { PAYLOAD_TYPE, parseStatement, type Statement, statementOf } from './in-toto.ts';

/** One statement of an attestation file. */
export interface Attestation {
  readonly statement: Statement;
  /** How it came: a Sigstore bundle, a bare envelope, or a statement that nobody signed. */
  readonly form: 'sigstore-bundle' | 'dsse' | 'statement';
  readonly envelope: Envelope | undefined;
  /** Those of the bundle, the signer's first. */
  readonly certificates: readonly Certificate[];
  /** What a transparency log says of when it was entered, in milliseconds; nothing here proves it. */
  readonly loggedMs: number | undefined;
  /** What came along for others to check: entries of a log, time stamps. */
  readonly logEntries: number;
  readonly timestamps: number;
}

const rawBytes = z.object({ rawBytes: z.string().max(100_000) });
/** dev.sigstore.bundle 0.1 to 0.3, as far as it can be used without a network. */
const bundleSchema = z.object({
  mediaType: z.string(),
  verificationMaterial: z.object({
    certificate: rawBytes.optional(),
    x509CertificateChain: z.object({ certificates: z.array(rawBytes).max(16) }).optional(),
    tlogEntries: z
      .array(z.object({ integratedTime: z.union([z.string(), z.number()]).optional() }))
      .max(64)
      .optional(),
    timestampVerificationData: z.object({ rfc3161Timestamps: z.array(z.unknown()).max(64).optional() }).nullish(),
  }),
  dsseEnvelope: z.unknown(),
});

const MAX_STATEMENTS = 1000;
const MAX_DEPTH = 4;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** JSON, or JSON a line; other text is refused. */
const jsonValues = (text: string, file: string): readonly unknown[] => {
  try {
    return [JSON.parse(text)];
  } catch {
    // Then each line is one.
  }
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line, index) => {
    try {
      return JSON.parse(line);
    } catch (cause) {
      const at = { file, line: index + 1 };
      throw new WinpvError('ATTESTATION_UNREADABLE', 'The file is neither JSON nor JSON a line.', { at, cause });
    }
  });
};

/** Answers of GitHub wrap bundles: `{ attestations: [{ bundle }] }`. */
const unwrapped = (value: unknown, depth = 0): readonly unknown[] => {
  if (depth > MAX_DEPTH) return [];
  if (Array.isArray(value)) return value.slice(0, MAX_STATEMENTS).flatMap((one) => unwrapped(one, depth + 1));
  if (!isObject(value)) return [value];
  if (Array.isArray(value.attestations)) return unwrapped(value.attestations, depth + 1);
  return isObject(value.bundle) ? [value.bundle] : [value];
};

const certificatesIn = (
  { certificate, x509CertificateChain }: z.output<typeof bundleSchema>['verificationMaterial'],
  file: string,
): readonly Certificate[] =>
  [...(certificate === undefined ? [] : [certificate]), ...(x509CertificateChain?.certificates ?? [])].flatMap(
    (one) => [...parseCertificates(new Uint8Array(Buffer.from(one.rawBytes, 'base64')), file)],
  );

const BARE = { certificates: [], loggedMs: undefined, logEntries: 0, timestamps: 0 } as const;

const signedStatement = (envelope: Envelope, file: string): Statement => {
  if (envelope.payloadType === PAYLOAD_TYPE) return parseStatement(envelope.payload, file);
  throw new WinpvError('ATTESTATION_UNREADABLE', `The payload is ${envelope.payloadType}, not an in-toto statement.`, {
    at: { file },
  });
};

const bundleOf = (value: unknown, file: string): Attestation => {
  const read = bundleSchema.safeParse(value);
  if (!read.success) {
    const where = read.error.issues[0]?.path.join('.') ?? '';
    throw new WinpvError('ATTESTATION_UNREADABLE', `The bundle has another form (${where}).`, { at: { file } });
  }
  const { verificationMaterial: material, dsseEnvelope } = read.data;
  const envelope = envelopeOf(dsseEnvelope, file);
  const seconds = Number(material.tlogEntries?.[0]?.integratedTime ?? Number.NaN);
  return {
    form: 'sigstore-bundle',
    envelope,
    statement: signedStatement(envelope, file),
    certificates: certificatesIn(material, file),
    loggedMs: Number.isSafeInteger(seconds) && seconds > 0 ? seconds * 1000 : undefined,
    logEntries: material.tlogEntries?.length ?? 0,
    timestamps: material.timestampVerificationData?.rfc3161Timestamps?.length ?? 0,
  };
};

const attestationOf = (value: unknown, file: string): Attestation => {
  if (isObject(value) && 'verificationMaterial' in value) return bundleOf(value, file);
  if (isObject(value) && 'payloadType' in value) {
    const envelope = envelopeOf(value, file);
    return { ...BARE, form: 'dsse', envelope, statement: signedStatement(envelope, file) };
  }
  return { ...BARE, form: 'statement', envelope: undefined, statement: statementOf(value, file) };
};

/**
 * The statements of an attestation file: Sigstore bundles (as `gh attestation download` and GitHub's API give them), DSSE
 * envelopes, or bare in-toto statements; one, or one a line.
 *
 * @throws WinpvError ATTESTATION_UNREADABLE, STATEMENT_MALFORMED, DER_*
 */
export const parseAttestations = (bytes: Uint8Array, file: string): readonly Attestation[] => {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new WinpvError('ATTESTATION_UNREADABLE', 'The file is not text.', { at: { file }, cause });
  }
  const values = jsonValues(text, file).flatMap((value) => unwrapped(value));
  if (values.length === 0)
    throw new WinpvError('ATTESTATION_UNREADABLE', 'The file holds no attestation.', { at: { file } });
  return values.slice(0, MAX_STATEMENTS).map((value) => attestationOf(value, file));
};
