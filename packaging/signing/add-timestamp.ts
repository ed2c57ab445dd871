import { WinpvError } from '../../core/errors.ts';
import { attachCabSignature, prepareCabForSignature } from '../formats/cab/attach.ts';
import { attribute } from '../formats/cms/encode.ts';
import { SpcOid } from '../formats/cms/object-ids.ts';
import { parseSignerInfo, signedDataOf } from '../formats/cms/parse.ts';
import { constructed, contextConstructed, type Der, sequence, setOf } from '../formats/der/encode.ts';
import { contextTag, type DerNode, parseDer, Tag } from '../formats/der/parse.ts';
import { attachPeSignature, preparePeForSignature } from '../formats/pe/attach.ts';
import { TimestampOid } from './check-timestamp.ts';
import { fileKind } from './file-kind.ts';
import { embeddedSignatures } from './read-signatures.ts';
import type { Timestamper } from './timestamp.ts';
import { verifyFile } from './verify.ts';

export interface AddTimestampOptions {
  readonly timestamper: Timestamper;
  /** What to do with a time stamp that is there; default: keep it. */
  readonly existing?: 'keep' | 'replace' | undefined;
  /** The moment of judgement, milliseconds since 1970. */
  readonly nowMs: number;
}

export interface Timestamped {
  /** The file as it was when nothing had to be added. */
  readonly bytes: Uint8Array;
  /** Signatures that got a time stamp. */
  readonly added: number;
  /** Signatures that had one already. */
  readonly kept: number;
}

/** Whether a file has a place for an embedded signature and one stands there; damaged files count as signed. */
export const isSigned = (bytes: Uint8Array, file: string): boolean => {
  try {
    return signatureIn(bytes, file) !== undefined;
  } catch (error) {
    if (error instanceof WinpvError) return true;
    throw error;
  }
};

/**
 * Adds a time stamp to each signature of an image, a cabinet or a catalog, nested ones included. What was signed stays
 * byte for byte; the result is verified before it is returned, so that a broken signature is refused and not stamped.
 * @throws WinpvError TS_NOT_SIGNED, SIGN_NOT_SIGNABLE, VERIFY_*, what the parsers and the time stamper throw
 */
export const addTimestamps = async (
  bytes: Uint8Array,
  file: string,
  options: AddTimestampOptions,
): Promise<Timestamped> => {
  const signature = signatureIn(bytes, file);
  if (signature === undefined) throw new WinpvError('TS_NOT_SIGNED', 'The file has no signature.', { at: { file } });
  refuseBroken(bytes, file, options);
  const stamped = await stampContentInfo(signature, options);
  if (stamped.added === 0) return { bytes, added: 0, kept: stamped.kept };
  const result = withSignature(bytes, file, stamped.der);
  refuseBroken(result, file, options);
  return { bytes: result, added: stamped.added, kept: stamped.kept };
};

/** Untrusted is not broken: who signed is another question. */
const refuseBroken = (bytes: Uint8Array, path: string, { nowMs }: AddTimestampOptions): void => {
  const { verdict, diagnostics } = verifyFile({ path, bytes, catalogs: [], trust: [], atMs: nowMs });
  if (verdict === 'invalid') throw WinpvError.of(diagnostics.filter(({ severity }) => severity === 'error'));
};

/** The ContentInfo in its place; undefined when there is none, or no place for one. */
const signatureIn = (bytes: Uint8Array, file: string): DerNode | undefined => {
  if (!['pe', 'cab', 'cat'].includes(fileKind(file, bytes))) return undefined;
  const [signature, second] = embeddedSignatures(bytes, file);
  if (second === undefined) return signature;
  throw new WinpvError('SIGN_NOT_SIGNABLE', 'The image has several certificate entries; one can be time-stamped.', {
    at: { file, offset: second.offset },
  });
};

const withSignature = (bytes: Uint8Array, file: string, signature: Der): Uint8Array => {
  const kind = fileKind(file, bytes);
  if (kind === 'pe') return attachPeSignature(preparePeForSignature(bytes, file, 'replace'), signature);
  return kind === 'cab' ? attachCabSignature(prepareCabForSignature(bytes, file), signature, file) : signature;
};

interface Stamped {
  readonly der: Der;
  readonly added: number;
  readonly kept: number;
}

/** ContentInfo { signedData }: all but the certificates and the attributes outside the signature stays as it is. */
const stampContentInfo = async (contentInfo: DerNode, options: AddTimestampOptions): Promise<Stamped> => {
  const signedData = signedDataOf(contentInfo);
  const signerInfos = signedData.children.at(-1);
  const [signerInfo, ...more] = signerInfos?.expect(Tag.set, 'signerInfos').children ?? [];
  if (signerInfo === undefined || more.length > 0) {
    return signedData.fail('SIGN_NOT_SIGNABLE', 'The signature does not have exactly one signer.');
  }
  const { der, certificates, added, kept } = await stampSigner(signerInfo, options);
  const fields = signedData.children.slice(0, -1);
  const others = withCertificates(fields, certificates);
  const type = contentInfo.child(0, 'contentType').bytes;
  const body = sequence(...others, constructed(Tag.set, [der]));
  return { der: sequence(type, contextConstructed(0, body)), added, kept };
};

/** Fields before signerInfos; a legacy authority's certificates join the set, which is sorted anew then. */
const withCertificates = (fields: readonly DerNode[], added: readonly Uint8Array[]): readonly Der[] => {
  if (added.length === 0) return fields.map(({ bytes }) => bytes);
  const before = fields.slice(0, 3).map(({ bytes }) => bytes);
  const set = fields.slice(3).find(({ tag }) => tag === contextTag(0));
  const after = fields.slice(3).filter((field) => field !== set);
  const all = [...(set?.children ?? []).map(({ bytes }) => bytes), ...added];
  const distinct = new Map(all.map((der) => [Buffer.from(der).toString('latin1'), der]));
  return [...before, implicitSet(0, [...distinct.values()]), ...after.map(({ bytes }) => bytes)];
};

/** `[n]` IMPLICIT SET OF. */
const implicitSet = (n: number, items: readonly Der[]): Der =>
  contextConstructed(n, ...parseDer(setOf(...items), { file: 'set' }).children.map(({ bytes }) => bytes));

const STAMPS: readonly string[] = [TimestampOid.rfc3161, TimestampOid.legacy];

const stampSigner = async (
  node: DerNode,
  options: AddTimestampOptions,
): Promise<Stamped & { readonly certificates: readonly Uint8Array[] }> => {
  const { signature, unsignedAttributes } = parseSignerInfo(node);
  const attributes = unsignedAttributes?.attributes ?? [];
  const covered = node.children.filter(({ tag }) => tag !== contextTag(1)).map(({ bytes }) => bytes);
  const others: Der[] = [];
  let [added, kept] = [0, 0];
  for (const { oid, values, node: whole } of attributes.filter((one) => !STAMPS.includes(one.oid))) {
    if (oid !== SpcOid.nestedSignature) others.push(whole.bytes);
    else {
      const inner: Stamped[] = [];
      for (const value of values) inner.push(await stampContentInfo(value, options));
      others.push(attribute(oid, ...inner.map(({ der }) => der)));
      for (const one of inner) [added, kept] = [added + one.added, kept + one.kept];
    }
  }
  const existing = attributes.filter(({ oid }) => STAMPS.includes(oid));
  const keep = existing.length > 0 && options.existing !== 'replace';
  const stamp = keep ? undefined : await options.timestamper.timestamp(signature);
  const stamps = stamp === undefined ? existing.map((one) => one.node.bytes) : [stamp.attribute];
  return {
    der: sequence(...covered, implicitSet(1, [...others, ...stamps])),
    certificates: stamp?.certificates ?? [],
    added: added + (keep ? 0 : 1),
    kept: kept + (keep ? 1 : 0),
  };
};
