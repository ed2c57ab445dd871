import type { CodesOf, Explanation } from './contract.ts';

/** Images, ASN.1 and archives. */
export const FORMAT_TEXTS: Readonly<Record<CodesOf<'PE' | 'DER' | 'TAR' | 'ZIP'>, Explanation>> = {
  PE_NOT_AN_IMAGE: [
    'The signatures MZ and PE, or a known optional header, are missing.',
    'Name a .sys, .exe, .dll or .efi; look whether the file is cut or empty.',
  ],
  PE_TRUNCATED: ['A header or table says that more bytes follow than the file has.', 'Copy the file again.'],
  PE_MALFORMED: [
    'A table points to where the file has no data, or two statements of the file exclude each other.',
    'Take the file from the build again; tools that patch images may have broken it.',
  ],
  PE_TOO_COMPLEX: [
    'The image has more sections, imports or resources than the limits that keep reading fast.',
    'See whether it is an image of a driver; those are far below.',
  ],
  PE_SIGNED: [
    'Changing the version resource would break the signature that is there.',
    'Write `signing: { existing: replace }`, or remove it with `winpv pe strip`.',
  ],
  PE_NO_ROOM: [
    'The new strings are longer than the resource section, and nothing can be moved.',
    'Build the binary with the strings of the brand, and leave `rewriteVersions` out.',
  ],
  DER_TRUNCATED: [
    'A certificate, signature or catalog says that it is longer than its bytes.',
    'Copy the file again, in binary mode.',
  ],
  DER_NOT_CANONICAL: [
    'The value is readable, but not in the one form that DER allows, such as an indefinite length.',
    'Have the tool that made it write DER.',
  ],
  DER_UNEXPECTED: [
    'The bytes are ASN.1, but not of the type that belongs here.',
    'See whether the right file was named, for example a certificate and no key.',
  ],
  DER_TOO_DEEP: [
    'Nesting was stopped at a limit that no real signature reaches.',
    'Treat the file as damaged or hostile.',
  ],
  DER_TRAILING_DATA: ['The structure ends before the file does.', 'Cut off what follows, or copy the file again.'],
  TAR_NOT_A_TAR: [
    'The first block is no tar header with a right checksum.',
    'Pack the tree again, as tar, tar.gz or ZIP.',
  ],
  TAR_TRUNCATED: [
    'The archive ends within an entry or without its end mark: a download that broke off.',
    'Fetch it again.',
  ],
  TAR_MALFORMED: ['A header is damaged or contradicts another one.', 'Pack it again with GNU tar or bsdtar.'],
  TAR_UNSUPPORTED: [
    'A release takes plain files only; a link could point anywhere.',
    'Pack with the files that the links point to (tar -h).',
  ],
  TAR_TOO_LARGE: ['Entries or bytes are above the limit.', 'Pack only the build tree of the drivers.'],
  TAR_NAME_UNSAFE: [
    'A name is absolute, has "..", or is none that Windows can store.',
    'Pack it again from within its folder, with plain names.',
  ],
  TAR_NAME_TWICE: ['Two entries are one file for Windows, which ignores case.', 'Remove one of the two.'],
  ZIP_NOT_A_ZIP: ['No end record was found at the end of the file.', 'Fetch or pack it again.'],
  ZIP_TRUNCATED: ['The directory or an entry reaches beyond the end of the file.', 'Fetch it again.'],
  ZIP_MALFORMED: [
    'Directory and entries disagree about names, sizes or places.',
    'Pack it again; do not trust this one.',
  ],
  ZIP_UNSUPPORTED: [
    'An entry is encrypted, a link, on another disk, or packed with something else than deflate.',
    'Pack it again with plain deflate.',
  ],
  ZIP_TOO_LARGE: [
    'The entries unpack to more than the limit, or only a ZIP64 archive could hold them.',
    'Put less into the archive. Partner Center takes no ZIP64.',
  ],
  ZIP_DATA_INVALID: [
    'What unpacks has another size or CRC-32 than the directory states.',
    'Fetch it again; it is damaged.',
  ],
  ZIP_NAME_UNSAFE: [
    'A name is absolute, has "..", or is none that Windows can store.',
    'Pack it again with plain relative names.',
  ],
  ZIP_NAME_TWICE: ['Two entries are one file for Windows, which ignores case.', 'Remove one of the two.'],
  ZIP_WRITE_FAILED: [
    'The library that writes archives gave up without a reason that files could have.',
    'Report it with the command line.',
  ],
};

/** Security catalogs. */
export const CATALOG_TEXTS: Readonly<Record<CodesOf<'CAT'>, Explanation>> = {
  CAT_NOT_A_CATALOG: ['The file is no PKCS #7 signed data with a certificate trust list in it.', 'Name a .cat file.'],
  CAT_MALFORMED: [
    'The outer form is that of a catalog, and something in it cannot be read.',
    'Make it again: `winpv cat create`.',
  ],
  CAT_NOT_SORTED: [
    'Members or their attributes are in an order that Windows does not search.',
    'Make it again: `winpv cat create`.',
  ],
  CAT_DUPLICATE: [
    'Two members have one tag, so that one of them is never found.',
    'Make it again, or remove one of the two files.',
  ],
  CAT_OS_UNKNOWN: [
    'The name is not one that Inf2Cat takes after /os.',
    'Take the name that is suggested, for example 10_X64 or SERVER2016_X64.',
  ],
  CAT_OS_MISSING: [
    'A catalog states for which Windows it holds, and none was said.',
    'Name them with --os, for example 10_X64,10_X86.',
  ],
  CAT_NO_INF: [
    'Catalogs are made of what INFs install, and the folder itself has none.',
    'Name the folder that holds the INF with --dir.',
  ],
  CAT_INF_BELOW: [
    'The INF in a subfolder is a package of its own; Inf2Cat would not take it into this catalog.',
    'Make its catalog in its own folder.',
  ],
  CAT_NAME_TWICE: ['Two names differ in case only, and Windows keeps one of the files.', 'Remove one of the two.'],
  CAT_FILE_MISSING: [
    'CopyFiles or SourceDisksFiles names a file that is not there.',
    'Put it there, or take the line out.',
  ],
  CAT_NO_SOURCE_ENTRY: [
    'A file that CopyFiles names has no line in SourceDisksFiles, so that nothing says where it is.',
    'Add the line, or name LayoutFile in [Version] when it is a file of Windows.',
  ],
  CAT_NO_CATALOG_ENTRY: [
    '[Version] has no CatalogFile for the architecture, so a catalog could not be found.',
    'Add CatalogFile = NAME.cat.',
  ],
  CAT_DRIVERVER: ['Windows ranks by DriverVer and wants MM/DD/YYYY,a.b.c.d.', 'Set it with `winpv inf stamp`.'],
  CAT_DRIVERVER_DATE: [
    'Windows 7 and later take no date before 21 April 2009; one after the catalog’s own is refused by Inf2Cat.',
    'Date it with `winpv inf stamp`.',
  ],
  CAT_NAME_REFUSED: [
    'CatalogFile has a path, an unfit character or another ending than .cat.',
    'Write a plain NAME.cat.',
  ],
  CAT_NO_MODELS: [
    'The INF installs nothing on a system that the catalog is asked for.',
    'Take the system off the list, or decorate a Models section for it.',
  ],
  CAT_OS_FILE: [
    'A file of the package has the name of one of Windows, and Inf2Cat warns of such names.',
    'Give the file a name of its own.',
  ],
  CAT_CDF_INVALID: [
    'A line or a value of the definition file is one that MakeCat does not take.',
    'Correct the line that is named.',
  ],
  CAT_CDF_FILE_MISSING: [
    'A file of [CatalogFiles] is not there. Paths are relative to the folder of the definition file.',
    'Correct the path.',
  ],
  CAT_PAGE_HASH_NAME: [
    'Page hashes exist for PE images only, and the name is not one that a catalog of the folder lists.',
    'Take one of the listed images.',
  ],
  CAT_MEMBER_MISSING: ['What is to be removed or shown is not in the catalog.', 'See `winpv cat show` for what is.'],
  CAT_PARTNER_UNKNOWN: [
    'A file has a SHA-1 and a SHA-256 member. Only one was named, and nothing shows which other belongs to it.',
    'Name the file itself, or both tags.',
  ],
  CAT_SIGNATURE_DROPPED: [
    'The signature covered the old list; kept, it would be invalid.',
    'Sign the catalog again: `winpv sign`.',
  ],
};

/** Cabinets, and what a submission asks of them. */
export const CABINET_TEXTS: Readonly<Record<CodesOf<'CAB'>, Explanation>> = {
  CAB_NOT_A_CABINET: ['The file does not begin with MSCF, or is not of format 1.3.', 'Name a .cab file.'],
  CAB_TRUNCATED: ['The header promises more bytes than the file has.', 'Copy or download it again.'],
  CAB_MALFORMED: [
    'Tables overlap, point outside, or fields that must be zero are not.',
    'Make it again: `winpv cab create`.',
  ],
  CAB_SPANNED: [
    'The cabinet is one of a set, which no submission and no driver package is.',
    'Make one cabinet (MakeCab: MaxDiskSize=0, MaxCabinetSize=0).',
  ],
  CAB_UNSUPPORTED: ['Quantum and LZX are not read; Partner Center takes MSZIP only.', 'Make it again with MSZIP.'],
  CAB_CHECKSUM: ['A data block changed after it was written.', 'Copy or make it again.'],
  CAB_DATA_INVALID: ['A block is no MSZIP data, or unpacks to another size than stated.', 'Copy or make it again.'],
  CAB_TOO_LARGE: [
    'A cabinet takes 65,535 files and just below 2 GiB; reading has a limit too.',
    'Split the submission, or leave out what is not of the packages.',
  ],
  CAB_NAME_UNSAFE: [
    'A name leads out of the folder, is reserved on Windows, or is too long.',
    'Give the file a plain name.',
  ],
  CAB_NAME_TWICE: ['Two names are one for Windows, which ignores case.', 'Remove one of the two.'],
  CAB_TRAILING_DATA: [
    'Something was appended that is no signature of the cabinet.',
    'Make it again before it is signed.',
  ],
  CAB_NOT_ADJACENT: [
    'The format allows a gap before the file table, and many readers do not look beyond it.',
    'Make it again if other programs are to read it.',
  ],
  CAB_RESERVE_IN_USE: [
    'The header has a reserved area with foreign content, where a signature has to be noted.',
    'Make it again without ReservePerCabinetSize.',
  ],
  CAB_NOT_PREPARED: [
    'The header has no reserved area that notes a signature.',
    'Sign with `winpv sign`, which prepares it.',
  ],
  CAB_EMPTY: ['No file was named, or the folder is empty.', 'Name the files to pack.'],
  CAB_FILE_AT_ROOT: [
    'Partner Center wants every file in a folder of its package.',
    'Put the files into one folder a package.',
  ],
  CAB_FOLDER_NAME: [
    'The name is too long or has other characters than letters, digits, ".", "_" and "-".',
    'Rename the folder; at most 39 characters.',
  ],
  CAB_FOLDER_TWICE: ['Files of two packages would mix in one folder.', 'Give each package its own folder.'],
  CAB_FOLDER_NESTED: [
    'A package has to be flat: Partner Center takes one level of folders.',
    'Move the files up, and correct SourceDisksFiles.',
  ],
  CAB_NO_INF: ['A folder without INF is no driver package.', 'Add the INF, or leave the folder out.'],
  CAB_NO_SYMBOLS: [
    'Microsoft asks for .pdb files to analyse crashes; a submission without is taken.',
    'Put the .pdb files beside the binaries in the source.',
  ],
  CAB_NO_CATALOG: ['Partner Center wants a catalog, which it replaces by its own.', 'Make it with `winpv cat create`.'],
};
