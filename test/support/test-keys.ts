import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KeyMaker } from '../../core/ports.ts';
import { encodePem } from '../../packaging/formats/x509/pem.ts';
import {
  certifyTestKeys,
  createTestHierarchy,
  type TestHierarchy,
  testSigners,
} from '../../packaging/signing/test-hierarchy.ts';
import { testTimestamper } from '../../packaging/signing/timestamp.ts';
import { onceInRun } from './run-folder.ts';

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

const PARTS = ['root', 'signer', 'tsa'] as const;

const makeHierarchy = async (): Promise<TestHierarchy> => {
  const folder = await onceInRun('hierarchy', async (place) => {
    const made = await createTestHierarchy({ keyMaker: testKeyMaker, name: 'Example' });
    for (const part of PARTS) {
      writeFileSync(join(place, `${part}.key`), made[part].privateKey);
      writeFileSync(join(place, `${part}.crt`), made[part].certificate);
    }
  });
  const read = (name: string): Uint8Array => new Uint8Array(readFileSync(join(folder, name)));
  const pair = (part: string) => ({ privateKey: read(`${part}.key`), certificate: read(`${part}.crt`) });
  return { root: pair('root'), signer: pair('signer'), tsa: pair('tsa') };
};

/** The hierarchy that winpv makes; the same for all tests of a run, for keys take time. */
export const sharedHierarchy = (): Promise<TestHierarchy> => {
  cached ??= makeHierarchy();
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
