import type { Diagnostic } from '../../core/errors.ts';
import type { ReadRevocation } from '../../packaging/signing/pinned-revocation.ts';
import type { RevocationEvidence, RevocationSource } from '../../packaging/signing/revocation-evidence.ts';
import type { RevocationFetcher } from '../../packaging/signing/revocation-fetch.ts';
import type { Io } from '../io.ts';

export interface RevocationOptions {
  readonly crl?: readonly string[];
  readonly ocsp?: readonly string[];
  readonly fetchRevocation?: true;
  readonly requireRevocation?: true;
  readonly saveRevocation?: string;
}

/** The longest public lists have some ten megabytes. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

/** Paths of files, a folder standing for what `--save-revocation` wrote there of that kind. */
const pathsOf = async (io: Io, path: string, ending: string): Promise<readonly string[]> => {
  if ((await io.files.stat(path))?.kind !== 'folder') return [path];
  const entries = await io.files.list(path);
  return entries.filter(({ name }) => name.endsWith(ending)).map(({ name }) => io.files.join(path, name));
};

const readAll = async <T>(
  io: Io,
  named: readonly string[],
  ending: string,
  parse: (bytes: Uint8Array, path: string) => readonly T[],
): Promise<readonly T[]> => {
  const paths = (await Promise.all(named.map((path) => pathsOf(io, path, ending)))).flat();
  const read = paths.map(async (path) => parse(await io.files.read(path, { maxBytes: MAX_FILE_BYTES }), path));
  return (await Promise.all(read)).flat();
};

/** What `--crl` and `--ocsp` name. @throws WinpvError DER_*, REVOCATION_REFUSED, FILE_* */
export const readRevocation = async (
  io: Io,
  { crl = [], ocsp = [], requireRevocation }: RevocationOptions,
  nowMs: number,
): Promise<RevocationEvidence> => {
  const { parseRevocationLists } = await import('../../packaging/formats/x509/crl-parse.ts');
  const { parseOcspResponses } = await import('../../packaging/formats/x509/ocsp-parse.ts');
  return {
    lists: await readAll(io, crl, '.crl', parseRevocationLists),
    answers: await readAll(io, ocsp, '.ocsp', parseOcspResponses),
    nowMs,
    required: requireRevocation,
  };
};

export const withPinned = (evidence: RevocationEvidence, { lists, answers }: ReadRevocation): RevocationEvidence =>
  lists.length + answers.length === 0
    ? evidence
    : { ...evidence, lists: [...evidence.lists, ...lists], answers: [...evidence.answers, ...answers] };

export const openFetcher = async (io: Io, options: RevocationOptions): Promise<RevocationFetcher | undefined> => {
  if (options.fetchRevocation !== true) return undefined;
  const { revocationFetcher } = await import('../../packaging/signing/revocation-fetch.ts');
  return revocationFetcher(await io.http());
};

/** Writes what was of use, each under the hash of its bytes. */
export const saveRevocation = async (
  io: Io,
  folder: string | undefined,
  used: readonly RevocationSource[],
): Promise<void> => {
  if (folder === undefined) return;
  const { keptFile } = await import('../../packaging/signing/revocation-pass.ts');
  for (const source of used) {
    const { name, bytes } = keptFile(source);
    await io.files.write(io.files.join(folder, name), bytes);
  }
};

/** What decided, as the result shows it. */
export const shownSources = async (used: readonly RevocationSource[]) => {
  const { keptFile } = await import('../../packaging/signing/revocation-pass.ts');
  const iso = (ms: number): string => new Date(ms).toISOString();
  return used.map((source) => {
    const kind = 'revoked' in source ? ('list' as const) : ('ocsp' as const);
    const times =
      'revoked' in source
        ? {
            thisUpdate: iso(source.thisUpdateMs),
            ...(source.nextUpdateMs === undefined ? {} : { nextUpdate: iso(source.nextUpdateMs) }),
          }
        : { producedAt: iso(source.producedAtMs) };
    return { kind, from: source.file, sha256: keptFile(source).name.slice(0, 64), ...times };
  });
};

/** Each once: what is said of a list is said for every file that it is asked about. */
export const eachOnce = (findings: readonly Diagnostic[]): readonly Diagnostic[] => {
  const seen = new Set<string>();
  return findings.filter(({ code, message, at }) => {
    if (!code.startsWith('VERIFY_REVOCATION_') && !code.startsWith('REVOCATION_')) return true;
    const key = `${code} ${message} ${at?.file ?? ''}`;
    return !seen.has(key) && seen.add(key);
  });
};
