import { X509Certificate } from 'node:crypto';
import { utf8 } from '../../core/bytes.ts';
import type { ErrorCode } from '../../core/error-codes.ts';
import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import { type Certificate, parseCertificates } from '../formats/x509/parse.ts';
import { allPaths, type Chain } from './chain.ts';
import { checkFitness, type SignedKind, type SigningPurpose } from './fitness.ts';
import { keyKind, publicKeyOf, signatureAlgorithm, signatureFits } from './key.ts';
import { rootReport } from './known-roots.ts';
import type { Signer } from './signer.ts';

/** One thing that `winpv doctor` looked at. */
export interface Check {
  /** What was looked at, in one word: `signature`, `key`, `chain`, … */
  readonly check: string;
  readonly status: 'ok' | 'warning' | 'error' | 'skipped';
  readonly message: string;
  readonly code?: ErrorCode;
  /** What to do. */
  readonly hint?: string;
}

export const passed = (check: string, message: string): Check => ({ check, status: 'ok', message });
export const skipped = (check: string, message: string): Check => ({ check, status: 'skipped', message });

export const found = (check: string, { code, severity, message, hint }: Diagnostic): Check => ({
  check,
  status: severity === 'error' ? 'error' : 'warning',
  message,
  code,
  ...(hint === undefined ? {} : { hint }),
});

/** A check that threw. Anything but a WinpvError is a bug, and stays one. */
export const failed = (check: string, error: unknown): readonly Check[] => {
  if (error instanceof WinpvError) return error.diagnostics.map((diagnostic) => found(check, diagnostic));
  throw error;
};

/**
 * Has a key sign a nonce, and checks the signature with the certificate. What is signed begins with words of its own, so that
 * the signature is one of nothing else. SHA-256, as drivers are signed.
 * @throws WinpvError SIGN_*, and what the key throws
 */
export const signNonce = async (signer: Signer, nonce: Uint8Array): Promise<Check> => {
  const { label } = signer;
  const [leaf] = await signer.certificates();
  if (leaf === undefined) throw new WinpvError('SIGN_CERTIFICATE_MISSING', `${label} has no certificate.`);
  const publicKey = publicKeyOf(leaf, label);
  const algorithm = signatureAlgorithm(keyKind(publicKey, label), 'sha256');
  const message = new Uint8Array([...utf8('winpv doctor\n'), ...nonce]);
  if (signatureFits(publicKey, algorithm, message, await signer.sign(message, algorithm)))
    return passed('signature', `${label} signed a nonce, and its certificate confirms it (${algorithm})`);
  throw new WinpvError('SIGN_SELF_CHECK', `${label} signs, but its certificate does not confirm the signature.`, {
    hint: 'Does the certificate belong to this key? Name the one that was issued for it.',
  });
};

export interface CertificatesRequest {
  /** DER: the key's own first, then its issuers as far as they lead. */
  readonly chain: readonly Uint8Array[];
  /** DER: all that was given, also what leads nowhere. */
  readonly given: readonly Uint8Array[];
  readonly nowMs: number;
  readonly purpose: SigningPurpose;
  /** Whether the certificate is made anew every few days, by somebody else. */
  readonly rotates: boolean;
}

const KINDS: ReadonlySet<SignedKind> = new Set(['pe', 'cat', 'cab']);
const DAY_MS = 86_400_000;
const WARNED_DAYS = 30;

/** What the certificates of a key say about it: its kind and size, how long it is good, and whether Windows builds the chain. */
export const checkCertificates = (request: CertificatesRequest): readonly Check[] => {
  const { chain, nowMs, purpose } = request;
  const [leaf, ...issuers] = chain.flatMap((der) => parseCertificates(der, 'the certificate'));
  if (leaf === undefined) return [];
  const unfit = checkFitness({ certificates: chain, kinds: KINDS, nowMs, purpose });
  const key = unfit.filter(({ code }) => code !== 'SIGN_CERTIFICATE_UNFIT').map((one) => found('key', one));
  const certificate = [
    ...unfit.filter(({ code }) => code === 'SIGN_CERTIFICATE_UNFIT'),
    ...[leaf, ...issuers].flatMap((one) => expiring(one, request)),
  ].map((one) => found('certificate', one));
  const until = new Date(leaf.notAfterMs).toISOString().slice(0, 10);
  return [
    ...(key.length > 0 ? key : [passed('key', `${keyText(leaf)}, as Windows and Partner Center take`)]),
    ...(certificate.length > 0 ? certificate : [passed('certificate', `"${leaf.subjectText}", until ${until}`)]),
    ...checkChain(leaf, issuers, request),
  ];
};

const keyText = ({ der }: Certificate): string => {
  const { asymmetricKeyType: type = '', asymmetricKeyDetails: details } = new X509Certificate(der).publicKey;
  return type === 'rsa' ? `RSA, ${details?.modulusLength} bits` : `${type.toUpperCase()}, ${details?.namedCurve}`;
};

/** A root does not have to be renewed by whom it certifies. */
const expiring = (certificate: Certificate, { nowMs, rotates }: CertificatesRequest): readonly Diagnostic[] => {
  const { notAfterMs, subjectText, selfIssued } = certificate;
  const days = Math.floor((notAfterMs - nowMs) / DAY_MS);
  if (rotates || nowMs > notAfterMs || days >= WARNED_DAYS) return [];
  const when = days === 0 ? 'today or tomorrow' : `in ${days} day${days === 1 ? '' : 's'}`;
  const hint = selfIssued ? 'It is self-signed: make the next one.' : 'Order the next one now; authorities take days.';
  return [problem('SIGN_CERTIFICATE_EXPIRING', `"${subjectText}" ends ${when}.`, { severity: 'warning', hint })];
};

/** What `checkFitness` says of the chain as well. */
const SAID: readonly ErrorCode[] = ['VERIFY_CHAIN_EXPIRED', 'VERIFY_KEY_PUBLIC', 'VERIFY_TEST_CERTIFICATE'];

const faultsOf = ({ path, findings }: Chain): readonly Diagnostic[] =>
  findings.filter(({ code, severity, message }) => {
    if (severity !== 'error' || SAID.includes(code)) return false;
    const ofLeaf = message.startsWith(`"${path[0]?.subjectText}"`);
    return !ofLeaf || code !== 'VERIFY_CERTIFICATE_UNSUITABLE';
  });

const checkChain = (
  leaf: Certificate,
  issuers: readonly Certificate[],
  { given, nowMs, purpose, chain }: CertificatesRequest,
): readonly Check[] => {
  const ways = allPaths({ leaf, pool: issuers, trust: { anchors: [] }, atMs: nowMs, purpose: 'code-signing' });
  const judged = ways.map((way) => ({ path: way.path, faults: faultsOf(way) }));
  const best = judged.toSorted((a, b) => a.faults.length - b.faults.length || b.path.length - a.path.length)[0];
  if (best === undefined) return [];
  if (best.faults.length > 0)
    return best.faults.map(({ message }) =>
      found(
        'chain',
        problem('SIGN_CERTIFICATE_UNFIT', `Windows does not build the chain: ${message}`, {
          hint: 'Have the certificate issued anew, by an authority whose own certificates allow it.',
        }),
      ),
    );
  const last = best.path.at(-1) ?? leaf;
  const missing = missingIssuer(last, { given, chain, purpose, alone: best.path.length === 1 });
  return [missing === undefined ? chainEnd(last, best.path.length, purpose) : found('chain', missing)];
};

/** A certificate between the signer's and its root that is not at hand: the kernel fetches none. */
const missingIssuer = (
  last: Certificate,
  {
    given,
    chain,
    purpose,
    alone,
  }: Pick<CertificatesRequest, 'given' | 'chain' | 'purpose'> & { readonly alone: boolean },
): Diagnostic | undefined => {
  if (last.selfIssued) return undefined;
  const read = (ders: readonly Uint8Array[]): readonly Certificate[] =>
    ders.flatMap((der) => parseCertificates(der, 'the certificate'));
  const used = new Set(read(chain).map(({ thumbprint }) => thumbprint));
  const stray = read(given).filter(({ thumbprint }) => !used.has(thumbprint));
  const root = stray.find(({ selfIssued }) => selfIssued) ?? stray[0];
  const hint =
    'Add the certificates of the issuers to `cert`, after the key’s own; the authority has them on its site.';
  if (root !== undefined) {
    const message = `"${root.subjectText}" was given, but nothing leads to it: is "${last.issuerText}" missing before it?`;
    // A root is given for the chain; an authority that is none may be one of yesterday.
    return problem('SIGN_CHAIN_INCOMPLETE', message, {
      hint,
      severity: alone || root.selfIssued ? 'error' : 'warning',
    });
  }
  if (!alone || rootReport(last, false).standing === 'known') return undefined;
  const message = `The issuer "${last.issuerText}" was not given, and signatures would carry no chain.`;
  return problem('SIGN_CHAIN_INCOMPLETE', message, { hint, severity: purpose === 'test' ? 'warning' : 'error' });
};

const chainEnd = (last: Certificate, length: number, purpose: SigningPurpose): Check => {
  const { subject, standing } = rootReport(last, false);
  const count = `${length} certificate${length === 1 ? '' : 's'}`;
  if (!last.selfIssued && standing === 'unknown')
    return passed('chain', `${count}, up to the issuer "${subject}", which Windows looks for among its roots`);
  if (standing !== 'unknown' || purpose === 'test') return passed('chain', `${count}, up to the root "${subject}"`);
  return found(
    'chain',
    problem('SIGN_ROOT_UNKNOWN', `The chain ends at "${subject}", which is none of the roots known here.`, {
      severity: 'warning',
      hint: 'If no Windows has it, only machines that were told to trust it take the signatures: then write `testSigning: true`.',
    }),
  );
};
