import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../core/bytes.ts';
import { packCab } from '../../../packaging/formats/cab/encode.ts';
import { parseSignedData, signedDataOf } from '../../../packaging/formats/cms/parse.ts';
import { parseDer } from '../../../packaging/formats/der/parse.ts';
import { addTimestamps, isSigned } from '../../../packaging/signing/add-timestamp.ts';
import { signCab, signPe } from '../../../packaging/signing/sign.ts';
import type { Signer } from '../../../packaging/signing/signer.ts';
import {
  issueLegacyTimestamp,
  legacyAttribute,
  type Timestamper,
  testTimestamper,
} from '../../../packaging/signing/timestamp.ts';
import { verifyFile } from '../../../packaging/signing/verify.ts';
import { describeCorpus } from '../../support/outside.ts';
import { JUDGED_AT_MS, ownRoots } from '../../support/signed-corpus.ts';
import { signedPackage, standIn } from '../../support/signed-package.ts';
import { GEN_TIME_MS, sharedHierarchy, signingParts } from '../../support/test-keys.ts';

const parts = async () => {
  const hierarchy = await sharedHierarchy();
  const { signer, timestamper, tsa } = signingParts(hierarchy);
  return { root: hierarchy.root.certificate, signer, timestamper, tsa };
};

const NOW = { nowMs: GEN_TIME_MS };
const cabinet = () => packCab([{ name: 'a.txt', bytes: utf8('text'), modified: GEN_TIME_MS }], { compress: 'mszip' });

/** The older form from the test authority, without a server. */
const legacyTimestamper = (tsa: Signer): Timestamper => ({
  label: 'the older form',
  timestamp: async (signature) => {
    const stamp = await issueLegacyTimestamp(tsa, { signature, genTimeMs: GEN_TIME_MS });
    const { signers, certificates } = parseSignedData(signedDataOf(parseDer(stamp, { file: 't' })));
    const [signer] = signers;
    if (signer === undefined) throw new Error('no signer');
    return { attribute: legacyAttribute(signer.node.bytes), certificates: certificates.map(({ der }) => der) };
  },
});

describe('adding a time stamp', () => {
  test.each(['demo.sys', 'demo.cab'])('%s: gives the same bytes as signing with one', async (name) => {
    const { signer, timestamper } = await parts();
    const sign = async (stamped: boolean) => {
      const options = stamped ? { signer, timestamper } : { signer };
      return name === 'demo.sys' ? signPe(standIn(), name, options) : signCab(await cabinet(), name, options);
    };
    const { bytes, added, kept } = await addTimestamps(await sign(false), name, { timestamper, ...NOW });
    expect(Buffer.from(bytes).equals(await sign(true))).toBe(true);
    expect([added, kept]).toEqual([1, 0]);
  });

  test('a catalog: keeps one that is there, byte for byte, and replaces it when asked', async () => {
    const { timestamper, tsa } = await parts();
    const { files, root } = await signedPackage();
    const catalog = files.find(({ path }) => path.endsWith('.cat'));
    if (catalog === undefined) throw new Error('no catalog');
    const kept = await addTimestamps(catalog.bytes, catalog.path, { timestamper, ...NOW });
    expect(kept).toEqual({ bytes: catalog.bytes, added: 0, kept: 1 });
    const later = testTimestamper({ tsa, genTimeMs: GEN_TIME_MS + 86_400_000 });
    const replaced = await addTimestamps(catalog.bytes, catalog.path, {
      timestamper: later,
      existing: 'replace',
      ...NOW,
    });
    const { verdict, signatures } = verifyFile({
      ...catalog,
      bytes: replaced.bytes,
      catalogs: [],
      trust: [root],
      atMs: GEN_TIME_MS,
    });
    expect(verdict).toBe('valid');
    expect(signatures[0]?.timestamp?.time).toBe('2024-01-03T00:00:00.000Z');
  });

  test('in the older form: its certificates join the others, in DER order', async () => {
    const { signer, tsa, root } = await parts();
    const timestamper = legacyTimestamper(tsa);
    const { bytes } = await addTimestamps(await signPe(standIn(), 'demo.sys', { signer }), 'demo.sys', {
      timestamper,
      ...NOW,
    });
    const { verdict, signatures } = verifyFile({
      path: 'demo.sys',
      bytes,
      catalogs: [],
      trust: [root],
      atMs: GEN_TIME_MS,
    });
    expect(verdict).toBe('valid');
    expect(signatures[0]?.timestamp?.kind).toBe('authenticode');
  });

  test('refuses a file without a signature', async () => {
    const { timestamper } = await parts();
    expect(isSigned(standIn(), 'demo.sys')).toBe(false);
    await expect(addTimestamps(standIn(), 'demo.sys', { timestamper, ...NOW })).rejects.toMatchObject({
      code: 'TS_NOT_SIGNED',
    });
    await expect(addTimestamps(utf8('text'), 'a.txt', { timestamper, ...NOW })).rejects.toMatchObject({
      code: 'TS_NOT_SIGNED',
    });
  });

  test('refuses a changed file before any server is asked', async () => {
    const { signer } = await parts();
    const bytes = await signPe(standIn(), 'demo.sys', { signer });
    bytes[0x400] = (bytes[0x400] ?? 0) ^ 1;
    const never: Timestamper = { label: 'never', timestamp: () => Promise.reject(new Error('was asked')) };
    await expect(addTimestamps(bytes, 'demo.sys', { timestamper: never, ...NOW })).rejects.toMatchObject({
      code: 'VERIFY_DIGEST_MISMATCH',
      exit: 5,
    });
  });
});

const FILES = [
  ...[
    'arm64-sha256-rfc3161',
    'msvc64-odd-rsrc-sha256',
    'msvc64-pagehash-sha256-rfc3161',
    'x64-description-url',
    'x64-dual-sha1-nested-sha256',
    'x64-ecdsa-p256',
    'x64-odd-overlay-sha256',
    'x64-pagehash-sha1',
    'x86-sha256-rfc3161',
  ].map((name) => `signed/pe/own/${name}.sys`),
  'signed/cab/own/mszip-sha256-rfc3161.cab',
  'signed/cat-osslsigncode-signed/unsigned-signed.cat',
  'signed/microsoft-signed/relic-hyperv-inbox-v1/hyperv.cat',
  'signed/microsoft-signed/usbipd-vboxusb-arm64-attestation/VBoxUSB.cat',
  'signed/microsoft-signed/windows-update-2025-v2/115fe864.cat',
];

describeCorpus('time stamps on real signatures', (corpus) => {
  test.each(FILES)('%s: every signature, nested ones too, gets ours in place of its own', async (path) => {
    const { timestamper, root } = await parts();
    const before = corpus.file(path);
    const was = verifyFile({ path, bytes: before, catalogs: [], trust: ownRoots(corpus), atMs: JUDGED_AT_MS });
    const { bytes, added } = await addTimestamps(before, path, {
      timestamper: timestamper,
      existing: 'replace',
      nowMs: JUDGED_AT_MS,
    });
    const trust = [...ownRoots(corpus), root];
    const now = verifyFile({ path, bytes, catalogs: [], trust, atMs: JUDGED_AT_MS });
    expect(added).toBe(was.signatures.length);
    expect(now.signatures.map(({ place, subject }) => [place, subject])).toEqual(
      was.signatures.map(({ place, subject }) => [place, subject]),
    );
    for (const { timestamp } of now.signatures) {
      expect(timestamp).toMatchObject({ kind: 'rfc3161', verdict: 'valid', time: '2024-01-02T00:00:00.000Z' });
    }
    expect(now.verdict).not.toBe('invalid');
  });
});
