import { statSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { winpv, winpvJson } from '../support/command-line.ts';
import { filesBelow, makeProject, type TestProject } from '../support/project.ts';

let project: TestProject;
let out = '';
beforeAll(async () => {
  project = await makeProject({
    'winpv.yaml': 'brands: [example-vendor]\nsources: { default: stand-in }\ndrivers: [xenbus]\narchitectures: [x64]\n',
  });
  out = project.path('out');
  expect((await winpvJson(['release', '-C', project.folder, '--out', out, '--date', '2026-05-04'])).exit).toBe(0);
});
afterAll(() => project.dispose());

const pack = (name: string): string => project.path('out/example-vendor/xenbus/x64', name);

describe('winpv inf show', () => {
  test('has the documented shape', async () => {
    const { result } = await winpvJson(['inf', 'show', pack('xenbus.inf')]);
    expect(result.encoding).toBe('ansi');
    const version = result.sections.find((section: { name: string }) => section.name === 'Version');
    expect(version.lines).toContainEqual({ key: 'Class', fields: ['System'], line: expect.any(Number) });
    expect(result.devices).toEqual([
      expect.objectContaining({
        manufacturer: 'Example Vendor',
        description: 'Example PV Bus',
        os: 'NTamd64',
        ids: ['PCI\\VEN_5853&DEV_C8E0&SUBSYS_C8E05853&REV_01', 'PCI\\VEN_5853&DEV_0002', 'PCI\\VEN_5853&DEV_0001'],
      }),
    ]);
  });

  test('--os says what that Windows installs', async () => {
    const { result } = await winpvJson(['inf', 'show', pack('xenbus.inf'), '--os', '10.0.19045', '--arch', 'amd64']);
    expect(result.target.files.map((file: { name: string }) => file.name)).toContain('xenbus_monitor_9_1_0_1.exe');
    const service = result.target.services.find((one: { name: string }) => one.name === 'xenbus');
    expect(service).toMatchObject({ startType: 0, serviceType: 1, loadOrderGroup: 'Boot Bus Extender' });
    const other = await winpvJson(['inf', 'show', pack('xenbus.inf'), '--os', '10.0.19045', '--arch', 'x86']);
    expect(other.result.devices).toEqual([]);
  });

  test('of a file that is not there is exit 8, and --os without sense exit 2', async () => {
    expect((await winpvJson(['inf', 'show', pack('nothing.inf')])).exit).toBe(8);
    expect((await winpvJson(['inf', 'show', pack('xenbus.inf'), '--os', 'eleven'])).exit).toBe(2);
  });
});

describe('winpv cat', () => {
  test('show has the documented shape, the signer and the time stamp', async () => {
    const { result } = await winpvJson(['cat', 'show', pack('xenbus.cat')]);
    expect(result).toMatchObject({
      version: 2,
      digestAlgorithm: 'sha256',
      attributes: {},
      thisUpdate: '2026-05-04T00:00:00Z',
    });
    expect(result.listIdentifier).toMatch(/^[0-9a-f]{32}$/);
    expect(result.osAttributes).toEqual([
      '_v100_X64',
      'Server_v100_X64',
      'Server_v100_X64_RS5',
      'Server_v100_X64_21H2',
      '_v100_X64_21H2',
    ]);
    expect(result.signatures).toEqual([
      {
        subject: 'CN=winpv test signing',
        issuer: 'CN=winpv test root',
        digestAlgorithm: 'sha256',
        timestamp: expect.stringContaining('2026-05-04'),
        ekus: ['1.3.6.1.5.5.7.3.3'],
      },
    ]);
    const compat = result.members.filter((member: { algorithm: string }) => member.algorithm === 'sha1');
    for (const member of compat) expect(member.digest).toBe(member.tag);
  });

  test('create makes the same unsigned catalog from the folder again', async () => {
    const target = project.path('catalogs');
    const os = '10_X64,Server10_X64,ServerRS5_X64,ServerFE_X64,10_CO_X64';
    const made = await winpvJson([
      'cat',
      'create',
      '--dir',
      pack('.'),
      '--os',
      os,
      '--out',
      target,
      '--date',
      '2026-05-04',
    ]);
    expect(made.exit).toBe(0);
    expect(made.result.catalogs).toEqual([{ path: `${target}/xenbus.cat`, version: 2, members: 10 }]);
    const [again, signed] = await Promise.all([
      winpvJson(['cat', 'show', `${target}/xenbus.cat`]),
      winpvJson(['cat', 'show', pack('xenbus.cat')]),
    ]);
    expect({ ...again.result, signatures: [] }).toEqual({ ...signed.result, signatures: [] });
    expect(again.result.signatures).toEqual([]);
  });

  test('create refuses a folder whose INF names a file that is not there, with exit 4 and no catalog', async () => {
    project.write(
      'broken/xenbus.inf',
      `${'[Version]\r\nSignature="$Windows NT$"\r\nClass=System\r\nProvider=X\r\nDriverVer=05/04/2026,1.0.0.0\r\nCatalogFile=x.cat\r\n[Manufacturer]\r\nX=M,NTamd64\r\n[M.NTamd64]\r\nD=I,PCI\\X\r\n[I]\r\nCopyFiles=@x.sys\r\n[DestinationDirs]\r\nDefaultDestDir=12\r\n[SourceDisksNames]\r\n1=d\r\n[SourceDisksFiles]\r\nx.sys=1\r\n'}`,
    );
    const answer = await winpvJson(['cat', 'create', '--dir', project.path('broken'), '--os', '10_X64']);
    expect(answer.exit).toBe(4);
    expect(answer.error?.code).toBe('CAT_FILE_MISSING');
    expect(filesBelow(project.path('broken'))).toEqual(['xenbus.inf']);
  });
});

describe('winpv cab', () => {
  test('create, list and extract go round', async () => {
    const cab = project.path('all.cab');
    expect((await winpvJson(['cab', 'create', cab, pack('.')])).exit).toBe(0);
    const { result } = await winpvJson(['cab', 'list', cab]);
    expect(result.files.map((file: { name: string }) => file.name)).toEqual(
      filesBelow(pack('.')).map((name) => `x64\\${name}`),
    );
    const target = project.path('unpacked');
    expect((await winpvJson(['cab', 'extract', cab, '--out', target])).exit).toBe(0);
    expect(filesBelow(`${target}/x64`)).toEqual(filesBelow(pack('.')));
    const again = await winpvJson(['cab', 'extract', cab, '--out', target]);
    expect(again.exit).toBe(8);
    expect(again.error?.code).toBe('OUTPUT_NOT_EMPTY');
  });
});

describe('winpv pe show', () => {
  test('tells machine, imports and hashes, and that it is a stand-in', async () => {
    const { result } = await winpvJson(['pe', 'show', pack('xenbus.sys')]);
    expect(result).toMatchObject({ machine: 'x64', standIn: true });
    expect(JSON.stringify(result.imports)).toContain('xen.sys');
  });
});

describe('winpv cert create', () => {
  test('writes root, signer and tsa, keys for their owner only, and never shows the password', async () => {
    const target = project.path('keys');
    const env = { PASSWORD_FOR_TESTS: 'correct horse battery' };
    const run = await winpv(['cert', 'create', '--out', target, '--passout', 'env:PASSWORD_FOR_TESTS'], { env });
    expect(run.exit).toBe(0);
    expect(filesBelow(target)).toEqual(
      ['root', 'signer', 'tsa'].flatMap((role) => [`${role}.cer`, `${role}.p12`, `${role}.pem`]),
    );
    expect(statSync(`${target}/signer.p12`).mode & 0o077).toBe(0);
    expect(run.stdout + run.stderr).not.toContain('correct horse');
    const again = await winpvJson(['cert', 'create', '--out', target, '--passout', 'env:PASSWORD_FOR_TESTS'], { env });
    expect(again.error?.code).toBe('OUTPUT_NOT_EMPTY');
  });

  test('refuses a password as an argument with exit 2, and a missing one with exit 6', async () => {
    const bare = await winpvJson(['cert', 'create', '--out', project.path('k2'), '--passout', 'hunter2']);
    expect(bare.exit).toBe(2);
    expect(JSON.stringify(bare)).not.toContain('hunter2');
    const missing = await winpvJson(['cert', 'create', '--out', project.path('k2'), '--passout', 'env:NOT_THERE']);
    expect(missing.exit).toBe(6);
    expect(filesBelow(project.path('k2'))).toEqual([]);
  });

  test('its signer signs a release that verifies', async () => {
    const env = { PASSWORD_FOR_TESTS: 'correct horse battery' };
    project.write(
      'pfx/winpv.yaml',
      'brands: [xenproject]\nsources: { default: stand-in }\ndrivers: [xencrsh]\narchitectures: [x64]\nsigning: { pfx: ../keys/signer.p12, passin: "env:PASSWORD_FOR_TESTS", timestamp: none }\n',
    );
    const target = project.path('pfx-out');
    const made = await winpvJson(['release', '-C', project.path('pfx'), '--out', target, '--date', '2026-05-04'], {
      env,
    });
    expect(made.error).toBeUndefined();
    expect(made.result.signing).toMatchObject({ kind: 'pfx', timestamps: 'none', subject: 'CN=winpv test signing' });
    expect((await winpvJson(['verify', target, '--ca', project.path('keys/root.pem')])).exit).toBe(0);
    expect((await winpvJson(['verify', target])).exit).toBe(5);
    const wrong = await winpvJson(
      ['release', '-C', project.path('pfx'), '--out', project.path('no'), '--date', '2026-05-04'],
      {
        env: { PASSWORD_FOR_TESTS: 'wrong staple' },
      },
    );
    expect(wrong.exit).toBe(6);
    expect(wrong.error?.code).toBe('SIGN_KEY_PASSWORD');
    expect(JSON.stringify(wrong)).not.toContain('wrong staple');
  });
});

describe('winpv brand', () => {
  test('list names the shipped brands, and check finds them valid', async () => {
    const { result } = await winpvJson(['brand', 'list']);
    const ids = result.brands.map((brand: { id: string }) => brand.id);
    expect(ids).toContain('xenproject');
    for (const id of ids) expect((await winpvJson(['brand', 'check', id])).exit, id).toBe(0);
  });

  test('show prints a settings file that loads again as the same brand', async () => {
    const shown = await winpv(['brand', 'show', 'example-vendor']);
    const path = project.path('again.yaml');
    writeFileSync(path, shown.stdout);
    const [first, second] = await Promise.all([
      winpvJson(['brand', 'show', 'example-vendor']),
      winpvJson(['brand', 'show', path]),
    ]);
    expect(second.exit).toBe(0);
    expect(second.result).toEqual(first.result);
  });

  test('check finds two brands that share a prefix', async () => {
    const answer = await winpvJson(['brand', 'check', 'xenproject', 'example-qubes']);
    expect(answer.exit).toBe(3);
    expect(answer.error?.code).toBe('BRAND_PREFIX_CLASH');
  });
});

describe('verify', () => {
  test('of one file with a catalog says which tag matched', async () => {
    const args = [
      'verify',
      pack('xen.sys'),
      '--catalog',
      pack('xenbus.cat'),
      '--ca',
      project.path('out/example-vendor/trust/root.pem'),
    ];
    const { exit, result } = await winpvJson(args);
    expect(exit).toBe(0);
    expect(result.files[0]).toMatchObject({ kind: 'pe', verdict: 'valid' });
    expect(result.files[0].catalogs[0]).toMatchObject({ algorithm: 'sha256', verdict: 'valid' });
  });

  test('of an unsigned file is unsigned, and of a file that is nothing is exit 8', async () => {
    project.write('plain.sys', 'nothing');
    const answer = await winpvJson(['verify', project.path('plain.sys')]);
    expect(answer.exit).toBe(5);
    expect((await winpvJson(['verify', project.path('not-there.sys')])).exit).toBe(8);
  });
});
