import { describe, expect, test } from 'vitest';
import { toHex, utf8 } from '../../../core/bytes.ts';
import { encodeCab } from '../../../packaging/formats/cab/encode.ts';
import { extractCab } from '../../../packaging/formats/cab/extract.ts';
import { parseCab } from '../../../packaging/formats/cab/parse.ts';
import { encodeUnsignedCatalog } from '../../../packaging/formats/cat/encode.ts';
import { membersOf } from '../../../packaging/formats/cat/member.ts';
import { textAttribute } from '../../../packaging/formats/cat/model.ts';
import { parseCatalog } from '../../../packaging/formats/cat/parse.ts';
import { subjectOf } from '../../../packaging/formats/cat/subject.ts';
import { type DerNode, parseDer } from '../../../packaging/formats/der/parse.ts';
import { parsePe } from '../../../packaging/formats/pe/parse.ts';
import { signCab, signCatalog, signPe } from '../../../packaging/signing/sign.ts';
import type { Signer } from '../../../packaging/signing/signer.ts';
import { GEN_TIME_MS, sharedHierarchy, signingParts } from '../../support/test-keys.ts';
import { bareImage } from '../formats/pe/bare-image.ts';

const IMAGE = bareImage({ tail: utf8('odd') });
const CABINET = encodeCab([{ name: 'a\\b.txt', bytes: utf8('hello'), modified: GEN_TIME_MS }], { compress: 'mszip' });
const CATALOG = encodeUnsignedCatalog({
  version: 2,
  listIdentifier: new Uint8Array(16).fill(7),
  thisUpdate: GEN_TIME_MS,
  members: membersOf(subjectOf(IMAGE, 'x.sys'), { version: 2, attributes: [textAttribute('File', 'x.sys')] }),
  attributes: [],
  otherExtensions: [],
});

const parts = async () => signingParts(await sharedHierarchy());

const FORMATS = [
  ['an image', signPe, IMAGE],
  ['a cabinet', signCab, CABINET],
  ['a catalog', signCatalog, CATALOG],
] as const;

describe.each(FORMATS)('signing %s', (_name, sign, bytes) => {
  test('with the same keys and date gives the same bytes', async () => {
    const first = await sign(bytes, 'x', await parts());
    const second = await sign(bytes, 'x', await parts());
    expect(toHex(second)).toBe(toHex(first));
    expect(first.length).toBeGreaterThan(bytes.length);
  });

  test('twice is refused, and replacing gives what signing once gave', async () => {
    const options = await parts();
    const signed = await sign(bytes, 'x', options);
    await expect(sign(signed, 'x', options)).rejects.toMatchObject({ code: 'SIGN_ALREADY_SIGNED', exit: 4 });
    expect(toHex(await sign(signed, 'x', { ...options, existing: 'replace' }))).toBe(toHex(signed));
  });

  test('uses the key once', async () => {
    const { signer, timestamper } = await parts();
    let uses = 0;
    const counting: Signer = {
      ...signer,
      sign: (message, algorithm) => {
        uses += 1;
        return signer.sign(message, algorithm);
      },
    };
    await sign(bytes, 'x', { signer: counting, timestamper });
    expect(uses).toBe(1);
  });

  test('fails when the signature does not fit the certificate', async () => {
    const { signer, tsa } = await parts();
    const confused: Signer = { ...signer, sign: (message, algorithm) => tsa.sign(message, algorithm) };
    await expect(sign(bytes, 'x', { signer: confused })).rejects.toMatchObject({ code: 'SIGN_SELF_CHECK', exit: 6 });
  });

  test('fails when the time stamp fails', async () => {
    const { signer } = await parts();
    const broken = { label: 'broken', timestamp: () => Promise.reject(new Error('no answer')) };
    await expect(sign(bytes, 'x', { signer, timestamper: broken })).rejects.toThrow('no answer');
  });
});

/** SignedData of an embedded signature or a catalog, and its only SignerInfo. */
const signedDataOf = (contentInfo: Uint8Array) => {
  const signedData = parseDer(contentInfo, { file: 'p7' }).child(1, 'content').child(0, 'SignedData');
  const signerInfo = signedData.child(4, 'signerInfos').child(0, 'SignerInfo');
  return { signedData, signerInfo };
};

const pkcs7Of = (image: Uint8Array): Uint8Array => {
  const { certificateTable } = parsePe(image, 'x.sys');
  const { offset = 0, size = 0 } = certificateTable ?? {};
  const table = image.subarray(offset + 8, offset + size);
  return parseDer(table, { file: 'p7', allowTrailing: true }).bytes;
};

const oids = (node: DerNode): string[] => node.children.map((child) => child.child(0, 'type').oid('type'));
const ascending = (node: DerNode): boolean =>
  node.children.every(
    (child, i) => i === 0 || Buffer.compare(node.children[i - 1]?.bytes ?? child.bytes, child.bytes) < 0,
  );

describe('the PKCS#7 of an image', () => {
  test('is version 1 with content type, digest, statement and opus attributes in DER order, and no signing time', async () => {
    const { signer } = await parts();
    const { signedData, signerInfo } = signedDataOf(pkcs7Of(await signPe(IMAGE, 'x.sys', { signer })));
    const attributes = signerInfo.child(3, 'authenticatedAttributes', 0xa0);
    expect(signedData.child(0, 'version').smallInteger('version')).toBe(1);
    expect(oids(attributes)).toEqual([
      '1.3.6.1.4.1.311.2.1.12',
      '1.2.840.113549.1.9.3',
      '1.3.6.1.4.1.311.2.1.11',
      '1.2.840.113549.1.9.4',
    ]);
    expect(ascending(attributes)).toBe(true);
    expect(signerInfo.children).toHaveLength(6);
  });

  test('holds the leaf and no root; a time stamp stands under Microsoft’s attribute with its own certificate', async () => {
    const { signer, tsa } = await sharedHierarchy();
    const { signedData, signerInfo } = signedDataOf(pkcs7Of(await signPe(IMAGE, 'x.sys', await parts())));
    expect(signedData.child(3, 'certificates', 0xa0).children.map(({ bytes }) => toHex(bytes))).toEqual([
      toHex(signer.certificate),
    ]);
    const unsigned = signerInfo.child(6, 'unauthenticatedAttributes', 0xa1);
    expect(oids(unsigned)).toEqual(['1.3.6.1.4.1.311.3.3.1']);
    const token = signedDataOf(unsigned.child(0, 'attribute').child(1, 'values').child(0, 'token').bytes);
    expect(token.signedData.child(0, 'version').smallInteger('version')).toBe(3);
    expect(token.signedData.child(3, 'certificates').children.map(({ bytes }) => toHex(bytes))).toEqual([
      toHex(tsa.certificate),
    ]);
  });

  test('holds a self-signed leaf, though it is a root', async () => {
    const { root } = await sharedHierarchy();
    const { signer } = signingParts({ ...(await sharedHierarchy()), signer: root });
    const { signedData } = signedDataOf(pkcs7Of(await signPe(IMAGE, 'x.sys', { signer })));
    expect(signedData.child(3, 'certificates').children.map(({ bytes }) => toHex(bytes))).toEqual([
      toHex(root.certificate),
    ]);
  });

  test('holds certificates in DER order, each once, those of the time stamper included', async () => {
    const { root, tsa } = await sharedHierarchy();
    const { signer } = await parts();
    const leaf = (await signer.certificates())[0] ?? new Uint8Array(0);
    for (const certificates of [
      [root.certificate, tsa.certificate, leaf],
      [tsa.certificate, root.certificate, root.certificate],
    ]) {
      const attribute = Uint8Array.of(0x30, 0x00);
      const timestamper = { label: 'legacy', timestamp: async () => ({ attribute, certificates }) };
      const { signedData } = signedDataOf(pkcs7Of(await signPe(IMAGE, 'x.sys', { signer, timestamper })));
      expect(signedData.child(3, 'certificates').children).toHaveLength(3);
      expect(ascending(signedData.child(3, 'certificates'))).toBe(true);
    }
  });
});

describe('what signing leaves as it is', () => {
  test('is the trust list of a catalog, byte for byte', async () => {
    const signed = parseCatalog(await signCatalog(CATALOG, 'x.cat', await parts()), 'x.cat');
    expect(signed.ctl).toEqual(parseCatalog(CATALOG, 'x.cat').ctl);
    expect(signed.findings).toEqual([]);
  });

  test('is every file in a cabinet', async () => {
    const signed = await signCab(CABINET, 'x.cab', await parts());
    const contents = (bytes: Uint8Array) => extractCab(parseCab(bytes, 'x.cab'));
    expect(contents(signed)).toEqual(contents(CABINET));
  });
});
