import type { ErrorCode } from '../../../core/error-codes.ts';
import type { InfRuleCode } from '../../../core/inf-rule-codes.ts';
import type { CodesOf, Explanation } from './contract.ts';

/** INFs, but for the numbered rules, which have a table. */
export const INF_TEXTS: Readonly<Record<Exclude<CodesOf<'INF'>, InfRuleCode>, Explanation>> = {
  INF_UTF16BE: [
    'Windows reads ANSI and UTF-16 little-endian; the bytes of this file are swapped.',
    'Save it as UTF-16 little-endian with a byte order mark, or as ANSI.',
  ],
  INF_TEXT_BROKEN: [
    'The byte order mark promises an encoding that the bytes break, for example half a character at the end.',
    'Save the file again; it was probably cut or joined from two encodings.',
  ],
  INF_TEXT_UNENCODABLE: [
    'A brand text or edit has a character that the ANSI code page 1252 lacks.',
    'Save the INF as UTF-16 little-endian with a byte order mark.',
  ],
  INF_ENCODING_DOUBTFUL: [
    'The file is in UTF-8 or has no byte order mark; Windows reads it in its ANSI code page or has to guess.',
    'Save it as UTF-16 little-endian with a byte order mark, or keep to ASCII.',
  ],
  INF_TOO_LARGE: [
    'The file, or what its install sections name, is above the limit that keeps reading fast.',
    'See whether it is an INF; real ones are far smaller.',
  ],
  INF_SECTION_LINE: ['A line begins with "[" and has no "]". Windows stops reading there.', 'Close the bracket.'],
  INF_SECTION_NAME_LENGTH: [
    'Windows allows 255 characters for a section name.',
    'Shorten the name wherever it is used.',
  ],
  INF_TEXT_BEFORE_SECTION: [
    'Windows refuses an INF with something other than comments before the first section.',
    'Put a semicolon before it, or move it into a section.',
  ],
  INF_WRONG_STYLE: [
    '[Version] or its Signature is missing or unknown, so Windows does not take the file for an INF.',
    'Write [Version] with Signature="$Windows NT$".',
  ],
  INF_NUL: [
    'Windows ends the text at a NUL character; the lines after it do nothing.',
    'Remove the character; the file is mostly damaged or in another encoding.',
  ],
  INF_FIELD_LENGTH: [
    'The value is longer than the setup functions of Windows keep; they cut it.',
    'Shorten the value.',
  ],
  INF_QUOTE_OPEN: [
    'The value goes to the end of the line, with commas and comments in it.',
    'Close the quotation mark, or double one that is meant as a character.',
  ],
  INF_PATH_OUTSIDE: [
    'SourceDisksFiles or SourceDisksNames has a path with ".." or a drive. A package may hold its own files only.',
    'Put the file below the folder of the INF.',
  ],
  INF_EDIT_INVALID: [
    'The change would break the line, or there is no place in the INF for it.',
    'Give a value without line ends and commas, or correct the INF first.',
  ],
  INF_DIFFERS: [
    '`winpv inf diff` found something that the two install differently. Comments and order do not count.',
    'Read the list. The exit code is for scripts.',
  ],
  INF_DRIVERVER_BACKWARD: [
    'Windows ranks drivers of equal signature and id by date, then version: the newer INF would lose.',
    'Stamp it with a later date or version: `winpv inf stamp`.',
  ],
};

type BundleCode = Extract<
  ErrorCode,
  `SOURCE_${string}` | `PREBUILT_${string}` | `BUNDLE_${string}` | `KEPT_${string}` | `PART_${string}`
>;

/** Sources, packages and parts of a release. */
export const BUNDLE_TEXTS: Readonly<Record<BundleCode, Explanation>> = {
  SOURCE_LAYOUT: [
    'The folder or archive has no files of the driver for an architecture where build trees have them.',
    'Lay it out as DRIVER/ARCHITECTURE/files or ARCHITECTURE/files: docs/guide/sources.md.',
  ],
  SOURCE_AMBIGUOUS: [
    'Several folders fit, such as a checked and a free build, and a guess may ship the wrong one.',
    'Name the folder that is meant, or pack one build.',
  ],
  SOURCE_NOT_AN_ARCHIVE: [
    'The content, whatever its name, is neither tar, tar.gz nor ZIP: mostly an error page that was downloaded.',
    'Name a folder or one of these archives.',
  ],
  SOURCE_HASH_DIFFERS: [
    'The bytes are not those that `sha256` pins. Nothing of them was used.',
    'Find out why they changed before you change the pin.',
  ],
  SOURCE_NOT_PINNED: [
    'What a network gives may change, so an address has to come with the hash of what is meant.',
    'Add `sha256` as its maker publishes it, or of a copy that you checked.',
  ],
  SOURCE_PIN_MISPLACED: ['A folder has no hash.', 'Pin an archive, or take `sha256` out.'],
  SOURCE_ADDRESS: [
    'The address is not plain http(s), has a user name or password in it, or stands where a path belongs.',
    'Give a plain https address.',
  ],
  SOURCE_DOWNLOAD: [
    'The server could not be reached, refused, or broke off.',
    'Try the address by hand; a local copy can be named instead.',
  ],
  PREBUILT_DIFFERS: [
    'The signed file of `prebuilt` differs from the built one in more than its signature.',
    'Sign what this project builds: the same sources, brand, version and date.',
  ],
  PREBUILT_MISSING: [
    '`prebuilt` has no package of a driver and architecture of the release.',
    'Narrow `architectures`, or take `prebuilt` out until all are signed.',
  ],
  SOURCE_TOO_MANY_FILES: [
    'The folder is probably not a build tree, but something that holds it.',
    'Name the folder of the build tree.',
  ],
  BUNDLE_FILE_MISSING: [
    'An INF or a brand names a file that is not in the source: Windows would refuse to install the package.',
    'Add the file to the source, or take it out of the INF or brand.',
  ],
  BUNDLE_FILE_NOT_NAMED: [
    'The file would stand in a package without being installed, or was forgotten in the INF.',
    'Name it in the INF or in `extraFiles`, or list it under `ignore` of the source.',
  ],
  BUNDLE_ARCHITECTURE: [
    'The machine field of the image is not that of the package; Windows cannot load it.',
    'Put the build for that architecture into its folder.',
  ],
  BUNDLE_NOT_A_BINARY: [
    'A .sys, .exe or .dll has no PE header: an empty, cut or replaced file.',
    'Copy it from the build again.',
  ],
  BUNDLE_TREE_DIFFERS: [
    'The build tree has an INF that is finished, and its vendor or version is not that of the release.',
    'Build the tree for this brand, or let winpv use its template with the binaries.',
  ],
  BUNDLE_PART_DIFFERS: [
    'A driver is in the release twice, on its own and within another package, with different bytes.',
    'Give both the same binaries, or leave one source out.',
  ],
  BUNDLE_SERVICE_CLASH: [
    'The package has such a service already, or its INF has a form to which lines cannot be added.',
    'Do what the hint says: docs/guide/services.md.',
  ],
  BUNDLE_SERVICE_FILE: [
    'The program of a service is not beside the binaries, is for another architecture, or has a path that cannot be installed.',
    'Put it where the message says.',
  ],
  BUNDLE_NO_WINDOWS: [
    'The Models sections of the INF and the Windows versions of the project have none in common.',
    'Extend `windows`, or leave the driver or architecture out.',
  ],
  BUNDLE_NAMES_DIFFER: [
    'A service or event source points to a file name or folder into which CopyFiles puts nothing.',
    'Use one file name and folder in CopyFiles, ServiceBinary and event sources.',
  ],
  BUNDLE_IMPORT_MISSING: [
    'The loader would not find the function: the driver does not start, and a boot driver stops the machine.',
    'Take both files from one build.',
  ],
  BUNDLE_IMPORT_NEWER: [
    'The INF installs on a Windows whose kernel lacks the function; the driver does not load there.',
    'Raise the version in the decoration of [Manufacturer], or look the function up at run time.',
  ],
  BUNDLE_IMPORT_UNKNOWN: [
    'The module, or the function in it, is not in the tables of kernel exports that winpv has.',
    'Check it on a machine with the oldest Windows of the INF.',
  ],
  BUNDLE_CATALOG_MISSING: [
    'CatalogFile of [Version] names a file that is not in the folder; Windows treats the package as unsigned.',
    'Make it with `winpv cat create`.',
  ],
  BUNDLE_CATALOG_INCOMPLETE: [
    'A file that the INF installs is not in the catalog, or not for one of its systems: Windows refuses the package.',
    'Make the catalog again after the last change.',
  ],
  BUNDLE_CATALOG_OS: [
    'The catalog leaves out a Windows that the INF installs on, and is not accepted there.',
    'Make it again with every system.',
  ],
  BUNDLE_CATALOG_DATE: [
    'The catalog was made on a machine whose clock was ahead.',
    'Correct the clock, and make it again.',
  ],
  KEPT_DAMAGED: [
    'What is reused from an earlier run no longer has its recorded hash, so that brand is made again.',
    'Nothing, if it happens once; find out who changes the folder if it comes again.',
  ],
  PART_UNKNOWN: [
    'What stands after --part has not the form K/N, or N is larger than there are brands.',
    'Take a part of `winpv plan`.',
  ],
  PART_MISSING: [
    '`winpv merge` was given folders that lack a brand of the plan.',
    'Name every part once; look whether a job failed.',
  ],
  PART_TWICE: ['Two folders hold the same brand.', 'Name each part once.'],
  PART_OTHER_PLAN: [
    'The part was made from other files, settings or options than the project has here.',
    'Make every part from the same commit, with the same --date and options.',
  ],
  PART_OTHER_VERSION: [
    'Parts of two versions of winpv do not give the bytes of one release.',
    'Install the same winpv on every machine.',
  ],
  PART_OTHER_KEYS: [
    'The parts have different signers: for test signing, each machine made keys of its own.',
    'Give each machine the same key, for test signing the folder .winpv/keys.',
  ],
  PART_DAMAGED: ['A file of a part is missing, changed, or not as its record says.', 'Copy or make the part again.'],
};
