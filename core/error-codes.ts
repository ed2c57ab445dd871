/**
 * Every code that winpv can report, with its exit code and a title. Codes are permanent: a code is never renamed or reused.
 * The exit code in this table decides; nothing else does. `docs/errors/` has a page for each.
 */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 130;

interface CodeRow {
  readonly exit: ExitCode;
  readonly title: string;
}

const rows = <T extends Record<string, CodeRow>>(table: T): T => table;

/** Command line and files of this machine. */
const machine = rows({
  INTERNAL: { exit: 1, title: 'A bug in winpv' },
  USAGE: { exit: 2, title: 'The command line is not understood' },
  OUTPUT_NOT_EMPTY: { exit: 8, title: 'The output folder holds something that winpv did not make' },
  OUTPUT_LOCKED: { exit: 8, title: 'Another winpv is writing to this output folder' },
  FILE_NOT_FOUND: { exit: 8, title: 'A file or folder does not exist' },
  FILE_UNREADABLE: { exit: 8, title: 'A file cannot be read' },
  FILE_UNWRITABLE: { exit: 8, title: 'A file cannot be written' },
  FILE_TOO_LARGE: { exit: 8, title: 'A file is larger than winpv reads' },
  TOOL_MISSING: { exit: 8, title: 'An external program is missing' },
  TOOL_FAILED: { exit: 8, title: 'An external program failed' },
  INTERRUPTED: { exit: 130, title: 'Interrupted before the work was done' },
});

/** winpv.yaml, brands, tokens. */
const project = rows({
  CONFIG_SYNTAX: { exit: 3, title: 'A settings file is not valid YAML' },
  CONFIG_UNKNOWN_KEY: { exit: 3, title: 'A settings file has a key that winpv does not know' },
  CONFIG_INVALID: { exit: 3, title: 'A setting has a value that is not allowed' },
  CONFIG_MISSING: { exit: 3, title: 'A setting is missing' },
  CONFIG_CONFLICT: { exit: 3, title: 'Two settings contradict each other' },
  DATE_INVALID: { exit: 2, title: 'The release date is not a date' },
  DATE_IN_FUTURE: { exit: 2, title: 'The release date is in the future' },
});

const branding = rows({});
const drivers = rows({});
const inf = rows({});
const pe = rows({
  PE_NOT_AN_IMAGE: { exit: 4, title: 'A file is not a PE image' },
  PE_TRUNCATED: { exit: 4, title: 'A PE image ends too early' },
  PE_MALFORMED: { exit: 4, title: 'A PE image contradicts itself' },
  PE_TOO_COMPLEX: { exit: 4, title: 'A PE image has larger tables than winpv reads' },
});
const der = rows({
  DER_TRUNCATED: { exit: 4, title: 'An ASN.1 value ends too early' },
  DER_NOT_CANONICAL: { exit: 4, title: 'An ASN.1 value is not encoded as DER demands' },
  DER_UNEXPECTED: { exit: 4, title: 'An ASN.1 structure has another shape than its type' },
  DER_TOO_DEEP: { exit: 4, title: 'An ASN.1 value is nested too deeply' },
  DER_TRAILING_DATA: { exit: 4, title: 'Bytes follow an ASN.1 value' },
});
const cat = rows({});
const cab = rows({});
const zip = rows({});
const signing = rows({});
const verify = rows({});
const bundle = rows({
  SOURCE_LAYOUT: { exit: 4, title: 'A source folder is not laid out as expected' },
  SOURCE_TOO_MANY_FILES: { exit: 4, title: 'A source folder holds too many files' },
  BUNDLE_FILE_MISSING: { exit: 4, title: 'The INF names a file that the source does not have' },
  BUNDLE_FILE_NOT_NAMED: { exit: 4, title: 'The source has a file that no INF names' },
  BUNDLE_ARCHITECTURE: { exit: 4, title: 'A binary is for another architecture than its package' },
  BUNDLE_NOT_A_BINARY: { exit: 4, title: 'A file that must be a PE image is not one' },
  BUNDLE_NO_WINDOWS: { exit: 4, title: 'The INF installs on none of the Windows versions of the release' },
});
const release = rows({
  CONFIG_UNSUPPORTED: { exit: 3, title: 'A setting asks for what this version of winpv cannot do yet' },
  PROJECT_NO_SOURCE: { exit: 3, title: 'A driver of the release has no source' },
  PROJECT_UNKNOWN_NAME: { exit: 3, title: 'A name in the project or on the command line is not known' },
  RELEASE_NOT_VALID: { exit: 5, title: 'The release that was just made does not verify' },
  RELEASE_CLOCK_DATE: { exit: 3, title: 'The release date was taken from the clock' },
});

export const ERROR_CODES = {
  ...machine,
  ...project,
  ...branding,
  ...drivers,
  ...inf,
  ...pe,
  ...der,
  ...cat,
  ...cab,
  ...zip,
  ...signing,
  ...verify,
  ...bundle,
  ...release,
} satisfies Record<string, CodeRow>;

export type ErrorCode = keyof typeof ERROR_CODES;
