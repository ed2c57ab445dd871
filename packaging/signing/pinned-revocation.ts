import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import { parseRevocationLists, type RevocationList } from '../formats/x509/crl-parse.ts';
import { type OcspResponse, parseOcspResponses } from '../formats/x509/ocsp-parse.ts';

/** Where a release keeps what told about revocation, below OUT. */
export const REVOCATION_FOLDER = 'revocation/';

export interface ReadRevocation {
  readonly lists: readonly RevocationList[];
  readonly answers: readonly OcspResponse[];
}

const LIST = /-----BEGIN X509 CRL-----/;
const ANSWER = /-----BEGIN OCSP RESPONSE-----/;
const PEM_HEAD_BYTES = 4096;

/**
 * A file of lists or of OCSP answers, whichever it is: PEM says so, and of DER the first inner value does, which is a number in
 * an answer.
 * @throws WinpvError DER_*, REVOCATION_REFUSED
 */
export const parseRevocationFile = (bytes: Uint8Array, file: string): ReadRevocation => {
  const head = Buffer.from(bytes.subarray(0, PEM_HEAD_BYTES)).toString('latin1');
  const skip = bytes[1] === undefined || bytes[1] < 0x80 ? 2 : 2 + (bytes[1] & 0x7f);
  const isAnswer = ANSWER.test(head) || (bytes[0] === 0x30 && bytes[skip] === 0x0a);
  return isAnswer && !LIST.test(head)
    ? { lists: [], answers: parseOcspResponses(bytes, file) }
    : { lists: parseRevocationLists(bytes, file), answers: [] };
};

/** What a release keeps in its folder; what of it cannot be read is a finding, for to find that is what verifying is for. */
export const pinnedRevocation = (
  files: readonly { readonly path: string; readonly bytes: Uint8Array }[],
): ReadRevocation & { readonly findings: readonly Diagnostic[] } => {
  const lists: RevocationList[] = [];
  const answers: OcspResponse[] = [];
  const findings: Diagnostic[] = [];
  for (const { path, bytes } of files) {
    if (!path.startsWith(REVOCATION_FOLDER)) continue;
    try {
      const read = parseRevocationFile(bytes, path);
      lists.push(...read.lists);
      answers.push(...read.answers);
    } catch (error) {
      if (!(error instanceof WinpvError)) throw error;
      findings.push(problem('REVOCATION_MALFORMED', error.message, { at: error.at ?? { file: path } }));
    }
  }
  return { lists, answers, findings };
};
