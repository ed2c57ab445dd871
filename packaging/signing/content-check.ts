import { equalBytes } from '../../core/bytes.ts';
import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import { type PageHashes, parseIndirectData } from '../formats/authenticode/parse.ts';
import type { DerNode } from '../formats/der/parse.ts';
import { findingAt } from './check-signer.ts';
import type { PageHashReport } from './verdict.ts';

export type FileHash = 'sha1' | 'sha256' | 'sha384' | 'sha512';

/** The file that an embedded signature should be about. */
export interface EmbeddedSubject {
  readonly subject: 'pe' | 'cab';
  readonly digest: (hash: FileHash) => Uint8Array;
  readonly pageHashes?: (hash: 'sha1' | 'sha256') => Uint8Array;
}

/** What the comparison of a file with its signed content found. */
export interface ContentVerdict {
  readonly findings: readonly Diagnostic[];
  readonly pageHashes?: PageHashReport;
}

/** Compares SpcIndirectDataContent with the file: kind, hash, and page hashes where they are stored. */
export const checkIndirectData = (node: DerNode, file: EmbeddedSubject): ContentVerdict => {
  const { digestAlgorithm: hash, digest, subject, type, misnamed, pageHashes } = parseIndirectData(node);
  const stop = (finding: Diagnostic): ContentVerdict => ({ findings: [finding] });
  if (subject !== file.subject) {
    return stop(findingAt(node, 'VERIFY_CONTENT_MISMATCH', `The signature is for a file of another kind (${type}).`));
  }
  if (hash === undefined || hash === 'md5') {
    return stop(findingAt(node, 'VERIFY_ALGORITHM_UNKNOWN', "The algorithm of the file's hash is not known."));
  }
  const findings: Diagnostic[] = [];
  if (misnamed) {
    const message = `The signature calls the kind of file ${type}, which is none; its data is that of a PE image.`;
    findings.push({ ...findingAt(node, 'VERIFY_CONTENT_MISMATCH', message), severity: 'warning' });
  }
  if (!equalBytes(file.digest(hash), digest)) {
    findings.push(findingAt(node, 'VERIFY_DIGEST_MISMATCH', `The ${hash} hash of the file is not the signed one.`));
  }
  if (pageHashes === undefined || file.pageHashes === undefined) return { findings };
  const pages = checkPageHashes(node, pageHashes, file.pageHashes);
  return { findings: [...findings, ...pages.findings], ...(pages.report ? { pageHashes: pages.report } : {}) };
};

interface CheckedPages {
  readonly findings: readonly Diagnostic[];
  readonly report?: PageHashReport;
}

const checkPageHashes = (
  node: DerNode,
  { algorithm, table: stored }: PageHashes,
  pageHashes: (hash: 'sha1' | 'sha256') => Uint8Array,
): CheckedPages => {
  try {
    const actual = pageHashes(algorithm);
    const pages = Math.max(0, actual.length / entrySize(algorithm) - 1);
    if (equalBytes(actual, stored)) return { findings: [], report: { algorithm, pages, verdict: 'valid', wrong: [] } };
    const wrong = wrongPages(stored, actual, entrySize(algorithm));
    const report: PageHashReport = { algorithm, pages, verdict: 'invalid', wrong: wrong.slice(0, MAX_LISTED) };
    return { findings: [mismatch(node, wrong)], report };
  } catch (error) {
    if (!(error instanceof WinpvError)) throw error;
    const message = `The pages cannot be hashed: ${error.message}`;
    return { findings: [findingAt(node, 'VERIFY_PAGE_HASHES_MISMATCH', message)] };
  }
};

const MAX_LISTED = 100;
const MAX_SAID = 8;
const entrySize = (algorithm: 'sha1' | 'sha256'): number => (algorithm === 'sha1' ? 24 : 36);

/** At the first page that differs, or at the table when the table itself has another form. */
const mismatch = (node: DerNode, wrong: readonly number[]): Diagnostic => {
  const [first] = wrong;
  if (first === undefined) {
    return findingAt(node, 'VERIFY_PAGE_HASHES_MISMATCH', 'The table of page hashes is not one of this image.');
  }
  const said = wrong.slice(0, MAX_SAID).map((offset) => `0x${offset.toString(16)}`);
  const more = wrong.length > MAX_SAID ? ` and ${wrong.length - MAX_SAID} more` : '';
  const message = `The signed page hashes are not those of the pages at file offset ${said.join(', ')}${more}.`;
  return problem('VERIFY_PAGE_HASHES_MISMATCH', message, { at: { file: node.file, offset: first } });
};

/** Offsets that only one of two tables has, or for which they have different hashes; ascending. */
const wrongPages = (stored: Uint8Array, actual: Uint8Array, size: number): readonly number[] => {
  const [signed, found] = [pagesOf(stored, size), pagesOf(actual, size)];
  const wrong = new Set<number>();
  for (const [offset, hash] of found) if (!equalBytes(signed.get(offset) ?? new Uint8Array(0), hash)) wrong.add(offset);
  for (const offset of signed.keys()) if (!found.has(offset)) wrong.add(offset);
  return [...wrong].sort((a, b) => a - b);
};

const pagesOf = (table: Uint8Array, size: number): ReadonlyMap<number, Uint8Array> => {
  const view = new DataView(table.buffer, table.byteOffset, table.length);
  const pages = new Map<number, Uint8Array>();
  for (let at = 0; at + size <= table.length; at += size) {
    pages.set(view.getUint32(at, true), table.subarray(at + 4, at + size));
  }
  return pages;
};
