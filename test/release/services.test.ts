import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { parseCatalog } from '../../packaging/formats/cat/parse.ts';
import { parseInf } from '../../packaging/formats/inf/document.ts';
import { infModel, installTarget } from '../../packaging/formats/inf/model.ts';
import type { StandIn } from '../../packaging/formats/pe/stand-in.ts';
import type { ReleaseRecord } from '../../release/record.ts';
import { winpvJson } from '../support/command-line.ts';
import { driverImage, driverVersion } from '../support/demo-image.ts';
import { projectRoot } from '../support/outside.ts';
import { contentBelow, filesBelow, makeProject, type TestProject } from '../support/project.ts';

let project: TestProject | undefined;
afterEach(() => project?.dispose());

const BRAND = `id: acme
version: 9.1.0.7
vendorName: Acme Corp
vendorPrefix: AC
productName: Acme
`;
const SERVICES = `services:
  - name: AcmeAgent
    displayName: Acme Agent
    description: "Tells the host about this guest; it's = [small], 100 & more \\\\"
    program: acmeagent.exe
    files: [acmeagent.dll]
    package: xenbus
    eventSource: true
  - name: acme-helper
    displayName: Acme Helper
    program: acmehelper.exe
    package: xenvbd
    start: demand
    as: component
    eventSource: true
    files: [helper.json]
`;
const STRINGS = `strings:
  de-DE: { BusName: Acme PV-Bus, VendorService_AcmeAgent_Name: Acme-Dienst }
  0411: { MonitorName: Acme ドライバー }
`;
const PROJECT = 'brands: [acme.yaml]\nsources: { default: stand-in }\ndrivers: [xenbus, xenvbd]\n';

const release = async (files: Readonly<Record<string, string | Uint8Array>>, ...more: readonly string[]) => {
  project = await makeProject({ 'winpv.yaml': PROJECT, ...files });
  const out = project.path('out');
  return winpvJson(['release', '-C', project.folder, '--out', out, '--date', '2026-05-04', ...more]);
};
const read = (...parts: readonly string[]): Uint8Array => readFileSync(project?.path('out', ...parts) ?? '');
const infAt = (path: string) => parseInf(read('acme', path), path);
const record = (): ReleaseRecord => JSON.parse(readFileSync(project?.path('out/release.json') ?? '', 'utf8'));
const installed = (path: string, arch: 'amd64' | 'x86' = 'amd64') => {
  const document = infAt(path);
  return installTarget(document, infModel(document), { arch, major: 10, minor: 0, build: 22621, productType: 1 });
};

describe('a release of a brand with services', () => {
  test('ships one inside the driver package and one as a component, for both architectures', async () => {
    const answer = await release({ 'acme.yaml': `${BRAND}${SERVICES}` });
    expect(answer.error).toBeUndefined();
    expect(answer.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    const below = filesBelow(project?.path('out/acme') ?? '');
    for (const arch of ['x64', 'x86']) {
      expect(below).toEqual(
        expect.arrayContaining([
          `xenbus/${arch}/acmeagent.exe`,
          `xenbus/${arch}/acmeagent.dll`,
          `acme-helper-extension/${arch}/acme-helper-extension.inf`,
          `acme-helper-extension/${arch}/acme-helper-extension.cat`,
          `acme-helper-component/${arch}/acme-helper-component.inf`,
          `acme-helper-component/${arch}/acme-helper-component.cat`,
          `acme-helper-component/${arch}/acmehelper.exe`,
          `acme-helper-component/${arch}/helper.json`,
        ]),
      );
    }
    for (const arch of ['amd64', 'x86'] as const) {
      const target = installed(`xenbus/${arch === 'x86' ? 'x86' : 'x64'}/xenbus.inf`, arch);
      expect(target.files).toContainEqual(
        expect.objectContaining({ name: 'acmeagent_9_1_0_7.exe', source: 'acmeagent.exe', dirid: 11 }),
      );
      const service = target.services.find(({ name }) => name === 'AcmeAgent');
      expect(service).toMatchObject({
        ...{ flags: 0x800, serviceType: 0x10, startType: 2, errorControl: 1 },
        binary: '%11%\\acmeagent_9_1_0_7.exe',
        displayName: 'Acme Agent',
        description: "Tells the host about this guest; it's = [small], 100 & more \\",
      });
      expect(service?.registry).toContainEqual(
        expect.objectContaining({
          scope: 'event-log',
          name: 'EventMessageFile',
          value: '%SystemRoot%\\System32\\acmeagent_9_1_0_7.exe',
        }),
      );
    }
  });

  test('has component packages that pass the rules of w and of h, with catalogs that list their files', async () => {
    await release({ 'acme.yaml': `${BRAND}${SERVICES}` });
    const packages = record().brands.flatMap((brand) => brand.packages);
    const own = packages.filter(({ driver }) => driver.startsWith('acme-helper'));
    expect(own.map(({ driver, architecture, version }) => `${driver} ${architecture} ${version}`).sort()).toEqual(
      ['component x64', 'component x86', 'extension x64', 'extension x86'].map((one) => `acme-helper-${one} 9.1.0.7`),
    );
    for (const { infModes } of own) expect(infModes).toEqual(['none', 'k', 'u', 'w', 'h']);
    const cat = parseCatalog(read('acme/acme-helper-component/x64/acme-helper-component.cat'), 'component.cat');
    const listed = cat.content.members
      .flatMap(({ attributes }) => attributes)
      .filter(({ name }) => name === 'File')
      .map(({ value }) => Buffer.from(value).toString('utf16le').replace(/\0$/, ''));
    expect(new Set(listed)).toEqual(new Set(['acme-helper-component.inf', 'acmehelper.exe', 'helper.json']));
    for (const path of ['acme-helper-extension', 'acme-helper-component']) {
      for (const mode of ['w', 'h']) {
        const folder = project?.path('out/acme', path, 'x64') ?? '';
        const verified = await winpvJson(['inf', 'verify', folder, '--mode', mode]);
        expect(verified.diagnostics, `${path} ${mode}`).toEqual([]);
        expect(verified.exit).toBe(0);
      }
    }
  });

  test('extends the devices of the package, under an id that depends on the names of brand and service alone', async () => {
    await release({ 'acme.yaml': `${BRAND}${SERVICES}` }, '--arch', 'x64');
    const extension = infModel(infAt('acme-helper-extension/x64/acme-helper-extension.inf'));
    const base = infModel(infAt('xenvbd/x64/xenvbd.inf'));
    const component = infModel(infAt('acme-helper-component/x64/acme-helper-component.inf'));
    expect(extension.devices.flatMap(({ ids }) => ids)).toEqual([...new Set(base.devices.flatMap(({ ids }) => ids))]);
    // uuid.uuid5(NAME_SPACE, 'extension:acme/acme-helper') of Python says the same.
    expect(extension.version.extensionId).toBe('{DCCE0619-1E4B-5CC0-A2F0-4586D16383DC}');
    expect(component.devices.map(({ ids }) => ids)).toEqual([['SWC\\VEN_AC&SVC_acme-helper']]);
    expect(installed('acme-helper-component/x64/acme-helper-component.inf').services).toMatchObject([
      { name: '', flags: 2 },
      { name: 'acme-helper', startType: 3, binary: '%13%\\acmehelper.exe', displayName: 'Acme Helper' },
    ]);
    const cabinet = record().brands[0]?.cabinets[0]?.path ?? '';
    const listed = await winpvJson(['cab', 'list', project?.path('out', cabinet) ?? '']);
    const text = JSON.stringify(listed.result).replaceAll('\\\\', '/');
    expect(text).toContain('acme-helper-extension/acme-helper-extension.inf');
    expect(text).toContain('acme-helper-component/acmehelper.exe');
  });

  test('changes nothing of the INF but by the lines it adds', async () => {
    await release({ 'acme.yaml': `${BRAND}${SERVICES}` }, '--arch', 'x64');
    const served = Buffer.from(read('acme/xenbus/x64/xenbus.inf')).toString('latin1').split('\r\n');
    project?.dispose();
    await release({ 'acme.yaml': BRAND }, '--arch', 'x64');
    const plain = Buffer.from(read('acme/xenbus/x64/xenbus.inf')).toString('latin1').split('\r\n');
    let at = 0;
    for (const line of served) if (line === plain[at]) at += 1;
    expect(at).toBe(plain.length);
    expect(served.length - plain.length).toBeGreaterThan(15);
  });

  test('is made twice with the same bytes', async () => {
    await release({ 'acme.yaml': `${BRAND}${SERVICES}` }, '--arch', 'x64');
    const first = contentBelow(project?.path('out') ?? '');
    await winpvJson([
      'release',
      '-C',
      project?.folder ?? '',
      '--out',
      project?.path('again') ?? '',
      '--date',
      '2026-05-04',
      '--arch',
      'x64',
    ]);
    const again = contentBelow(project?.path('again') ?? '');
    const bytesOf = (content: typeof first) => [...content.values()].map((bytes) => bytes.toString('base64'));
    expect(bytesOf(again)).toEqual(bytesOf(first));
  });

  test.each([
    ['a driver that the release does not have', 'package: xenvbd', 'package: xenvif', 'CONFIG_INVALID'],
    ['no driver at all', 'package: xenvbd', 'package: xenvdb', 'CONFIG_INVALID'],
    ['the name of a service of the drivers', 'name: AcmeAgent', 'name: XenFilt', 'BRAND_SERVICE_CLASH'],
    ['the file of a driver', 'program: acmeagent.exe', 'program: Xenbus_Monitor.exe', 'BUNDLE_SERVICE_CLASH'],
    ['a program that is none', 'program: acmeagent.exe', 'program: acmeagent.dll', 'CONFIG_INVALID'],
    ['the same file twice', 'files: [helper.json]', 'files: [helper.json, Helper.JSON]', 'CONFIG_INVALID'],
    ['no package', '    package: xenvbd\n', '', 'CONFIG_MISSING'],
  ])('is refused with %s, at the key, and nothing is written', async (_what, from, to, code) => {
    const text = `${BRAND}${SERVICES}`;
    expect(text).toContain(from);
    const answer = await release({ 'acme.yaml': text.replace(from, to) });
    expect(answer).toMatchObject({ exit: 3, error: { code } });
    expect(answer.error?.at?.file).toContain('acme.yaml');
    const line = text.slice(0, text.indexOf(from)).split('\n').length;
    if (to !== '') expect(answer.error?.at?.line).toBe(line);
    expect(filesBelow(project?.path('out') ?? '')).toEqual([]);
  });
});

const image = (name: string, changes: Partial<StandIn> = {}): Uint8Array =>
  driverImage(name, { version: driverVersion([9, 1, 0, 7]), ...changes });

test('the example of the guide is made as the guide says', async () => {
  const guide = readFileSync(join(projectRoot, 'docs/guide/services.md'), 'utf8');
  const [acme = '', winpv = ''] = [...guide.matchAll(/```yaml\n# (?:acme|winpv)\.yaml\n([\s\S]*?)```/g)].map(
    ([, text = '']) => text,
  );
  const answer = await release({ 'acme.yaml': acme, 'winpv.yaml': winpv });
  expect(answer.error).toBeUndefined();
  const below = filesBelow(project?.path('out/acme') ?? '').join(' ');
  for (const [, folder = ''] of guide.matchAll(/^winpv inf verify out\/acme\/(\S+)/gm)) {
    expect(below).toContain(folder);
    expect((await winpvJson(['inf', 'verify', project?.path('out/acme', folder) ?? '', '--mode', 'w'])).exit).toBe(0);
  }
  const xeniface = record().brands[0]?.packages.find(({ driver }) => driver === 'xeniface');
  expect(xeniface?.infModes).toContain('h');
  expect(xeniface?.infModes).not.toContain('w');
});

describe('a service from a source', () => {
  const FILES = {
    'winpv.yaml':
      'brands: [acme.yaml]\nsources:\n  xenvbd: { binaries: bin }\ndrivers: [xenvbd]\narchitectures: [x64]\n',
    'bin/x64/xenvbd.sys': image('xenvbd.sys'),
    'bin/x64/xendisk.sys': image('xendisk.sys'),
    'bin/x64/xencrsh.sys': image('xencrsh.sys'),
    'bin/x64/agent.exe': image('agent.exe', { kind: 'program' }),
    'bin/x64/agent.dll': image('agent.dll', { kind: 'library' }),
  };
  const brand = (as: string) =>
    `${BRAND}services:\n  - name: Agent\n    displayName: Agent\n    as: ${as}\n    package: xenvbd\n    program: agent.exe\n    files: [agent.dll]\n`;

  test.each(['driver', 'component'])(
    'is taken from beside the binaries, and no file is left over (as %s)',
    async (as) => {
      const answer = await release({ ...FILES, 'acme.yaml': brand(as) });
      expect(answer.error).toBeUndefined();
      const folder = as === 'driver' ? 'xenvbd' : 'agent-component';
      expect(filesBelow(project?.path('out/acme') ?? '')).toEqual(
        expect.arrayContaining([`${folder}/x64/agent.exe`, `${folder}/x64/agent.dll`]),
      );
    },
  );

  test.each(['driver', 'component'])(
    'is asked for at the key of the brand when it is not there (as %s)',
    async (as) => {
      const { 'bin/x64/agent.dll': _dll, ...others } = FILES;
      const answer = await release({ ...others, 'acme.yaml': brand(as) });
      expect(answer).toMatchObject({ exit: 3, error: { code: 'BUNDLE_SERVICE_FILE', at: { line: 12, column: 13 } } });
      expect(answer.error?.at?.file).toContain('acme.yaml');
      expect(answer.error?.hint).toContain('x64/agent.dll');
    },
  );

  test.each(['driver', 'component'])('has to be for the processor of the package (as %s)', async (as) => {
    const answer = await release({
      ...FILES,
      'bin/x64/agent.exe': image('agent.exe', { kind: 'program', machine: 'x86' }),
      'acme.yaml': brand(as),
    });
    expect(answer).toMatchObject({ exit: 4, error: { code: 'BUNDLE_ARCHITECTURE' } });
    expect(answer.error?.at?.file).toContain('agent.exe');
  });

  test('cannot be linked to a library that gets another name, unless the files keep their names', async () => {
    const linked = {
      ...FILES,
      'bin/x64/agent.exe': image('agent.exe', { kind: 'program', imports: [{ module: 'AGENT.dll', names: ['Run'] }] }),
    };
    const answer = await release({ ...linked, 'acme.yaml': brand('driver') });
    expect(answer).toMatchObject({ exit: 3, error: { code: 'BUNDLE_SERVICE_FILE', at: { line: 12, column: 13 } } });
    project?.dispose();
    expect((await release({ ...linked, 'acme.yaml': brand('component') })).error).toBeUndefined();
  });
});

describe('strings of a brand in other languages', () => {
  test('make sections of their own with every string, in the INFs that have the names', async () => {
    const answer = await release({ 'acme.yaml': `${BRAND}${SERVICES}${STRINGS}` }, '--arch', 'x64');
    expect(answer.error).toBeUndefined();
    const german = parseInf(read('acme/xenbus/x64/xenbus.inf'), 'xenbus.inf', { language: 0x0c07 });
    expect(german.encoding).toBe('utf-16le');
    const target = installTarget(german, infModel(german), {
      arch: 'amd64',
      major: 10,
      minor: 0,
      build: 22621,
      productType: 1,
    });
    const shown = Object.fromEntries(target.services.map(({ name, displayName }) => [name, displayName]));
    expect(shown).toMatchObject({
      xenbus: 'Acme PV-Bus',
      AcmeAgent: 'Acme-Dienst',
      xenfilt: 'Acme Generic Bus Filter',
    });
    const japanese = parseInf(read('acme/xenbus/x64/xenbus.inf'), 'xenbus.inf', { language: 0x0411 });
    expect(infModel(japanese).devices[0]?.description).toBe('Acme PV Bus');
    expect(japanese.strings.values.get('monitorname')).toBe('Acme ドライバー');
    expect(Buffer.from(read('acme/xenvbd/x64/xenvbd.inf')).toString('latin1')).not.toMatch(/Strings\./);
    expect(record().brands[0]?.packages[0]?.infModes).toContain('h');
  });

  test.each([
    ['a name that no INF has', 'de-DE: { BusNmae: X }', 'BRAND_STRING_UNKNOWN', 'BusName'],
    ['a registry path', 'de-DE: { UnplugKey: X }', 'BRAND_STRING_REFUSED', 'Leave it out'],
    ['the Provider', 'de-DE: { Vendor: X }', 'BRAND_STRING_REFUSED', 'Leave it out'],
    ['one language twice', 'de-DE: { BusName: X }\n  0407: { BusName: Y }', 'CONFIG_INVALID', undefined],
    ['one name twice', 'de-DE: { BusName: X, busname: Y }', 'CONFIG_INVALID', undefined],
    ['nothing in it', 'de-DE: {}', 'CONFIG_INVALID', undefined],
    ['an empty text', 'de-DE: { BusName: "" }', 'CONFIG_INVALID', undefined],
    ['no language', 'de-DT: { BusName: X }', 'BRAND_LANGUAGE_UNKNOWN', 'de-'],
    ['the language of nobody', '0400: { BusName: X }', 'BRAND_LANGUAGE_UNKNOWN', undefined],
    ['a reference', 'de-DE: { BusName: "%Vendor%" }', 'BRAND_TEXT_REFUSED', undefined],
    ['a quotation mark', 'de-DE: { BusName: \'a", evil = "b\' }', 'BRAND_TEXT_REFUSED', undefined],
  ])('are refused with %s, at the key', async (_what, text, code, hint) => {
    const answer = await release({ 'acme.yaml': `${BRAND}strings:\n  ${text}\n` });
    expect(answer).toMatchObject({ exit: 3, error: { code } });
    expect(answer.error?.at?.file).toContain('acme.yaml');
    expect(answer.error?.at?.line).toBeGreaterThan(6);
    if (hint !== undefined) expect(answer.error?.hint).toContain(hint);
    expect(filesBelow(project?.path('out') ?? '')).toEqual([]);
  });
});
