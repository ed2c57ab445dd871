import { createHash } from 'node:crypto';
import { cpSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseCab } from '../../packaging/formats/cab/parse.ts';
import { parseCatalog } from '../../packaging/formats/cat/parse.ts';
import { showCatalog } from '../../packaging/formats/cat/show.ts';
import { parsePe } from '../../packaging/formats/pe/parse.ts';
import { parseVersionResource } from '../../packaging/formats/pe/version-resource.ts';
import { parseZip } from '../../packaging/formats/zip/parse.ts';
import { winpv, winpvJson } from '../support/command-line.ts';
import { contentBelow, filesBelow, makeProject, type TestProject } from '../support/project.ts';

const PROJECT = `
brands: [xenproject, example-vendor]
sources: { default: stand-in }
architectures: [x64, x86]
signing: { test: true }
`;

let project: TestProject;
const release = (...more: readonly string[]) =>
  winpvJson(['release', '-C', project.folder, '--out', project.path('out'), '--date', '2026-05-04', ...more]);

beforeAll(async () => {
  project = await makeProject({ 'winpv.yaml': PROJECT });
});
afterAll(() => project.dispose());

describe('a release of stand-ins', () => {
  test('makes the packages, archives, trust files, checksums and record of both brands', async () => {
    const answer = await release();
    expect(answer.error).toBeUndefined();
    expect(answer.exit).toBe(0);
    const packages: Readonly<Record<string, readonly string[]>> = {
      xenbus: ['xen.sys', 'xenbus.cat', 'xenbus.inf', 'xenbus.sys', 'xenbus_monitor.exe', 'xenfilt.sys'],
      xencons: [
        ...['xencons.cat', 'xencons.inf', 'xencons.sys'],
        ...['xencons_monitor.dll', 'xencons_monitor.exe', 'xencons_tty.exe'],
      ],
      xencrsh: ['xencrsh.cat', 'xencrsh.inf', 'xencrsh.sys'],
      xendisk: ['xendisk.cat', 'xendisk.inf', 'xendisk.sys'],
      xenhid: ['xenhid.cat', 'xenhid.inf', 'xenhid.sys'],
      xeniface: ['xenagent.dll', 'xenagent.exe', 'xeniface.cat', 'xeniface.inf', 'xeniface.sys'],
      xennet: ['xennet.cat', 'xennet.inf', 'xennet.sys'],
      xenvbd: ['xencrsh.sys', 'xendisk.sys', 'xenvbd.cat', 'xenvbd.inf', 'xenvbd.sys'],
      xenvif: ['xenvif.cat', 'xenvif.inf', 'xenvif.sys'],
      xenvkbd: ['xenvkbd.cat', 'xenvkbd.inf', 'xenvkbd.sys'],
    };
    const brandFiles = (brand: string): readonly string[] => [
      `${brand}-x64-submission.cab`,
      `${brand}-x86-submission.cab`,
      ...[`${brand}.zip`, `${brand}.cdx.json`, `${brand}.cdx.intoto.jsonl`, `${brand}.provenance.intoto.jsonl`],
      ...['root', 'signer'].flatMap((role) => [`${brand}/trust/${role}.cer`, `${brand}/trust/${role}.pem`]),
      ...Object.entries(packages).flatMap(([driver, names]) =>
        ['x64', 'x86'].flatMap((arch) => names.map((name) => `${brand}/${driver}/${arch}/${name}`)),
      ),
    ];
    const expected = [
      ...['SHA256SUMS', 'SHA256SUMS.p7s'],
      'release.json',
      'report.html',
      'signatures.json',
      ...brandFiles('xenproject'),
      ...brandFiles('example-vendor'),
    ].sort();
    expect(filesBelow(project.path('out'))).toEqual(expected);
  });

  test('has a SHA256SUMS that lists every file but itself and its signature, rightly', () => {
    const content = contentBelow(project.path('out'));
    const lines = (content.get('SHA256SUMS')?.toString('utf8') ?? '').trimEnd().split('\n');
    const listed = new Map(lines.map((line) => [line.slice(66), line.slice(0, 64)]));
    const actual = [...content]
      .filter(([path]) => !/^SHA256SUMS(\.p7s)?$/.test(path))
      .map(([path, bytes]) => [path, createHash('sha256').update(bytes).digest('hex')] as const);
    expect(listed).toEqual(new Map(actual));
  });

  test('the record names each file with its hash, says stand-in, and holds no path of the machine', () => {
    const content = contentBelow(project.path('out'));
    const text = content.get('release.json')?.toString('utf8') ?? '';
    const record = JSON.parse(text);
    expect(record).toMatchObject({
      formatVersion: 1,
      date: '2026-05-04',
      standIns: true,
      signing: { kind: 'test', timestamps: 'test' },
    });
    const files = record.brands.flatMap(
      (brand: { packages: { files: { path: string; bytes: number; sha256: string }[] }[] }) =>
        brand.packages.flatMap((pack) => pack.files),
    );
    expect(files).toHaveLength(2 * 2 * 40);
    for (const file of files) {
      expect(
        createHash('sha256')
          .update(content.get(file.path) ?? '')
          .digest('hex'),
        file.path,
      ).toBe(file.sha256);
      expect(content.get(file.path)?.length, file.path).toBe(file.bytes);
    }
    expect(text).not.toContain(project.folder);
  });

  test('xendisk and xencrsh on their own are the binaries of the xenvbd package, to the byte', () => {
    const content = contentBelow(project.path('out'));
    for (const brand of ['xenproject', 'example-vendor']) {
      for (const arch of ['x64', 'x86']) {
        for (const part of ['xendisk', 'xencrsh']) {
          const alone = content.get(`${brand}/${part}/${arch}/${part}.sys`);
          expect(alone?.length).toBeGreaterThan(1024);
          expect(alone).toEqual(content.get(`${brand}/xenvbd/${arch}/${part}.sys`));
        }
      }
    }
  });

  test('the binaries carry the brand: version resource, architecture, and the import of xencrsh', () => {
    const read = (path: string) => parsePe(new Uint8Array(readFileSync(project.path('out', path))), path);
    const image = read('example-vendor/xenvbd/x86/xenvbd.sys');
    expect(image.machine).toBe('x86');
    expect(parseVersionResource(image)?.strings[0]?.values).toMatchObject({
      CompanyName: 'Example Vendor',
      OriginalFilename: 'xenvbd.sys',
      FileVersion: '9.1.0.1',
      ProductName: 'XENVBD',
    });
    expect(parseVersionResource(read('xenproject/xenvbd/x64/xenvbd.sys'))?.fixed.fileVersion).toEqual([9, 1, 0, 0]);
  });

  test('each catalog is version 2, dated as the release, and lists the INF and every binary with the ids', () => {
    const bytes = new Uint8Array(readFileSync(project.path('out/example-vendor/xenbus/x64/xenbus.cat')));
    const shown = showCatalog(parseCatalog(bytes, 'xenbus.cat'));
    expect(shown).toMatchObject({ version: 2, digestAlgorithm: 'sha256', thisUpdate: '2026-05-04T00:00:00Z' });
    expect(shown.hardwareIds).toEqual([
      'pci\\ven_5853&dev_c8e0&subsys_c8e05853&rev_01',
      'pci\\ven_5853&dev_0002',
      'pci\\ven_5853&dev_0001',
    ]);
    const sha256 = shown.members.filter((member) => member.algorithm === 'sha256');
    const names = sha256.map((member) => member.attributes.File ?? '').sort();
    expect(names).toEqual(['xen.sys', 'xenbus.inf', 'xenbus.sys', 'xenbus_monitor_9_1_0_1.exe', 'xenfilt.sys']);
    expect(sha256.map((member) => member.kind).sort()).toEqual(['flat', 'pe', 'pe', 'pe', 'pe']);
  });

  test('the submission cabinet holds one folder a package, and xendisk and xencrsh only inside xenvbd', () => {
    const path = project.path('out/xenproject-x64-submission.cab');
    const { files } = parseCab(new Uint8Array(readFileSync(path)), path);
    const folders = new Set(files.map((file) => file.name.split('\\')[0]));
    expect([...folders].sort()).toEqual([
      ...['xenbus', 'xencons', 'xenhid', 'xeniface', 'xennet', 'xenvbd', 'xenvif', 'xenvkbd'],
    ]);
    expect(files.map((file) => file.name)).toContain('xenvbd\\xencrsh.sys');
  });

  test('programs are installed under names with the version, which the INF alone knows', () => {
    const content = contentBelow(project.path('out'));
    const inf = content.get('example-vendor/xencons/x64/xencons.inf')?.toString('latin1') ?? '';
    expect(inf).toContain('"Parameters\\default","Executable",0x00000000,"xencons_tty_9_1_0_1.exe"');
    const agent = content.get('example-vendor/xeniface/x64/xeniface.inf')?.toString('latin1') ?? '';
    expect(agent).toContain('ServiceBinary = %11%\\xenagent_9_1_0_1.exe');
  });

  test('the ZIP holds what the folder of the brand holds', () => {
    const entries = parseZip(new Uint8Array(readFileSync(project.path('out/xenproject.zip'))), 'xenproject.zip');
    const content = contentBelow(project.path('out/xenproject'));
    expect(new Map(entries.map((entry) => [entry.name, Buffer.from(entry.bytes())]))).toEqual(content);
  });

  test('no string of one brand is in the other', () => {
    const content = contentBelow(project.path('out'));
    const words = ['Example Vendor', 'C8E0', 'c8e0'];
    for (const [path, bytes] of content) {
      if (!path.startsWith('xenproject/')) continue;
      for (const word of words) {
        expect(bytes.includes(word, 0, 'latin1'), `${path} contains ${word}`).toBe(false);
        expect(bytes.includes(Buffer.from(word, 'utf16le')), `${path} contains ${word} in UTF-16`).toBe(false);
      }
    }
  });

  test('made again, it is the same to the byte', async () => {
    const before = contentBelow(project.path('out'));
    const answer = await release('--clean');
    expect(answer.exit).toBe(0);
    expect(contentBelow(project.path('out'))).toEqual(before);
  });

  test('is the same however the project is named', async () => {
    const files = {
      'p/winpv.yaml':
        'brands: [xenproject]\nsources: { xencrsh: { binaries: ../ext } }\ndrivers: [xencrsh]\narchitectures: [x64]\n',
    };
    const other = await makeProject(files);
    try {
      other.write('ext/x64/xencrsh.sys', readFileSync(project.path('out/xenproject/xencrsh/x64/xencrsh.sys')));
      cpSync(other.path('.winpv'), other.path('p/.winpv'), { recursive: true });
      const spelled = [other.path('p'), `${other.path('p')}/`, `${other.path('p')}/../p`, other.path('.', 'p')];
      const made = [];
      for (const [i, name] of spelled.entries()) {
        const unsigned = await winpvJson([
          'release',
          '-C',
          name,
          '--out',
          other.path(`out${i}`),
          '--date',
          '2026-05-04',
          '--dry-run',
        ]);
        expect(unsigned.error).toBeUndefined();
        made.push(JSON.stringify(unsigned.result));
      }
      expect(new Set(made).size).toBe(1);
      expect(made[0]).toContain('"path":"../ext/x64/xencrsh.sys"');
    } finally {
      other.dispose();
    }
  });

  test('another date gives another release', async () => {
    const other = project.path('other');
    const answer = await winpvJson(['release', '-C', project.folder, '--out', other, '--date', '2026-05-05']);
    expect(answer.exit).toBe(0);
    const inf = contentBelow(other).get('xenproject/xenbus/x64/xenbus.inf')?.toString('latin1') ?? '';
    expect(inf).toContain('05/05/2026,9.1.0.0');
  });
});

describe('narrowing', () => {
  test('--brand, --driver and --arch leave the rest out', async () => {
    const out = project.path('narrow');
    const narrow = ['--brand', 'example-vendor', '--driver', 'xenvbd', '--arch', 'x86'];
    const answer = await winpvJson(['release', '-C', project.folder, '--out', out, '--date', '2026-05-04', ...narrow]);
    expect(answer.exit).toBe(0);
    const folders = new Set(
      filesBelow(out)
        .map((path) => path.split('/').slice(0, 3).join('/'))
        .filter((path) => path.includes('/')),
    );
    expect([...folders].sort()).toEqual([
      'example-vendor/trust/root.cer',
      'example-vendor/trust/root.pem',
      'example-vendor/trust/signer.cer',
      'example-vendor/trust/signer.pem',
      'example-vendor/xenvbd/x86',
    ]);
  });

  test('--dry-run prints the plan and writes nothing', async () => {
    const out = project.path('never');
    const answer = await winpvJson([
      'release',
      '-C',
      project.folder,
      '--out',
      out,
      '--date',
      '2026-05-04',
      '--dry-run',
    ]);
    expect(answer.exit).toBe(0);
    expect(answer.result).toMatchObject({
      formatVersion: 1,
      date: '2026-05-04',
      signing: { kind: 'test', timestamps: 'test' },
    });
    expect(answer.result.brands.map((brand: { id: string }) => brand.id)).toEqual(['xenproject', 'example-vendor']);
    expect(filesBelow(out)).toEqual([]);
  });
});

describe('the summary for people', () => {
  test('says in about ten lines what was made and what to do next', async () => {
    const run = await winpv([
      'release',
      '-C',
      project.folder,
      '--out',
      project.path('out'),
      '--date',
      '2026-05-04',
      '--clean',
    ]);
    expect(run.exit).toBe(0);
    const lines = run.stdout.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(13);
    expect(run.stdout).toContain('40 driver packages of 2 brands');
    expect(run.stdout).toContain('Next:');
  });

  test('--quiet prints nothing', async () => {
    const args = [
      'release',
      '-C',
      project.folder,
      '--out',
      project.path('out'),
      '--date',
      '2026-05-04',
      '--clean',
      '--quiet',
    ];
    expect(await winpv(args)).toEqual({ exit: 0, stdout: '', stderr: '' });
  });
});
