import { rmSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import type { DriverFile } from '../../drivers/contract.ts';
import { DRIVERS } from '../../drivers/index.ts';
import { xenbus } from '../../drivers/xenbus/definition.ts';
import { xenvbd } from '../../drivers/xenvbd/definition.ts';
import { parseInf, sectionOf } from '../../packaging/formats/inf/document.ts';
import { decodeInfText } from '../../packaging/formats/inf/text.ts';
import { peChecksum } from '../../packaging/formats/pe/digest.ts';
import { parsePe } from '../../packaging/formats/pe/parse.ts';
import { winpvJson } from '../support/command-line.ts';
import { busWith, HEAD } from '../support/compiled-table.ts';
import { type Corpus, describeCorpus } from '../support/outside.ts';
import { makeProject, type TestProject } from '../support/project.ts';
import { binaryOf, image } from '../support/pv-package.ts';

/** A project as files; a variation changes one of them. */
type ProjectFiles = Readonly<Record<string, string | Uint8Array>>;

const VERSION = '9.1.2.3';

const BRAND = `
id: acme
version: ${VERSION}
vendorName: Acme
productName: Acme
vendorPrefix: XZ
vendorDeviceId: C8E0
`;

const fileNamed = (name: string): DriverFile => {
  const all = [xenbus, xenvbd].flatMap(({ generations }) => generations.flatMap(({ files }) => files));
  const file = all.find((one) => one.name === name);
  if (file === undefined) throw new Error(name);
  return file;
};

const BUS_FILES = [
  'xen.sys',
  'xenbus.sys',
  'xenfilt.sys',
  'xenbus_monitor.exe',
  'xenbus_monitor.dll',
  'xenbus_coinst.dll',
];
const DISK_FILES = ['xenvbd.sys', 'xencrsh.sys', 'xendisk.sys', 'xenvbd_coinst.dll'];

const placeOf = (name: string): string => `${BUS_FILES.includes(name) ? 'bus' : 'disk'}/x64/${name}`;

const binary = (name: string, version = VERSION): Uint8Array => binaryOf(fileNamed(name), version);

/** A project of upstream's templates and binaries of one build; only the files that the templates name. */
const projectOf = (corpus: Corpus, bus: string, disk: string): ProjectFiles => {
  const templates = {
    'xenbus.inf': decodeInfText(corpus.file(`xen/templates/xenbus/${bus}`), bus).text,
    'xenvbd.inf': decodeInfText(corpus.file(`xen/templates/xenvbd/${disk}`), disk).text,
  };
  const named = (name: string): boolean => Object.values(templates).some((text) => text.includes(name));
  return {
    'winpv.yaml':
      'brands: [acme.yaml]\nsources:\n  xenbus: { template: xenbus.inf, binaries: bus }\n  xenvbd: { template: xenvbd.inf, binaries: disk }\ndrivers: [xenbus, xenvbd]\narchitectures: [x64]\n',
    'acme.yaml': BRAND,
    ...templates,
    ...Object.fromEntries([...BUS_FILES, ...DISK_FILES].filter(named).map((name) => [placeOf(name), binary(name)])),
  };
};

/** The same for other drivers: what a template's SourceDisksFiles names is a small driver. */
const networkOf = (corpus: Corpus, templates: Readonly<Record<string, string>>, brand: string): ProjectFiles => {
  const drivers = Object.keys(templates);
  const parts = Object.entries(templates).flatMap(([driver, name]) => {
    const bytes = corpus.file(`xen/templates/${driver}/${name}`);
    const named = (sectionOf(parseInf(bytes, name), 'SourceDisksFiles')?.lines ?? []).flatMap(
      (line) => line.key ?? line.fields[0] ?? [],
    );
    return [
      [`${driver}.inf`, decodeInfText(bytes, name).text] as const,
      ...named.map((file) => [`${driver}/x64/${file}`, image({ name: file })] as const),
    ];
  });
  const sources = drivers.map((driver) => `  ${driver}: { template: ${driver}.inf, binaries: ${driver} }\n`).join('');
  return {
    'winpv.yaml': `brands: [acme.yaml]\nsources:\n${sources}drivers: [${drivers.join(', ')}]\narchitectures: [x64]\n`,
    'acme.yaml': brand,
    ...Object.fromEntries(parts),
  };
};

const NEWEST = ['20260225-654e3f7ef3.inf', '20250818-56b9415776.inf'] as const;
const OF_2024 = ['20241028-e76d03e375.inf', '20240709-3d05912d47.inf'] as const;
const OF_2023 = ['20231018-7566e51e9d.inf', '20230929-8d8f73311f.inf'] as const;
const OF_2020 = ['20201209-e54bbd5619.inf', '20191002-9521677e61.inf'] as const;

type Edit = (files: ProjectFiles) => ProjectFiles;

/** One text in one file becomes another, wherever it stands. */
const exchange =
  (file: string, from: string | RegExp, to: string): Edit =>
  (files) => {
    const before = files[file];
    if (typeof before !== 'string') throw new Error(`${file} is no text`);
    const after = before.replaceAll(from, to);
    if (after === before) throw new Error(`${file} has no ${from}`);
    return { ...files, [file]: after };
  };

const put =
  (file: string, content: string | Uint8Array): Edit =>
  (files) => {
    if (files[file] === undefined) throw new Error(file);
    return { ...files, [file]: content };
  };

const drop =
  (file: string): Edit =>
  (files) =>
    Object.fromEntries(Object.entries(put(file, '')(files)).filter(([name]) => name !== file));

/** Data directory 2 of a PE32+ image names its resources. */
const withoutVersion = (name: string): Uint8Array => {
  const bytes = binary(name).slice();
  const start = new DataView(bytes.buffer).getUint32(0x3c, true) + 24 + 112 + 16;
  bytes.fill(0, start, start + 8);
  const { checksumOffset } = parsePe(bytes, name);
  new DataView(bytes.buffer).setUint32(checksumOffset, peChecksum(bytes, checksumOffset), true);
  return bytes;
};

const revision = (number: string): Edit => exchange('xenvbd.inf', /REV_[0-9A-F]{8}/g, `REV_${number}`);

/** The number that upstream had twice for a fortnight in 2021. */
const TWICE = [...HEAD.slice(0, 1), ...HEAD].map((row) => [...row]);

const CASES: readonly (readonly [mode: string, what: string, base: readonly [string, string], edit: Edit])[] = [
  ['F01', 'one driver with another prefix', NEWEST, exchange('xenvbd.inf', '@VENDOR_PREFIX@', 'XY')],
  ['F02', 'one INF without the vendor function', NEWEST, exchange('xenvbd.inf', /^.*@VENDOR_DEVICE_ID@.*\r?\n/gm, '')],
  ['F03', 'a revision that the bus does not list', NEWEST, revision('0900000F')],
  ['F03', 'a revision that the bus has retired', NEWEST, revision('09000007')],
  ['F05', 'a driver of 2016 on a bus that lists its row', OF_2023, revision('09000000')],
  ['F07', 'a bus whose table has a number twice', NEWEST, put('bus/x64/xenbus.sys', busWith(TWICE, VERSION))],
  ['F10', 'a prefix that makes the lists of ids too long', OF_2024, exchange('acme.yaml', 'XZ', 'ABCDE')],
  ['F14', 'a forced unplug that the brand does not ask for', NEWEST, exchange('xenvbd.inf', /; *@FORCE_UNPLUG@/g, '')],
  ['F24', 'xen.sys of another build', NEWEST, put('bus/x64/xen.sys', binary('xen.sys', '9.1.2.2'))],
  ['F24', 'xen.sys without a version', NEWEST, put('bus/x64/xen.sys', withoutVersion('xen.sys'))],
  ['F24', 'xen.sys that the source lacks', NEWEST, drop('bus/x64/xen.sys')],
  ['F27', 'a bus without its feature score', NEWEST, exchange('xenbus.inf', /^FeatureScore.*$/gm, '')],
  ['F37', 'xencrsh.sys of another build', NEWEST, put('disk/x64/xencrsh.sys', binary('xencrsh.sys', '9.1.2.2'))],
  ['F37', 'xencrsh.sys that the source lacks', NEWEST, drop('disk/x64/xencrsh.sys')],
  ['F39', 'xendisk.sys of another build', NEWEST, put('disk/x64/xendisk.sys', binary('xendisk.sys', '9.1.2.2'))],
];

const projects: TestProject[] = [];
afterAll(() => {
  for (const project of projects) project.dispose();
});

const released = async (project: TestProject, out: string) => {
  const answer = await winpvJson(['release', '-C', project.folder, '--out', project.path(out), '--date', '2026-05-04']);
  const modes = (wanted: string): readonly (string | undefined)[] => [
    ...new Set(answer.diagnostics.filter(({ severity }) => severity === wanted).map(({ failureMode }) => failureMode)),
  ];
  return { exit: answer.exit, errors: modes('error'), warnings: modes('warning'), diagnostics: answer.diagnostics };
};

const start = async (files: ProjectFiles): Promise<TestProject> => {
  const project = await makeProject(files);
  projects.push(project);
  return project;
};

describeCorpus('a release that differs from a good one by one edit', (corpus) => {
  test.each([NEWEST, OF_2024, OF_2023, OF_2020])('the good one of %s and %s is made', async (bus, disk) => {
    const answer = await released(await start(projectOf(corpus, bus, disk)), 'out');
    expect(answer.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(answer.exit).toBe(0);
  });

  test.each(CASES)('%s and nothing else: %s', async (mode, _, [bus, disk], edit) => {
    const answer = await released(await start(edit(projectOf(corpus, bus, disk))), 'out');
    expect(answer.errors, JSON.stringify(answer.diagnostics.filter(({ severity }) => severity === 'error'))).toEqual([
      mode,
    ]);
    expect(answer.exit).toBeGreaterThanOrEqual(3);
  });

  describe('of network drivers', () => {
    const there = DRIVERS.some(({ name }) => name === 'xenvif');
    const OLD_BRAND = BRAND.replace('XZ', 'XS').replace('C8E0', 'C000');

    test.skipIf(!there)('F08: a revision that two branches gave to different interfaces', async () => {
      const templates = {
        xenbus: '20160822-c38e3f57cc.inf',
        xenvif: '20160822-476be732aa.inf',
        xennet: '20160920-7feaecfc8b.inf',
      };
      const files = networkOf(corpus, templates, BRAND);
      const good = await released(await start(files), 'out');
      expect(good.errors, JSON.stringify(good.diagnostics)).toEqual([]);
      const edit = exchange('xennet.inf', /REV_[0-9A-F]{8}/g, 'REV_08000007');
      expect((await released(await start(edit(files)), 'out')).errors).toEqual(['F08']);
    });

    test.skipIf(!there)('F09: drivers of two builds of the time that numbered anew', async () => {
      const templates = { xenbus: '20141216-1f0f88dc72.inf', xenvif: '20141107-a52f02ae23.inf' };
      const files = networkOf(corpus, templates, OLD_BRAND);
      const good = await released(await start(files), 'out');
      expect(good.errors, JSON.stringify(good.diagnostics)).toEqual([]);
      const edit = put('acme.yaml', `${OLD_BRAND}versions: { xenvif: 9.1.2.4 }\n`);
      expect((await released(await start(edit(files)), 'out')).errors).toEqual(['F09']);
    });
  });

  test('F06 is told and stops nothing: built with other interfaces than its revision stands for', async () => {
    const answer = await released(await start(projectOf(corpus, ...OF_2020)), 'out');
    expect(answer.exit).toBe(0);
    expect(answer.warnings).toContain('F06');
  });

  describe('after a release that the ledger knows', () => {
    const next = (project: TestProject, files: ProjectFiles): Promise<Awaited<ReturnType<typeof released>>> => {
      for (const folder of ['bus', 'disk']) rmSync(project.path(folder), { recursive: true });
      for (const [path, content] of Object.entries(files)) project.write(path, content);
      return released(project, 'next');
    };
    const nextVersion = (files: ProjectFiles): ProjectFiles =>
      Object.fromEntries(
        Object.entries(exchange('acme.yaml', VERSION, '9.1.2.4')(files)).map(([path, content]) => [
          path,
          typeof content === 'string' ? content : binary(path.slice(path.lastIndexOf('/') + 1), '9.1.2.4'),
        ]),
      );

    test('F04: a bus that retired the revision of the installed child, without a new one', async () => {
      const project = await start(projectOf(corpus, ...OF_2020));
      expect((await released(project, 'out')).exit).toBe(0);
      const rebuilt = nextVersion(projectOf(corpus, ...NEWEST));
      const answer = await next(
        project,
        exchange('winpv.yaml', 'drivers: [xenbus, xenvbd]', 'drivers: [xenbus]')(rebuilt),
      );
      expect(answer.errors, JSON.stringify(answer.diagnostics)).toEqual(['F04']);
      const good = await next(project, rebuilt);
      expect([good.exit, good.errors]).toEqual([0, []]);
    });

    test('F27: a storage driver that loses the feature score it had', async () => {
      const files = projectOf(corpus, ...NEWEST);
      const scored = exchange(
        'xenvbd.inf',
        /^(\[XenVbd_Inst\]|\[XenVbd_Inst\.NT[^\]]*\])\s*$/gm,
        '$1\nFeatureScore=0xFE',
      );
      const own = files['xenvbd.inf'];
      const first = typeof own === 'string' && own.includes('FeatureScore') ? files : scored(files);
      const project = await start(first);
      expect((await released(project, 'out')).exit).toBe(0);
      const rebuilt = nextVersion(first);
      const answer = await next(project, exchange('xenvbd.inf', /^FeatureScore.*$/gm, '')(rebuilt));
      expect(answer.errors).toEqual(['F27']);
    });
  });
});
