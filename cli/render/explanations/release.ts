import type { CodesOf, Explanation } from './contract.ts';

/** Checksums and statements of a release. */
export const STATEMENT_TEXTS: Readonly<
  Record<CodesOf<'SUMS' | 'STATEMENT' | 'STATEMENTS' | 'ATTESTATION' | 'RELEASE'>, Explanation>
> = {
  SUMS_MISSING: ['Without SHA256SUMS nothing says what the folder should hold.', 'Copy it from the release.'],
  SUMS_UNREADABLE: [
    'A line is not "hash, two blanks, path", or contradicts an earlier one.',
    'Copy the file again, without changing its line ends.',
  ],
  SUMS_MISMATCH: ['The file was changed or damaged after the release.', 'Copy it again from the release.'],
  SUMS_FILE_MISSING: ['The copy is not whole.', 'Copy the file from the release.'],
  SUMS_FILE_EXTRA: ['The file came later, and nothing vouches for it.', 'Remove it if it should not be there.'],
  SUMS_UNSIGNED: [
    'Whoever changes a file can change SHA256SUMS as well.',
    'Release with a signer that signs statements too.',
  ],
  SUMS_SIGNATURE: [
    'SHA256SUMS is not what was signed, or another key signed it.',
    'Copy both files again from the release; do not trust this copy.',
  ],
  STATEMENTS_UNSIGNED: [
    'A `fileCommand` signs images and catalogs only, so checksums and statements stay unsigned.',
    'Sign with any other kind of `signing`.',
  ],
  STATEMENT_MISSING: [
    'A brand has no provenance or bill of materials, which every release brings along.',
    'Copy it from the release.',
  ],
  STATEMENT_MALFORMED: [
    'The JSON is no DSSE envelope with an in-toto statement of the expected type.',
    'Copy it again from the release.',
  ],
  STATEMENT_SIGNATURE: [
    'The statement was changed, or its certificate is not trusted here.',
    'Name the root with --ca; otherwise do not trust the statement.',
  ],
  STATEMENT_SUBJECT: [
    'The file has neither the flat nor the Authenticode hash that the statement names.',
    'Copy file and statement from one release.',
  ],
  STATEMENT_FILE_UNSTATED: [
    'Nothing tells where the file comes from.',
    'Remove it, or copy the statement of the same release.',
  ],
  STATEMENT_OTHER_RELEASE: [
    'Brand, version or date of the statement are not those of this release.',
    'Copy the statement of this release.',
  ],
  STATEMENT_SBOM: ['The bill of materials is missing, changed or no bill.', 'Copy it again from the release.'],
  ATTESTATION_UNREADABLE: [
    'The file is neither an attestation bundle nor one JSON a line, or no in-toto statement.',
    'Download it again, for example with `gh attestation download`.',
  ],
  ATTESTATION_SIGNATURE: [
    'The envelope is not signed by the key of its certificate.',
    'Do not trust it; download it again.',
  ],
  ATTESTATION_UNCHECKED: [
    'The transparency log or the root of the certificate cannot be asked, or nobody signed the statement.',
    'Check that part with the tool of the maker of the attestation.',
  ],
  ATTESTATION_MISMATCH: [
    'The binary differs in more than its signature from what the attested build made.',
    'Take the binaries of that build.',
  ],
  ATTESTATION_NO_MATCH: [
    'None of its subjects is one of the files that were given.',
    'Give the attestation of this build.',
  ],
  ATTESTATION_INCOMPLETE: [
    'Some images of the packages are in no attestation.',
    'Give the attestations of every build that went in.',
  ],
  RELEASE_DIFFERS: [
    '`winpv diff` found something that the two do not have in common.',
    'Read the list. The exit code is for scripts.',
  ],
  RELEASE_NOT_VALID: [
    'winpv verifies what it made, and a signature or checksum did not hold.',
    'Read the finding that is named; nothing of it should be published.',
  ],
  RELEASE_WAIVER_UNUSED: [
    'A `waivers` entry would hide a later finding of the same kind without anybody looking.',
    'Remove it.',
  ],
  RELEASE_CLOCK_DATE: [
    'Without --date a release made tomorrow has another date, and so other bytes.',
    'Give --date or `date` for a release that can be made again.',
  ],
};

/** Rehearsals and fleets. */
export const REHEARSAL_TEXTS: Readonly<Record<CodesOf<'CHECK' | 'FLEET'>, Explanation>> = {
  CHECK_NOT_A_BUNDLE: [
    'The folder or ZIP holds no INF, or the releases of several brands.',
    'Name OUT/<brand>, one package, or the ZIP of a brand.',
  ],
  CHECK_GUEST_UNKNOWN: ['The name is none of the emulated machines.', 'Take one of the hint.'],
  CHECK_SCENARIO_UNKNOWN: ['The name is none of the scenarios.', 'Take one of the hint.'],
  CHECK_NO_GUEST: [
    'The INFs install on no Windows among the guests that were chosen.',
    'Choose others with --guest; `winpv inf show` tells what an INF is for.',
  ],
  CHECK_FAILED: [
    'At least one rehearsal ended with an error; each is named.',
    'Read the first one: `winpv explain` tells of its code.',
  ],
  CHECK_TRANSCRIPT: [
    'The file is damaged, of another format, or of packages that are not here.',
    'Save it again with `winpv check --save`.',
  ],
  CHECK_REPLAY_DIFFERS: [
    'The same packages now take another course: emulator, packages or host data changed.',
    'Look at the first step that differs; save anew if it is right.',
  ],
  FLEET_LINE: [
    'A line of the fleet file is no JSON of a machine, or says what no machine can be. The others were simulated.',
    'Correct the line; docs/guide/fleet.md has the fields.',
  ],
  FLEET_OUTCOME: [
    'An outcome that --fail-on names came up at least once.',
    'See which machines and why with `winpv fleet simulate`.',
  ],
  FLEET_EMPTY: ['No line of the file is a machine.', 'Name the right file.'],
  FLEET_LABEL_REFUSED: [
    'A label is for a brand, driver or row that none of the given releases has, or two labels have one id.',
    'Give the release that the label is for, or correct the label.',
  ],
  FLEET_LABEL_CODE: ['Rows with this OS code are taken to reach nobody.', 'Compare it with the driver metadata.'],
};
