import { generateKeyPairSync } from 'node:crypto';
import type { KeyMaker } from '../../core/ports.ts';
import { encodePem } from '../../packaging/formats/x509/pem.ts';
import {
  certifyTestKeys,
  createTestHierarchy,
  type TestHierarchy,
  testSigners,
} from '../../packaging/signing/test-hierarchy.ts';
import { testTimestamper } from '../../packaging/signing/timestamp.ts';

/** Kinds of keys that drivers are signed with. */
export const KEY_KINDS = ['RSA 2048', 'RSA 3072', 'RSA 4096', 'EC P-256', 'EC P-384'] as const;
export type TestKeyKind = (typeof KEY_KINDS)[number];

const PKCS8 = { type: 'pkcs8', format: 'der' } as const;

/** A new private key as PKCS#8 DER. */
export const newKey = (kind: TestKeyKind): Uint8Array => {
  const [family, size = ''] = kind.split(' ');
  const { privateKey } =
    family === 'RSA'
      ? generateKeyPairSync('rsa', { modulusLength: Number(size) })
      : generateKeyPairSync('ec', { namedCurve: size });
  return new Uint8Array(privateKey.export(PKCS8));
};

export const testKeyMaker: KeyMaker = {
  rsa: async (modulusBits) =>
    new Uint8Array(generateKeyPairSync('rsa', { modulusLength: modulusBits }).privateKey.export(PKCS8)),
};

let cached: Promise<TestHierarchy> | undefined;

/** The hierarchy that winpv makes; the same for all tests of one file, for keys take time. */
export const sharedHierarchy = (): Promise<TestHierarchy> => {
  cached ??= createTestHierarchy({ keyMaker: testKeyMaker, name: 'Example' });
  return cached;
};

/** A hierarchy whose signer has another kind of key; root and authority are the shared ones' keys. */
export const hierarchyWith = async (kind: TestKeyKind): Promise<TestHierarchy> => {
  const { root, tsa } = await sharedHierarchy();
  return certifyTestKeys('Example', { root: root.privateKey, signer: newKey(kind), tsa: tsa.privateKey });
};

/** A hierarchy whose time-stamp authority has another kind of key. */
export const hierarchyWithTsa = async (kind: TestKeyKind): Promise<TestHierarchy> => {
  const { root, signer } = await sharedHierarchy();
  return certifyTestKeys('Example', { root: root.privateKey, signer: signer.privateKey, tsa: newKey(kind) });
};

export const GEN_TIME_MS = Date.UTC(2024, 0, 2);

/** The signer and the time stamper of a hierarchy. */
export const signingParts = (hierarchy: TestHierarchy) => {
  const { signer, tsa } = testSigners(hierarchy);
  return { signer, tsa, timestamper: testTimestamper({ tsa, genTimeMs: GEN_TIME_MS }) };
};

export const pem = (certificate: Uint8Array): string => encodePem('CERTIFICATE', certificate);
