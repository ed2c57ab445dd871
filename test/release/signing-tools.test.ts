import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { encodePem } from '../../packaging/formats/x509/pem.ts';
import { fingerprint } from '../../packaging/signing/key.ts';
import { signPe } from '../../packaging/signing/sign.ts';
import { certifyTestKeys, type TestHierarchy, testSigners } from '../../packaging/signing/test-hierarchy.ts';
import { type JsonAnswer, TEST_NOW, winpvJson } from '../support/command-line.ts';
import { driverImage, driverVersion } from '../support/demo-image.ts';
import { oracle } from '../support/outside.ts';
import { filesBelow, makeProject, type TestProject } from '../support/project.ts';
import { newKey } from '../support/test-keys.ts';
import { withTsaServer } from '../support/tsa-server.ts';

/** Releases that are signed by tools that take files, and releases of sources that are signed already. */

let cached: Promise<TestHierarchy> | undefined;
const hierarchy = (): Promise<TestHierarchy> => {
  const keys = () => ({ root: newKey('RSA 2048'), signer: newKey('RSA 2048'), tsa: newKey('RSA 2048') });
  cached ??= certifyTestKeys('Example', keys());
  return cached;
};

let project: TestProject | undefined;
afterEach(() => project?.dispose());

const HEAD = 'brands: [xenproject]\nsources: { default: stand-in }\ndrivers: [xencrsh]\narchitectures: [x64]\n';

const prepare = async (settings: string, more: Readonly<Record<string, string | Uint8Array>> = {}) => {
  const { root, signer } = await hierarchy();
  project = await makeProject({
    'key.pem': encodePem('PRIVATE KEY', signer.privateKey),
    'leaf.pem': encodePem('CERTIFICATE', signer.certificate) + encodePem('CERTIFICATE', root.certificate),
    'root.pem': encodePem('CERTIFICATE', root.certificate),
    ...more,
    'p/winpv.yaml': settings,
  });
  return project;
};

const release = async (made: TestProject): Promise<JsonAnswer> =>
  winpvJson(['release', '-C', made.path('p'), '--out', made.path('out'), '--date', '2026-05-04'], {
    env: { PATH: process.env.PATH ?? '' },
  });

/** Nothing stands where the release should, and nothing is left of copies. */
const nothingMade = (made: TestProject): void => {
  expect(filesBelow(made.folder).filter((name) => /^(out|\.out)/.test(name))).toEqual([]);
};

const verify = (made: TestProject) => winpvJson(['verify', made.path('out'), '--ca', made.path('root.pem')]);

const OSSLSIGNCODE = 'osslsigncode sign -certs ../leaf.pem -key ../key.pem -h sha256';

describe('a release signed by a tool that takes files', () => {
  oracle('osslsigncode', 'is made, verifies, and names the certificate that the tool used', async () => {
    const { signer } = await hierarchy();
    const pin = fingerprint(signer.certificate);
    const made = await prepare(
      `${HEAD.replace('xencrsh', 'xenbus')}signing: { fileCommand: "${OSSLSIGNCODE} -in {in} -out {out}", certificate: { sha256: ${pin} }, timestamp: none }\n`,
    );
    const answer = await release(made);
    expect(answer.error).toBeUndefined();
    expect(answer.result.signing).toMatchObject({
      ...{ kind: 'file-command', timestamps: 'none' },
      subject: expect.stringContaining('Example test signing'),
    });
    const { result } = await verify(made);
    expect(result.verdict).toBe('valid');
    const signed = result.files.filter((file: { signatures: unknown[] }) => file.signatures.length > 0);
    expect(new Set(signed.map(({ path }: { path: string }) => path.slice(-4)))).toEqual(
      new Set(['.sys', '.exe', '.cat', '.cab']),
    );
    expect(filesBelow(made.folder).filter((name) => name.includes('winpv-sign'))).toEqual([]);
    expect(answer.diagnostics.map(({ code }) => code)).toContain('SIGN_KEY_TEST');
  });

  oracle('osslsigncode', 'has the time stamps that the tool asked for, by the authority that was named', async () => {
    const parts = await hierarchy();
    const { tsa } = testSigners(parts);
    await withTsaServer({ tsa, genTimeMs: TEST_NOW }, async (server) => {
      const command = `${OSSLSIGNCODE} -ts ${server.url} -in {in} -out {out}`;
      const made = await prepare(
        `${HEAD}signing: { fileCommand: "${command}", timestampCa: [../root.pem], testSigning: true }\n`,
      );
      const answer = await release(made);
      expect(answer.error).toBeUndefined();
      expect(answer.result.signing).toMatchObject({ timestamps: 'tool' });
      const { result } = await verify(made);
      expect(result.verdict).toBe('valid');
      for (const { signatures } of result.files)
        for (const { timestamp } of signatures) expect(timestamp.time).toBe('2026-06-15T12:00:00.000Z');
      const codes = answer.diagnostics.map(({ code }) => code);
      expect(codes).not.toContain('SIGN_KEY_TEST');
      expect(codes).not.toContain('TS_AUTHORITY_UNCHECKED');
    });
  });

  oracle('osslsigncode', 'is not made without the time stamps that were not renounced', async () => {
    const made = await prepare(`${HEAD}signing: { fileCommand: "${OSSLSIGNCODE} -in {in} -out {out}" }\n`);
    const answer = await release(made);
    expect(answer).toMatchObject({ exit: 6, error: { code: 'SIGN_FILE_NOT_SIGNED' } });
    expect(answer.error?.message).toContain('time stamp');
    nothingMade(made);
  });

  oracle('osslsigncode', 'is not made when the certificate is not the pinned one', async () => {
    for (const pin of [`sha256: "${'00'.repeat(32)}"`, `sha1: "${'00'.repeat(20)}"`, 'issuer: Another']) {
      const made = await prepare(
        `${HEAD}signing: { fileCommand: "${OSSLSIGNCODE} -in {in} -out {out}", certificate: { ${pin} }, timestamp: none }\n`,
      );
      expect(await release(made), pin).toMatchObject({ exit: 6, error: { code: 'SIGN_FILE_NOT_SIGNED' } });
      nothingMade(made);
      made.dispose();
    }
  });

  oracle('osslsigncode', 'is held to the same rules of fitness as a key', async () => {
    const { root, tsa } = await hierarchy();
    const ec = await certifyTestKeys('Example', {
      ...{ root: root.privateKey, tsa: tsa.privateKey, signer: newKey('EC P-256') },
    });
    const made = await prepare(
      `${HEAD}signing: { fileCommand: "osslsigncode sign -certs ../ec.pem -key ../ec-key.pem -in {in} -out {out}", timestamp: none }\n`,
      {
        'ec.pem': encodePem('CERTIFICATE', ec.signer.certificate),
        'ec-key.pem': encodePem('PRIVATE KEY', ec.signer.privateKey),
      },
    );
    expect(await release(made)).toMatchObject({ exit: 6, error: { code: 'SIGN_EC_CATALOG' } });
    nothingMade(made);
  });

  oracle('osslsigncode', 'is not made when one file of several fails', async () => {
    const wrapper = `
      import { spawnSync } from 'node:child_process';
      import { copyFileSync } from 'node:fs';
      const [input, output] = process.argv.slice(2);
      if (input.endsWith('.cat')) { console.error('the token was unplugged'); process.exit(3); }
      const args = ['sign', '-certs', '../leaf.pem', '-key', '../key.pem', '-in', input, '-out', output];
      process.exit(spawnSync('osslsigncode', args).status ?? 1);
    `;
    const made = await prepare(
      `${HEAD}signing: { fileCommand: '"${process.execPath}" ../tool.mjs {in} {out}', timestamp: none }\n`,
      { 'tool.mjs': wrapper },
    );
    const answer = await release(made);
    expect(answer).toMatchObject({ exit: 6, error: { code: 'SIGN_COMMAND_FAILED' } });
    expect(answer.error?.hint).toContain('the token was unplugged');
    nothingMade(made);
  });

  test('is not made when the tool changes a file, or does nothing', async () => {
    for (const [script, code] of [
      [
        "import { copyFileSync } from 'node:fs'; copyFileSync(process.argv[2], process.argv[3]);",
        'SIGN_FILE_NOT_SIGNED',
      ],
      ["import { writeFileSync } from 'node:fs'; writeFileSync(process.argv[3], 'MZ');", 'SIGN_FILE_CHANGED'],
    ] as const) {
      const made = await prepare(
        `${HEAD}signing: { fileCommand: '"${process.execPath}" ../tool.mjs {in} {out}', timestamp: none }\n`,
        { 'tool.mjs': script },
      );
      expect(await release(made)).toMatchObject({ exit: 6, error: { code } });
      nothingMade(made);
      made.dispose();
    }
  });

  test.each([
    ['fileCommand: "x {file}", timestamp: ["http://t.example.com"]', 'CONFIG_CONFLICT', 'timestamp'],
    ['fileCommand: "x {file}", cert: [a.pem]', 'CONFIG_CONFLICT', 'cert'],
    ['fileCommand: "x {file}", command: "y", cert: [a.pem]', 'CONFIG_CONFLICT', undefined],
    ['fileCommand: "x {file}", pin: "env:P"', 'CONFIG_CONFLICT', 'pin'],
    ['fileCommand: "x {file}", timestamp: none, timestampCa: [a.pem]', 'CONFIG_CONFLICT', 'timestampCa'],
    ['test: true, testSigning: true', 'CONFIG_CONFLICT', 'testSigning'],
    ['fileCommand: "x", timestamp: none', 'SIGN_COMMAND_INVALID', undefined],
    ['test: true, existing: append', 'CONFIG_INVALID', undefined],
  ])('with { %s } is refused before anything is made', async (signing, code, key) => {
    const made = await prepare(`${HEAD}signing: { ${signing} }\n`);
    const answer = await release(made);
    expect(answer.error?.code).toBe(code);
    if (key !== undefined) expect(answer.error?.message).toContain(key);
    nothingMade(made);
  });
});

const image = (name: string): Uint8Array => driverImage(name, { version: driverVersion([9, 1, 0, 0], 'Xen Project') });

describe('a release of sources that are signed already', () => {
  const FROM_BIN = HEAD.replace('default: stand-in', 'xencrsh: { binaries: ../bin }');
  const signedSource = async (settings: string) => {
    const { signer } = testSigners(await hierarchy());
    return prepare(settings, { 'bin/x64/xencrsh.sys': await signPe(image('xencrsh.sys'), 'xencrsh.sys', { signer }) });
  };

  test('stops, and what it advises can be done: strip them', async () => {
    const made = await signedSource(FROM_BIN);
    const answer = await release(made);
    expect(answer).toMatchObject({ exit: 4, error: { code: 'SIGN_ALREADY_SIGNED' } });
    expect(answer.error?.hint).toContain('winpv pe strip');
    expect(answer.error?.hint).toContain('existing: replace');
    expect(answer.error?.hint).not.toContain('--');
    nothingMade(made);
    const source = made.path('bin/x64/xencrsh.sys');
    expect((await winpvJson(['pe', 'strip', source])).exit).toBe(0);
    const again = await release(made);
    expect(again.error).toBeUndefined();
  });

  test('replaces their signatures when the project says so, and leaves the sources alone', async () => {
    const made = await signedSource(`${FROM_BIN}signing: { test: true, existing: replace }\n`);
    const before = readFileSync(made.path('bin/x64/xencrsh.sys'));
    const answer = await release(made);
    expect(answer.error).toBeUndefined();
    expect(readFileSync(made.path('bin/x64/xencrsh.sys'))).toEqual(before);
    const trust = ['--ca', made.path('out/xenproject/trust/root.pem')];
    const { result } = await winpvJson(['verify', made.path('out/xenproject'), ...trust]);
    expect(result.verdict).toBe('valid');
    const driver = result.files.find(({ path }: { path: string }) => path.endsWith('xencrsh.sys'));
    expect(driver.signatures).toHaveLength(1);
    expect(driver.signatures[0].subject).toContain('winpv test signing');
  });

  oracle('osslsigncode', 'and a tool that takes files gets them unsigned', async () => {
    const made = await signedSource(
      `${FROM_BIN}signing: { existing: replace, fileCommand: "${OSSLSIGNCODE} -in {in} -out {out}", timestamp: none }\n`,
    );
    expect((await release(made)).error).toBeUndefined();
    expect((await verify(made)).result.verdict).toBe('valid');
    mkdirSync(made.path('keep'), { recursive: true });
    writeFileSync(
      made.path('p/winpv.yaml'),
      readFileSync(made.path('p/winpv.yaml'), 'utf8').replace('existing: replace, ', ''),
    );
    const refused = await winpvJson(['release', '-C', made.path('p'), '--out', made.path('other')]);
    expect(refused.error?.code).toBe('SIGN_ALREADY_SIGNED');
  });
});
