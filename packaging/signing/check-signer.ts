import { createHash } from 'node:crypto';
import { equalBytes, toHex } from '../../core/bytes.ts';
import { type Diagnostic, problem } from '../../core/errors.ts';
import { type HashName, hashOf, schemeOf } from '../formats/cms/algorithms.ts';
import { CmsOid } from '../formats/cms/object-ids.ts';
import {
  type AttributeSet,
  attributesOf,
  type SignedData,
  type SignerId,
  type SignerInfo,
} from '../formats/cms/parse.ts';
import type { DerNode } from '../formats/der/parse.ts';
import type { Certificate } from '../formats/x509/parse.ts';
import { bareHashHolds, signatureHolds } from '../formats/x509/signature.ts';
import { checkHashStrength } from './strength.ts';
import type { VerifyCode } from './verdict.ts';

/** What a SignerInfo is about: the octets that its messageDigest covers, and the type it must name. */
export interface SignedContent {
  readonly contentType: string;
  readonly octets: Uint8Array;
  /** Whether an RSA signature may hold the hash without a DigestInfo, as some legacy time stamps do. */
  readonly mayBeBare?: boolean;
}

export interface CheckedSigner {
  readonly findings: readonly Diagnostic[];
  readonly certificate: Certificate | undefined;
  readonly hash: HashName | undefined;
}

/** A finding at the place of a value. */
export const findingAt = (node: DerNode, code: VerifyCode, message: string): Diagnostic =>
  problem(code, message, { at: { file: node.file, offset: node.offset } });

/**
 * The frame of a SignedData: version, content type, one signer whose digest algorithm is the one announced, sorted SETs.
 * Every field is held to one value, for no signature covers them.
 */
export const checkFrame = (
  signed: SignedData,
  expected: { readonly version: number; readonly contentType: string },
): Diagnostic[] => {
  const { node, version, contentType, digestAlgorithms, signers, unsorted } = signed;
  const findings: Diagnostic[] = [];
  if (version !== expected.version) {
    findings.push(
      findingAt(node, 'VERIFY_MALFORMED', `SignedData has version ${version}; ${expected.version} is the right one.`),
    );
  }
  if (contentType !== expected.contentType) {
    const message = `The signed content is of type ${contentType}, not ${expected.contentType}.`;
    findings.push(findingAt(node, 'VERIFY_CONTENT_MISMATCH', message));
  }
  const [signer] = signers;
  if (signer === undefined || signers.length > 1) {
    findings.push(findingAt(node, 'VERIFY_MALFORMED', `There are ${signers.length} signers; one is expected.`));
  }
  const [announced] = digestAlgorithms;
  const oneHash = digestAlgorithms.length === 1 && announced?.parameters === null;
  if (signer !== undefined && !(oneHash && announced?.oid === signer.digestAlgorithm.oid)) {
    const message = 'The announced digest algorithms are not just the one that the signer used.';
    findings.push(findingAt(node, 'VERIFY_ALGORITHM_MISMATCH', message));
  }
  for (const { field, node: set } of unsorted) {
    if (field === 'certificates') continue;
    findings.push(findingAt(set, 'VERIFY_NOT_CANONICAL', `The set ${field} is not in DER order.`));
  }
  return findings;
};

/** One SignerInfo against its content and the certificates at hand: attributes, algorithms, signature. */
export const checkSigner = (
  signer: SignerInfo,
  content: SignedContent,
  certificates: readonly Certificate[],
): CheckedSigner => {
  const findings: Diagnostic[] = [];
  const { node, signedAttributes, signerId } = signer;
  if (signer.version !== (signerId.kind === 'issuer-and-serial' ? 1 : 3)) {
    findings.push(
      findingAt(node, 'VERIFY_MALFORMED', `SignerInfo has version ${signer.version}, which is wrong here.`),
    );
  }
  const hash = hashOf(signer.digestAlgorithm);
  const certificate = certificates.find((candidate) => isNamedBy(signerId, candidate));
  if (certificate === undefined) {
    findings.push(findingAt(node, 'VERIFY_SIGNER_MISSING', "The signer's certificate is not in the signature."));
  }
  if (hash === undefined) {
    const message = `The digest algorithm ${signer.digestAlgorithm.oid} is not known.`;
    return { findings: [...findings, findingAt(node, 'VERIFY_ALGORITHM_UNKNOWN', message)], certificate, hash };
  }
  findings.push(...checkHashStrength(hash, 'The content is signed', { file: node.file, offset: node.offset }));
  if (signedAttributes === undefined) {
    findings.push(findingAt(node, 'VERIFY_ATTRIBUTE_WRONG', 'The signer has no authenticated attributes.'));
    return { findings, certificate, hash };
  }
  findings.push(...checkSignedAttributes(signedAttributes, content, hash));
  if (certificate !== undefined) {
    const { asSet: message } = signedAttributes;
    findings.push(...checkValue(signer, { certificate, hash, message, mayBeBare: content.mayBeBare ?? false }));
  }
  return { findings, certificate, hash };
};

const isNamedBy = (id: SignerId, certificate: Certificate): boolean =>
  id.kind === 'issuer-and-serial'
    ? equalBytes(id.issuer, certificate.issuer) && equalBytes(id.serial, certificate.serial)
    : certificate.subjectKeyId === toHex(id.subjectKeyId);

/** The single value of an attribute that must be there once. */
export const soleValue = (set: AttributeSet | undefined, oid: string): DerNode | undefined => {
  const [attribute, ...more] = attributesOf(set, oid);
  return more.length === 0 && attribute?.values.length === 1 ? attribute.values[0] : undefined;
};

const checkSignedAttributes = (set: AttributeSet, content: SignedContent, hash: HashName): Diagnostic[] => {
  const findings: Diagnostic[] = [];
  if (!set.sorted) {
    const message = 'The authenticated attributes are not in DER order, so that readers disagree on what is signed.';
    findings.push(findingAt(set.node, 'VERIFY_NOT_CANONICAL', message));
  }
  // RFC 5652, 11: readers that take the first one and readers that take the last one would disagree.
  if (new Set(set.attributes.map(({ oid }) => oid)).size < set.attributes.length) {
    findings.push(findingAt(set.node, 'VERIFY_ATTRIBUTE_WRONG', 'An authenticated attribute is there twice.'));
  }
  const type = soleValue(set, CmsOid.contentType);
  if (type?.oid('contentType') !== content.contentType) {
    findings.push(findingAt(set.node, 'VERIFY_ATTRIBUTE_WRONG', 'The attribute contentType is missing or wrong.'));
  }
  const digest = soleValue(set, CmsOid.messageDigest);
  const expected = new Uint8Array(createHash(hash).update(content.octets).digest());
  if (digest === undefined) {
    findings.push(findingAt(set.node, 'VERIFY_ATTRIBUTE_WRONG', 'The attribute messageDigest is missing or repeated.'));
  } else if (digest.tag !== 0x04 || !equalBytes(digest.value, expected)) {
    const message = 'The content is not the one that was signed: messageDigest is of another.';
    findings.push(findingAt(digest, 'VERIFY_CONTENT_MISMATCH', message));
  }
  return findings;
};

interface SignatureCheck {
  readonly certificate: Certificate;
  readonly hash: HashName;
  readonly message: Uint8Array;
  readonly mayBeBare: boolean;
}

const checkValue = (signer: SignerInfo, { certificate, hash, message, mayBeBare }: SignatureCheck): Diagnostic[] => {
  const { node, signatureAlgorithm, signature } = signer;
  const scheme = schemeOf(signatureAlgorithm);
  if (scheme === undefined) {
    const text = `The signature algorithm ${signatureAlgorithm.oid} is not known.`;
    return [findingAt(node, 'VERIFY_ALGORITHM_UNKNOWN', text)];
  }
  if (scheme.hash !== undefined && scheme.hash !== hash) {
    const text = `The digest algorithm is ${hash}, but the signature algorithm is one for ${scheme.hash}.`;
    return [findingAt(node, 'VERIFY_ALGORITHM_MISMATCH', text)];
  }
  const signed = { message, hash, scheme, signature };
  if (signatureHolds(certificate, signed) || (mayBeBare && bareHashHolds(certificate, signed))) return [];
  const text = `The signature is not one by the key of "${certificate.subjectText}".`;
  return [findingAt(node, 'VERIFY_SIGNATURE_INVALID', text)];
};
