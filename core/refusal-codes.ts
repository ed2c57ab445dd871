/** What Partner Center or Windows Update would refuse, known before anything is uploaded. Rules: publishing/refusals. */
export const REFUSAL_CODES = {
  REFUSAL_PACKAGE_KIND: { exit: 5, title: 'The package is of another kind than the programme takes' },
  REFUSAL_PACKAGE_UNREAD: { exit: 5, title: 'The package cannot be opened' },
  REFUSAL_COMPRESSION: {
    exit: 5,
    title: 'A submission cabinet is compressed in a way that Partner Center does not take',
  },
  REFUSAL_ARCHITECTURES: { exit: 5, title: 'The packages of a submission serve different architectures' },
  REFUSAL_UNSIGNED: { exit: 5, title: 'The package to upload is not signed' },
  REFUSAL_SIGNATURE: { exit: 5, title: 'The signature of the package to upload does not hold' },
  REFUSAL_SIGNATURE_KIND: {
    exit: 5,
    title: 'The package to upload is signed in a way that Partner Center does not take',
  },
  REFUSAL_CERTIFICATE: { exit: 5, title: 'A certificate cannot sign submissions' },
  REFUSAL_IMAGE_SIGNATURE: { exit: 5, title: 'The signature in an image of the submission does not hold' },
  REFUSAL_STAND_IN: { exit: 5, title: 'A submission holds images without a driver in them' },
  REFUSAL_CATALOG: { exit: 5, title: 'A catalog of the submission is not of the files beside it' },
  REFUSAL_CATALOG_SHA1: { exit: 5, title: 'A catalog of the submission is of the old kind' },
  REFUSAL_DRIVERVER_FUTURE: { exit: 5, title: 'A driver is of a day that is still to come' },
  REFUSAL_DRIVERVER_OLD: { exit: 5, title: 'A driver is dated before the Windows that it is for' },
  REFUSAL_SYSTEM_UNREACHED: { exit: 5, title: 'An INF of the submission does not install on a requested Windows' },
  REFUSAL_SYSTEM_ATTESTATION: { exit: 5, title: 'Attestation is asked for a Windows that does not take it' },
  REFUSAL_SYSTEMS_MIXED: { exit: 5, title: 'Older Windows and Windows 10 are asked for together' },
  REFUSAL_SYSTEM_ITANIUM: { exit: 5, title: 'A signature for Itanium is asked for' },
  REFUSAL_HARNESS: { exit: 5, title: 'The test kit is not the one of the requested Windows' },
  REFUSAL_PRODUCT_NAME: { exit: 5, title: 'A product has no name' },
  REFUSAL_FAMILY_MISSING: { exit: 5, title: 'A requested Windows has no product type' },
  REFUSAL_FAMILY_UNKNOWN: { exit: 5, title: 'A family of Windows is not known' },
  REFUSAL_PRODUCT_TYPE: { exit: 5, title: 'A product type is not known' },
  REFUSAL_UNCLASSIFIED: { exit: 5, title: 'A product is unclassified, which Microsoft always reviews' },
  REFUSAL_ATTRIBUTES: { exit: 5, title: 'A product type lacks its attributes' },
  REFUSAL_DERIVED: { exit: 5, title: 'A driver update is submitted where none is possible' },
  REFUSAL_NOT_RETAIL: { exit: 5, title: 'The signature that is asked for does not reach Windows Update' },
  REFUSAL_TEST_AUDIENCE: { exit: 5, title: 'An attested driver reaches test audiences only' },
  REFUSAL_NO_OWN_DEVICE: {
    exit: 5,
    title: 'A driver has no PV device id of its own, and would reach the guests of others',
  },
  REFUSAL_FOREIGN_DEVICE: { exit: 5, title: 'A driver is for a device id that another vendor has reserved' },
  REFUSAL_VENDOR_OWNED: { exit: 5, title: "Hardware ids are another company's, whose consent Microsoft asks for" },
  REFUSAL_TWO_PART: { exit: 5, title: 'A hardware id names no subsystem, which Microsoft reviews' },
  REFUSAL_ID_FORM: { exit: 5, title: 'A hardware id has a form that Windows Update does not publish' },
  REFUSAL_CHID_MISSING: { exit: 5, title: 'A driver of this class is published with computer ids only' },
  REFUSAL_CHID_REFUSED: { exit: 5, title: 'Computer ids are given where they may not be' },
} as const;

/** What came back from Partner Center is not what was sent. Rules: publishing/returned. */
export const RETURNED_CODES = {
  RETURNED_CHANGED: { exit: 5, title: 'A file that came back is not what was sent' },
  RETURNED_LOST: { exit: 5, title: 'A file that was sent did not come back' },
  RETURNED_ADDED: { exit: 5, title: 'A file came back that was not sent' },
  RETURNED_PACKAGE_LOST: { exit: 5, title: 'A driver package that was sent did not come back' },
  RETURNED_PACKAGE_ADDED: { exit: 5, title: 'A driver package came back that was not sent' },
  RETURNED_UNSIGNED: { exit: 5, title: 'A file that should be signed by Microsoft came back without a signature' },
  RETURNED_SIGNATURE: { exit: 5, title: 'A signature that came back does not hold' },
  RETURNED_SIGNER: { exit: 5, title: 'A file that came back is signed by somebody else' },
  RETURNED_PURPOSE: { exit: 5, title: 'A file came back signed for the other programme' },
  RETURNED_OWN_SIGNATURE: { exit: 5, title: "The vendor's own signature did not come back" },
  RETURNED_CATALOG_MISSING: { exit: 5, title: 'A package came back without its catalog' },
  RETURNED_CATALOG_INCOMPLETE: { exit: 5, title: 'A catalog that came back does not list a file of its package' },
  RETURNED_CATALOG_FOREIGN: { exit: 5, title: 'A catalog that came back lists a file that did not come back' },
  RETURNED_CATALOG_SYSTEMS: { exit: 5, title: 'A catalog that came back is not for a Windows that was asked for' },
  RETURNED_UNREAD: { exit: 5, title: 'A file that came back cannot be read' },
} as const;

export type RefusalCode = keyof typeof REFUSAL_CODES;
export type ReturnedCode = keyof typeof RETURNED_CODES;
