import type { Explanation } from '../../packaging/signing/explanation.ts';
import type { FileVerdict, SignatureReport, Verdict } from '../../packaging/signing/verdict.ts';

/** The common name of a subject, or all of it. */
const shortName = (subject: string): string => /^CN=((?:\\.|[^,+\\])+)/.exec(subject)?.[1] ?? subject;

const STANDINGS = { trusted: 'trusted', known: 'known, but not given as trusted', unknown: 'not known' } as const;

const describeRoot = ({ root }: SignatureReport): readonly string[] =>
  root === undefined || root.standing === 'trusted'
    ? []
    : [`root ${shortName(root.subject)} (${STANDINGS[root.standing]})`];

const describePages = ({ pageHashes }: SignatureReport): readonly string[] => {
  if (pageHashes === undefined) return [];
  const { algorithm, pages, verdict } = pageHashes;
  return [`${algorithm} hashes of ${pages} pages${verdict === 'valid' ? '' : ', not those of this file'}`];
};

const describe = (file: FileVerdict): string => {
  const [signature] = file.signatures;
  const parts = [
    ...(file.reason === undefined ? [] : [file.reason]),
    ...(signature === undefined ? [] : [signature.subject, ...describeRoot(signature), ...describePages(signature)]),
    ...file.catalogs.map((catalog) => `in ${catalog.path}`),
  ];
  return parts.join('; ');
};

/** `in-vain`: places were to be asked, and nothing came of it. */
export type RevocationNote = 'checked' | 'not-checked' | 'in-vain';

const REVOCATION_NOTES: Readonly<Record<RevocationNote, readonly string[]>> = {
  checked: [],
  'not-checked': [
    'Revocation was not checked: give lists with --crl, answers with --ocsp, or have them fetched with --fetch-revocation.',
  ],
  'in-vain': [
    'Revocation was not checked: no place that is asked told anything. Only chains that lead to a --ca are asked about.',
  ],
};

/** What the reader should know of how far the verdict goes, each once. */
const notes = (files: readonly FileVerdict[], revocation: RevocationNote): readonly string[] => {
  const signatures = files.flatMap((file) => file.signatures);
  if (signatures.length === 0) return [];
  const untrusted = signatures.some(
    ({ root, timestamp }) => root?.standing !== 'trusted' || timestamp?.reason === 'VERIFY_TIMESTAMP_UNTRUSTED',
  );
  return [
    ...(untrusted
      ? ['winpv trusts no root by itself, nor those of time-stamp authorities: give the ones you trust with --ca.']
      : []),
    ...REVOCATION_NOTES[revocation],
  ];
};

/** Files by what is said of them, each explanation once. */
export const explanationLines = (
  files: readonly { readonly path: string; readonly explanation: Explanation | undefined }[],
): readonly string[] => {
  const said = new Map<string, { readonly explanation: Explanation; readonly paths: string[] }>();
  for (const { path, explanation } of files) {
    if (explanation === undefined) continue;
    const before = said.get(explanation.why) ?? { explanation, paths: [] };
    before.paths.push(path);
    said.set(explanation.why, before);
  }
  return [...said.values()].flatMap(({ explanation: { why, todo }, paths: [first, ...others] }) => [
    '',
    `${first}${others.length === 0 ? '' : ` and ${others.length} more`}:`,
    `  ${why}`,
    `  ${todo}`,
  ]);
};

/** One line a file that is not valid, or every file when there are few; then the total, and how far it goes. */
export const verifyLines = (
  verdict: Verdict,
  files: readonly FileVerdict[],
  revocation: RevocationNote,
): readonly string[] => {
  const counted = files.filter((file) => file.counts);
  const wrong = counted.filter((file) => file.verdict !== 'valid');
  const shown = counted.length <= 12 ? counted : wrong;
  const width = Math.max(...shown.map((file) => file.path.length), 0);
  const lines = shown.map((file) =>
    `${file.verdict.padEnd(9)} ${file.path.padEnd(width)}  ${describe(file)}`.trimEnd(),
  );
  const total = `${verdict}: ${counted.length - wrong.length} of ${counted.length} files are valid.`;
  return [...lines, total, ...notes(counted, revocation)];
};
