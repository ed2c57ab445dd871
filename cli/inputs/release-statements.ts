import type { Diagnostic } from '../../core/errors.ts';
import { shownLine } from '../../core/spelling.ts';
import type { Trust } from '../../packaging/signing/chain.ts';
import { judge, type Verdict, worst } from '../../packaging/signing/verdict.ts';
import type { OutputFile } from '../../release/output.ts';
import type { AttestationReport } from '../../release/reading/verify-attestation.ts';
import type { ReleaseReport } from '../../release/reading/verify-statements.ts';

/** What is said of a release folder beside its files: statements that winpv signed, and attestations that were given. */
export interface StatementsAnswer {
  readonly verdict: Verdict;
  readonly findings: readonly Diagnostic[];
  readonly release?: ReleaseReport;
  readonly attestations?: readonly AttestationReport[];
}

/** A rule of a signature has its own effect; any other that failed means that something is wrong. */
const verdictOf = (findings: readonly Diagnostic[]): Verdict => {
  const others = findings.some(({ code, severity }) => severity === 'error' && !code.startsWith('VERIFY_'));
  return others ? 'invalid' : judge(findings).verdict;
};

export interface StatementsRequest {
  readonly files: readonly OutputFile[];
  readonly trust: Trust;
  readonly atMs: number;
  /** Attestation files that were given. */
  readonly attestations: readonly OutputFile[];
}

/**
 * Checks the statements of a folder or file; an empty answer where there are none and none were given.
 * @param placed puts the path that people can open in a finding
 */
export const checkSaid = async (
  { files, trust, atMs, attestations }: StatementsRequest,
  placed: (finding: Diagnostic) => Diagnostic,
): Promise<StatementsAnswer> => {
  const { RECORD_NAME } = await import('../../release/output.ts');
  const isRelease = files.some(({ path }) => path === RECORD_NAME);
  const checked = isRelease
    ? (await import('../../release/reading/verify-statements.ts')).checkStatements(files, { trust, atMs })
    : undefined;
  const attested =
    attestations.length === 0
      ? undefined
      : (await import('../../release/reading/verify-attestation.ts')).checkAttestations({
          files,
          attestations,
          trust,
          atMs,
        });
  const findings = [...(checked?.findings ?? []), ...(attested?.findings ?? [])];
  return {
    verdict: worst([verdictOf(checked?.findings ?? []), verdictOf(attested?.findings ?? [])]),
    findings: findings.map(placed),
    ...(checked === undefined ? {} : { release: checked.report }),
    ...(attested === undefined ? {} : { attestations: attested.reports }),
  };
};

/** As `--json` has it: a release, and the attestations of everything that was given. */
export const saidResult = (said: readonly StatementsAnswer[]) => {
  const releases = said.flatMap(({ release }) => release ?? []);
  const attestations = said.flatMap((one) => one.attestations ?? []);
  return {
    ...(releases.length === 0 ? {} : { releases }),
    ...(attestations.length === 0 ? {} : { attestations }),
  };
};

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

const releaseLines = ({ sums, statements, returned }: ReleaseReport): readonly string[] => [
  '',
  sums.signed
    ? `Checksums signed by ${shownLine(sums.subject ?? 'somebody')}${sums.time === undefined ? '' : `, stamped ${sums.time.slice(0, 10)}`}`
    : 'Checksums not signed as they should be',
  ...statements.map(({ path, signer, subjects, matched, resigned }) => {
    const changed = resigned.length === 0 ? '' : `, ${resigned.length} signed since by somebody else`;
    const by = signer === undefined ? 'by nobody that is known' : `by ${shownLine(signer)}`;
    return `  ${shownLine(path)}: ${by}, ${matched} of ${plural(subjects, 'file')} as stated${changed}`;
  }),
  ...returned.map(
    ({ folder, files, matched }) =>
      `  ${shownLine(folder)}: ${matched} of ${plural(files, 'file')} that came back are in the provenance`,
  ),
];

const attestationLines = ({ path, statements, files, inputs, unmatched }: AttestationReport): readonly string[] => {
  const count = (as: string): number => files.filter((file) => file.as === as).length;
  const matched = [
    ...(
      [
        ['same', 'byte for byte'],
        ['re-signed', 'but for the signature'],
        ['signed-since', 'unsigned then'],
      ] as const
    )
      .map(([as, words]) => [count(as), words] as const)
      .filter(([number]) => number > 0)
      .map(([number, words]) => `${number} ${words}`),
    ...(inputs.length === 0 ? [] : [`${plural(inputs.length, 'input')} of the release`]),
  ];
  return [
    '',
    `Attestation ${shownLine(path)}: ${matched.length === 0 ? 'nothing here' : matched.join(', ')}`,
    ...statements.flatMap(({ signer, signature, checked, unchecked }) => [
      `  signature: ${signature}${signer === undefined ? '' : `, ${shownLine(signer)}`}`,
      ...checked.map((what) => `  checked: ${what}`),
      ...unchecked.map((what) => `  not checked: ${what}`),
    ]),
    ...(unmatched.length === 0 ? [] : [`  not here: ${unmatched.slice(0, 10).map(shownLine).join(', ')}`]),
  ];
};

/** For people. */
export const saidLines = (said: readonly StatementsAnswer[]): readonly string[] =>
  said.flatMap(({ release, attestations = [] }) => [
    ...(release === undefined ? [] : releaseLines(release)),
    ...attestations.flatMap(attestationLines),
  ]);
