import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { utf8 } from '../../core/bytes.ts';
import { encodeCab } from '../../packaging/formats/cab/encode.ts';
import { encodePem } from '../../packaging/formats/x509/pem.ts';
import type { TestHierarchy } from '../../packaging/signing/test-hierarchy.ts';
import type { FileVerdict } from '../../packaging/signing/verdict.ts';
import { verifyFile } from '../../packaging/signing/verify.ts';
import { type OracleTool, oracle, withTempFolder } from '../support/outside.ts';
import { standIn } from '../support/signed-package.ts';
import { hierarchyWith, pem, sharedHierarchy } from '../support/test-keys.ts';

/** Signs with osslsigncode, once for each list of options: the output of one is the input of the next. */
const signedByPeer = (
  tool: OracleTool,
  { root, signer }: TestHierarchy,
  file: { readonly name: string; readonly bytes: Uint8Array; readonly options: readonly (readonly string[])[] },
): Promise<Uint8Array> =>
  withTempFolder((folder) => {
    const at = (name: string): string => join(folder, name);
    writeFileSync(at('certs.pem'), pem(signer.certificate) + pem(root.certificate));
    writeFileSync(at('key.pem'), encodePem('PRIVATE KEY', signer.privateKey));
    writeFileSync(at(`0-${file.name}`), file.bytes);
    file.options.forEach((options, i) => {
      const files = ['-in', at(`${i}-${file.name}`), '-out', at(`${i + 1}-${file.name}`)];
      const run = tool('sign', '-certs', at('certs.pem'), '-key', at('key.pem'), ...options, ...files);
      expect(run.status, run.stderr).toBe(0);
    });
    return new Uint8Array(readFileSync(at(`${file.options.length}-${file.name}`)));
  });

const judged = (path: string, bytes: Uint8Array, { root }: TestHierarchy): FileVerdict =>
  verifyFile({ path, bytes, catalogs: [], trust: [root.certificate], atMs: Date.UTC(2026, 10, 24) });

const cabinet = (): Uint8Array =>
  encodeCab([{ name: 'a.txt', bytes: utf8('text'), modified: Date.UTC(2024, 0, 2) }], { compress: 'mszip' });

oracle('osslsigncode', 'signs images that winpv finds valid, in every form it knows', async (tool) => {
  const hierarchy = await sharedHierarchy();
  const forms: readonly (readonly [places: readonly string[], options: readonly (readonly string[])[]])[] = [
    [['primary'], [['-h', 'sha256']]],
    [['primary'], [['-h', 'sha1', '-n', 'Text Ä', '-i', 'https://example.com/']]],
    [['primary'], [['-h', 'sha384']]],
    [['primary'], [['-h', 'sha256', '-ph', '-comm']]],
    [
      ['primary', 'nested'],
      [
        ['-h', 'sha1'],
        ['-h', 'sha256', '-nest'],
      ],
    ],
  ];
  for (const [places, options] of forms) {
    const bytes = await signedByPeer(tool, hierarchy, { name: 'a.sys', bytes: standIn(), options });
    const { verdict, reason, signatures } = judged('a.sys', bytes, hierarchy);
    expect([verdict, reason, signatures.map(({ place }) => place)]).toEqual(['valid', undefined, places]);
  }
});

oracle('osslsigncode', 'signs with elliptic curves and other key sizes', async (tool) => {
  for (const kind of ['EC P-256', 'EC P-384', 'RSA 2048', 'RSA 4096'] as const) {
    const hierarchy = await hierarchyWith(kind);
    const options = [['-h', 'sha256']];
    const bytes = await signedByPeer(tool, hierarchy, { name: 'a.sys', bytes: standIn(), options });
    expect(judged('a.sys', bytes, hierarchy).verdict, kind).toBe('valid');
  }
});

oracle('osslsigncode', 'signs a cabinet that winpv finds valid', async (tool) => {
  const hierarchy = await sharedHierarchy();
  const bytes = await signedByPeer(tool, hierarchy, { name: 'a.cab', bytes: cabinet(), options: [['-h', 'sha256']] });
  expect(judged('a.cab', bytes, hierarchy)).toMatchObject({ kind: 'cab', verdict: 'valid' });
});
