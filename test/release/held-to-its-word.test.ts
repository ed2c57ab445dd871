import { lstatSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { winpvJson } from '../support/command-line.ts';
import { driverImage, driverVersion } from '../support/demo-image.ts';
import { filesBelow, makeProject, type TestProject } from '../support/project.ts';

let project: TestProject | undefined;
afterEach(() => project?.dispose());

const image = (name: string): Uint8Array => driverImage(name, { version: driverVersion([9, 1, 0, 0], 'Acme') });

const GOOD = 'id: acme\nversion: "9.1.0.7"\nvendorName: Acme\nvendorPrefix: AC\nproductName: Acme\n';
/** The binaries of these tests are of another version. */
const REWRITTEN = `${GOOD}rewriteVersions: true\n`;
const STAND_IN = 'brands: [acme.yaml]\nsources: { default: stand-in }\narchitectures: [x64]\ndrivers: [xenvbd]\n';
const XENVBD = Object.fromEntries(
  ['xenvbd.sys', 'xendisk.sys', 'xencrsh.sys'].map((name) => [`bin/x64/${name}`, image(name)]),
);
const FROM_BIN = STAND_IN.replace('default: stand-in', 'xenvbd: { binaries: bin }');

type Content = Readonly<Record<string, string | Uint8Array>>;

const released = async (files: Content, ...more: readonly string[]) => {
  project = await makeProject(files);
  return winpvJson(['release', '-C', project.folder, '--out', project.path('out'), '--date', '2026-05-04', ...more]);
};

const refused = async (files: Content) => {
  const answer = await released(files);
  expect(answer.ok).toBe(false);
  expect(filesBelow(project?.path('out') ?? '')).toEqual([]);
  return answer;
};

describe('what cannot be done', () => {
  test('a key in a cloud without its place is refused at its key', async () => {
    const yaml = `${STAND_IN}signing: { cloud: azure-key-vault, timestamp: none }\n`;
    const answer = await refused({ 'winpv.yaml': yaml, 'acme.yaml': GOOD });
    expect(answer.exit).toBe(3);
    expect(answer.error).toMatchObject({ code: 'CONFIG_CONFLICT', at: { line: 5 } });
    expect(answer.error?.message).toContain('`signing.cloud`');
  });

  test('a hash is refused for a folder, which has none', async () => {
    const yaml = STAND_IN.replace('default: stand-in', `xenvbd: { binaries: bin, sha256: ${'a'.repeat(64)} }`);
    const answer = await refused({ 'winpv.yaml': yaml, 'acme.yaml': GOOD, ...XENVBD });
    expect(answer.exit).toBe(3);
    expect(answer.error).toMatchObject({ code: 'SOURCE_PIN_MISPLACED', at: { line: 2 } });
  });
});

describe('a name that does not exist', () => {
  test('among the systems is refused at its place, with the one that was meant', async () => {
    const answer = await refused({ 'winpv.yaml': `${STAND_IN}windows: [10_X64, SERVER2061_X64]\n`, 'acme.yaml': GOOD });
    expect(answer.exit).toBe(3);
    expect(answer.error).toMatchObject({
      code: 'CONFIG_INVALID',
      at: { line: 5, column: 19 },
      hint: 'Did you mean `SERVER2016_X64`?',
    });
  });

  test.each([
    ['drivers: [xenbus, xenvdb]', { line: 6, column: 19 }, 'xenvbd'],
    ['versions: { xennett: 9.1.0.1 }', { line: 6, column: 13 }, 'xennet'],
    ['extraFiles: { xenbuss: [a.exe] }', { line: 6, column: 15 }, 'xenbus'],
  ])('among a brand’s drivers is refused at its place: %s', async (line, at, meant) => {
    const answer = await refused({ 'winpv.yaml': STAND_IN, 'acme.yaml': `${GOOD}${line}\n` });
    expect(answer.exit).toBe(3);
    expect(answer.error).toMatchObject({ code: 'CONFIG_INVALID', at, hint: `Did you mean \`${meant}\`?` });
  });

  test('is no driver of the family that winpv does not release yet', async () => {
    const brand = `${GOOD}versions: { xenvif: 9.1.0.1 }\ndrivers: [xenvbd, xennet]\n`;
    expect((await released({ 'winpv.yaml': STAND_IN, 'acme.yaml': brand })).error).toBeUndefined();
  });

  test('a brand that shares no driver with the release is refused', async () => {
    const answer = await refused({ 'winpv.yaml': STAND_IN, 'acme.yaml': `${GOOD}drivers: [xennet]\n` });
    expect(answer.exit).toBe(3);
    expect(answer.error).toMatchObject({ code: 'CONFIG_INVALID', at: { line: 6, column: 1 } });
    expect(answer.error?.message).toContain('xenvbd');
  });
});

/** The package that winpv made of stand-ins, as a build tree. */
const treeOf = async (brand: string): Promise<Content> => {
  const made = await released({ 'winpv.yaml': STAND_IN, 'acme.yaml': brand });
  expect(made.error).toBeUndefined();
  const from = project;
  const tree = filesBelow(from?.path('out', 'acme', 'xenvbd') ?? '').map((name) => [
    `tree/${name}`,
    readFileSync(from?.path('out', 'acme', 'xenvbd', name) ?? ''),
  ]);
  from?.dispose();
  return Object.fromEntries(tree);
};

describe('a finished INF of a build tree', () => {
  const yaml = STAND_IN.replace('default: stand-in', 'xenvbd: { tree: tree }');
  const unsigned = (tree: Content): Content => ({ ...tree, ...prefixed(XENVBD) });
  const prefixed = (files: Content): Content =>
    Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name.replace('bin/', 'tree/'), bytes]));

  test('of the brand and its version is released as it is', async () => {
    const tree = unsigned(await treeOf(GOOD));
    const answer = await released({ 'winpv.yaml': yaml, 'acme.yaml': REWRITTEN, ...tree });
    expect(answer.error).toBeUndefined();
    const inf = readFileSync(project?.path('out', 'acme', 'xenvbd', 'x64', 'xenvbd.inf') ?? '');
    expect(inf.equals(Buffer.from(tree['tree/x64/xenvbd.inf'] ?? ''))).toBe(true);
  });

  test('of another version or another vendor is refused, saying both', async () => {
    const tree = unsigned(await treeOf(GOOD));
    const later = await refused({ 'winpv.yaml': yaml, 'acme.yaml': GOOD.replace('0.7', '0.8'), ...tree });
    expect(later.exit).toBe(4);
    expect(later.error).toMatchObject({ code: 'BUNDLE_TREE_DIFFERS' });
    expect(later.error?.message).toMatch(/9\.1\.0\.7.*9\.1\.0\.8/);
    project?.dispose();
    const other = await refused({
      'winpv.yaml': yaml,
      'acme.yaml': GOOD.replace('Name: Acme', 'Name: Other'),
      ...tree,
    });
    expect(other.error?.message).toMatch(/"Acme".*"Other"/);
  });
});

describe('a file of a source that no INF names', () => {
  const files = (brand: string, source: string): Content => ({
    'winpv.yaml': FROM_BIN.replace('binaries: bin', source),
    'acme.yaml': brand,
    ...XENVBD,
    'bin/x64/helper.exe': image('helper.exe'),
  });

  test('is refused, and the hint names the two ways out', async () => {
    const answer = await refused(files(GOOD, 'binaries: bin'));
    expect(answer.error).toMatchObject({ code: 'BUNDLE_FILE_NOT_NAMED' });
    expect(answer.error?.hint).toContain('extraFiles');
    expect(answer.error?.hint).toContain('ignore');
  });

  test('stays behind when the source ignores it, whatever its case', async () => {
    const answer = await released(files(REWRITTEN, 'binaries: bin, ignore: [Helper.exe]'));
    expect(answer.error).toBeUndefined();
    expect(filesBelow(project?.path('out') ?? '').join()).not.toMatch(/helper/i);
  });

  test('ships, signed, when the brand says so', async () => {
    const answer = await released(files(`${REWRITTEN}extraFiles: { xenvbd: [helper.exe] }\n`, 'binaries: bin'));
    expect(answer.error).toBeUndefined();
    const shipped = project?.path('out', 'acme', 'xenvbd', 'x64', 'helper.exe') ?? '';
    const ca = project?.path('out', 'acme', 'trust', 'root.pem') ?? '';
    const verdict = await winpvJson(['verify', shipped, '--ca', ca]);
    expect(verdict.result.verdict).toBe('valid');
    const cab = await winpvJson(['cab', 'list', project?.path('out', 'acme-x64-submission.cab') ?? '']);
    expect(cab.result.files.map((file: { name: string }) => file.name)).toContain('xenvbd\\helper.exe');
    const whole = await winpvJson(['verify', project?.path('out') ?? '', '--ca', ca]);
    expect(whole.result.verdict).toBe('valid');
  });

  test('and that the brand ships has to be there for every architecture', async () => {
    const brand = `${GOOD}extraFiles: { xenvbd: [setup.exe] }\n`;
    const answer = await refused(files(brand, 'binaries: bin, ignore: [helper.exe]'));
    expect(answer.exit).toBe(4);
    expect(answer.error).toMatchObject({ code: 'BUNDLE_FILE_MISSING', at: { line: 6, column: 15 } });
  });
});

describe('an output folder that is a link', () => {
  test('stays one; what it leads to is replaced', async () => {
    project = await makeProject({ 'winpv.yaml': STAND_IN, 'acme.yaml': GOOD });
    mkdirSync(project.path('elsewhere'));
    symlinkSync(project.path('elsewhere'), project.path('out'));
    const args = ['release', '-C', project.folder, '--out', project.path('out'), '--date', '2026-05-04', '--clean'];
    expect((await winpvJson(args)).error).toBeUndefined();
    expect((await winpvJson(args)).error).toBeUndefined();
    expect(lstatSync(project.path('out')).isSymbolicLink()).toBe(true);
    expect(filesBelow(project.path('elsewhere'))).toContain('release.json');
    expect(filesBelow(project.folder).filter((path) => path.includes('winpv-partial'))).toEqual([]);
  });
});
