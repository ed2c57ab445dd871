import type { HashName } from '../formats/cms/algorithms.ts';
import type { OpcPackage } from '../formats/opc/model.ts';
import { partKey, relationshipsOf, relationshipsPartOf } from '../formats/opc/model.ts';

/** The words of package signatures (ECMA-376 part 2, 13; XML-DSig). */
export const DSIG = 'http://www.w3.org/2000/09/xmldsig#';
export const OPC_DSIG = 'http://schemas.openxmlformats.org/package/2006/digital-signature';
export const C14N = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315';
export const C14N_WITH_COMMENTS = `${C14N}#WithComments`;
export const RELATIONSHIP_TRANSFORM = 'http://schemas.openxmlformats.org/package/2006/RelationshipTransform';
export const OBJECT_TYPE = `${DSIG}Object`;
export const PACKAGE_OBJECT = 'idPackageObject';

const RELATIONSHIP = 'http://schemas.openxmlformats.org/package/2006/relationships/digital-signature';
export const SignatureRelationship = {
  origin: `${RELATIONSHIP}/origin`,
  signature: `${RELATIONSHIP}/signature`,
  certificate: `${RELATIONSHIP}/certificate`,
} as const;

const TYPE = 'application/vnd.openxmlformats-package.digital-signature';
export const SignatureType = {
  origin: `${TYPE}-origin`,
  signature: `${TYPE}-xmlsignature+xml`,
  certificate: `${TYPE}-certificate`,
} as const;

export const DIGEST_URIS: Readonly<Record<string, HashName>> = {
  [`${DSIG}sha1`]: 'sha1',
  'http://www.w3.org/2001/04/xmlenc#sha256': 'sha256',
  'http://www.w3.org/2001/04/xmldsig-more#sha384': 'sha384',
  'http://www.w3.org/2001/04/xmlenc#sha512': 'sha512',
};

export const RSA_URIS: Readonly<Record<string, HashName>> = {
  [`${DSIG}rsa-sha1`]: 'sha1',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256': 'sha256',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha384': 'sha384',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512': 'sha512',
};

export interface SignatureParts {
  /** Parts that the package's relationships call the origin of signatures; one when all is well. */
  readonly origins: readonly string[];
  readonly signatures: readonly string[];
  /** Keys of all parts that belong to signatures, with those of their relationships: what no signature covers. */
  readonly own: ReadonlySet<string>;
}

/** Where the signatures of a package are, by its relationships. */
export const signatureParts = (opc: OpcPackage): SignatureParts => {
  const reached = (source: string, type: string): readonly string[] =>
    relationshipsOf(opc, source).flatMap((one) => (one.type === type && one.part !== undefined ? [one.part] : []));
  const origins = [...new Set(reached('/', SignatureRelationship.origin))];
  const signatures = [...new Set(origins.flatMap((origin) => reached(origin, SignatureRelationship.signature)))];
  const certificates = signatures.flatMap((signature) => reached(signature, SignatureRelationship.certificate));
  const typed = new Map(opc.parts.map((part) => [partKey(part.name), partKey(part.contentType)]));
  // A relationship alone does not take a part out of what has to be signed: anybody can add one.
  const ofType = (names: readonly string[], type: string): readonly string[] =>
    names.filter((name) => typed.get(partKey(name)) === type);
  const holders = [...ofType(origins, SignatureType.origin), ...ofType(signatures, SignatureType.signature)];
  const parts = [...holders, ...ofType(certificates, SignatureType.certificate)];
  const own = new Set([...parts, ...holders.map(relationshipsPartOf)].map(partKey));
  return { origins, signatures, own };
};
