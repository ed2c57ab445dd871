import { WinpvError } from '../../../core/errors.ts';
import { contextTag, type DerNode, parseDer, Tag } from '../der/parse.ts';
import { type HashName, hashOf, parseAlgorithmIdentifier } from './algorithms.ts';
import { CmsOid, SpcOid } from './object-ids.ts';

/** TimeStampReq as read (RFC 3161, 2.4.1). */
export interface ReadTimestampQuery {
  readonly imprint: { readonly hash: HashName | undefined; readonly digest: Uint8Array };
  readonly policy: string | undefined;
  /** Value octets of the INTEGER. */
  readonly nonce: Uint8Array | undefined;
  readonly certReq: boolean;
  readonly hasExtensions: boolean;
}

/** After messageImprint: policy, nonce, certReq, extensions; each optional, in this order. */
const REST = [Tag.oid, Tag.integer, Tag.boolean, contextTag(0)];

/** @throws WinpvError DER_* */
export const parseTimestampQuery = (bytes: Uint8Array): ReadTimestampQuery => {
  const node = parseDer(bytes, { file: 'time-stamp request' }).expect(Tag.sequence, 'TimeStampReq');
  const version = node.child(0, 'version').smallInteger('version');
  if (version !== 1) node.fail('DER_UNEXPECTED', `TimeStampReq has version ${version}; 1 is the only one.`);
  const imprint = node.child(1, 'messageImprint', Tag.sequence);
  const rest = optionalFields(node, 2, REST);
  const policy = rest.get(Tag.oid);
  return {
    imprint: {
      hash: hashOf(parseAlgorithmIdentifier(imprint.child(0, 'hashAlgorithm'), 'hashAlgorithm')),
      digest: imprint.child(1, 'hashedMessage', Tag.octetString).value,
    },
    policy: policy?.oid('reqPolicy'),
    nonce: rest.get(Tag.integer)?.value,
    certReq: (rest.get(Tag.boolean)?.value[0] ?? 0) !== 0,
    hasExtensions: rest.has(contextTag(0)),
  };
};

const optionalFields = (node: DerNode, from: number, order: readonly number[]): ReadonlyMap<number, DerNode> => {
  const found = new Map<number, DerNode>();
  let next = 0;
  for (const field of node.children.slice(from)) {
    const index = order.indexOf(field.tag, next);
    if (index < 0) field.fail('DER_UNEXPECTED', 'There is an unknown field.');
    found.set(field.tag, field);
    next = index + 1;
  }
  return found;
};

/** TimeStampResp as read: what the server says, and the token as it stands. */
export interface ReadTimestampReply {
  readonly status: number;
  readonly texts: readonly string[];
  /** Numbers of the bits of PKIFailureInfo that are set. */
  readonly failureBits: readonly number[];
  readonly token: DerNode | undefined;
}

/** @throws WinpvError DER_*: something else, or more behind it */
export const parseTimestampReply = (bytes: Uint8Array, file: string): ReadTimestampReply => {
  const node = parseDer(bytes, { file }).expect(Tag.sequence, 'TimeStampResp');
  const info = node.child(0, 'PKIStatusInfo', Tag.sequence);
  if (node.children.length > 2) node.fail('DER_UNEXPECTED', 'TimeStampResp has a surplus field.');
  const rest = optionalFields(info, 1, [Tag.sequence, Tag.bitString]);
  return {
    status: info.child(0, 'status').smallInteger('status'),
    texts: (rest.get(Tag.sequence)?.children ?? []).slice(0, 8).map((text) => text.text('statusString')),
    failureBits: bitsOf(rest.get(Tag.bitString)),
    token: node.children[1]?.expect(Tag.sequence, 'timeStampToken'),
  };
};

const bitsOf = (node: DerNode | undefined): readonly number[] => {
  const octets = node?.value.subarray(1, 9) ?? new Uint8Array(0);
  return [...octets].flatMap((octet, i) =>
    [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => (octet & (0x80 >> bit)) !== 0).map((bit) => i * 8 + bit),
  );
};

/** The signature that a legacy request is about. @throws WinpvError DER_* */
export const parseLegacyTimestampQuery = (body: Uint8Array): Uint8Array => {
  const file = 'time-stamp request';
  const node = parseDer(decodeBase64(body, file), { file }).expect(Tag.sequence, 'TimeStampRequest');
  const type = node.child(0, 'type').oid('type');
  const content = node.child(1, 'content', Tag.sequence);
  if (type !== SpcOid.timestampRequest || content.child(0, 'contentType').oid('contentType') !== CmsOid.data) {
    node.fail('DER_UNEXPECTED', 'It is not a time-stamp request.');
  }
  return content.child(1, 'content', contextTag(0)).child(0, 'signature', Tag.octetString).value;
};

/** Base64 with line ends anywhere, or a trailing NUL as some servers send it. @throws WinpvError DER_UNEXPECTED */
export const decodeBase64 = (body: Uint8Array, file: string): Uint8Array => {
  const text = Buffer.from(body)
    .toString('latin1')
    .replace(/[\s\0]+/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) {
    throw new WinpvError('DER_UNEXPECTED', 'The answer is not base64.', { at: { file } });
  }
  return new Uint8Array(Buffer.from(text, 'base64'));
};
