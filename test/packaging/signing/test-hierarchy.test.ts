import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  certificateFiles,
  HIERARCHY_STORE_NAMES,
  hierarchyStore,
  readHierarchyStore,
} from '../../../packaging/signing/hierarchy-files.ts';
import { certifyTestKeys } from '../../../packaging/signing/test-hierarchy.ts';
import { KEY_KINDS, newKey, sharedHierarchy } from '../../support/test-keys.ts';

const read = (certificate: Uint8Array): X509Certificate => new X509Certificate(certificate);

describe('the test hierarchy', () => {
  test('has RSA keys of 3072 bits, valid from 2009 to 2049', async () => {
    for (const { certificate } of Object.values(await sharedHierarchy())) {
      const x509 = read(certificate);
      expect(x509.publicKey.asymmetricKeyDetails?.modulusLength).toBe(3072);
      expect(new Date(x509.validFrom).getTime()).toBe(Date.UTC(2009, 0, 1));
      expect(new Date(x509.validTo).getTime()).toBe(Date.UTC(2049, 11, 31, 23, 59, 59));
    }
  });

  test('has a root that issues, and two leaves that do one thing each', async () => {
    const { root, signer, tsa } = await sharedHierarchy();
    expect(read(root.certificate).ca).toBe(true);
    expect(read(signer.certificate).ca).toBe(false);
    expect(read(signer.certificate).keyUsage).toEqual(['1.3.6.1.5.5.7.3.3']);
    expect(read(tsa.certificate).keyUsage).toEqual(['1.3.6.1.5.5.7.3.8']);
    for (const { certificate } of [root, signer, tsa]) {
      expect(read(certificate).verify(read(root.certificate).publicKey)).toBe(true);
      expect(read(certificate).checkIssued(read(root.certificate))).toBe(true);
    }
  });

  test('has serial numbers of 16 octets that follow from the key', async () => {
    const { root, signer, tsa } = await sharedHierarchy();
    const again = await certifyTestKeys('Example', {
      root: root.privateKey,
      signer: signer.privateKey,
      tsa: tsa.privateKey,
    });
    expect(again).toEqual({ root, signer, tsa });
    for (const { certificate } of [root, signer, tsa]) {
      expect(read(certificate).serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
    }
  });

  test('shortens a long name to what a common name holds, never inside a character', async () => {
    const key = newKey('EC P-256');
    const { root } = await certifyTestKeys('𝔛'.repeat(200), { root: key, signer: key, tsa: key });
    const name = read(root.certificate).subject.replace(/^CN=/, '');
    expect([...name].length).toBe(64);
    expect(name).toBe(`${'𝔛'.repeat(54)} test root`);
  });

  test('is read back from its store as it was', async () => {
    const hierarchy = await sharedHierarchy();
    const files = hierarchyStore(hierarchy);
    expect(files.map(({ name }) => name)).toEqual(HIERARCHY_STORE_NAMES);
    expect(files.every(({ secret }) => secret)).toBe(true);
    const named = files.map(({ name, bytes }) => ({ file: `.winpv\\keys\\${name}`, bytes }));
    expect(readHierarchyStore(named)).toEqual(hierarchy);
    expect(() => readHierarchyStore(named.slice(1))).toThrow(expect.objectContaining({ code: 'SIGN_KEY_UNREADABLE' }));
  });

  test('shows its certificates without its keys', async () => {
    const files = certificateFiles(await sharedHierarchy());
    expect(files.map(({ name }) => name)).toEqual(
      ['root', 'signer', 'tsa'].flatMap((role) => [`${role}.pem`, `${role}.cer`]),
    );
    for (const { bytes, secret } of files) {
      expect(Buffer.from(bytes).toString('latin1')).not.toContain('PRIVATE');
      expect(secret).toBe(false);
    }
  });

  test.each(KEY_KINDS.filter((kind) => kind.startsWith('EC')))('can be made of %s keys as well', async (kind) => {
    const keys = { root: newKey(kind), signer: newKey(kind), tsa: newKey(kind) };
    const { root, signer } = await certifyTestKeys('Example', keys);
    expect(read(signer.certificate).verify(read(root.certificate).publicKey)).toBe(true);
  });
});
