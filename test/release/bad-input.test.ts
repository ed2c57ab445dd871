import { renameSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { encodeInfText } from '../../packaging/formats/inf/text.ts';
import { TEST_NOW, winpv, winpvJson } from '../support/command-line.ts';
import { driverImage, driverVersion } from '../support/demo-image.ts';
import { filesBelow, makeProject, type TestProject } from '../support/project.ts';

let project: TestProject | undefined;
afterEach(() => project?.dispose());

const image = (name: string, machine: 'x64' | 'x86' = 'x64'): Uint8Array =>
  driverImage(name, { machine, version: driverVersion([9, 1, 0, 0], 'Xen Project') });

const XENVBD = {
  'bin/x64/xenvbd.sys': image('xenvbd.sys'),
  'bin/x64/xendisk.sys': image('xendisk.sys'),
  'bin/x64/xencrsh.sys': image('xencrsh.sys'),
};

const PROJECT = `
brands: [xenproject]
sources:
  xenvbd: { binaries: bin }
drivers: [xenvbd]
architectures: [x64]
`;

/** Runs a release that must fail, and checks that nothing was written but what was there before. */
const refused = async (files: Readonly<Record<string, string | Uint8Array>>, ...more: readonly string[]) => {
  project = await makeProject(files);
  const before = filesBelow(project.folder);
  const args = ['release', '-C', project.folder, '--out', project.path('out'), '--date', '2026-05-04', ...more];
  const answer = await winpvJson(args);
  expect(answer.ok).toBe(false);
  expect(filesBelow(project.folder)).toEqual(before);
  return answer;
};

describe('a good project', () => {
  test('of binaries and our own template releases', async () => {
    project = await makeProject({ 'winpv.yaml': PROJECT, ...XENVBD });
    const answer = await winpvJson([
      'release',
      '-C',
      project.folder,
      '--out',
      project.path('out'),
      '--date',
      '2026-05-04',
    ]);
    expect(answer.error).toBeUndefined();
    expect(answer.exit).toBe(0);
  });
});

describe('a source', () => {
  test('without a binary that the INF names is refused, naming the file, the INF and its line', async () => {
    const { 'bin/x64/xencrsh.sys': _missing, ...rest } = XENVBD;
    const answer = await refused({ 'winpv.yaml': PROJECT, ...rest });
    expect(answer.exit).toBe(4);
    expect(answer.error).toMatchObject({ code: 'BUNDLE_FILE_MISSING', severity: 'error' });
    expect(answer.error?.message).toContain('xencrsh.sys');
    expect(answer.error?.at?.file).toContain('9.1.inf');
    expect(answer.error?.at?.line).toBeGreaterThan(1);
    expect(answer.error?.hint).toContain('x64/xencrsh.sys');
  });

  test('with a file that no INF names is refused', async () => {
    const answer = await refused({ 'winpv.yaml': PROJECT, ...XENVBD, 'bin/x64/helper.exe': image('helper.exe') });
    expect(answer.exit).toBe(4);
    expect(answer.error).toMatchObject({ code: 'BUNDLE_FILE_NOT_NAMED' });
    expect(answer.error?.at?.file).toContain('helper.exe');
  });

  test('with symbols of a shipped binary is fine, and the cabinet carries them', async () => {
    project = await makeProject({ 'winpv.yaml': PROJECT, ...XENVBD, 'bin/x64/xenvbd.pdb': 'symbols' });
    const out = project.path('out');
    const answer = await winpvJson(['release', '-C', project.folder, '--out', out, '--date', '2026-05-04']);
    expect(answer.exit).toBe(0);
    const cab = await winpvJson(['cab', 'list', `${out}/xenproject-x64-submission.cab`]);
    expect(cab.result.files.map((file: { name: string }) => file.name)).toContain('xenvbd\\xenvbd.pdb');
    expect(filesBelow(out).filter((path) => path.endsWith('.pdb'))).toEqual([]);
  });

  test('with a truncated image is refused as truncated', async () => {
    const whole = XENVBD['bin/x64/xenvbd.sys'];
    const answer = await refused({
      'winpv.yaml': PROJECT,
      ...XENVBD,
      'bin/x64/xenvbd.sys': whole.subarray(0, whole.length - 700),
    });
    expect(answer.exit).toBe(4);
    expect(answer.error).toMatchObject({ code: 'PE_TRUNCATED' });
    expect(answer.error?.at?.file).toContain('xenvbd.sys');
    expect(answer.error?.at?.offset).toBeTypeOf('number');
  });

  test('with a text in place of an image is refused', async () => {
    const answer = await refused({ 'winpv.yaml': PROJECT, ...XENVBD, 'bin/x64/xenvbd.sys': 'not a driver' });
    expect(answer.exit).toBe(4);
    expect(answer.error).toMatchObject({ code: 'BUNDLE_NOT_A_BINARY' });
  });

  test('with an image of another architecture is refused', async () => {
    const answer = await refused({
      'winpv.yaml': PROJECT,
      ...XENVBD,
      'bin/x64/xenvbd.sys': image('xenvbd.sys', 'x86'),
    });
    expect(answer.exit).toBe(4);
    expect(answer.error).toMatchObject({ code: 'BUNDLE_ARCHITECTURE' });
  });

  test('whose template is UTF-16BE is refused at its first bytes', async () => {
    const text = '[Version]\r\nSignature="$Windows NT$"\r\n';
    const template = Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(text, 'utf16le').swap16()]);
    const files = {
      'winpv.yaml': PROJECT.replace('{ binaries: bin }', '{ template: t.inf, binaries: bin }'),
      ...XENVBD,
      't.inf': template,
    };
    const answer = await refused(files);
    expect(answer.exit).toBe(4);
    expect(answer.error?.code).toBe('INF_UTF16BE');
    expect(answer.error?.at?.file).toContain('t.inf');
  });

  test('whose template has a token that no brand has is refused at its place', async () => {
    const template = encodeInfText(
      '[Version]\nSignature="$Windows NT$"\nClass=System ; @COLOUR_OF_LOGO@\n',
      'ansi',
      't.inf',
    );
    const files = {
      'winpv.yaml': PROJECT.replace('{ binaries: bin }', '{ template: t.inf, binaries: bin }'),
      ...XENVBD,
      't.inf': template,
    };
    const answer = await refused(files);
    expect(answer.exit).toBe(3);
    expect(answer.error).toMatchObject({
      code: 'TOKEN_UNRESOLVED',
      at: { line: 3, column: 16 },
      excerpt: 'Class=System ; @COLOUR_OF_LOGO@',
    });
  });

  test('whose INF lists a file without a place is refused at the line of its template', async () => {
    const template = encodeInfText(
      [
        ...['[Version]', '; @PRODUCT_NAME@', 'Signature="$Windows NT$"'],
        ...['Class=SCSIAdapter', 'ClassGuid={4D36E97B-E325-11CE-BFC1-08002BE10318}', 'Provider="X"'],
        ...['DriverVer=@INF_DATE@,@MAJOR_VERSION@.@MINOR_VERSION@.@MICRO_VERSION@.@BUILD_NUMBER@', 'PnpLockdown=1'],
        ...['[Manufacturer]', 'X=M,NTamd64.10.0', '[M.NTamd64.10.0]', 'D=I,XENBUS\\VEN_XP0001&DEV_VBD&REV_09000002'],
        ...['[I]', 'CopyFiles=F', '[I.Services]', 'AddService=xenvbd,2,S', '[S]', 'ServiceType=1', 'StartType=0'],
        ...['ErrorControl=1', 'ServiceBinary=%13%\\xenvbd.sys', '[F]', 'xenvbd.sys', 'xendisk.sys', 'xencrsh.sys'],
        ...['[DestinationDirs]', 'F=13', '[SourceDisksNames]', '1="d"', '[SourceDisksFiles]', 'xenvbd.sys=1'],
        ...['xendisk.sys=1', 'xencrsh.sys=1', ''],
      ].join('\r\n'),
      'ansi',
      't.inf',
    );
    const answer = await refused({
      'winpv.yaml': PROJECT.replace('{ binaries: bin }', '{ template: t.inf, binaries: bin }'),
      ...XENVBD,
      't.inf': template,
    });
    expect(answer.error?.code).toBe('CAT_NO_CATALOG_ENTRY');
    expect(answer.error?.at?.file).toBe(project?.path('t.inf'));
  });

  test('without a folder for the architecture is refused', async () => {
    const answer = await refused({ 'winpv.yaml': PROJECT, 'bin/arm64/xenvbd.sys': image('xenvbd.sys') });
    expect(answer.exit).toBe(4);
    expect(answer.error).toMatchObject({ code: 'SOURCE_LAYOUT' });
  });
});

describe('a brand', () => {
  const withBrand = (brand: string) => ({
    'winpv.yaml': 'brands: [acme.yaml]\nsources: { default: stand-in }\narchitectures: [x64]\n',
    'acme.yaml': brand,
  });
  const GOOD = 'id: acme\nversion: "9.1.0.7"\nvendorName: Acme\nvendorPrefix: AC\nproductName: Acme\n';

  test('with an unknown key is refused at the key, with the key that was meant', async () => {
    const answer = await refused(withBrand(`${GOOD}devcieId: C8E4\n`));
    expect(answer.exit).toBe(3);
    expect(answer.error).toMatchObject({ code: 'CONFIG_UNKNOWN_KEY', at: { line: 6, column: 1 } });
    const run = await winpv(['release', '-C', project?.folder ?? '', '--out', project?.path('out') ?? '']);
    expect(run.stderr).toContain('acme.yaml:6:1');
    expect(run.stderr).toContain('6 | devcieId: C8E4');
    expect(run.stderr).toMatch(/\n\s+\| \^/);
  });

  test('whose prefix makes the id list too long is refused, with F10', async () => {
    const answer = await refused(withBrand(GOOD.replace('AC\n', `${'A'.repeat(80)}\n`)));
    expect(answer.exit).toBe(3);
    expect(answer.error).toMatchObject({ code: 'BRAND_ID_LIST_TOO_LONG', failureMode: 'F10', at: { line: 4 } });
  });

  test('that shares its prefix with another brand of the project is refused, naming both', async () => {
    const files = { ...withBrand(GOOD.replace('AC\n', 'XP\n')) };
    const answer = await refused({
      ...files,
      'winpv.yaml': 'brands: [xenproject, acme.yaml]\nsources: { default: stand-in }\n',
    });
    expect(answer.exit).toBe(3);
    expect(answer.error?.code).toBe('BRAND_PREFIX_CLASH');
    expect(answer.error?.message).toContain('acme');
    expect(answer.error?.message).toContain('xenproject');
  });

  test('that does not exist is refused at its place in winpv.yaml', async () => {
    const answer = await refused({ 'winpv.yaml': 'sources: { default: stand-in }\nbrands: [xenprojct]\n' });
    expect(answer.exit).toBe(3);
    expect(answer.error).toMatchObject({
      code: 'PROJECT_UNKNOWN_NAME',
      at: { line: 2, column: 10 },
      hint: 'Did you mean `xenproject`?',
    });
  });
});

describe('a date', () => {
  const STAND_IN = { 'winpv.yaml': 'brands: [xenproject]\nsources: { default: stand-in }\narchitectures: [x64]\n' };
  const released = async (...args: readonly string[]) => {
    project = await makeProject(STAND_IN);
    return winpvJson(['release', '-C', project.folder, '--out', project.path('out'), ...args]);
  };

  test('in the future is refused; today is not', async () => {
    const tomorrow = await released('--date', new Date(TEST_NOW + 86_400_000).toISOString().slice(0, 10));
    expect(tomorrow.exit).toBe(2);
    expect(tomorrow.error?.code).toBe('DATE_IN_FUTURE');
    expect(filesBelow(project?.path('out') ?? '')).toEqual([]);
    project?.dispose();
    const today = await released('--date', new Date(TEST_NOW).toISOString().slice(0, 10));
    expect(today.exit).toBe(0);
  });

  test.each(['2026-02-30', '2026-2-3', 'yesterday', '05/04/2026'])('%s is refused', async (date) => {
    const answer = await released('--date', date);
    expect(answer.exit).toBe(2);
    expect(answer.error?.code).toBe('DATE_INVALID');
  });
});

describe('the output folder', () => {
  const STAND_IN = {
    'winpv.yaml': 'brands: [xenproject]\nsources: { default: stand-in }\narchitectures: [x64]\ndrivers: [xencrsh]\n',
  };

  test('that holds something else is refused, also with --clean', async () => {
    for (const more of [[], ['--clean']]) {
      const answer = await refused({ ...STAND_IN, 'out/precious.txt': 'mine' }, ...more);
      expect(answer.exit).toBe(8);
      expect(answer.error?.code).toBe('OUTPUT_NOT_EMPTY');
      project?.dispose();
    }
  });

  test('that holds an earlier release is refused without --clean, and replaced with it', async () => {
    project = await makeProject(STAND_IN);
    const args = ['release', '-C', project.folder, '--out', project.path('out'), '--date', '2026-05-04'];
    expect((await winpvJson(args)).exit).toBe(0);
    const again = await winpvJson(args);
    expect(again.exit).toBe(8);
    expect(again.error).toMatchObject({ code: 'OUTPUT_NOT_EMPTY' });
    expect(again.error?.hint).toContain('--clean');
    expect((await winpvJson([...args, '--clean'])).exit).toBe(0);
  });

  test('is not cleaned when something stands in it that no release wrote', async () => {
    project = await makeProject(STAND_IN);
    const args = ['release', '-C', project.folder, '--out', project.path('out'), '--date', '2026-05-04', '--clean'];
    expect((await winpvJson(args)).exit).toBe(0);
    project.write('out/NOTES.md', 'mine');
    const answer = await winpvJson(args);
    expect(answer.error).toMatchObject({ code: 'OUTPUT_NOT_EMPTY', hint: expect.stringContaining('NOTES.md') });
    expect(filesBelow(project.path('out'))).toContain('NOTES.md');
  });

  test('is not cleaned for the name of a file alone', async () => {
    const answer = await refused({ ...STAND_IN, 'out/release.json': '{"my":"own"}', 'out/SHA256SUMS': '' }, '--clean');
    expect(answer.error?.code).toBe('OUTPUT_NOT_EMPTY');
  });

  test('may be neither the project, nor around it, nor inside a source', async () => {
    project = await makeProject({
      'p/winpv.yaml': PROJECT,
      'p/release.json': '{}',
      ...Object.fromEntries(Object.entries(XENVBD).map(([name, bytes]) => [`p/${name}`, bytes])),
    });
    const before = filesBelow(project.folder);
    for (const out of ['p', '.', 'p/bin', 'p/bin/x64', 'p/bin/x64/out']) {
      const answer = await winpvJson([
        'release',
        '-C',
        project.path('p'),
        '--out',
        project.path(out),
        '--date',
        '2026-05-04',
        '--clean',
      ]);
      expect(answer.exit, out).toBe(8);
    }
    expect(filesBelow(project.folder)).toEqual(before);
  });

  test('is put right after a run that was killed between the two renames', async () => {
    project = await makeProject(STAND_IN);
    const args = ['release', '-C', project.folder, '--out', project.path('out'), '--date', '2026-05-04', '--clean'];
    expect((await winpvJson(args)).exit).toBe(0);
    const before = filesBelow(project.path('out'));
    renameSync(project.path('out'), project.path('.out.winpv-old'));
    project.write('winpv.yaml', `${STAND_IN['winpv.yaml']}windows: [7_X64]\n`);
    expect((await winpvJson(args)).exit).toBe(4);
    expect(filesBelow(project.path('out'))).toEqual(before);
    expect(filesBelow(project.folder).some((path) => path.startsWith('.out.'))).toBe(false);
  });

  test('keeps its old content when the new release fails', async () => {
    project = await makeProject(STAND_IN);
    const args = ['release', '-C', project.folder, '--out', project.path('out'), '--date', '2026-05-04'];
    expect((await winpvJson(args)).exit).toBe(0);
    const before = filesBelow(project.folder);
    project.write('winpv.yaml', `${STAND_IN['winpv.yaml']}windows: [7_X64]\n`);
    const failed = await winpvJson([...args, '--clean']);
    expect(failed.exit).toBe(4);
    expect(filesBelow(project.folder)).toEqual(before);
  });
});

describe('winpv.yaml', () => {
  test.each([
    ['brands: [xenproject]\nsources: { default: stand-in }\nsigning: { pfx: a.p12 }\n', 'CONFIG_CONFLICT'],
    ['brands: [xenproject]\nsources: { default: stand-in }\nsigning: { test: true, pfx: a.p12 }\n', 'CONFIG_CONFLICT'],
    ['brands: [xenproject]\nsources: { xenvbdd: stand-in }\n', 'CONFIG_UNKNOWN_KEY'],
    ['brands: [xenproject]\nsources: { default: fake }\n', 'CONFIG_INVALID'],
    ['brands: [xenproject]\nsources: { xenbus: stand-in }\ndrivers: [xenvbd]\n', 'PROJECT_NO_SOURCE'],
    ['brands: [xenproject]\nsources: { default: stand-in }\nsigning: { pkcs11: x }\n', 'CONFIG_CONFLICT'],
    ['brands: [xenproject]\nsources: { default: stand-in }\nsigning: { test: true, cloud: x }\n', 'CONFIG_INVALID'],
    ['brands: [xenproject]\nsources: { default: stand-in }\npatches: patches\n', 'CONFIG_INVALID'],
    ['brands: [xenproject\n', 'CONFIG_SYNTAX'],
    ['sources: { default: stand-in }\n', 'CONFIG_MISSING'],
  ])('%j is refused with %s and a position', async (yaml, code) => {
    const answer = await refused({ 'winpv.yaml': yaml });
    expect(answer.exit).toBe(3);
    expect(answer.error?.code).toBe(code);
    expect(answer.error?.at?.line).toBeGreaterThan(0);
  });

  test('that is missing is said so, with what to do', async () => {
    project = await makeProject({});
    const answer = await winpvJson(['release', '-C', project.folder, '--out', project.path('out')]);
    expect(answer.exit).toBe(8);
    expect(answer.error?.code).toBe('FILE_NOT_FOUND');
    expect(answer.error?.hint).toContain('-C');
  });
});
