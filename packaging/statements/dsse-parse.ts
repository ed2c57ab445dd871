import { verify } from 'node:crypto';
import { z } from 'zod';
import { concatBytes, utf8 } from '../../core/bytes.ts';
import { WinpvError } from '../../core/errors.ts';
import type { Certificate } from '../formats/x509/parse.ts';
import { publicKeyOf } from '../formats/x509/signature.ts';

/** "DSSEv1" SP LEN(type) SP type SP LEN(body) SP body: what a signature of an envelope covers (DSSE 1.0, protocol.md). */
export const preAuthEncoding = (payloadType: string, payload: Uint8Array): Uint8Array => {
  const type = utf8(payloadType);
  return concatBytes(utf8(`DSSEv1 ${type.length} `), type, utf8(` ${payload.length} `), payload);
};

export interface EnvelopeSignature {
  readonly keyid: string;
  readonly signature: Uint8Array;
  /** PEM of the signer's certificate and its issuers, where the envelope brings them. */
  readonly certificates: string | undefined;
}

export interface Envelope {
  readonly payloadType: string;
  readonly payload: Uint8Array;
  readonly signatures: readonly EnvelopeSignature[];
}

const envelopeSchema = z.object({
  payloadType: z.string().max(1024),
  payload: z.string(),
  signatures: z
    .array(z.object({ keyid: z.string().max(1024).nullish(), sig: z.string().max(65_536), cert: z.string().nullish() }))
    .max(64),
});

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Standard or URL-safe, as DSSE lets writers choose; bits that say nothing have to be zero, so that one text means one content. */
const decodeBase64 = (text: string, what: string, file: string): Uint8Array => {
  const standard = text.replaceAll('-', '+').replaceAll('_', '/');
  const padded = standard.padEnd(Math.ceil(standard.length / 4) * 4, '=');
  const bytes = BASE64.test(padded) ? Buffer.from(padded, 'base64') : undefined;
  if (bytes?.toString('base64') === padded) return new Uint8Array(bytes);
  throw new WinpvError('STATEMENT_MALFORMED', `The ${what} of the envelope is not base64.`, { at: { file } });
};

/** @throws WinpvError STATEMENT_MALFORMED */
export const envelopeOf = (value: unknown, file: string): Envelope => {
  const read = envelopeSchema.safeParse(value);
  if (!read.success) {
    const where = read.error.issues[0]?.path.join('.') ?? '';
    const message = `This is no DSSE envelope${where === '' ? '' : ` (${where})`}.`;
    throw new WinpvError('STATEMENT_MALFORMED', message, { at: { file } });
  }
  const { payloadType, payload, signatures } = read.data;
  return {
    payloadType,
    payload: decodeBase64(payload, 'payload', file),
    signatures: signatures.map(({ keyid, sig, cert }) => ({
      keyid: keyid ?? '',
      signature: decodeBase64(sig, 'signature', file),
      certificates: cert ?? undefined,
    })),
  };
};

/** @throws WinpvError STATEMENT_MALFORMED */
export const parseEnvelope = (bytes: Uint8Array, file: string): Envelope => {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new WinpvError('STATEMENT_MALFORMED', 'The file is not JSON.', { at: { file }, cause });
  }
  return envelopeOf(value, file);
};

/** An envelope does not say which hash it was signed with; SHA-256 is what everybody uses. */
const HASHES = ['sha256', 'sha384', 'sha512'] as const;

/** Whether the certificate's key made the signature over this envelope. */
export const envelopeHolds = (
  { payloadType, payload }: Envelope,
  { signature }: EnvelopeSignature,
  certificate: Pick<Certificate, 'publicKeyInfo' | 'file'>,
): boolean => {
  const key = publicKeyOf(certificate);
  if (key === undefined) return false;
  const message = preAuthEncoding(payloadType, payload);
  return HASHES.some((hash) => {
    try {
      return verify(hash, message, key.key, signature);
    } catch {
      return false;
    }
  });
};
