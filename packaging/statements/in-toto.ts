import { z } from 'zod';
import { WinpvError } from '../../core/errors.ts';

export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
export const PROVENANCE_TYPE = 'https://slsa.dev/provenance/v1';
export const SBOM_TYPE = 'https://cyclonedx.org/bom';

/**
 * Hashes of one thing by the names of their algorithms; things are the same when one of them is (in-toto, DigestSet).
 * `authenticodeSha256` is our name for what signing leaves as it is; every other name is one of in-toto's.
 */
export type DigestSet = Readonly<Record<string, string>>;

export interface Subject {
  readonly name: string;
  readonly digest: DigestSet;
}

/** Statement ::= { _type, subject, predicateType, predicate }   (in-toto attestation framework 1.0) */
export interface Statement {
  readonly subjects: readonly Subject[];
  readonly predicateType: string;
  readonly predicate: unknown;
}

const digestSchema = z.record(z.string().max(64), z.string().max(1024));
/** Other readers may have said more; nothing here depends on it. */
const statementSchema = z.object({
  _type: z.string().regex(/^https:\/\/in-toto\.io\/Statement\/v(1|0\.1)$/),
  subject: z
    .array(z.object({ name: z.string().max(4096).optional(), digest: digestSchema }))
    .min(1)
    .max(200_000),
  predicateType: z.string().max(4096),
  predicate: z.unknown().optional(),
});

export const encodeStatement = ({ subjects, predicateType, predicate }: Statement): Uint8Array =>
  new TextEncoder().encode(
    JSON.stringify({
      _type: STATEMENT_TYPE,
      subject: subjects.map(({ name, digest }) => ({ name, digest })),
      predicateType,
      predicate,
    }),
  );

/** @throws WinpvError STATEMENT_MALFORMED */
export const parseStatement = (bytes: Uint8Array, file: string): Statement => {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new WinpvError('STATEMENT_MALFORMED', 'The statement is not JSON.', { at: { file }, cause });
  }
  return statementOf(value, file);
};

/** @throws WinpvError STATEMENT_MALFORMED */
export const statementOf = (value: unknown, file: string): Statement => {
  const read = statementSchema.safeParse(value);
  if (!read.success) {
    const where = read.error.issues[0]?.path.join('.') ?? '';
    const message = `This is no in-toto statement${where === '' ? '' : ` (${where})`}.`;
    throw new WinpvError('STATEMENT_MALFORMED', message, { at: { file } });
  }
  const { subject, predicateType, predicate } = read.data;
  return {
    subjects: subject.map(({ name = '', digest }) => ({ name, digest: lowerCase(digest) })),
    predicateType,
    predicate,
  };
};

const lowerCase = (digest: DigestSet): DigestSet =>
  Object.fromEntries(Object.entries(digest).map(([name, value]) => [name, value.toLowerCase()]));
