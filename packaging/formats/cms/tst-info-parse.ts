import { contextTag, type DerNode, Tag } from '../der/parse.ts';
import { type HashName, hashOf, parseAlgorithmIdentifier } from './algorithms.ts';

/** TSTInfo as read: that a hash existed at a time (RFC 3161, 2.4.2). */
export interface ReadTstInfo {
  readonly version: number;
  readonly policy: string;
  readonly imprint: { readonly hash: HashName | undefined; readonly digest: Uint8Array };
  readonly genTimeMs: number;
  /** Value octets of the INTEGER. */
  readonly nonce: Uint8Array | undefined;
}

/** After genTime: accuracy, ordering, nonce, tsa, extensions; each optional, in this order. */
const REST = [Tag.sequence, Tag.boolean, Tag.integer, contextTag(0), contextTag(1)];

/**
 * TSTInfo ::= SEQUENCE { version, policy, messageImprint, serialNumber, genTime GeneralizedTime, … }
 * @throws WinpvError DER_*
 */
export const parseTstInfo = (node: DerNode): ReadTstInfo => {
  node.expect(Tag.sequence, 'TSTInfo');
  const imprint = node.child(2, 'messageImprint', Tag.sequence);
  node.child(3, 'serialNumber', Tag.integer);
  let next = 0;
  for (const field of node.children.slice(5)) {
    const index = REST.indexOf(field.tag, next);
    if (index < 0) field.fail('DER_UNEXPECTED', 'TSTInfo has an unknown field.');
    next = index + 1;
  }
  return {
    version: node.child(0, 'version').smallInteger('version'),
    policy: node.child(1, 'policy').oid('policy'),
    imprint: {
      hash: hashOf(parseAlgorithmIdentifier(imprint.child(0, 'hashAlgorithm'), 'hashAlgorithm')),
      digest: imprint.child(1, 'hashedMessage', Tag.octetString).value,
    },
    genTimeMs: node.child(4, 'genTime', Tag.generalizedTime).time('genTime'),
    nonce: node.children.slice(5).find(({ tag }) => tag === Tag.integer)?.value,
  };
};
