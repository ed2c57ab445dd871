import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { systemRandom } from '../../cli/adapters/machine.ts';
import { toHex, utf8 } from '../../core/bytes.ts';
import { encodePem } from '../../packaging/formats/x509/pem.ts';
import { makePkcs12, openPkcs12 } from '../../packaging/signing/forge.ts';
import { openPemSigner } from '../../packaging/signing/pem-key.ts';
import { openPfxSigner } from '../../packaging/signing/pfx.ts';
import { Secret } from '../../packaging/signing/secret.ts';
import type { CertifiedKey } from '../../packaging/signing/test-hierarchy.ts';
import { type OracleTool, oracle, withTempFolder } from '../support/outside.ts';
import { hierarchyWith, sharedHierarchy, type TestKeyKind } from '../support/test-keys.ts';

const PASSWORD = 'pässwörd €';

const writeKey = (folder: string, { certificate, privateKey }: CertifiedKey): void => {
  writeFileSync(join(folder, 'key.pem'), encodePem('PRIVATE KEY', privateKey));
  writeFileSync(join(folder, 'leaf.pem'), encodePem('CERTIFICATE', certificate));
};

const succeed = (tool: OracleTool, ...args: readonly string[]): Buffer => {
  const run = tool(...args);
  expect(run.status, run.stderr).toBe(0);
  return run.stdout;
};

const EXPORTS: readonly (readonly [name: string, args: readonly string[]])[] = [
  ['its defaults', []],
  [
    'triple DES and SHA-1, as older Windows does',
    ['-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES', '-macalg', 'sha1'],
  ],
  ['RC2 for the certificates', ['-legacy']],
  ['certificates in clear', ['-certpbe', 'NONE']],
  ['SHA-512 and many iterations', ['-macalg', 'sha512', '-iter', '50000']],
  ['no integrity check', ['-nomac']],
];

for (const [name, args] of EXPORTS) {
  for (const kind of ['RSA 2048', 'EC P-256'] as const satisfies readonly TestKeyKind[]) {
    oracle('openssl', `makes a .p12 with ${name}, ${kind}, that we open`, async (tool) => {
      const { root, signer } = await hierarchyWith(kind);
      await withTempFolder(async (folder) => {
        writeKey(folder, signer);
        writeFileSync(join(folder, 'root.pem'), encodePem('CERTIFICATE', root.certificate));
        const file = join(folder, 'key.p12');
        const files = [
          '-inkey',
          join(folder, 'key.pem'),
          '-in',
          join(folder, 'leaf.pem'),
          '-certfile',
          join(folder, 'root.pem'),
        ];
        succeed(tool, 'pkcs12', '-export', ...files, '-passout', `pass:${PASSWORD}`, '-out', file, ...args);
        const bytes = new Uint8Array(readFileSync(file));
        const opened = await openPfxSigner({ file: 'key.p12', bytes }, new Secret(PASSWORD));
        expect((await opened.certificates()).map(toHex)).toEqual([toHex(signer.certificate), toHex(root.certificate)]);
        const wrong = openPfxSigner({ file: 'key.p12', bytes }, new Secret('wrong'));
        await expect(wrong).rejects.toMatchObject({ code: 'SIGN_KEY_PASSWORD' });
      });
    });
  }
}

oracle('openssl', 'opens the .p12 that we make, and finds the same key and certificates in it', async (tool) => {
  const { root, signer } = await sharedHierarchy();
  const certificates = [signer.certificate, root.certificate];
  const parts = { privateKey: signer.privateKey, certificates, friendlyName: 'Example', password: PASSWORD };
  const made = makePkcs12(parts, systemRandom);
  await withTempFolder((folder) => {
    const file = join(folder, 'ours.p12');
    writeFileSync(file, made);
    const text = succeed(tool, 'pkcs12', '-in', file, '-passin', `pass:${PASSWORD}`, '-nodes').toString();
    expect(text).toContain(encodePem('PRIVATE KEY', signer.privateKey));
    expect(text).toContain(encodePem('CERTIFICATE', root.certificate));
    expect(text).toContain(encodePem('CERTIFICATE', signer.certificate));
  });
  const again = openPkcs12(made, PASSWORD, 'ours.p12');
  expect(again.privateKeys.map(toHex)).toEqual([toHex(signer.privateKey)]);
  expect(again.certificates.map(toHex)).toEqual(certificates.map(toHex));
});

const KEY_FORMS: readonly (readonly [name: string, args: readonly string[]])[] = [
  ['PKCS#8', ['pkcs8', '-topk8', '-nocrypt']],
  ['encrypted PKCS#8', ['pkcs8', '-topk8', '-passout', `pass:${PASSWORD}`]],
  ['encrypted PKCS#8 in DER', ['pkcs8', '-topk8', '-outform', 'DER', '-passout', `pass:${PASSWORD}`]],
  ['the traditional form', ['pkey', '-traditional']],
  ['the traditional form in DER', ['pkey', '-traditional', '-outform', 'DER']],
  ['the traditional form, encrypted', ['pkey', '-traditional', '-aes256', '-passout', `pass:${PASSWORD}`]],
];

for (const [name, args] of KEY_FORMS) {
  for (const kind of ['RSA 2048', 'EC P-384'] as const satisfies readonly TestKeyKind[]) {
    oracle('openssl', `writes a key in ${name}, ${kind}, that we read`, async (tool) => {
      const { signer } = await hierarchyWith(kind);
      await withTempFolder(async (folder) => {
        writeKey(folder, signer);
        const bytes = new Uint8Array(succeed(tool, ...args, '-in', join(folder, 'key.pem')));
        const certificates = [{ file: 'leaf.pem', bytes: utf8(encodePem('CERTIFICATE', signer.certificate)) }];
        const key = { file: 'key.pem', bytes };
        const opened = openPemSigner({ key, certificates, password: new Secret(PASSWORD) });
        expect(await opened.certificates()).toHaveLength(1);
        if (!name.includes('ncrypted')) return;
        expect(() => openPemSigner({ key, certificates })).toThrow('encrypted');
        expect(() => openPemSigner({ key, certificates, password: new Secret('no') })).toThrow('wrong');
      });
    });
  }
}
