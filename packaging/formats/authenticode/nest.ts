import { WinpvError } from '../../../core/errors.ts';
import { attribute } from '../cms/encode.ts';
import { SpcOid } from '../cms/object-ids.ts';
import { contextConstructed, type Der, sequence, setOf, tlv } from '../der/encode.ts';
import { type DerNode, parseDer } from '../der/parse.ts';

/** `[1]` IMPLICIT SET OF unauthenticated attributes, constructed. */
const UNSIGNED_ATTRIBUTES = 0xa1;

const withNested = (attributes: DerNode | undefined, nested: Der): Der => {
  const all = attributes?.children ?? [];
  const isNest = (node: DerNode): boolean =>
    node.child(0, 'Attribute.type').oid('Attribute.type') === SpcOid.nestedSignature;
  const before = all.find(isNest)?.child(1, 'Attribute.values').children ?? [];
  const nest = attribute(SpcOid.nestedSignature, ...before.map((node) => node.bytes), nested);
  const sorted = setOf(...all.filter((node) => !isNest(node)).map((node) => node.bytes), nest);
  return tlv(UNSIGNED_ATTRIBUTES, parseDer(sorted, { file: 'attributes' }).value);
};

/**
 * Puts one more signature into another's unauthenticated attributes, as SignTool's /as does (spec signing-formats 3.8).
 * The outer signature stays as it was, time stamp included; earlier nested ones stay too.
 * @param outer the PKCS #7 of the image; @param nested a whole ContentInfo over the same image
 * @throws WinpvError DER_*, SIGN_NOT_SIGNABLE
 */
export const nestSignature = (outer: Uint8Array, nested: Der, file: string): Der => {
  const root = parseDer(outer, { file, allowTrailing: true });
  const contentType = root.child(0, 'ContentInfo.contentType');
  const signedData = root.child(1, 'ContentInfo.content').child(0, 'SignedData');
  const fields = signedData.children;
  const [signerInfo, ...others] = fields.at(-1)?.children ?? [];
  if (signerInfo === undefined || others.length > 0) {
    throw new WinpvError('SIGN_NOT_SIGNABLE', 'The signature that is there has not exactly one signer.', {
      at: { file },
    });
  }
  const kept = signerInfo.children.filter((node) => node.tag !== UNSIGNED_ATTRIBUTES).map((node) => node.bytes);
  const signer = sequence(...kept, withNested(signerInfo.find(UNSIGNED_ATTRIBUTES), nested));
  const content = sequence(...fields.slice(0, -1).map((node) => node.bytes), setOf(signer));
  return sequence(contentType.bytes, contextConstructed(0, content));
};
