import { Command } from 'commander';
import { dateToEpochMs } from '../../core/date.ts';
import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import { givenDay } from '../../core/given-date.ts';
import type { Explanation } from '../../packaging/signing/explanation.ts';
import type { PolicyRow } from '../../packaging/signing/policy.ts';
import type { WindowsRelease } from '../../packaging/signing/policy-data.ts';
import type { FileVerdict } from '../../packaging/signing/verdict.ts';
import type { NamedFile } from '../inputs/named-files.ts';
import type { RevocationOptions } from '../inputs/revocation-options.ts';
import type { Io } from '../io.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';

interface VerifyOptions extends RevocationOptions {
  readonly ca?: readonly string[];
  readonly catalog?: readonly string[];
  readonly attestation?: readonly string[];
  readonly at?: string;
  readonly policy?: readonly string[];
}

const MAX_CERTIFICATE_BYTES = 1024 * 1024;

const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), value];

const anchors = async (io: Io, paths: readonly string[]): Promise<readonly Uint8Array[]> => {
  const { parseCertificates } = await import('../../packaging/formats/x509/pem.ts');
  const read = paths.map(async (path) =>
    parseCertificates(await io.files.read(path, { maxBytes: MAX_CERTIFICATE_BYTES }), path),
  );
  return (await Promise.all(read)).flat();
};

const readAll = (io: Io, paths: readonly string[] = []): Promise<readonly Subject[]> =>
  Promise.all(paths.map(async (path) => ({ path, bytes: await io.files.read(path) })));

const judgedAt = (io: Io, at: string | undefined): number => {
  if (at === undefined) return io.clock.now();
  return dateToEpochMs(givenDay(at, { now: io.clock.now(), what: 'The day to judge at', later: 'allowed' }));
};

type Subject = Pick<NamedFile, 'bytes'> & { readonly path: string };

interface Subjects {
  readonly files: readonly Subject[];
  /** One file that was named, to be judged without its package. */
  readonly alone: boolean;
  /** Whether the paths start from the folder or ZIP that was named. */
  readonly relative: boolean;
  /** Why an archive could not be opened. */
  readonly damage: readonly Diagnostic[];
}

/** What an archive holds; a damaged one is a finding, for to find that is what a verification is for. */
const contentOf = (path: string, read: () => readonly Subject[]): Pick<Subjects, 'files' | 'damage'> => {
  try {
    return { files: read(), damage: [] };
  } catch (error) {
    if (!(error instanceof WinpvError)) throw error;
    const damage = problem('VERIFY_MALFORMED', error.message, { at: error.at ?? { file: path } });
    return { files: [], damage: [damage] };
  }
};

/** What a path stands for: a file, all below a folder, or all in a ZIP or cabinet (named below the archive's name). */
const subjectsOf = async (io: Io, path: string): Promise<Subjects> => {
  const entry = await io.files.stat(path);
  if (entry === undefined) throw new WinpvError('FILE_NOT_FOUND', `${path} does not exist.`, { at: { file: path } });
  if (entry.kind === 'folder') {
    const { readFolderFiles } = await import('../inputs/named-files.ts');
    const files = (await readFolderFiles(io, path)).map(({ name, bytes }) => ({ path: name, bytes }));
    return { files, alone: false, relative: true, damage: [] };
  }
  const bytes = await io.files.read(path);
  if (/\.zip$/i.test(path)) {
    const { parseZip } = await import('../../packaging/formats/zip/parse.ts');
    const read = () => parseZip(bytes, path).map((file) => ({ path: file.name, bytes: file.bytes() }));
    return { ...contentOf(path, read), alone: false, relative: true };
  }
  if (!/\.cab$/i.test(path)) return { files: [{ path, bytes }], alone: true, relative: false, damage: [] };
  const { parseCab } = await import('../../packaging/formats/cab/parse.ts');
  const { extractCab } = await import('../../packaging/formats/cab/extract.ts');
  const { files, damage } = contentOf(path, () =>
    extractCab(parseCab(bytes, path)).map((file) => ({
      path: `${path}/${file.name.replaceAll('\\', '/')}`,
      bytes: file.bytes,
    })),
  );
  return { files: [{ path, bytes }, ...files], alone: false, relative: false, damage };
};

/** Findings in what is below a folder or in a ZIP name files from there: people get the path that they can open. */
const placedBelow = (io: Io, path: string, { files, relative }: Subjects) => {
  const below = new Set(relative ? files.map((file) => file.path) : []);
  return (finding: Diagnostic): Diagnostic =>
    finding.at === undefined || !below.has(finding.at.file)
      ? finding
      : { ...finding, at: { ...finding.at, file: io.files.join(path, finding.at.file) } };
};

/** A damaged archive as a file of the report, in place of what was found of it otherwise. */
const withDamage = (
  files: readonly FileVerdict[],
  path: string,
  damage: readonly Diagnostic[],
): readonly FileVerdict[] => {
  if (damage.length === 0) return files;
  const found = files.find((file) => file.path === path);
  const broken: FileVerdict = {
    ...(found ?? { path, kind: 'flat', signatures: [], catalogs: [], diagnostics: [] }),
    verdict: 'invalid',
    reason: found?.verdict === 'invalid' && found.reason !== undefined ? found.reason : 'VERIFY_MALFORMED',
    counts: true,
  };
  return [broken, ...files.filter((file) => file !== found)];
};

interface Asked {
  readonly paths: readonly string[];
  readonly releases: readonly WindowsRelease[];
}

/**
 * The paths, and the systems that `--policy` names. What follows the option and is no system is a path, so that the option
 * may stand before the paths; a misspelt system is said.
 */
const askedFor = async (paths: readonly string[], policy: readonly string[] = []): Promise<Asked> => {
  const { selectWindows, WINDOWS_NAMES } = await import('../../packaging/signing/policy.ts');
  const words = policy.flatMap((word) => (/[/\\]/.test(word) ? [word] : word.split(','))).filter((word) => word !== '');
  const isName = (word: string): boolean => word.toLowerCase() === 'all' || WINDOWS_NAMES.includes(word.toLowerCase());
  const names = words.filter(isName);
  const others = words.filter((word) => !isName(word));
  if (policy.length > 0 && (names.length === 0 || (paths.length > 0 && others.length > 0))) {
    const wrong = others[0] ?? policy.join(' ');
    const selected = selectWindows([wrong]);
    const nearest = 'nearest' in selected ? selected.nearest : undefined;
    const hint =
      nearest === undefined ? `Give \`all\`, or names such as ${WINDOWS_NAMES.slice(-2).join(', ')}.` : undefined;
    throw new WinpvError('USAGE', `"${wrong}" is not a Windows that the policy table knows.`, {
      hint: hint ?? `Did you mean \`${nearest}\`?`,
    });
  }
  const all = [...paths, ...others];
  if (all.length === 0)
    throw new WinpvError('USAGE', 'There is no path to verify.', { hint: 'Name a file or a folder.' });
  const selected = selectWindows(names);
  return { paths: all, releases: 'releases' in selected ? selected.releases : [] };
};

/** A file as the result shows it: without what only the policy table needs. */
const shownFile = (file: FileVerdict, policies: readonly PolicyRow[], explanation: Explanation | undefined) => {
  const { counts: _counts, diagnostics: _diagnostics, image: _image, scope: _scope, ...rest } = file;
  const signatures = file.signatures.map(({ authorityPaths: _paths, ...signature }) => signature);
  const catalogs = file.catalogs.map(
    ({ signatures: _signatures, version: _version, osVersions: _os, ...match }) => match,
  );
  return { ...rest, signatures, catalogs, policies, ...(explanation === undefined ? {} : { explanation }) };
};

const run = async ({ io, output }: Context, named: readonly string[], options: VerifyOptions): Promise<Outcome> => {
  const { paths, releases } = await askedFor(named, options.policy);
  const { policyRows } = await import('../../packaging/signing/policy.ts');
  const { verifyTree } = await import('../../packaging/signing/verify-package.ts');
  const { checkSums } = await import('../../release/reading/verify-sums.ts');
  const { explanationLines, verifyLines } = await import('../render/verify.ts');
  const { returnedRootLines } = await import('../inputs/returned-roots.ts');
  const trust = await anchors(io, options.ca ?? []);
  const atMs = judgedAt(io, options.at);
  const { eachOnce, openFetcher, readRevocation, saveRevocation, shownSources, withPinned } = await import(
    '../inputs/revocation-options.ts'
  );
  const { pinnedRevocation } = await import('../../packaging/signing/pinned-revocation.ts');
  const { judgeWithRevocation } = await import('../../packaging/signing/revocation-pass.ts');
  const given = await readRevocation(io, options, atMs);
  const fetcher = await openFetcher(io, options);
  const extraCatalogs = await readAll(io, options.catalog);
  const { checkSaid, saidLines, saidResult } = await import('../inputs/release-statements.ts');
  const { trustOf } = await import('../../packaging/signing/chain.ts');
  const attestations = await readAll(io, options.attestation);
  const reports = await Promise.all(
    paths.map(async (path) => {
      const subjects = await subjectsOf(io, path);
      const { files, alone, relative, damage } = subjects;
      const placed = placedBelow(io, path, subjects);
      const pinned = pinnedRevocation(relative ? files : []);
      const { report, used, findings } = await judgeWithRevocation(
        (revocation) => verifyTree({ files, trust, atMs, extraCatalogs, alone, revocation }),
        withPinned(given, pinned),
        fetcher,
      );
      return {
        verdict: damage.length + pinned.findings.length > 0 ? ('invalid' as const) : report.verdict,
        files: withDamage(report.files, path, damage),
        diagnostics: [...damage, ...[...pinned.findings, ...report.diagnostics].map(placed), ...findings],
        used,
        roots: relative
          ? returnedRootLines(io, path, { files: files.map((file) => file.path), named: options.ca ?? [] })
          : [],
        sums: checkSums(files).map(placed),
        said: await checkSaid({ files, trust: trustOf(trust), atMs, attestations }, placed),
      };
    }),
  );
  const { worst } = await import('../../packaging/signing/verdict.ts');
  const sums = reports.flatMap((report) => report.sums);
  const files = reports.flatMap((report) => report.files);
  const notable = (finding: Diagnostic): boolean => output.json || output.verbose || finding.severity !== 'info';
  const said = reports.map((report) => report.said);
  const found = [
    ...reports.flatMap((report) => report.diagnostics),
    ...sums,
    ...said.flatMap(({ findings }) => findings),
  ];
  const diagnostics = eachOnce(found).filter(notable);
  const verdict = worst([
    ...[...reports, ...said].map((one) => one.verdict),
    ...(sums.length > 0 ? ['invalid' as const] : []),
  ]);
  const tables = files.map((file) => policyRows(file, releases));
  const { explain } = await import('../../packaging/signing/explanation.ts');
  const explanations = files.map((file) => ({ path: file.path, explanation: explain(file) }));
  const used = [...new Set(reports.flatMap((report) => report.used))];
  await saveRevocation(io, options.saveRevocation, used);
  const asked = used.length + given.lists.length + given.answers.length > 0;
  const revocation = asked ? ('checked' as const) : ('not-checked' as const);
  const result = {
    verdict,
    revocation,
    ...(used.length === 0 ? {} : { revocationSources: await shownSources(used) }),
    files: files.map((file, i) => shownFile(file, tables[i] ?? [], explanations[i]?.explanation)),
    ...saidResult(said),
  };
  const { policyLines } = await import('../render/policy.ts');
  const text = [
    ...verifyLines(verdict, files, asked || fetcher === undefined ? revocation : 'in-vain'),
    ...saidLines(said),
    ...(verdict === 'valid' ? [] : reports.flatMap((report) => report.roots)),
    ...explanationLines(explanations),
    ...files.flatMap(({ path }, i) => policyLines(path, tables[i] ?? [])),
  ];
  if (verdict === 'valid') return { result, text, diagnostics };
  const first = diagnostics.find((finding) => finding.severity === 'error');
  const failure = first ?? problem('VERIFY_UNSIGNED', `The whole is ${verdict}.`);
  return { result, text, failure, diagnostics: diagnostics.filter((finding) => finding !== first) };
};

export const verifyCommand = (bind: Bind): Command =>
  new Command('verify')
    .description(
      'Checks embedded signatures, catalogs, time stamps and, in packages, that every file is in its catalog. A folder is checked with all below it; a release also against its SHA256SUMS, the signature of that, and the statements about its brands. Changes nothing; exit 5 when something is not valid.',
    )
    .argument('[path...]', 'files, folders, a ZIP made by winpv, or a cabinet')
    .option('--ca <pem>', 'a certificate to trust, PEM or DER (repeatable)', collect)
    .option('--catalog <cat>', 'a catalog that may list the files (repeatable)', collect)
    .option(
      '--attestation <file>',
      'an attestation of a build, to compare with: a Sigstore bundle, DSSE or in-toto (repeatable)',
      collect,
    )
    .option('--crl <file>', 'a list of revoked certificates, PEM or DER (repeatable)', collect)
    .option('--ocsp <file>', 'an answer of an OCSP responder, PEM or DER (repeatable)', collect)
    .option('--fetch-revocation', 'ask the places that certificates name; without it nothing is fetched')
    .option('--require-revocation', 'a certificate of which nothing tells whether it was revoked is not trusted')
    .option('--save-revocation <folder>', 'write the lists and answers that decided, for --crl and --ocsp')
    .option('--policy <windows...>', 'tell which Windows loads each image: all, or names such as 11-24h2')
    .option('--at <day>', 'judge as on this day, YYYY-MM-DD')
    .addHelpText(
      'after',
      examples(
        'winpv verify dist/quickstart --ca dist/quickstart/xenproject/trust/root.pem',
        'winpv verify xenbus.sys --catalog xenbus.cat --ca root.pem --json',
        'winpv verify xenbus.sys --policy 10-22h2 server-2025',
        'winpv verify dist/quickstart --ca root.pem --attestation xenbus.sigstore.json',
        'winpv verify xenbus.sys --ca root.pem --fetch-revocation --save-revocation kept',
        'winpv verify xenbus.sys --ca root.pem --crl kept --ocsp kept --require-revocation',
      ),
    )
    .action(bind(run));
