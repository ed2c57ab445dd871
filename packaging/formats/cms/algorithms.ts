import { type DerNode, Tag } from '../der/parse.ts';
import { DigestOid, SignatureOid } from './object-ids.ts';

/** Hash functions that occur in signatures; `md5` only in certificates of the past. */
export type HashName = 'md5' | 'sha1' | 'sha256' | 'sha384' | 'sha512';

const HASHES: Readonly<Record<string, HashName>> = {
  '1.2.840.113549.2.5': 'md5',
  [DigestOid.sha1]: 'sha1',
  [DigestOid.sha256]: 'sha256',
  [DigestOid.sha384]: 'sha384',
  [DigestOid.sha512]: 'sha512',
};

/** How a signature is made. Without a hash the algorithm names the key only, and the digest algorithm beside it decides. */
export interface SignatureScheme {
  readonly key: 'rsa' | 'ec';
  readonly hash: HashName | undefined;
}

/** RFC 8017 A.2 and RFC 5758 3.2, with the names that PKCS#7 puts into digestEncryptionAlgorithm. */
const SCHEMES: Readonly<Record<string, SignatureScheme>> = {
  [SignatureOid.rsaEncryption]: { key: 'rsa', hash: undefined },
  '1.2.840.113549.1.1.4': { key: 'rsa', hash: 'md5' },
  [SignatureOid.sha1WithRsa]: { key: 'rsa', hash: 'sha1' },
  // The name of OIW, which Microsoft's makecert used.
  '1.3.14.3.2.29': { key: 'rsa', hash: 'sha1' },
  [SignatureOid.sha256WithRsa]: { key: 'rsa', hash: 'sha256' },
  [SignatureOid.sha384WithRsa]: { key: 'rsa', hash: 'sha384' },
  [SignatureOid.sha512WithRsa]: { key: 'rsa', hash: 'sha512' },
  '1.2.840.10045.4.1': { key: 'ec', hash: 'sha1' },
  [SignatureOid.ecdsaWithSha256]: { key: 'ec', hash: 'sha256' },
  [SignatureOid.ecdsaWithSha384]: { key: 'ec', hash: 'sha384' },
  '1.2.840.10045.4.3.4': { key: 'ec', hash: 'sha512' },
};

/** AlgorithmIdentifier ::= SEQUENCE { algorithm OBJECT IDENTIFIER, parameters ANY OPTIONAL }   (RFC 5280, 4.1.1.2) */
export interface AlgorithmIdentifier {
  readonly oid: string;
  /** `null` stands for an ASN.1 NULL or nothing at all, which mean the same; anything else is kept. */
  readonly parameters: DerNode | null;
  readonly node: DerNode;
}

/** @throws WinpvError DER_UNEXPECTED */
export const parseAlgorithmIdentifier = (node: DerNode, name: string): AlgorithmIdentifier => {
  node.expect(Tag.sequence, name);
  const oid = node.child(0, `${name}.algorithm`).oid(`${name}.algorithm`);
  const parameters = node.children[1];
  if (node.children.length > 2) node.fail('DER_UNEXPECTED', `The field ${name} has more than two parts.`);
  if (parameters === undefined) return { oid, parameters: null, node };
  if (parameters.tag !== Tag.null) return { oid, parameters, node };
  if (parameters.value.length > 0) parameters.fail('DER_UNEXPECTED', `The NULL in ${name} is not empty.`);
  return { oid, parameters: null, node };
};

/** The hash an AlgorithmIdentifier names; undefined when it names none that is known, or has parameters. */
export const hashOf = (algorithm: AlgorithmIdentifier): HashName | undefined =>
  algorithm.parameters === null ? HASHES[algorithm.oid] : undefined;

/** The signature scheme an AlgorithmIdentifier names; undefined when unknown or when it has parameters. */
export const schemeOf = (algorithm: AlgorithmIdentifier): SignatureScheme | undefined =>
  algorithm.parameters === null ? SCHEMES[algorithm.oid] : undefined;
