import type { CodesOf, Explanation } from './contract.ts';

/** What `verify` finds in signatures, packages and about revocation. */
export const VERIFY_TEXTS: Readonly<Record<CodesOf<'VERIFY' | 'REVOCATION'>, Explanation>> = {
  VERIFY_UNSIGNED: [
    'The file carries no signature, and none of the catalogs at hand has its hash.',
    'Sign it, or make and sign the catalog of its package again.',
  ],
  VERIFY_MALFORMED: [
    'The signature, a header or a section reaches outside the file or is no valid structure.',
    'Take the file from the build, and sign it again.',
  ],
  VERIFY_NOT_CANONICAL: [
    'Some verifiers read it, others do not; a second encoding of one signature could be passed off as another file.',
    'Sign again with a tool that writes DER.',
  ],
  VERIFY_TRAILING_DATA: [
    'Something can be put there without breaking the signature.',
    'Sign the file anew, without what was appended.',
  ],
  VERIFY_CERTIFICATE_TABLE: [
    'The table that holds signatures overlaps other data, is not aligned, or its entries do not fill it.',
    'Strip the image with `winpv pe strip`, and sign it again.',
  ],
  VERIFY_CABINET_HEADER: ['A field that no signature covers is not zero.', 'Make and sign the cabinet again.'],
  VERIFY_SECTIONS_OVERLAP: [
    'Windows would load one range of the file or memory in two ways.',
    'Build the image again; packers and patch tools do this.',
  ],
  VERIFY_KEY_PUBLIC: [
    'The private key was published, so everybody can make this signature.',
    'Sign with a key of your own.',
  ],
  VERIFY_TEST_CERTIFICATE: [
    'Only machines that trust the test root accept it.',
    'For such machines nothing; for customers, sign with a certificate that was issued to you.',
  ],
  VERIFY_CHECKSUM_WRONG: [
    'Windows checks the field for drivers and boot files and refuses a wrong one.',
    'Sign again with a tool that sets it, such as `winpv sign`.',
  ],
  VERIFY_DIGEST_MISMATCH: [
    'The hash of the bytes differs from the one in the signature: the file was changed after signing.',
    'Take the signed file, or sign this one again.',
  ],
  VERIFY_PAGE_HASHES_MISMATCH: [
    'Windows checks pages when it loads them and would stop at this one.',
    'Sign the image again.',
  ],
  VERIFY_CONTENT_MISMATCH: [
    'The signature is for a file of another kind, or for other content than it holds.',
    'Sign the file again.',
  ],
  VERIFY_SIGNATURE_INVALID: [
    'The mathematics fail: signature or certificate was exchanged or damaged.',
    'Do not use the file; sign it again from the build.',
  ],
  VERIFY_ALGORITHM_UNKNOWN: [
    'winpv cannot judge it, so it does not count as valid.',
    'Sign with RSA or EC and SHA-256, SHA-384 or SHA-512.',
  ],
  VERIFY_ALGORITHM_MISMATCH: ['Verifiers differ on which of the two counts.', 'Sign again with another tool.'],
  VERIFY_ALGORITHM_WEAK: [
    'MD5, SHA-1 or a short key does not protect against forgery; current Windows refuses it for new drivers.',
    'Sign with SHA-256 and RSA of 2048 bits or more.',
  ],
  VERIFY_ATTRIBUTE_WRONG: [
    'Content type or message digest is missing, repeated, or not of this content.',
    'Sign again with another tool.',
  ],
  VERIFY_ATTRIBUTE_UNKNOWN: [
    'Such an attribute is not covered by the signature and may hold anything.',
    'Nothing, if you know who added it; otherwise sign again.',
  ],
  VERIFY_SIGNER_MISSING: [
    'Without the certificate nobody can check the signature.',
    'Sign again with the certificates included.',
  ],
  VERIFY_CERTIFICATES_UNSORTED: [
    'Windows has refused such catalogs since October 2020.',
    'Sign again with a tool that sorts them, such as `winpv sign`.',
  ],
  VERIFY_CERTIFICATE_INVALID: [
    'A certificate in the signature was changed or its issuer is not the one named.',
    'Sign again with the right chain.',
  ],
  VERIFY_CERTIFICATE_UNCHECKED: [
    'The signature carries a certificate that its chain does not need and nothing here can check.',
    'Name its root with --ca, or nothing.',
  ],
  VERIFY_CERTIFICATE_UNSUITABLE: [
    'Its usages do not allow code signing, issuing or time stamping, whichever it does here.',
    'Sign with a certificate that is issued for it.',
  ],
  VERIFY_NAME_NOT_ALLOWED: [
    'Name constraints of an issuer exclude the name of a certificate below.',
    'Get a certificate from an authority that may issue for the name.',
  ],
  VERIFY_CHAIN_INCOMPLETE: [
    'No certificate of an issuer is in the signature or among those given.',
    'Name the file of the root or the one in between with --ca, or sign with the whole chain.',
  ],
  VERIFY_CHAIN_UNTRUSTED: [
    'winpv trusts no root by itself, and this one was not given with --ca.',
    'Name its file with --ca if you trust it.',
  ],
  VERIFY_CHAIN_EXPIRED: [
    'At the moment that counts (the time stamp, or now without one) a certificate of the chain was outside its dates.',
    'Sign with a valid certificate and a time stamp.',
  ],
  VERIFY_TIMESTAMP_INVALID: [
    'The stamp is of another signature, or its own does not hold; Windows then judges by today.',
    'Stamp again: `winpv timestamp`.',
  ],
  VERIFY_TIMESTAMP_UNTRUSTED: [
    'The chain of the stamp does not lead to a root that was given.',
    'Name the root of the authority with --ca.',
  ],
  VERIFY_CATALOG_INVALID: [
    'The file is listed, but the signature of the list does not hold, which is what the reason says.',
    'Make and sign the catalog again.',
  ],
  VERIFY_CATALOG_MISSING: [
    '[Version] of the INF names a catalog that is not beside it.',
    'Bring it back, or make it: `winpv cat create`.',
  ],
  VERIFY_WRONG_MEMBER: [
    'The catalog has the name with another hash: the file was changed or comes from another build.',
    'Take the file that was cataloged, or make the catalog again.',
  ],
  VERIFY_STRAY_IMAGE: [
    'The image is beside a package and nothing installs or lists it.',
    'Remove it, or name it in the INF.',
  ],
  VERIFY_NOT_IN_CATALOG: [
    'Windows refuses a package with a file that its catalog does not list.',
    'Make and sign the catalog again.',
  ],
  VERIFY_SHA1_ONLY: [
    'Windows 8 and later want SHA-256 in catalogs of drivers.',
    'Make the catalog anew: `winpv cat create`.',
  ],
  VERIFY_FILE_MISSING: [
    'SourceDisksFiles names a file that is not in the folder; the package cannot be installed.',
    'Bring it back from the build.',
  ],
  VERIFY_INF_UNREADABLE: [
    'What the package installs is not known, so neither is whether it is whole.',
    'Correct the INF: `winpv inf verify` shows where.',
  ],
  VERIFY_OTHER_FILE: [
    'The file is not part of any package and not covered by any catalog.',
    'Remove it if it should not be shipped.',
  ],
  VERIFY_REVOKED: [
    'The authority revoked the certificate with effect before the signature was made.',
    'Do not use the file. Sign with another certificate.',
  ],
  VERIFY_REVOCATION_STALE: [
    'The CRL or OCSP answer is past its nextUpdate, or older than the limit that was given.',
    'Fetch it again.',
  ],
  VERIFY_REVOCATION_UNUSED: [
    'It speaks of no certificate here, is not signed by who may, or is not of the time that counts.',
    'Give the CRL or answer of the issuers of this chain with --crl or --ocsp.',
  ],
  VERIFY_REVOCATION_MISSING: [
    'Nothing that was given or fetched speaks of this certificate.',
    'Give its CRL or OCSP answer with --crl or --ocsp, or have it fetched with --fetch-revocation.',
  ],
  VERIFY_UNCOVERED: [
    'A note on bytes that can change without breaking the signature, as the format has it. `winpv explain VERIFY_UNCOVERED` lists all of them.',
    'Nothing; a copy that has to be the same byte for byte is held against SHA256SUMS.',
  ],
  REVOCATION_REFUSED: [
    'The responder answered with an error such as unauthorized or tryLater.',
    'Try again later, or use the CRL of the issuer.',
  ],
  REVOCATION_MALFORMED: ['It is no CRL and no OCSP answer: mostly a web page.', 'Check the file or the address.'],
  REVOCATION_USELESS: [
    'The answer is well formed and about other certificates, too old, or signed by somebody else.',
    'Try again later, or give a CRL with --crl.',
  ],
  REVOCATION_NO_ADDRESS: [
    'The certificate has neither an OCSP address nor a CRL address.',
    'Give a CRL of its issuer with --crl.',
  ],
  REVOCATION_ADDRESS: [
    'Only plain http addresses are asked, which is where authorities put lists and responders.',
    'Fetch it by hand, and give the file with --crl or --ocsp.',
  ],
  REVOCATION_UNREACHABLE: [
    'No connection to the place that the certificate names.',
    'Check network and proxy, or give a CRL with --crl.',
  ],
  REVOCATION_TIMEOUT: [
    'The server took the request and did not answer in time.',
    'Try again, or give a CRL with --crl.',
  ],
  REVOCATION_HTTP_STATUS: [
    'The server refused the request at the HTTP level.',
    'Try again later, or give a CRL with --crl.',
  ],
  REVOCATION_REDIRECT: [
    'Redirects are followed three times at most.',
    'Fetch it by hand, and give the file with --crl or --ocsp.',
  ],
  REVOCATION_TOO_LARGE: [
    'The answer is above the limit for CRLs and OCSP answers.',
    'Fetch the CRL by hand, and give the file.',
  ],
};
