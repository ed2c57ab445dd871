import { sign as cryptoSign } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { concatBytes } from '../../core/bytes.ts';
import { encodePem } from '../../packaging/formats/x509/pem.ts';
import { type CommandOptions, winpv, winpvJson } from '../support/command-line.ts';
import { driverImage, driverVersion } from '../support/demo-image.ts';
import { oracle } from '../support/outside.ts';
import { filesBelow, makeProject, type TestProject } from '../support/project.ts';
import { hierarchyWith, sharedHierarchy } from '../support/test-keys.ts';

const image = (machine: 'x64' | 'x86' | 'arm64'): Uint8Array =>
  driverImage('a.sys', { machine, strings: ['text'], version: driverVersion([1, 0, 0, 0], 'Example') });

const pem = (label: string, der: Uint8Array): string => encodePem(label, der);

let place: TestProject;
let key: readonly string[] = [];
const path = (name: string): string => place.path('work', name);
const reset = (): void => {
  mkdirSync(place.path('work'), { recursive: true });
  for (const machine of ['x64', 'x86', 'arm64'] as const) writeFileSync(path(`${machine}.sys`), image(machine));
};

beforeAll(async () => {
  const { root, signer } = await sharedHierarchy();
  const ec = await hierarchyWith('EC P-256');
  place = await makeProject({
    'key.pem': pem('PRIVATE KEY', signer.privateKey),
    'leaf.pem': pem('CERTIFICATE', signer.certificate),
    'root.pem': pem('CERTIFICATE', root.certificate),
    'ec-key.pem': pem('PRIVATE KEY', ec.signer.privateKey),
    'ec-leaf.pem': pem('CERTIFICATE', ec.signer.certificate),
  });
  key = ['--key', place.path('key.pem'), '--cert', place.path('leaf.pem'), '--no-timestamp'];
  reset();
  const list = ['cat', 'create', '--dir'];
  place.write(
    'pack/x.inf',
    '[Version]\r\nSignature="$Windows NT$"\r\nClass=System\r\nClassGuid={4d36e97d-e325-11ce-bfc1-08002be10318}\r\nProvider=Example\r\nDriverVer=05/04/2026,1.0.0.0\r\nCatalogFile=x.cat\r\n[Manufacturer]\r\nExample=M,NTamd64\r\n[M.NTamd64]\r\nD=I,PCI\\X\r\n[I]\r\n',
  );
  expect((await winpvJson([...list, place.path('pack'), '--os', '10_X64', '--date', '2026-05-04'])).exit).toBe(0);
});
afterAll(() => place.dispose());

const verify = (file: string) => winpvJson(['verify', file, '--ca', place.path('root.pem')]);

describe('winpv sign', () => {
  test('signs images of every architecture in place, and they verify', async () => {
    reset();
    const names = ['x64.sys', 'x86.sys', 'arm64.sys'];
    const answer = await winpvJson(['sign', ...names.map(path), ...key]);
    expect(answer.error).toBeUndefined();
    expect(answer.result.files.map((file: { kind: string }) => file.kind)).toEqual(['pe', 'pe', 'pe']);
    for (const name of names) expect((await verify(path(name))).result.verdict, name).toBe('valid');
  });

  test('signs an image alone as among others, and leaves no folder behind when the key fails', async () => {
    reset();
    // More than a block, and not of a length that is a multiple of 8.
    const large = concatBytes(image('x64'), new Uint8Array(3_000_001).fill(7));
    writeFileSync(path('large.sys'), large);
    const wrong = ['--key', place.path('ec-key.pem'), '--cert', place.path('leaf.pem'), '--no-timestamp'];
    expect((await winpvJson(['sign', path('large.sys'), ...wrong, '--out', path('new/a.sys')])).ok).toBe(false);
    const failing = ['--exec', 'false', '--cert', place.path('leaf.pem'), '--no-timestamp'];
    expect((await winpvJson(['sign', path('large.sys'), ...failing, '--out', path('new/a.sys')])).ok).toBe(false);
    expect(filesBelow(place.path('work'))).toEqual(['arm64.sys', 'large.sys', 'x64.sys', 'x86.sys']);
    expect(existsSync(path('new'))).toBe(false);

    const alone = await winpvJson(['sign', path('large.sys'), ...key, '--out', path('alone.sys')]);
    expect(alone.result).toEqual({
      files: [{ path: path('large.sys'), out: path('alone.sys'), kind: 'pe' }],
      left: [],
    });
    expect(new Uint8Array(readFileSync(path('large.sys')))).toEqual(large);
    expect((await winpvJson(['sign', path('large.sys'), path('x86.sys'), ...key])).ok).toBe(true);
    expect(readFileSync(path('alone.sys')).equals(readFileSync(path('large.sys')))).toBe(true);
    expect((await winpvJson(['sign', path('alone.sys'), ...key])).error?.code).toBe('SIGN_ALREADY_SIGNED');
    rmSync(place.path('work'), { recursive: true });
  });

  test('signs a catalog and a cabinet to another place and leaves the input alone', async () => {
    const catalog = place.path('pack/x.cat');
    const before = readFileSync(catalog);
    const out = place.path('signed/x.cat');
    expect((await winpvJson(['sign', catalog, '--out', out, ...key])).exit).toBe(0);
    expect(readFileSync(catalog)).toEqual(before);
    expect((await verify(out)).result.verdict).toBe('valid');
    const cab = place.path('a.cab');
    expect((await winpvJson(['cab', 'create', cab, place.path('pack')])).exit).toBe(0);
    expect(
      (await winpvJson(['sign', cab, ...key, '--description', 'Example', '--url', 'https://example.com/'])).exit,
    ).toBe(0);
    const [file] = (await verify(cab)).result.files;
    expect(file).toMatchObject({
      verdict: 'valid',
      signatures: [{ programName: 'Example', moreInfo: 'https://example.com/' }],
    });
  });

  test('refuses a signed file, keeps it with --if-unsigned, and --replace gives what signing once gives', async () => {
    reset();
    expect((await winpvJson(['sign', path('x64.sys'), ...key])).exit).toBe(0);
    const once = readFileSync(path('x64.sys'));
    const again = await winpvJson(['sign', path('x64.sys'), ...key]);
    expect(again.exit).not.toBe(0);
    expect(again.error?.code).toBe('SIGN_ALREADY_SIGNED');
    const kept = await winpvJson(['sign', path('x64.sys'), path('x86.sys'), '--if-unsigned', ...key]);
    expect(kept.result).toMatchObject({ left: [path('x64.sys')], files: [{ path: path('x86.sys') }] });
    expect((await winpvJson(['sign', path('x64.sys'), '--replace', ...key])).exit).toBe(0);
    expect(readFileSync(path('x64.sys'))).toEqual(once);
  });

  test('when one file fails, none is written', async () => {
    reset();
    writeFileSync(path('broken.sys'), image('x64').subarray(0, 900));
    const before = readFileSync(path('x64.sys'));
    const answer = await winpvJson(['sign', path('x64.sys'), path('broken.sys'), ...key]);
    expect(answer.ok).toBe(false);
    expect(readFileSync(path('x64.sys'))).toEqual(before);
    place.write('work/notes.txt', 'text');
    const text = await winpvJson(['sign', path('notes.txt'), ...key]);
    expect(text.error?.code).toBe('SIGN_FORMAT_UNKNOWN');
  });

  test('wants a word about time stamps, with exit 2', async () => {
    const answer = await winpvJson([
      'sign',
      path('x64.sys'),
      '--key',
      place.path('key.pem'),
      '--cert',
      place.path('leaf.pem'),
    ]);
    expect(answer.exit).toBe(2);
    expect(answer.error?.code).toBe('SIGN_NO_TIMESTAMP_CHOICE');
  });

  test('refuses an EC key for a catalog, and a certificate that is not valid today', async () => {
    const ec = ['--key', place.path('ec-key.pem'), '--cert', place.path('ec-leaf.pem'), '--no-timestamp'];
    const catalog = await winpvJson(['sign', place.path('pack/x.cat'), '--out', place.path('no.cat'), ...ec]);
    expect(catalog.error?.code).toBe('SIGN_EC_CATALOG');
    reset();
    expect((await winpvJson(['sign', path('x64.sys'), ...ec])).exit).toBe(0);
    const late: CommandOptions = { now: Date.UTC(2051, 0, 1) };
    const expired = await winpvJson(['sign', path('x86.sys'), ...key], late);
    expect(expired.exit).toBe(6);
    expect(expired.error?.code).toBe('SIGN_CERTIFICATE_UNFIT');
    expect(filesBelow(place.folder)).not.toContain('no.cat');
  });

  test('--append nests a second signature; both hold, and the first stays byte for byte the same inside', async () => {
    reset();
    expect((await winpvJson(['sign', path('x64.sys'), ...key, '--description', 'first'])).exit).toBe(0);
    const ec = ['--key', place.path('ec-key.pem'), '--cert', place.path('ec-leaf.pem'), '--no-timestamp'];
    expect((await winpvJson(['sign', path('x64.sys'), '--append', ...ec])).exit).toBe(0);
    expect((await winpvJson(['sign', path('x64.sys'), '--append', ...key, '--description', 'third'])).exit).toBe(0);
    const [file] = (await verify(path('x64.sys'))).result.files;
    expect(file.verdict).toBe('valid');
    expect(file.signatures.map((one: { place: string }) => one.place)).toEqual(['primary', 'nested', 'nested']);
    expect(file.signatures[0].programName).toBe('first');
    const catalog = place.path('signed/x.cat');
    const refused = await winpvJson(['sign', catalog, '--append', ...key]);
    expect(refused.error?.code).toBe('SIGN_ALREADY_SIGNED');
  });

  test.each(['sha1', 'sha256'] as const)(
    '--page-hashes %s signs the table of page hashes, which is checked',
    async (hash) => {
      reset();
      expect((await winpvJson(['sign', path('x64.sys'), ...key, '--page-hashes', hash])).exit).toBe(0);
      expect((await verify(path('x64.sys'))).result.verdict).toBe('valid');
      const attribute = Buffer.from(`060a2b0601040182370203${hash === 'sha1' ? '01' : '02'}`, 'hex');
      expect(readFileSync(path('x64.sys')).includes(attribute)).toBe(true);
    },
  );

  oracle('osslsigncode', 'accepts nested signatures and page hashes of ours', async (run) => {
    reset();
    expect((await winpvJson(['sign', path('x64.sys'), ...key, '--page-hashes', 'sha256'])).exit).toBe(0);
    expect((await winpvJson(['sign', path('x64.sys'), '--append', ...key])).exit).toBe(0);
    const { status, stdout } = run('verify', '-in', path('x64.sys'), '-CAfile', place.path('root.pem'));
    const said = stdout.toString('utf8');
    expect(said).toContain('Page hash algorithm  : SHA256');
    expect(said.match(/Signature verification: ok/g)).toHaveLength(2);
    expect(status).toBe(0);
  });
});

describe('signing in two halves', () => {
  const options = (): readonly string[] => ['--cert', place.path('leaf.pem'), '--description', 'halves'];
  const signItems = (file: string, privateKey: Buffer): void => {
    const halves = JSON.parse(readFileSync(file, 'utf8'));
    for (const item of halves.items) {
      expect(Object.keys(item)).toEqual(['path', 'sha256', 'digestAlgorithm', 'toBeSigned']);
      item.signature = cryptoSign('sha256', Buffer.from(item.toBeSigned, 'base64'), privateKey.toString()).toString(
        'base64',
      );
    }
    writeFileSync(file, JSON.stringify(halves));
  };

  test('gives what signing at once gives, and the first half changes no file', async () => {
    reset();
    const halves = place.path('halves.json');
    const before = readFileSync(path('x64.sys'));
    expect((await winpvJson(['sign', path('x64.sys'), path('x86.sys'), '--prepare', halves, ...options()])).exit).toBe(
      0,
    );
    expect(readFileSync(path('x64.sys'))).toEqual(before);
    signItems(halves, readFileSync(place.path('key.pem')));
    const attached = await winpvJson([
      'sign',
      path('x64.sys'),
      path('x86.sys'),
      '--attach',
      halves,
      ...options(),
      '--no-timestamp',
    ]);
    expect(attached.error).toBeUndefined();
    const result = readFileSync(path('x64.sys'));
    reset();
    expect(
      (await winpvJson(['sign', path('x64.sys'), '--key', place.path('key.pem'), ...options(), '--no-timestamp'])).exit,
    ).toBe(0);
    expect(readFileSync(path('x64.sys'))).toEqual(result);
  });

  test('refuses a signature by another key, other options, and a file that changed', async () => {
    reset();
    const halves = place.path('wrong.json');
    expect((await winpvJson(['sign', path('x64.sys'), '--prepare', halves, ...options()])).exit).toBe(0);
    const missing = await winpvJson(['sign', path('x64.sys'), '--attach', halves, ...options(), '--no-timestamp']);
    expect(missing.error?.code).toBe('SIGN_ATTACH_INCOMPLETE');
    const good = readFileSync(halves);
    const other = (await hierarchyWith('RSA 3072')).signer.privateKey;
    signItems(halves, Buffer.from(pem('PRIVATE KEY', other)));
    const wrong = await winpvJson(['sign', path('x64.sys'), '--attach', halves, ...options(), '--no-timestamp']);
    expect(wrong.exit).toBe(6);
    expect(wrong.error?.code).toBe('SIGN_SELF_CHECK');
    writeFileSync(halves, good);
    signItems(halves, readFileSync(place.path('key.pem')));
    const differs = await winpvJson([
      'sign',
      path('x64.sys'),
      '--attach',
      halves,
      '--cert',
      place.path('leaf.pem'),
      '--no-timestamp',
    ]);
    expect(differs.error?.code).toBe('SIGN_PREPARED_DIFFERS');
    writeFileSync(path('x64.sys'), image('x86'));
    const changed = await winpvJson(['sign', path('x64.sys'), '--attach', halves, ...options(), '--no-timestamp']);
    expect(changed.error?.code).toBe('SIGN_PREPARED_DIFFERS');
    expect(readFileSync(path('x64.sys'))).toEqual(Buffer.from(image('x86')));
  });

  test('says so in its help', async () => {
    const { stdout } = await winpv(['sign', '--help']);
    expect(stdout).toContain('--prepare <file>');
    expect(stdout).toContain('--attach <file>');
  });
});
