import { type Diagnostic, problem } from '../../core/errors.ts';
import type { Clock, Files, Http } from '../../core/ports.ts';
import { parseRevocationFile, REVOCATION_FOLDER } from '../../packaging/signing/pinned-revocation.ts';
import type { RevocationEvidence, RevocationSource } from '../../packaging/signing/revocation-evidence.ts';
import { type RevocationFetcher, revocationFetcher } from '../../packaging/signing/revocation-fetch.ts';
import { judgeWithRevocation, keptFile } from '../../packaging/signing/revocation-pass.ts';
import { type OutputFile, sha256Hex } from '../output.ts';

/** `signing.revocation` of a project: where it is to be known from whether certificates were revoked. */
export interface RevocationSettings {
  /** Ask the places that the certificates name. */
  readonly fetch: boolean;
  /** Lists and OCSP answers, DER or PEM. */
  readonly files: readonly string[];
  /** Whether a certificate that nothing speaks of stops the release. */
  readonly require: boolean;
}

/** A list or answer that a release keeps, so that it is verified with the same anywhere. */
export interface RecordedRevocation {
  /** Below OUT. */
  readonly path: string;
  readonly sha256: string;
  readonly kind: 'list' | 'ocsp';
  /** The address that it was fetched from, or the file's name. */
  readonly from: string;
}

/** What a release knows of revocation, and keeps of it. */
export interface ReleaseRevocation {
  /** Judges with what is known; what is missing is fetched once for the whole release, and judged again with. */
  judge<T>(verify: (evidence: RevocationEvidence | undefined) => T): Promise<T>;
  /** What decided so far, to write below OUT and to record; in the order of their names. */
  kept(): { readonly files: readonly OutputFile[]; readonly record: readonly RecordedRevocation[] };
  diagnostics(): readonly Diagnostic[];
}

export interface RevocationPorts {
  readonly files: Files;
  readonly clock: Clock;
  readonly http: () => Promise<Http>;
}

const MAX_FILE_BYTES = 64 * 1024 * 1024;

/** Without settings nothing is known, and nothing is asked. */
const UNASKED: ReleaseRevocation = {
  judge: async (verify) => verify(undefined),
  kept: () => ({ files: [], record: [] }),
  diagnostics: () => [],
};

const readFiles = async (
  { files: paths, require }: RevocationSettings,
  { files, clock }: RevocationPorts,
): Promise<RevocationEvidence> => {
  const read = await Promise.all(
    paths.map(async (path) =>
      parseRevocationFile(await files.read(path, { maxBytes: MAX_FILE_BYTES }), files.basename(path)),
    ),
  );
  return {
    lists: read.flatMap(({ lists }) => lists),
    answers: read.flatMap(({ answers }) => answers),
    nowMs: clock.now(),
    required: require,
  };
};

/** @throws WinpvError FILE_*, DER_*, REVOCATION_REFUSED for a file that the project names */
export const readyRevocation = async (
  settings: RevocationSettings | undefined,
  ports: RevocationPorts,
): Promise<ReleaseRevocation> => {
  if (settings === undefined) return UNASKED;
  const given = await readFiles(settings, ports);
  const fetcher = settings.fetch ? revocationFetcher(await ports.http()) : undefined;
  return keeping(given, fetcher);
};

const keeping = (given: RevocationEvidence, fetcher: RevocationFetcher | undefined): ReleaseRevocation => {
  const used = new Map<string, RevocationSource>();
  const found = new Map<string, Diagnostic>();
  return {
    judge: async (verify) => {
      const judged = await judgeWithRevocation(verify, given, fetcher);
      for (const source of judged.used) used.set(keptFile(source).name, source);
      for (const finding of judged.findings) found.set(`${finding.code} ${finding.message}`, finding);
      return judged.report;
    },
    kept: () => {
      const sources = [...used].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, source]) => source);
      const files = sources.map((source): OutputFile => {
        const { name, bytes } = keptFile(source);
        return { path: `${REVOCATION_FOLDER}${name}`, bytes };
      });
      const record = files.map(({ path, bytes }, index): RecordedRevocation => {
        const source = sources[index];
        const kind = path.endsWith('.crl') ? 'list' : 'ocsp';
        return { path, sha256: sha256Hex(bytes), kind, from: source?.file ?? '' };
      });
      return { files, record };
    },
    diagnostics: () => [...found.values(), ...nothingKept(used.size, fetcher)],
  };
};

const nothingKept = (count: number, fetcher: RevocationFetcher | undefined): readonly Diagnostic[] =>
  count > 0 || fetcher !== undefined
    ? []
    : [
        problem('VERIFY_REVOCATION_UNUSED', 'None of the files in `signing.revocation` speaks of a certificate here.', {
          severity: 'warning',
        }),
      ];
