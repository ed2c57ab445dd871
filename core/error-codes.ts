import { INF_RULE_CODES } from './inf-rule-codes.ts';

/**
 * Every code that winpv can report, with its exit code and a title. Codes are permanent: a code is never renamed or reused.
 * The exit code in this table decides; nothing else does.
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
  REMOTE_UNREACHABLE: { exit: 7, title: 'A server cannot be reached' },
  REMOTE_TIMEOUT: { exit: 7, title: 'A server did not answer in time' },
  REMOTE_TOO_LARGE: { exit: 7, title: "A server's answer is larger than winpv reads" },
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

const branding = rows({
  BRAND_UNKNOWN: { exit: 3, title: 'There is no shipped brand of this name' },
  BRAND_TEXT_REFUSED: { exit: 3, title: 'A brand text has a character or a form that is not allowed' },
  BRAND_VENDOR_RESERVED: { exit: 3, title: 'A vendor name is taken' },
  BRAND_DEVICE_ID_REFUSED: { exit: 3, title: 'A PCI device id cannot be a vendor device id' },
  BRAND_DEVICE_ID_RESERVED: { exit: 3, title: 'A PCI device id is reserved for another vendor' },
  BRAND_UPGRADE_CODE_DEFAULT: { exit: 3, title: 'An MSI upgrade code is the published default of another product' },
  BRAND_VERSION_LARGE: { exit: 3, title: 'A version is larger than an MSI package can carry' },
  BRAND_ID_CLASH: { exit: 3, title: 'Two brands of a project have the same id' },
  BRAND_PREFIX_CLASH: { exit: 3, title: 'Two brands of a project have the same vendor prefix' },
  BRAND_DEVICE_ID_CLASH: { exit: 3, title: 'Two brands of a project have the same vendor device id' },
  BRAND_OBJECT_PREFIX_CLASH: { exit: 3, title: 'Two brands of a project have the same object prefix' },
  BRAND_UPGRADE_CODE_CLASH: { exit: 3, title: 'Two MSI upgrade codes are the same' },
  BRAND_ID_LIST_TOO_LONG: { exit: 3, title: 'The vendor prefix makes a list of hardware ids too long' },
});
const drivers = rows({
  TOKEN_UNRESOLVED: { exit: 3, title: 'A template names a token that has no value' },
  TEMPLATE_INVALID: { exit: 4, title: 'An INF template cannot be rendered' },
  DRIVER_UNKNOWN: { exit: 3, title: 'There is no driver of this name' },
});
const inf = rows({
  INF_UTF16BE: { exit: 4, title: 'An INF is in UTF-16 big-endian, which Windows does not read' },
  INF_TEXT_BROKEN: { exit: 4, title: 'An INF is not whole text in the encoding it announces' },
  INF_TEXT_UNENCODABLE: { exit: 4, title: 'A character cannot be written in the encoding of the INF' },
  INF_ENCODING_DOUBTFUL: { exit: 4, title: 'Windows may read the text of an INF otherwise than it is meant' },
  INF_TOO_LARGE: { exit: 4, title: 'An INF is larger than winpv reads' },
  INF_SECTION_LINE: { exit: 4, title: 'A section line of an INF has no closing bracket' },
  INF_SECTION_NAME_LENGTH: { exit: 4, title: 'A section name of an INF is too long' },
  INF_TEXT_BEFORE_SECTION: { exit: 4, title: 'An INF has text before its first section' },
  INF_WRONG_STYLE: { exit: 4, title: 'A file has no valid [Version] section, so it is no INF' },
  INF_NUL: { exit: 4, title: 'An INF has a NUL character, and what follows it is ignored' },
  INF_FIELD_LENGTH: { exit: 4, title: 'A value of an INF is too long and was cut' },
  INF_QUOTE_OPEN: { exit: 4, title: 'A quotation mark of an INF is not closed on its line' },
  INF_PATH_OUTSIDE: { exit: 4, title: 'An INF takes a file from outside its own folder' },
  INF_EDIT_INVALID: { exit: 4, title: 'A change to an INF cannot be made' },
});
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
const cat = rows({
  CAT_NOT_A_CATALOG: { exit: 4, title: 'A file is not a security catalog' },
  CAT_MALFORMED: { exit: 4, title: 'A security catalog is damaged' },
  CAT_NOT_SORTED: { exit: 5, title: 'A security catalog is not in the order that Windows demands' },
  CAT_DUPLICATE: { exit: 5, title: 'A security catalog lists the same hash twice' },
  CAT_OS_UNKNOWN: { exit: 2, title: 'An operating system is not in the catalog vocabulary' },
  CAT_OS_MISSING: { exit: 2, title: 'No operating system was named for the catalog' },
  CAT_NO_INF: { exit: 4, title: 'There is no INF to make a catalog for' },
  CAT_FILE_MISSING: { exit: 4, title: 'A file that the INF copies is missing from the package' },
  CAT_NO_SOURCE_ENTRY: { exit: 4, title: 'A copied file is not listed in SourceDisksFiles' },
  CAT_NO_CATALOG_ENTRY: { exit: 4, title: 'The INF names no catalog for an architecture' },
  CAT_DRIVERVER: { exit: 4, title: 'DriverVer is missing or is not in the expected form' },
  CAT_DRIVERVER_DATE: { exit: 4, title: 'The date in DriverVer is too old or in the future' },
  CAT_NAME_REFUSED: { exit: 4, title: 'The INF names a catalog in a way that is not a plain file name' },
  CAT_NO_MODELS: { exit: 4, title: 'The INF has no models for a targeted operating system' },
  CAT_OS_FILE: { exit: 4, title: 'A file of the package is named like a file of Windows' },
});
const cab = rows({
  CAB_NOT_A_CABINET: { exit: 4, title: 'A file is not a cabinet' },
  CAB_TRUNCATED: { exit: 4, title: 'A cabinet ends too early' },
  CAB_MALFORMED: { exit: 4, title: 'A cabinet contradicts itself' },
  CAB_SPANNED: { exit: 4, title: 'A cabinet continues in another cabinet' },
  CAB_UNSUPPORTED: { exit: 4, title: 'A cabinet uses a compression that winpv does not read' },
  CAB_CHECKSUM: { exit: 4, title: 'A data block of a cabinet has another checksum than stored' },
  CAB_DATA_INVALID: { exit: 4, title: 'A data block of a cabinet cannot be decompressed' },
  CAB_TOO_LARGE: { exit: 4, title: 'A cabinet is larger than the format or winpv allows' },
  CAB_NAME_UNSAFE: { exit: 4, title: 'A cabinet holds a file name that is not safe to unpack' },
  CAB_NAME_TWICE: { exit: 4, title: 'A cabinet holds a file name twice' },
  CAB_TRAILING_DATA: { exit: 4, title: 'Bytes follow the end of a cabinet' },
  CAB_NOT_ADJACENT: { exit: 4, title: 'The file table of a cabinet is not where most readers look for it' },
  CAB_RESERVE_IN_USE: { exit: 4, title: 'The reserved area of a cabinet holds something else than a signature' },
  CAB_NOT_PREPARED: { exit: 4, title: 'A cabinet has no room for a signature yet' },
  CAB_EMPTY: { exit: 4, title: 'There is nothing to put into a cabinet' },
  CAB_FILE_AT_ROOT: { exit: 4, title: 'A submission cabinet would hold a file outside a package folder' },
  CAB_FOLDER_NAME: { exit: 4, title: 'A package folder has a name that Partner Center does not take' },
  CAB_FOLDER_TWICE: { exit: 4, title: 'Two packages of a submission cabinet share a folder' },
  CAB_FOLDER_NESTED: { exit: 4, title: 'A package of a submission cabinet has folders inside' },
  CAB_NO_INF: { exit: 4, title: 'A package of a submission cabinet has no INF' },
  CAB_NO_SYMBOLS: { exit: 4, title: 'A package of a submission cabinet has no symbols' },
  CAB_NO_CATALOG: { exit: 4, title: 'A package of a submission cabinet has no catalog' },
});
const zip = rows({
  ZIP_NOT_A_ZIP: { exit: 4, title: 'A file is not a ZIP archive' },
  ZIP_TRUNCATED: { exit: 4, title: 'A ZIP archive ends too early' },
  ZIP_MALFORMED: { exit: 4, title: 'A ZIP archive contradicts itself' },
  ZIP_UNSUPPORTED: { exit: 4, title: 'A ZIP archive uses something that winpv does not read' },
  ZIP_TOO_LARGE: { exit: 4, title: 'A ZIP archive holds more than winpv unpacks' },
  ZIP_DATA_INVALID: { exit: 4, title: 'An entry of a ZIP archive cannot be unpacked to what its directory says' },
  ZIP_NAME_UNSAFE: { exit: 4, title: 'A ZIP archive holds a file name that is not safe to unpack' },
  ZIP_NAME_TWICE: { exit: 4, title: 'A ZIP archive holds a file name twice' },
  ZIP_WRITE_FAILED: { exit: 1, title: 'A ZIP archive could not be written' },
});
const signing = rows({
  SIGN_KEY_UNREADABLE: { exit: 6, title: 'A private key cannot be read' },
  SIGN_KEY_PASSWORD: { exit: 6, title: 'The password of a private key is missing or wrong' },
  SIGN_KEY_UNSUPPORTED: { exit: 6, title: 'A key is of a kind that Windows does not accept for signatures' },
  SIGN_CERTIFICATE_UNREADABLE: { exit: 6, title: 'A certificate cannot be read' },
  SIGN_CERTIFICATE_MISSING: { exit: 6, title: 'No certificate belongs to the private key' },
  SIGN_FAILED: { exit: 6, title: 'A key could not make a signature' },
  SIGN_SELF_CHECK: { exit: 6, title: 'A new signature does not verify with its certificate' },
  SIGN_CERTIFICATE_NOT_PINNED: { exit: 6, title: 'The certificate of a key is not the one that was asked for' },
  SIGN_URL_INVALID: { exit: 2, title: 'The web address for a signature is not a plain URL' },
  SIGN_ALREADY_SIGNED: { exit: 4, title: 'A file is signed already' },
  SIGN_NOT_SIGNABLE: { exit: 4, title: 'A file cannot hold a signature' },
  TS_SERVER_INVALID: { exit: 2, title: 'The address of a time-stamp server is not one' },
  TS_ALL_FAILED: { exit: 6, title: 'None of the time-stamp servers gave a usable time stamp' },
  TS_UNREACHABLE: { exit: 6, title: 'A time-stamp server cannot be reached' },
  TS_TIMEOUT: { exit: 6, title: 'A time-stamp server did not answer in time' },
  TS_HTTP_STATUS: { exit: 6, title: 'A time-stamp server answered with an HTTP error' },
  TS_REDIRECT: { exit: 6, title: 'A time-stamp server sends on to where winpv does not follow' },
  TS_TOO_LARGE: { exit: 6, title: 'The answer of a time-stamp server is too large' },
  TS_MALFORMED: { exit: 6, title: 'The answer of a time-stamp server is not a time stamp' },
  TS_REJECTED: { exit: 6, title: 'A time-stamp server refused the request' },
  TS_NONCE_WRONG: { exit: 6, title: 'A time stamp answers another request' },
  TS_IMPRINT_WRONG: { exit: 6, title: 'A time stamp is for another signature' },
  TS_TOKEN_INVALID: { exit: 6, title: 'A time stamp is damaged, or breaks the rules of its form' },
  TS_TIME_WRONG: { exit: 6, title: 'A time stamp states another time than now' },
  TS_AUTHORITY_UNSUITABLE: { exit: 6, title: 'The certificate behind a time stamp may not make time stamps' },
  TS_AUTHORITY_UNTRUSTED: { exit: 6, title: 'The certificate behind a time stamp is not from the authority named' },
  TS_AUTHORITY_UNCHECKED: { exit: 6, title: 'Nobody said which time-stamp authority to trust' },
  TS_NOT_SIGNED: { exit: 4, title: 'A file that a time stamp is wanted for is not signed' },
});
const verify = rows({
  VERIFY_UNSIGNED: { exit: 5, title: 'A file has no signature and no catalog lists it' },
  VERIFY_MALFORMED: { exit: 5, title: 'A signature, or the file that holds it, cannot be read' },
  VERIFY_NOT_CANONICAL: { exit: 5, title: 'A signature is not encoded as DER demands' },
  VERIFY_TRAILING_DATA: { exit: 5, title: 'Bytes follow a signature that it does not cover' },
  VERIFY_CERTIFICATE_TABLE: { exit: 5, title: 'The certificate table of a PE image is not well formed' },
  VERIFY_CABINET_HEADER: { exit: 5, title: 'A header field of a signed cabinet has an unexpected value' },
  VERIFY_SECTIONS_OVERLAP: { exit: 5, title: 'Two sections of a PE image overlap' },
  VERIFY_CHECKSUM_WRONG: { exit: 5, title: 'The checksum of a PE image is wrong' },
  VERIFY_DIGEST_MISMATCH: { exit: 5, title: 'The file is not the one that was signed' },
  VERIFY_PAGE_HASHES_MISMATCH: { exit: 5, title: 'A page hash differs from the page' },
  VERIFY_CONTENT_MISMATCH: { exit: 5, title: 'The signed content is not the one that the signature was made for' },
  VERIFY_SIGNATURE_INVALID: { exit: 5, title: 'A signature does not verify with its public key' },
  VERIFY_ALGORITHM_UNKNOWN: { exit: 5, title: 'A signature uses an algorithm that winpv does not know' },
  VERIFY_ALGORITHM_MISMATCH: { exit: 5, title: 'Two places of a signature name different algorithms' },
  VERIFY_ALGORITHM_WEAK: { exit: 5, title: 'A signature uses an algorithm or a key that is too weak' },
  VERIFY_ATTRIBUTE_WRONG: { exit: 5, title: 'A required attribute of a signature is missing or wrong' },
  VERIFY_ATTRIBUTE_UNKNOWN: { exit: 5, title: 'An attribute outside the signature is not known' },
  VERIFY_SIGNER_MISSING: { exit: 5, title: "The signer's certificate is not in the signature" },
  VERIFY_CERTIFICATES_UNSORTED: { exit: 5, title: 'The certificates of a signature are not in DER order' },
  VERIFY_CERTIFICATE_INVALID: { exit: 5, title: 'An embedded certificate does not verify with the key of its issuer' },
  VERIFY_CERTIFICATE_UNCHECKED: { exit: 5, title: 'An embedded certificate has no issuer at hand to check it with' },
  VERIFY_CERTIFICATE_UNSUITABLE: { exit: 5, title: 'A certificate may not be used for this' },
  VERIFY_CHAIN_INCOMPLETE: { exit: 5, title: 'An issuer is missing between the signer and a trusted root' },
  VERIFY_CHAIN_UNTRUSTED: { exit: 5, title: 'The signer leads to a root that is not trusted' },
  VERIFY_CHAIN_EXPIRED: { exit: 5, title: 'A certificate was not valid at the time of the signature' },
  VERIFY_TIMESTAMP_INVALID: { exit: 5, title: 'A time stamp does not belong to its signature or is damaged' },
  VERIFY_TIMESTAMP_UNTRUSTED: { exit: 5, title: 'A time stamp comes from an authority that is not trusted' },
  VERIFY_CATALOG_INVALID: { exit: 5, title: 'The catalog that lists the file is not valid' },
  VERIFY_CATALOG_MISSING: { exit: 5, title: 'The catalog that an INF names is not there' },
  VERIFY_NOT_IN_CATALOG: { exit: 5, title: "A file of a package is not in the package's catalog" },
  VERIFY_SHA1_ONLY: { exit: 5, title: 'A file is listed in a catalog by its SHA-1 hash only' },
  VERIFY_FILE_MISSING: { exit: 5, title: 'A file that an INF installs is not there' },
  VERIFY_INF_UNREADABLE: { exit: 5, title: 'An INF cannot be read, so its files cannot be told' },
  VERIFY_OTHER_FILE: { exit: 5, title: 'A file that no package installs is beside the packages' },
  VERIFY_UNCOVERED: { exit: 5, title: 'Bytes that no signature covers' },
});
const bundle = rows({
  SOURCE_LAYOUT: { exit: 4, title: 'A source folder is not laid out as expected' },
  SOURCE_TOO_MANY_FILES: { exit: 4, title: 'A source folder holds too many files' },
  BUNDLE_FILE_MISSING: { exit: 4, title: 'The INF names a file that the source does not have' },
  BUNDLE_FILE_NOT_NAMED: { exit: 4, title: 'The source has a file that no INF names' },
  BUNDLE_ARCHITECTURE: { exit: 4, title: 'A binary is for another architecture than its package' },
  BUNDLE_NOT_A_BINARY: { exit: 4, title: 'A file that must be a PE image is not one' },
  BUNDLE_PART_DIFFERS: { exit: 4, title: 'A driver packaged on its own differs from the one in its main package' },
  BUNDLE_NO_WINDOWS: { exit: 4, title: 'The INF installs on none of the Windows versions of the release' },
});
const release = rows({
  CONFIG_UNSUPPORTED: { exit: 3, title: 'A setting asks for what this version of winpv cannot do yet' },
  PROJECT_NO_SOURCE: { exit: 3, title: 'A driver of the release has no source' },
  PROJECT_UNKNOWN_NAME: { exit: 3, title: 'A name in the project or on the command line is not known' },
  SIGN_PASSWORD_SOURCE: { exit: 6, title: 'A password is not where it was said to be' },
  KEYS_MADE: { exit: 6, title: 'New test keys were made for the project' },
  KEYS_INCOMPLETE: { exit: 6, title: 'A part of the test keys of the project is missing' },
  SUMS_UNREADABLE: { exit: 5, title: 'A line of SHA256SUMS is not a checksum' },
  SUMS_MISMATCH: { exit: 5, title: 'A file of a release differs from its checksum' },
  SUMS_FILE_MISSING: { exit: 5, title: 'A file that the checksums list is missing' },
  SUMS_FILE_EXTRA: { exit: 5, title: 'A release folder has a file that its checksums do not list' },
  RELEASE_NOT_VALID: { exit: 5, title: 'The release that was just made does not verify' },
  RELEASE_CLOCK_DATE: { exit: 3, title: 'The release date was taken from the clock' },
});

export const ERROR_CODES = {
  ...machine,
  ...project,
  ...branding,
  ...drivers,
  ...inf,
  ...INF_RULE_CODES,
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
