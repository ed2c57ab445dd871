import { createHash } from 'node:crypto';
import { z } from 'zod';
import { utf8 } from '../../core/bytes.ts';
import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import type { Files } from '../../core/ports.ts';
import { parseCertificates } from '../../packaging/formats/x509/parse.ts';
import { type Envelope, envelopeHolds, parseEnvelope } from '../../packaging/statements/dsse-parse.ts';
import type { Ledger } from './ledger.ts';

/** Beside the ledger: how many entries it has and the hash of the last, signed. A ledger that lost its end has too few. */
export const SEAL_NAME = 'ledger.seal';
export const SEAL_TYPE = 'application/vnd.winpv.ledger-seal+json';

const sealSchema = z.strictObject({ entries: z.number().int().min(1), head: z.string().regex(/^[0-9a-f]{64}$/) });

export type LedgerSeal = Readonly<z.output<typeof sealSchema>>;

const linesOf = (text: string): readonly string[] => text.split('\n').slice(0, -1);
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** What a seal of this ledger says: the octets of its payload. */
export const sealPayload = (text: string): Uint8Array => {
  const lines = linesOf(text);
  const seal: LedgerSeal = { entries: lines.length, head: sha256(lines.at(-1) ?? '') };
  return utf8(JSON.stringify(seal));
};

/** A seal as it stands beside a ledger; not judged yet. */
export interface ReadSeal {
  readonly file: string;
  readonly envelope: Envelope;
  readonly seal: LedgerSeal;
}

const broken = (file: string, message: string): WinpvError =>
  new WinpvError('LEDGER_SEAL_BROKEN', message, {
    at: { file },
    hint: 'Put the ledger and its seal back from version control: they say what machines have been given.',
  });

const MAX_SEAL_BYTES = 1024 * 1024;

/** The seal of a ledger; undefined when there is none. @throws WinpvError LEDGER_SEAL_BROKEN, FILE_* */
export const readSeal = async (files: Files, ledgerFile: string): Promise<ReadSeal | undefined> => {
  const file = files.join(files.dirname(ledgerFile), SEAL_NAME);
  if ((await files.stat(file)) === undefined) return undefined;
  const bytes = await files.read(file, { maxBytes: MAX_SEAL_BYTES });
  try {
    const envelope = parseEnvelope(bytes, file);
    if (envelope.payloadType !== SEAL_TYPE) throw broken(file, 'The file is no seal of a ledger.');
    return { file, envelope, seal: sealSchema.parse(JSON.parse(new TextDecoder().decode(envelope.payload))) };
  } catch (cause) {
    if (cause instanceof WinpvError && cause.code === 'LEDGER_SEAL_BROKEN') throw cause;
    throw broken(file, 'The seal of the ledger cannot be read.');
  }
};

/**
 * Whether the ledger still has what was sealed, as it was. Whoever sealed it is not looked at here.
 * @throws WinpvError LEDGER_SEAL_BROKEN
 */
export const holdToSeal = ({ file, text, entries }: Ledger, read: ReadSeal | undefined): void => {
  if (read === undefined) {
    if (entries.some(({ sealed }) => sealed)) throw broken(file, 'The ledger had a seal, and it is gone.');
    return;
  }
  const { seal } = read;
  if (entries.length < seal.entries)
    throw broken(file, `The ledger had ${seal.entries} entries when it was sealed, and has ${entries.length}.`);
  if (sha256(linesOf(text)[seal.entries - 1] ?? '') !== seal.head)
    throw broken(file, `The ledger is another one than the one that was sealed at entry ${seal.entries}.`);
};

/** Who sealed it: a key that the sealed entries name as that of a release. */
export const checkSealSignature = ({ entries }: Ledger, { file, envelope, seal }: ReadSeal): readonly Diagnostic[] => {
  const known = new Set(entries.slice(0, seal.entries).flatMap(({ signer }) => signer?.thumbprint ?? []));
  const found = envelope.signatures.flatMap((signature) => {
    const certificates = signature.certificates === undefined ? [] : certificatesOf(signature.certificates, file);
    return certificates.filter((certificate) => envelopeHolds(envelope, signature, certificate));
  });
  const at = { file };
  if (found.length === 0) return [problem('LEDGER_SEAL_BROKEN', 'The signature of the seal does not hold.', { at })];
  if (!found.some(({ thumbprint }) => known.has(thumbprint))) {
    const who = found[0]?.subjectText ?? '';
    const message = `The ledger was sealed by "${who}", with whose key no release of it was signed.`;
    return [problem('LEDGER_SEAL_BROKEN', message, { at })];
  }
  const open = entries.length - seal.entries;
  if (open === 0) return [];
  const message = `The last ${open} of ${entries.length} entries came after the seal: nobody vouches for their number.`;
  return [problem('LEDGER_UNSEALED', message, { severity: 'warning', at, hint: 'The next release seals them.' })];
};

const certificatesOf = (pem: string, file: string) => {
  try {
    return parseCertificates(utf8(pem), file);
  } catch {
    return [];
  }
};
