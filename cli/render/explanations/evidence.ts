import type { CodesOf, Explanation } from './contract.ts';

/** XML and signed packages (OPC). */
export const PACKAGE_TEXTS: Readonly<Record<CodesOf<'XML' | 'OPC'>, Explanation>> = {
  XML_ENCODING: [
    'The bytes are not valid in UTF-8 or UTF-16, or not in what the declaration says.',
    'Save it as UTF-8.',
  ],
  XML_SYNTAX: [
    'A tag is not closed, an attribute is there twice, or a character is not allowed.',
    'Export the file again; the message has the place.',
  ],
  XML_DOCTYPE: [
    'A document type can define entities and read other files, so none is taken.',
    'Remove the DOCTYPE line.',
  ],
  XML_ENTITY: ['Only the five entities of XML and numbered characters are read.', 'Write the character itself.'],
  XML_NAMESPACE: [
    'A prefix has no declaration in reach, or a reserved one is declared.',
    'Export the file again with the tool that made it.',
  ],
  XML_TOO_LARGE: ['Size, depth or number of nodes is above the limit.', 'See whether it is the file that was meant.'],
  OPC_NOT_A_PACKAGE: [
    'The ZIP lacks [Content_Types].xml, or has too many parts.',
    'Name the .hlkx or .hckx that the kit wrote.',
  ],
  OPC_PART_NAME: [
    'A name of a part breaks the rules of OPC, such as an empty segment.',
    'Pack it again in HLK Studio.',
  ],
  OPC_CONTENT_TYPE: ['A part has no type, or two.', 'Pack it again in HLK Studio.'],
  OPC_RELATIONSHIP: [
    'A .rels part is no list of relationships, or one leads to nothing.',
    'Pack it again in HLK Studio.',
  ],
  OPC_ZIP64: [
    'Partner Center does not open ZIP64 archives.',
    'Sign with `winpv hlk sign`, which writes none below 4 GiB.',
  ],
  OPC_CHAIN: [
    'The chain is broken, expired, or ends at a root that Partner Center does not list.',
    'Sign with a certificate of a public authority.',
  ],
  OPC_SIGNATURE_MALFORMED: [
    'Parts of the signature are missing, doubled or name what is not there.',
    'Sign again: `winpv hlk sign --replace`.',
  ],
  OPC_SIGNATURE_INVALID: [
    'The signed statement was changed, or another key made the signature.',
    'Sign again: `winpv hlk sign --replace`.',
  ],
  OPC_DIGEST: ['The package was changed after it was signed, for example merged.', 'Merge first, then sign.'],
  OPC_NOT_COVERED: [
    'A part or relationship could be exchanged without breaking the signature.',
    'Sign the finished package again.',
  ],
  OPC_ALGORITHM: [
    'SHA-1 or an EC key: Partner Center takes RSA with SHA-256, and refuses EC late.',
    'Sign with an RSA certificate and SHA-256.',
  ],
  OPC_CERTIFICATE: [
    'There is no certificate in a part of its own, or it is not one that the account knows.',
    'Sign again with `winpv hlk sign` and the certificate of the account.',
  ],
  OPC_UNSIGNED: ['Partner Center takes signed packages only.', 'Sign it with `winpv hlk sign`, after merging.'],
  OPC_SIGNED: ['A second signature is not added.', 'Use --replace to sign anew.'],
};

/** What the Windows Hardware Lab Kit leaves behind. */
export const HLK_TEXTS: Readonly<Record<CodesOf<'HLK'>, Explanation>> = {
  HLK_NOT_A_PACKAGE: [
    'The file is a cabinet, an archive without data of the kit, or something else.',
    'Name the .hlkx or .hckx that HLK Studio wrote.',
  ],
  HLK_PACKAGE_INFO: [
    'PackageInfo is missing or has another form, so that systems and totals are not known.',
    'Pack it again in HLK Studio.',
  ],
  HLK_PLAYLIST: [
    'The XML is not one of the playlists that Microsoft publishes, or has no test.',
    'Download the playlist for the Windows again.',
  ],
  HLK_FILTERS: [
    'The file is neither Microsoft’s cabinet of filters nor the script UpdateFilters.sql in it.',
    'Download the filters again.',
  ],
  HLK_RESULTS: [
    'It is neither a folder of AutoHCK nor the JSON of toolsHCK, or has too many results.',
    'Name the folder with junit.xml, or the JSON.',
  ],
  HLK_RELEASE: [
    'The folder has no release.json, or no such brand in it.',
    'Name the folder that `winpv release` wrote.',
  ],
  HLK_NOT_READ: [
    'Entries of an unknown kind were passed over, so that the judgement may lack something.',
    'Look at the package in HLK Studio.',
  ],
  HLK_NO_EVIDENCE: [
    'The package has no tested device or no results: nothing could be certified.',
    'Run the tests, and pack again.',
  ],
  HLK_TEST_FAILED: [
    'A failed test without filter or erratum makes Partner Center refuse the submission.',
    'Fix it, apply the filters, or name the erratum with --errata.',
  ],
  HLK_TEST_NOT_RUN: ['A test of the project has no result, or the run was cut short.', 'Run it, and pack again.'],
  HLK_STATUS: [
    'The kit itself does not count the system or project as passed.',
    'See in HLK Studio which test is open.',
  ],
  HLK_SIGNATURE_MISSING: [
    'The release is for a Windows that no result of the package covers.',
    'Test on it, or take it out of the release.',
  ],
  HLK_SIGNATURE_EXTRA: [
    'The driver would be certified for a Windows that its INF is not released for.',
    'Add the Windows to the release, or leave its results out.',
  ],
  HLK_SIGNATURE_UNKNOWN: [
    'The kit is newer than the table of winpv, or the code is damaged.',
    'Compare with the portal; it is not judged here.',
  ],
  HLK_ARCHITECTURE: [
    'Tests ran on another processor than the drivers are for.',
    'Give each architecture its own package.',
  ],
  HLK_TARGET_FOREIGN: [
    'The id of the tested device has neither the vendor prefix nor the PCI device of the brand.',
    'Test the devices of this brand.',
  ],
  HLK_DRIVER_NOT_TESTED: [
    'No tested device is one that the driver binds.',
    'Add the device to the project and run its tests.',
  ],
  HLK_DRIVER_MISSING: [
    'Partner Center signs what is in the package, and for this device there is nothing.',
    'Add the drivers in HLK Studio before signing; merging leaves them behind.',
  ],
  HLK_UPDATE: [
    'An update package belongs to a derived submission, and the other way round.',
    'Build it for the kind that is submitted.',
  ],
  HLK_DRIVER_TWICE: ['It is not said which of the two is to be signed.', 'Leave one in the package.'],
  HLK_DRIVER_DEFERRED: [
    'A package of the kit does not show its drivers, so they are compared when the signed package comes back.',
    'Nothing.',
  ],
  HLK_PRODUCT_TYPE: [
    'The tests were for another product type than the plan says, or the type is none that Microsoft lists.',
    'Correct --product-type, or test the device as that type.',
  ],
  HLK_KIT: ['Each Windows is certified with the kit of its own version.', 'Test with the kit that the message names.'],
  HLK_KIT_UNKNOWN: [
    'The Windows is not in the table of kits, so nothing is judged.',
    'Look it up in the documentation of the HLK.',
  ],
  HLK_OLDER_THAN_RELEASE: [
    'The tests ended before the date of the drivers, so they ran on an earlier build.',
    'Run them again, or date the release as what was tested.',
  ],
  HLK_CLOCK: ['A clock of the laboratory was wrong.', 'Set it, and run again if Microsoft asks.'],
  HLK_OTHER_RUN: [
    'Devices or totals of the results are not those of the package.',
    'Give the results of the run that was packed.',
  ],
  HLK_PLAYLIST_GAP: [
    'Microsoft counts the tests of the playlist; one of them has no pass.',
    'Run it, or give the results with --results.',
  ],
  HLK_PLAYLIST_OUTSIDE: [
    'Tests outside of the playlist do not count.',
    'Load the playlist in HLK Studio before packing.',
  ],
  HLK_RETRIED: ['The last result counts; a test that fails at times may hide a fault.', 'Look why it failed first.'],
  HLK_ERRATUM_UNNAMED: [
    'A laboratory’s own note is no excuse for Partner Center.',
    'Name the erratum with the id that Microsoft gave (--errata).',
  ],
  HLK_ERRATUM_UNUSED: ['Its test passed or was not run.', 'Take it out of the list.'],
  HLK_FILTERS_OLD: [
    'They are older than 30 days; Microsoft renews them often, and old ones excuse what is refused now.',
    'Download the filters, apply them, pack again.',
  ],
  HLK_FILTER_EXPIRED: ['What it turned into a pass may be refused now.', 'Apply the newest filters, and pack again.'],
  HLK_FILTERED: ['A note: the failure is a known one that Microsoft excuses for the time being.', 'Nothing.'],
};
