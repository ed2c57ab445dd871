import { utf8 } from '../../core/bytes.ts';
import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import { type Certificate, parseCertificates } from '../formats/x509/parse.ts';
import { buildChain } from '../signing/chain.ts';
import type { JudgeContext } from '../signing/check-signature.ts';
import { type Envelope, type EnvelopeSignature, envelopeHolds } from './dsse-parse.ts';

export interface CheckedEnvelope {
  readonly findings: readonly Diagnostic[];
  /** Whose key made the signature; undefined when nobody's at hand did. */
  readonly signer: Certificate | undefined;
  /** Subjects from the signer to the end of its chain. */
  readonly chain: readonly string[];
}

const MAX_CERTIFICATES = 16;

const certificatesOf = ({ certificates }: EnvelopeSignature, file: string): readonly Certificate[] => {
  if (certificates === undefined) return [];
  try {
    return parseCertificates(utf8(certificates), file).slice(0, MAX_CERTIFICATES);
  } catch (error) {
    if (!(error instanceof WinpvError)) throw error;
    return [];
  }
};

/**
 * An envelope's signature and whoever made it, by the certificates that came along and those given. One signature that
 * holds is enough (DSSE 1.0); its certificate has to lead to one that is trusted, at the time of judgement.
 *
 * @param pool certificates at hand that the envelope does not bring
 */
export const checkEnvelope = (
  envelope: Envelope,
  file: string,
  { trust, atMs, pool }: JudgeContext & { readonly pool: readonly Certificate[] },
): CheckedEnvelope => {
  const at = { file };
  for (const signature of envelope.signatures) {
    const own = certificatesOf(signature, file);
    const known = [...own, ...pool];
    const signer = known.find((certificate) => envelopeHolds(envelope, signature, certificate));
    if (signer === undefined) continue;
    const { path, findings } = buildChain({ leaf: signer, pool: known, trust, atMs, purpose: 'code-signing' });
    return {
      // Certificates in the envelope have no places in the file that people could look at.
      findings: findings.map((finding) => ({ ...finding, at })),
      signer,
      chain: path.map(({ subjectText }) => subjectText),
    };
  }
  const message =
    envelope.signatures.length === 0
      ? 'The envelope has no signature.'
      : 'No signature of the envelope is one by the key of a certificate at hand: it was changed, or signed by somebody else.';
  return { findings: [problem('STATEMENT_SIGNATURE', message, { at })], signer: undefined, chain: [] };
};
