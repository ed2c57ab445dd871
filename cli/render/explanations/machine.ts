import type { CodesOf, Explanation } from './contract.ts';

type MachineCode =
  | 'INTERNAL'
  | 'USAGE'
  | 'INTERRUPTED'
  | 'CLOCK_WRONG'
  | 'GZIP_INVALID'
  | 'GZIP_TOO_LARGE'
  | CodesOf<'OUTPUT' | 'FILE' | 'TOOL' | 'REMOTE' | 'DATE' | 'CONFIG' | 'PROJECT' | 'DRIVER' | 'TOKEN'>;

/** Command line, files of this machine, settings. */
export const MACHINE_TEXTS: Readonly<Record<MachineCode, Explanation>> = {
  INTERNAL: [
    'winpv met a state that its code does not foresee. Your files are not to blame.',
    'Report it with the command line and what --verbose shows.',
  ],
  USAGE: [
    'A command, an option or a value is unknown, empty, missing, or does not go with another one.',
    'See `winpv COMMAND --help`; the message names what is wrong. An empty value is mostly a variable of a script that was not set.',
  ],
  INTERRUPTED: [
    'Ctrl+C, SIGTERM or SIGHUP ended the command. Every file is as it was or whole; half-written ones were removed.',
    'Start the command again, with --resume where it has this option.',
  ],
  CLOCK_WRONG: [
    'The date of this machine cannot be true. Release dates, signatures and time stamps would be wrong.',
    'Set the clock (NTP), then run `winpv doctor` again.',
  ],
  GZIP_INVALID: [
    'A .gz or .tar.gz file does not unpack to the CRC-32 and size that it states, or something follows its data.',
    'Fetch or pack the file again.',
  ],
  GZIP_TOO_LARGE: [
    'Unpacking was stopped at the limit that keeps a small file from filling the memory.',
    'Pack only the build tree of the drivers, or name the unpacked folder as source.',
  ],
  OUTPUT_NOT_EMPTY: [
    'The folder of --out, or the place to unpack to, holds files that would be lost. Nothing was written.',
    'Replace an earlier release with --clean, or name another folder with --out. winpv never removes what it did not make.',
  ],
  OUTPUT_OVER_INPUT: [
    'The output folder is, holds or lies inside a source, the project or another input.',
    'Name another folder with --out.',
  ],
  OUTPUT_SUBMISSION_PENDING: [
    'The folder keeps the state of a submission to Partner Center that still goes on. Replacing it would lose the ids.',
    'End the submission with `winpv submit … --resume`, or release to another folder.',
  ],
  OUTPUT_LOCKED: [
    'A lock file beside the folder says that another winpv is writing to it.',
    'Wait for the other one. If none is running, delete the lock file that the message names.',
  ],
  FILE_NOT_FOUND: [
    'A path on the command line or in the settings leads to nothing, or a folder is not the release that it should be.',
    'Correct the path. Paths in winpv.yaml are relative to that file.',
  ],
  FILE_UNREADABLE: [
    'The file or folder is there, but this user may not read it, it is no plain file, or a link leads round in a circle.',
    'Correct permissions or the path, as the message says.',
  ],
  FILE_UNWRITABLE: [
    'The system refused to write: permission, a full disk, a read-only place, or something in the way.',
    'Free the place or name another one with --out. What was there is unchanged.',
  ],
  FILE_TOO_LARGE: [
    'The file is above the limit for its kind, so that winpv does not run out of memory on a wrong file.',
    'See whether it is the file that was meant.',
  ],
  TOOL_MISSING: [
    'A program that is needed for this step, such as xorriso or a signing tool, is not on the PATH.',
    'Install it as the hint says, or name its full path.',
  ],
  TOOL_FAILED: [
    'An external program ended with an error, by a signal, or not in time.',
    'Run it by hand with the arguments shown, and read what it says.',
  ],
  REMOTE_UNREACHABLE: [
    'No connection: name not resolved, refused, cut, or stopped by a proxy or its certificate.',
    'Check network, proxy and address, then start again; a submission goes on with --resume.',
  ],
  REMOTE_TIMEOUT: [
    'The connection stood, but no whole answer came in the time allowed.',
    'Start again later; a submission goes on with --resume.',
  ],
  REMOTE_TOO_LARGE: [
    'The answer is above the limit for its kind: mostly a wrong address, or a page of a proxy.',
    'Check the address.',
  ],
  DATE_INVALID: [
    'The day is not written in the expected form, does not exist, or is outside what cabinets and ZIPs can hold.',
    'Write YYYY-MM-DD, for DriverVer MM/DD/YYYY, of an existing day.',
  ],
  DATE_IN_FUTURE: [
    'A release or DriverVer may not be dated after today (UTC): Windows and Partner Center refuse it.',
    'Give today or an earlier day with --date, or correct the clock.',
  ],
  CONFIG_SYNTAX: [
    'The file is not YAML (or JSON) in UTF-8: mostly indentation with tabs, a missing quote, or a key that is there twice.',
    'Correct the line that is shown.',
  ],
  CONFIG_UNKNOWN_KEY: [
    'The key is misspelt, at the wrong depth, or from a newer winpv. Unknown keys are refused, for they would do nothing.',
    'Take the name that is suggested; docs/reference and `winpv schema` have all keys.',
  ],
  CONFIG_INVALID: [
    'The value is of another type or form, or out of range.',
    'Write what the message asks for; `winpv schema` has every key with its values.',
  ],
  CONFIG_MISSING: [
    'A key that this section needs is not there.',
    'Add it. `winpv schema` tells which keys are required.',
  ],
  CONFIG_CONFLICT: [
    'Two keys are each right and cannot both hold, such as two ways to sign.',
    'Remove one of those that the message names.',
  ],
  CONFIG_UNSUPPORTED: [
    'The setting is known, and what it asks for is not built. This version reports it nowhere.',
    'Take the setting out, or use a version that has it.',
  ],
  PROJECT_NO_SOURCE: [
    'winpv.yaml asks for a driver and names no folder, archive or address to take its build from.',
    'Add it under `sources`, or leave the driver out of `drivers`.',
  ],
  PROJECT_UNKNOWN_NAME: [
    'A brand, driver or architecture that was named is not in this project or release.',
    'Take one of the names in the hint.',
  ],
  DRIVER_UNKNOWN: [
    'winpv packages the Xen PV driver family only, and this name is none of it.',
    'Take one of the names in the hint.',
  ],
  TOKEN_UNRESOLVED: [
    'An @TOKEN@ of an INF template is misspelt, or the brand gives it no value. It would stay in the INF.',
    'Correct the template, or add the key to the brand.',
  ],
};
