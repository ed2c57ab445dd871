import { beforeAll, describe, expect, test } from 'vitest';
import { encodeIndirectData } from '../../../packaging/formats/authenticode/encode.ts';
import { preparePeForSignature } from '../../../packaging/formats/pe/attach.ts';
import { pageHashes, peDigest } from '../../../packaging/formats/pe/digest.ts';
import { parsePe } from '../../../packaging/formats/pe/parse.ts';
import { signPe } from '../../../packaging/signing/sign.ts';
import type { FileVerdict } from '../../../packaging/signing/verdict.ts';
import { verifyFile } from '../../../packaging/signing/verify.ts';
import { craftPe } from '../../support/crafted.ts';
import { standIn } from '../../support/signed-package.ts';
import { certify, NOW_MS, party } from '../../support/test-ca.ts';
import { sharedHierarchy, signingParts } from '../../support/test-keys.ts';

const keys = { root: party('Root'), signer: party('Signer') };
const root = certify(keys.root, { authority: true });
const signer = certify(keys.signer, { by: keys.root, eku: '1.3.6.1.5.5.7.3.3' });

const prepared = preparePeForSignature(standIn(), 'demo.sys');
const table = pageHashes(prepared, 'sha256');

/** The image with the right hash and the given table of page hashes. */
const withTable = (bytes: Uint8Array): FileVerdict => {
  const pages = { algorithm: 'sha256', table: bytes } as const;
  const content = encodeIndirectData('pe', 'sha256', peDigest(prepared, 'sha256'), pages);
  const signed = craftPe({ certificate: signer, party: keys.signer, content });
  return verifyFile({ path: 'demo.sys', bytes: signed, catalogs: [], trust: [root.der], atMs: NOW_MS });
};

/** A copy with the hash of the i-th page changed. */
const spoiled = (...pages: readonly number[]): Uint8Array => {
  const copy = table.slice();
  for (const page of pages) copy[page * 36 + 10] = (copy[page * 36 + 10] ?? 0) ^ 1;
  return copy;
};
const offsetOf = (page: number): number => new DataView(table.buffer, table.byteOffset).getUint32(page * 36, true);

let signed: Uint8Array;
let trusted: Uint8Array;
beforeAll(async () => {
  const hierarchy = await sharedHierarchy();
  trusted = hierarchy.root.certificate;
  signed = await signPe(standIn(), 'demo.sys', { signer: signingParts(hierarchy).signer, pageHashes: 'sha256' });
}, 60_000);

describe('page hashes', () => {
  test('that are right are in the report: how many, by which hash', () => {
    const { verdict, signatures } = withTable(table);
    expect(verdict).toBe('valid');
    const pages = table.length / 36 - 1;
    expect(signatures[0]?.pageHashes).toEqual({ algorithm: 'sha256', pages, verdict: 'valid', wrong: [] });
  });

  test('are absent from the report of a signature without them', () => {
    const bytes = craftPe({ certificate: signer, party: keys.signer });
    const { signatures } = verifyFile({ path: 'a', bytes, catalogs: [], trust: [root.der], atMs: NOW_MS });
    expect(signatures[0]).not.toHaveProperty('pageHashes');
  });

  test('that are wrong are named by the file offset of each page, although the hash of the file is right', () => {
    const { verdict, reason, signatures, diagnostics } = withTable(spoiled(0, 2));
    expect([verdict, reason]).toEqual(['invalid', 'VERIFY_PAGE_HASHES_MISMATCH']);
    expect(signatures[0]?.pageHashes).toMatchObject({ verdict: 'invalid', wrong: [0, offsetOf(2)] });
    const finding = diagnostics.find(({ code }) => code === 'VERIFY_PAGE_HASHES_MISMATCH');
    expect(finding?.message).toContain(`0x0, 0x${offsetOf(2).toString(16)}`);
    expect(finding?.at).toEqual({ file: 'demo.sys', offset: 0 });
  });

  test('of too few or too many pages, or in another order, are wrong', () => {
    const more = new Uint8Array([...table, ...table.subarray(0, 36)]);
    for (const bytes of [table.subarray(0, 36), table.subarray(36), more, table.subarray(0, table.length - 1)]) {
      expect(withTable(bytes)).toMatchObject({ verdict: 'invalid', reason: 'VERIFY_PAGE_HASHES_MISMATCH' });
    }
  });

  test('tell which page of a changed file it is', () => {
    const changed = signed.slice();
    const section = parsePe(signed, 'demo.sys').sections.find(({ rawSize }) => rawSize > 0);
    const offset = section?.rawOffset ?? 0;
    changed[offset + 1] = (changed[offset + 1] ?? 0) ^ 1;
    const report = verifyFile({ path: 'a', bytes: changed, catalogs: [], trust: [trusted], atMs: NOW_MS });
    expect(report).toMatchObject({ verdict: 'invalid', reason: 'VERIFY_DIGEST_MISMATCH' });
    expect(report.signatures[0]?.pageHashes).toMatchObject({ verdict: 'invalid', wrong: [offset] });
  });
});
