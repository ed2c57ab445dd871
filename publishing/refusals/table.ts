import { type Diagnostic, type DiagnosticDetail, problem, type Severity } from '../../core/errors.ts';
import type { RefusalCode } from '../../core/refusal-codes.ts';

/** One rule: what is looked at, and who says so. */
export interface RefusalRow {
  readonly id: RefusalCode;
  /** `both`: an error, or a warning as `checks` says. */
  readonly level: 'error' | 'warning' | 'both';
  /** The programmes that it is for. */
  readonly programme: 'attestation' | 'WHQL' | 'both';
  /** Microsoft's page in windows-driver-docs, or what is known otherwise. */
  readonly source: string;
  readonly checks: string;
  readonly fix: string;
}

type Detail = readonly [checks: string, fix: string];

const row = (
  id: RefusalCode,
  level: RefusalRow['level'],
  programme: RefusalRow['programme'],
  source: string,
  [checks, fix]: Detail,
): RefusalRow => ({ id, level, programme, source, checks, fix });

const ATTESTATION = 'dashboard/code-signing-attestation.md';
const REQUIREMENTS = 'dashboard/code-signing-reqs.md';
const PRODUCT = 'dashboard/get-product-data.md';
const RESTRICTIONS = 'dashboard/publishing-restrictions.md';
const CHIDS = 'dashboard/using-chids.md';
const KIT = 'dashboard/hardware-submission-create.md';

/** In the order in which they are asked. What other parts of winpv check is in `REUSED_RULES`. */
export const REFUSAL_RULES: readonly RefusalRow[] = [
  row('REFUSAL_PACKAGE_KIND', 'error', 'both', KIT, [
    'Attestation takes a cabinet, WHQL a package of the lab kit; told from the content, not from the name.',
    'Submit the cabinet of the release, or the package that the kit made.',
  ]),
  row('REFUSAL_PACKAGE_UNREAD', 'error', 'both', KIT, [
    'The package can be read whole: a cabinet with its checksums; an OPC package that is not Zip64.',
    'Make the package again.',
  ]),
  row('REFUSAL_COMPRESSION', 'both', 'attestation', ATTESTATION, [
    'The cabinet is packed with MSZIP. One that is not packed at all is a warning.',
    'Make it with `winpv cab create`, or MakeCab with CompressionType=MSZIP.',
  ]),
  row('REFUSAL_ARCHITECTURES', 'error', 'attestation', ATTESTATION, [
    'Every folder of the cabinet serves the same processors, told from its INFs and images.',
    'Submit each architecture by itself.',
  ]),
  row('REFUSAL_UNSIGNED', 'error', 'attestation', ATTESTATION, [
    'The cabinet is signed.',
    'Sign it with the certificate that the account knows: `winpv sign`.',
  ]),
  row('REFUSAL_SIGNATURE', 'error', 'attestation', ATTESTATION, [
    'The signature of the cabinet is of these bytes.',
    'Sign the cabinet after the last change to it.',
  ]),
  row('REFUSAL_SIGNATURE_KIND', 'both', 'attestation', REQUIREMENTS, [
    'It is made with SHA-256 or better. An EC key is a warning: an EC signature of a kit package was refused late.',
    'Sign with an RSA certificate and SHA-256.',
  ]),
  row('REFUSAL_CERTIFICATE', 'both', 'attestation', REQUIREMENTS, [
    'The certificate is for code signing, valid today, not published and not for tests, and one of those that were named. A root that nobody knows is a warning.',
    'Sign with the certificate that is registered with the account.',
  ]),
  row('REFUSAL_IMAGE_SIGNATURE', 'both', 'both', 'dashboard/code-signing-reqs.md; hlk packages keep the signature', [
    'A signature in an image holds. For attestation, which replaces it, a warning.',
    'Sign the image again, or strip it: `winpv pe strip`.',
  ]),
  row('REFUSAL_STAND_IN', 'error', 'both', 'winpv', [
    'No image is a stand-in of winpv; only the emulator takes these.',
    'Name the driver builds under `sources`.',
  ]),
  row('REFUSAL_CATALOG', 'warning', 'attestation', ATTESTATION, [
    'Catalogs that are there are of the files beside them. Microsoft makes them anew, so it is a warning: parts of two builds.',
    'Release again from one build.',
  ]),
  row('REFUSAL_CATALOG_SHA1', 'warning', 'both', REQUIREMENTS, [
    'Catalogs that are there list SHA-256 hashes.',
    'Make them again: `winpv cat create`.',
  ]),
  row('REFUSAL_DRIVERVER_FUTURE', 'both', 'both', 'devtest/inf2cat.md, signability test 22.9.7', [
    'DriverVer is of no day to come, in UTC. One that begins within the hour is a warning, for clocks differ.',
    'Date the release today or earlier: `--date`.',
  ]),
  row('REFUSAL_DRIVERVER_OLD', 'error', 'both', 'devtest/inf2cat.md, signability test 22.9.7', [
    'DriverVer of a driver for Windows 7 or later is of 21 April 2009 or later.',
    'Date the release by its build.',
  ]),
  row('REFUSAL_SYSTEM_UNREACHED', 'error', 'both', 'devtest/inf2cat.md', [
    'Every INF installs on every Windows that a signature is asked for.',
    'Ask for fewer OS codes (`--signatures`), or widen [Manufacturer].',
  ]),
  row('REFUSAL_SYSTEM_ATTESTATION', 'both', 'attestation', `${ATTESTATION}; ${REQUIREMENTS}`, [
    'Attestation is for Windows 10 and later; earlier ones are an error. For Server 2016 and later it is not meant, and has been seen to load: a warning.',
    'Leave the code out of `--signatures`, or take the WHQL way.',
  ]),
  row('REFUSAL_SYSTEMS_MIXED', 'warning', 'both', 'dashboard/publish-a-driver-to-windows-update.md', [
    'Windows 10 and later is not asked for together with earlier ones: one shipping label may not have both.',
    'Submit them apart, or give each a label of its own.',
  ]),
  row('REFUSAL_SYSTEM_ITANIUM', 'warning', 'both', RESTRICTIONS, [
    'No signature for Itanium is asked for: such drivers are always reviewed.',
    'Leave the code out of `--signatures`.',
  ]),
  row('REFUSAL_HARNESS', 'error', 'WHQL', KIT, [
    'Windows 10, Server 2016 and later are tested with HLK, earlier ones with HCK.',
    'Run the tests with the kit of that Windows.',
  ]),
  row('REFUSAL_PRODUCT_NAME', 'error', 'both', PRODUCT, ['The product has a name.', 'Give it one.']),
  row('REFUSAL_FAMILY_MISSING', 'error', 'WHQL', PRODUCT, [
    'selectedProductTypes has a product type for the family of every OS code.',
    'Add the family, or name one type for all with `--product-type`.',
  ]),
  row('REFUSAL_FAMILY_UNKNOWN', 'warning', 'WHQL', PRODUCT, [
    'The families in selectedProductTypes are among those that Microsoft lists, in any case. The list grows, so that another one is a warning.',
    'See whether it is spelt as the portal has it.',
  ]),
  row('REFUSAL_PRODUCT_TYPE', 'warning', 'WHQL', PRODUCT, [
    'The product types are among those that Microsoft lists. The list grows, so that another one is a warning.',
    'See whether it is spelt as the portal has it.',
  ]),
  row('REFUSAL_UNCLASSIFIED', 'warning', 'WHQL', RESTRICTIONS, [
    'A product for Windows Update has another type than Unclassified: those are always reviewed. Drivers of a bus have no other.',
    'Nothing for a bus driver; tell Microsoft of it early.',
  ]),
  row('REFUSAL_ATTRIBUTES', 'error', 'WHQL', PRODUCT, [
    'A storage controller and SVVP have their additionalAttributes, one kind only, and what a controller is marked with has its name and version.',
    'Fill them in a file for `--from`.',
  ]),
  row('REFUSAL_DERIVED', 'error', 'both', 'dashboard/create-a-new-submission-for-a-product.md; SDCM issue 69', [
    'A derived submission is of a product with tests that is there, and is not test-signed and no extension.',
    'Make a new product, with an initial submission.',
  ]),
  row('REFUSAL_NOT_RETAIL', 'error', 'both', `${ATTESTATION}; ${PRODUCT}`, [
    'What is to reach everybody by Windows Update is neither attested, nor test-signed, nor for Insiders only.',
    'Take the WHQL way, or say `--destination test-audience`.',
  ]),
  row('REFUSAL_TEST_AUDIENCE', 'warning', 'attestation', ATTESTATION, [
    'A note on every attested driver: since March 2023 it reaches CoDev and Test Registry Key audiences only.',
    'Nothing, when that or the signature is all that is wanted: `--destination signature`.',
  ]),
  row('REFUSAL_NO_OWN_DEVICE', 'both', 'both', 'xen-pci-device-reservations(7); dashboard/publishing-restrictions.md', [
    'A Xen PV driver for Windows Update binds a PV device id of its own beside 0001 and 0002, which every Xen guest has. For the signature alone a warning.',
    'Reserve a device id, and set `vendorDeviceId` in the brand. For the signature alone: `--destination signature`.',
  ]),
  row(
    'REFUSAL_FOREIGN_DEVICE',
    'both',
    'both',
    'xen-pci-device-reservations(7); dashboard/publishing-restrictions.md',
    [
      'A device id that is reserved for a vendor is in the drivers of that vendor only. For the signature alone a warning.',
      'Set the `vendorDeviceId` that you were given.',
    ],
  ),
  row('REFUSAL_VENDOR_OWNED', 'warning', 'both', 'dashboard/establish-relationship-for-chid-targeting.md', [
    "PCI ids of vendor 5853 are XenSource's: another vendor needs its consent, told to Microsoft by mail.",
    'Ask for it before you submit.',
  ]),
  row('REFUSAL_TWO_PART', 'warning', 'both', RESTRICTIONS, [
    'PCI and HDAUDIO ids name more than vendor and device. Where an INF has a longer id as well, only a note.',
    'Leave these ids out of shipping labels.',
  ]),
  row('REFUSAL_ID_FORM', 'warning', 'both', RESTRICTIONS, [
    'Ids have an enumerator that drivers may publish for, a vendor and a device, and no class code.',
    'Correct the id, or leave it out of shipping labels.',
  ]),
  row('REFUSAL_CHID_MISSING', 'both', 'both', CHIDS, [
    'Firmware has computer ids. A warning where nothing is said of them yet.',
    'Publish it with the CHIDs of the machines that it is for.',
  ]),
  row('REFUSAL_CHID_REFUSED', 'error', 'both', `${CHIDS}; dashboard/create-a-new-shipping-label.md`, [
    'Computer ids are GUIDs, are not given for display drivers, and only with Windows 10 and later.',
    'Leave them out.',
  ]),
];

/** What is asked by rules that winpv has elsewhere; their findings are passed on. */
export const REUSED_RULES: readonly {
  readonly ids: readonly string[];
  readonly level: 'error' | 'warning' | 'both';
  readonly programme: RefusalRow['programme'];
  readonly source: string;
  readonly checks: string;
}[] = [
  {
    ids: ['CAB_FILE_AT_ROOT', 'CAB_NO_INF', 'CAB_FOLDER_NAME', 'CAB_FOLDER_NESTED', 'CAB_NAME_TWICE'],
    level: 'error',
    programme: 'attestation',
    source: ATTESTATION,
    checks: 'The layout: no file at the root, a plain short folder a package, an INF in each.',
  },
  {
    ids: ['CAB_NO_SYMBOLS', 'CAB_NO_CATALOG'],
    level: 'warning',
    programme: 'attestation',
    source: ATTESTATION,
    checks: 'Symbols and a catalog are in each package.',
  },
  {
    ids: ['BUNDLE_FILE_MISSING', 'BUNDLE_ARCHITECTURE', 'BUNDLE_NOT_A_BINARY'],
    level: 'error',
    programme: 'both',
    source: 'devtest/inf2cat.md',
    checks: 'What an INF installs is in its package, and is for its processors.',
  },
  {
    ids: ['INF_*'],
    level: 'error',
    programme: 'both',
    source: 'devtest/running-infverif-from-the-command-line.md',
    checks: 'Every INF passes `inf verify --mode h`, as the portal asks since April 2025.',
  },
  {
    ids: ['HLK_*', 'OPC_*', 'ZIP_*', 'XML_*'],
    level: 'both',
    programme: 'WHQL',
    source: 'docs/guide/evidence.md',
    checks: 'The evidence: signature, kit, systems, devices and results.',
  },
  {
    ids: ['PUBLISH_RELEASE_UNFIT'],
    level: 'both',
    programme: 'both',
    source: `docs/guide/submission.md; ${PRODUCT}`,
    checks: 'The release was rehearsed and is no test; its OS codes are known and of its architecture.',
  },
];

const LEVELS = new Map(REFUSAL_RULES.map(({ id, level, fix }) => [id, { level, fix }]));

/** A finding of a rule: its level is that of the row, and its hint what the row says to do. */
export const refusal = (
  id: RefusalCode,
  message: string,
  { severity, ...detail }: DiagnosticDetail & { readonly severity?: Severity } = {},
): Diagnostic => {
  const row = LEVELS.get(id);
  if (row === undefined) throw new TypeError(`there is no rule ${id}`);
  const usual = row.level === 'warning' ? 'warning' : 'error';
  return problem(id, message, { hint: row.fix, ...detail, severity: severity ?? usual });
};
