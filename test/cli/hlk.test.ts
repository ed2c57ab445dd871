import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HlkProductInstance } from '../../publishing/hlk/package-info.ts';
import { winpv, winpvJson } from '../support/command-line.ts';
import { hlkBytes, instance, type SampleChanges, target } from '../support/hlk-sample.ts';
import { makeProject, type TestProject } from '../support/project.ts';

/** The whole way: a release that winpv makes, evidence for it, signed with a key that winpv makes. */
let project: TestProject;
let out = '';
const now = Date.UTC(2026, 10, 25);
const env = { KEY_PASSWORD: 'secret' };
const key = (): readonly string[] => ['--pfx', project.path('keys/signer.p12'), '--passin', 'env:KEY_PASSWORD'];
const run = (...argv: readonly string[]) => winpvJson(argv, { now, env });

const CODES = ['WINDOWS_v100_X64_VB_FULL'];
const tested = (): HlkProductInstance =>
  instance({
    codes: CODES,
    targets: [
      target('PCI\\VEN_5853&DEV_C8E0&SUBSYS_C8E05853&REV_01\\3&267A616A&0&18'),
      target('XENBUS\\VEN_EVC8E0&DEV_VBD&REV_0900000D\\_'),
    ],
  });
const changes = (more: SampleChanges = {}): SampleChanges => ({
  ...{ instances: [tested()], ...more },
  info: { kitVersion: '10.1.19041.1', ...more.info },
});
const sample = async (name: string, more: SampleChanges = {}): Promise<string> => {
  project.write(name, await hlkBytes(changes(more)));
  return project.path(name);
};

beforeAll(async () => {
  project = await makeProject({
    'winpv.yaml':
      'brands: [example-vendor]\nsources: { default: stand-in }\ndrivers: [xenbus, xenvbd]\narchitectures: [x64]\n',
  });
  out = project.path('out');
  expect((await winpvJson(['release', '-C', project.folder, '--out', out, '--date', '2026-11-20'], { now })).exit).toBe(
    0,
  );
  expect((await run('cert', 'create', '--out', project.path('keys'), '--passout', 'env:KEY_PASSWORD')).exit).toBe(0);
}, 60_000);
afterAll(() => project.dispose());

const check = (path: string, ...more: readonly string[]) =>
  run('hlk', 'check', path, '--release', out, '--brand', 'example-vendor', '--signatures', CODES.join(','), ...more);

describe('winpv hlk', () => {
  test('sign, then show and check: the evidence covers the release', async () => {
    const path = await sample('a.hlkx');
    const signed = project.path('signed.hlkx');
    const made = await run('hlk', 'sign', path, '--out', signed, ...key());
    expect(made, JSON.stringify(made.error)).toMatchObject({
      exit: 0,
      result: { path: signed, signature: { verdict: 'valid' } },
    });
    const shown = await run('hlk', 'show', signed);
    expect(shown).toMatchObject({
      exit: 0,
      result: {
        ...{ kind: 'hlkx', kitVersion: '10.1.19041.1', data: [{ kind: 'core' }, { kind: 'stream' }] },
        projects: [{ name: 'acme', rollup: { passed: 40, failed: 0, notRun: 0 }, instances: [{ codes: CODES }] }],
        signature: { verdict: 'valid', signatures: [{ algorithm: 'rsa-sha256', certificateIn: 'part' }] },
      },
    });
    const judged = await check(signed, '--cert', project.path('keys/signer.cer'));
    expect(judged.error).toBeUndefined();
    expect(judged).toMatchObject({ exit: 0, result: { verdict: 'pass', required: CODES, retries: [] } });
  });
  test('check takes an unsigned package only when asked, and says so', async () => {
    const path = await sample('b.hlkx');
    expect(await check(path)).toMatchObject({ exit: 5, error: { code: 'OPC_UNSIGNED' }, result: { verdict: 'fail' } });
    expect((await check(path, '--unsigned-ok')).exit).toBe(0);
  });
  test('check of a certificate that is not the account’s is exit 5', async () => {
    const path = project.path('signed.hlkx');
    expect(await check(path, '--cert', project.path('keys/root.cer'))).toMatchObject({
      exit: 5,
      error: { code: 'OPC_CERTIFICATE' },
    });
  });
  test('check holds results, errata and product types against it', async () => {
    const path = await sample('c.hlkx', { rollup: { passed: 39, failed: 1, notRun: 0 } });
    project.write('errata.yaml', 'errata:\n  - { id: "12345", test: Flush Test, reason: known on this kit }\n');
    project.write('r.json', JSON.stringify([{ name: 'Flush Test', status: 'Failed' }]));
    expect(await check(path, '--unsigned-ok')).toMatchObject({ exit: 5, error: { code: 'HLK_TEST_FAILED' } });
    const rest = ['--unsigned-ok', '--errata', project.path('errata.yaml'), '--results', project.path('r.json')];
    expect((await check(path, ...rest)).exit).toBe(0);
    expect(await check(path, ...rest, '--product-type', 'Windows_v100_VB=LAN')).toMatchObject({
      exit: 5,
      error: { code: 'HLK_PRODUCT_TYPE' },
    });
    expect((await check(path, '--product-type', 'LAN')).exit).toBe(2);
  });
  test('check of another architecture, brand or folder is said', async () => {
    const path = await sample('d.hlkx');
    expect(await check(path, '--arch', 'arm64')).toMatchObject({ exit: 3, error: { code: 'HLK_RELEASE' } });
    expect(await run('hlk', 'check', path, '--release', out, '--brand', 'acme')).toMatchObject({
      exit: 3,
      error: { code: 'HLK_RELEASE' },
    });
    expect(await run('hlk', 'check', path, '--release', project.folder, '--brand', 'acme')).toMatchObject({
      exit: 3,
      error: { code: 'HLK_RELEASE' },
    });
  });
  test('a changed package is exit 5 in show and check, and what is no package exit 4', async () => {
    const bytes = Buffer.from(readFileSync(project.path('signed.hlkx')));
    writeFileSync(project.path('cut.hlkx'), bytes.subarray(0, 4000));
    project.write('no.hlkx', '<html>a page that says sign in, instead of the file</html>');
    expect(await run('hlk', 'show', project.path('cut.hlkx'))).toMatchObject({
      exit: 4,
      error: { code: 'ZIP_NOT_A_ZIP' },
    });
    expect((await check(project.path('no.hlkx'))).exit).toBe(4);
    expect((await run('hlk', 'show', project.path('missing.hlkx'))).exit).toBe(8);
  });
  test('sign refuses a package that is signed, and a key that is not RSA, and writes nothing', async () => {
    const to = project.path('again.hlkx');
    expect(await run('hlk', 'sign', project.path('signed.hlkx'), '--out', to, ...key())).toMatchObject({
      exit: 4,
      error: { code: 'OPC_SIGNED' },
    });
    expect((await run('hlk', 'sign', project.path('signed.hlkx'), '--out', to, '--replace', ...key())).exit).toBe(0);
    expect((await run('hlk', 'sign', project.path('signed.hlkx'), '--out', to)).exit).toBe(2);
  });
  test('tells people the same', async () => {
    const { stdout, exit } = await winpv(['hlk', 'show', project.path('signed.hlkx')], { now });
    expect(exit).toBe(0);
    expect(stdout).toContain('acme: 40 passed, 0 failed, 0 not run');
    expect(stdout).toContain('WINDOWS_v100_X64_VB_FULL: Pass');
  });
});
