import { type Diagnostic, problem } from '../../core/errors.ts';
import type { Certificate } from '../formats/x509/parse.ts';
import { buildChain, isAnchor, type Trust } from './chain.ts';
import { rootReport } from './known-roots.ts';
import type { RootReport } from './verdict.ts';

export interface OpcChain {
  /** Subjects from the signer to the anchor, as far as certificates at hand lead. */
  readonly path: readonly string[];
  readonly root: RootReport;
  readonly diagnostics: readonly Diagnostic[];
}

export interface OpcChainRequest {
  readonly leaf: Certificate;
  /** Certificates that came with the signature; mostly there is the signer's alone. */
  readonly pool: readonly Certificate[];
  /** Nobody is asked for when it is empty. */
  readonly trust: Trust;
  /** Milliseconds since 1970: such a signature has no time that anybody confirms. */
  readonly nowMs: number;
}

/**
 * Follows the certificate of a package signature up to an authority. What is wrong with a certificate on the way is an
 * error; so is an end that is not trusted, once it was said who is. Without that only a certificate that nobody issued is
 * worth a warning: a package carries the signer's own certificate alone, and Partner Center knows the authorities.
 */
export const judgeOpcChain = ({ leaf, pool, trust, nowMs }: OpcChainRequest): OpcChain => {
  const chain = buildChain({ leaf, pool, trust, atMs: nowMs, purpose: 'code-signing' });
  const last = chain.path.at(-1) ?? leaf;
  const root = rootReport(last, isAnchor(last, trust));
  const asked = trust.anchors.length > 0;
  const end = asked ? 'error' : root.standing === 'unknown' && last.selfIssued ? 'warning' : 'info';
  const diagnostics = chain.findings
    .filter((finding) => !isTold(finding, leaf))
    .map(({ code, message, hint, at, severity }) => {
      const open = code === 'VERIFY_CHAIN_UNTRUSTED' || code === 'VERIFY_CHAIN_INCOMPLETE';
      return problem('OPC_CHAIN', message, {
        ...(hint === undefined ? {} : { hint }),
        ...(at === undefined ? {} : { at: { file: at.file } }),
        severity: open ? end : severity,
      });
    });
  return { path: chain.path.map(({ subjectText }) => subjectText), root, diagnostics };
};

/** Of the signer's own certificate: the rest, its time and what it is for, is judged wherever it leads. */
const OWN: ReadonlySet<string> = new Set([
  'VERIFY_CHAIN_UNTRUSTED',
  'VERIFY_CHAIN_INCOMPLETE',
  'VERIFY_REVOKED',
  'VERIFY_NAME_NOT_ALLOWED',
]);
const TOLD = /is not for code-signing|has no extended key usage/;

const isTold = ({ code, at, message }: Diagnostic, { file, offset }: Certificate): boolean => {
  if (at?.file !== file || at.offset !== offset) return false;
  return code === 'VERIFY_CERTIFICATE_UNSUITABLE' ? TOLD.test(message) : !OWN.has(code);
};
