import { WinpvError } from '../../../core/errors.ts';

/** A block of a PEM file (RFC 7468). */
export interface PemBlock {
  /** For example `CERTIFICATE`. */
  readonly label: string;
  readonly bytes: Uint8Array;
}

/** PEM with 64 characters a line and LF line ends. */
export const encodePem = (label: string, bytes: Uint8Array): string => {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
};

const BEGIN = /^-----BEGIN ([A-Z0-9 ]{1,64})-----\s*$/;

/**
 * The blocks of a PEM file, in order; text around them is left out, and so are blocks with headers of their own (old
 * encrypted keys, which node:crypto reads itself).
 */
export const parsePem = (text: string): readonly PemBlock[] => {
  const blocks: PemBlock[] = [];
  let open: { label: string; lines: string[] } | undefined;
  for (const line of text.split(/\r\n|\r|\n/)) {
    const label = BEGIN.exec(line)?.[1];
    if (label !== undefined) open = { label, lines: [] };
    else if (open !== undefined && line.trimEnd() === `-----END ${open.label}-----`) {
      const base64 = open.lines.join('');
      if (/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) blocks.push({ label: open.label, bytes: decode(base64) });
      open = undefined;
    } else open?.lines.push(line.replace(/\s+/g, ''));
  }
  return blocks;
};

const decode = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'));

const CERTIFICATE_LABELS = ['CERTIFICATE', 'X509 CERTIFICATE', 'TRUSTED CERTIFICATE'];

/** Whether the bytes are DER (a SEQUENCE) rather than text. */
export const looksLikeDer = (bytes: Uint8Array): boolean => bytes[0] === 0x30;

/**
 * The certificates of a `.pem`, `.crt` or `.cer` file: any number in PEM, or one in DER. In DER, in file order.
 * @throws WinpvError SIGN_CERTIFICATE_UNREADABLE when there is none
 */
export const parseCertificates = (bytes: Uint8Array, file: string): readonly Uint8Array[] => {
  if (looksLikeDer(bytes)) return [bytes];
  const found = parsePem(new TextDecoder('utf-8').decode(bytes))
    .filter(({ label }) => CERTIFICATE_LABELS.includes(label))
    .map((block) => block.bytes);
  if (found.length > 0) return found;
  throw new WinpvError('SIGN_CERTIFICATE_UNREADABLE', 'The file holds no certificate.', {
    at: { file },
    hint: 'Give certificates as PEM ("-----BEGIN CERTIFICATE-----") or one as DER.',
  });
};
