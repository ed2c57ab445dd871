import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { signPe } from '../../packaging/signing/sign.ts';
import { winpv, winpvJson } from '../support/command-line.ts';
import { describeCorpus, oracle, withTempFolder } from '../support/outside.ts';
import { standIn } from '../support/signed-package.ts';
import { pem, sharedHierarchy, signingParts } from '../support/test-keys.ts';

const UNCHECKED =
  'Revocation was not checked: give lists with --crl, answers with --ocsp, or have them fetched with --fetch-revocation.';
const NO_ROOTS =
  'winpv trusts no root by itself, nor those of time-stamp authorities: give the ones you trust with --ca.';

interface Signed {
  readonly folder: string;
  readonly driver: string;
  readonly root: string;
}

const withSigned = <T>(body: (signed: Signed) => Promise<T>): Promise<T> =>
  withTempFolder(async (folder) => {
    const hierarchy = await sharedHierarchy();
    const [driver, root] = [join(folder, 'demo.sys'), join(folder, 'root.pem')];
    const bytes = await signPe(standIn(), 'demo.sys', { ...signingParts(hierarchy), pageHashes: 'sha256' });
    writeFileSync(driver, bytes);
    writeFileSync(root, pem(hierarchy.root.certificate));
    return body({ folder, driver, root });
  });

test('verify says once that revocation was not checked, and in JSON for the whole and each signature', async () => {
  await withSigned(async ({ driver, root }) => {
    const { stdout } = await winpv(['verify', driver, driver, '--ca', root]);
    expect(stdout.split(UNCHECKED)).toHaveLength(2);
    expect(stdout).not.toContain(NO_ROOTS);
    const { result } = await winpvJson(['verify', driver, '--ca', root]);
    expect(result).toMatchObject({ verdict: 'valid', revocation: 'not-checked' });
    expect(result.files[0].signatures[0]).toMatchObject({ revocation: 'not-checked', root: { standing: 'trusted' } });
  });
});

test('verify shows page hashes, and names the root that it was not told to trust', async () => {
  await withSigned(async ({ driver, root }) => {
    expect((await winpv(['verify', driver, '--ca', root])).stdout).toMatch(/sha256 hashes of \d+ pages/);
    const { result } = await winpvJson(['verify', driver, '--ca', root]);
    expect(result.files[0].signatures[0].pageHashes).toMatchObject({
      algorithm: 'sha256',
      verdict: 'valid',
      wrong: [],
    });
    const { stdout, exit } = await winpv(['verify', driver]);
    expect(exit).toBe(5);
    expect(stdout).toContain(NO_ROOTS);
    expect(stdout).toMatch(/root .* \(not known\)/);
  });
});

test('verify says nothing of revocation about files without a signature', async () => {
  await withTempFolder(async (folder) => {
    writeFileSync(join(folder, 'demo.sys'), standIn());
    expect((await winpv(['verify', join(folder, 'demo.sys')])).stdout).not.toContain('Revocation');
  });
});

oracle('openssl', 'makes a revocation list that verify heeds', async (tool) => {
  await withSigned(async ({ folder, driver, root }) => {
    const { root: authority, signer } = await sharedHierarchy();
    const at = (name: string): string => join(folder, name);
    writeFileSync(at('key.der'), authority.privateKey);
    expect(
      tool('pkcs8', '-topk8', '-nocrypt', '-inform', 'DER', '-in', at('key.der'), '-out', at('key.pem')).status,
    ).toBe(0);
    writeFileSync(at('signer.pem'), pem(signer.certificate));
    writeFileSync(at('index.txt'), '');
    writeFileSync(at('number'), '01\n');
    const config = `[ca]\ndefault_ca = it\n[it]\ndatabase = ${at('index.txt')}\ncrlnumber = ${at('number')}\ndefault_md = sha256\ndefault_crl_days = 30\n`;
    writeFileSync(at('ca.cnf'), config);
    const ca = ['ca', '-config', at('ca.cnf'), '-keyfile', at('key.pem'), '-cert', root];
    const list = (name: string): string => {
      const run = tool(...ca, '-gencrl', '-out', at(name));
      expect(run.status, run.stderr).toBe(0);
      return at(name);
    };
    // openssl works at the machine's own time, which is not that of these tests.
    const soon = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10);
    const empty = list('empty.crl');
    const good = await winpvJson(['verify', driver, '--ca', root, '--crl', empty, '--at', soon]);
    expect(good.result).toMatchObject({ verdict: 'valid', revocation: 'checked' });
    expect(good.result.files[0].signatures[0].revocation).toBe('good');

    expect(tool(...ca, '-revoke', at('signer.pem')).status).toBe(0);
    const revoked = list('revoked.crl');
    // Revoked today, stamped in 2024: still good. Without the stamp's authority there is no such proof.
    expect((await winpvJson(['verify', driver, '--ca', root, '--crl', revoked])).result.verdict).toBe('valid');
    const bare = at('bare.sys');
    writeFileSync(bare, await signPe(standIn(), 'bare.sys', { signer: signingParts(await sharedHierarchy()).signer }));
    const { result, exit } = await winpvJson(['verify', bare, '--ca', root, '--crl', revoked, '--at', soon]);
    expect(exit).toBe(5);
    expect(result.files[0]).toMatchObject({ verdict: 'invalid', reason: 'VERIFY_REVOKED' });
    expect((await winpvJson(['verify', bare, '--ca', root, '--crl', root])).error?.code).toMatch(/^DER_/);
  });
});

describeCorpus('verify of a file that Microsoft signed', (corpus) => {
  const path = 'signed/microsoft-signed/usbipd-vboxusb-arm64-attestation/VBoxUSB.cat';

  test('names the root that its chain leads to, and which certificate to give', async () => {
    const { result, diagnostics, error } = await winpvJson(['verify', corpus.path(path)]);
    expect(result.files[0].signatures[0].root).toEqual({
      subject: 'CN=Microsoft Root Certificate Authority 2010,O=Microsoft Corporation,L=Redmond,ST=Washington,C=US',
      thumbprint: '3b1efd3a66ea28b16697394703a72ca340a05bd5',
      standing: 'known',
    });
    const said = [error, ...diagnostics].map((finding) => finding?.hint).join(' ');
    expect(said).toContain('3b1efd3a66ea28b16697394703a72ca340a05bd5');
    const { stdout } = await winpv(['verify', corpus.path(path)]);
    expect(stdout).toContain('root Microsoft Root Certificate Authority 2010 (known, but not given as trusted)');
  });
});
