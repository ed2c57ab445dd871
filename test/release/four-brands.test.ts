import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { extractCab } from '../../packaging/formats/cab/extract.ts';
import { parseCab } from '../../packaging/formats/cab/parse.ts';
import { decodeInfText } from '../../packaging/formats/inf/text.ts';
import { parseZip } from '../../packaging/formats/zip/parse.ts';
import { winpvJson } from '../support/command-line.ts';
import { type Corpus, describeCorpus } from '../support/outside.ts';
import { contentBelow, filesBelow, makeProject, type TestProject } from '../support/project.ts';

/** PE images that no one here made: Debian's UEFI programs for x64, a driver of the corpus for x86. */
const STUBS = ['linuxx64.efi.stub', 'systemd-bootx64.efi'].map((name) => `/usr/lib/systemd/boot/efi/${name}`);
const hasStubs = STUBS.every((path) => existsSync(path));
const required = process.env.WINPV_REQUIRE_OUTSIDE === '1';

interface BrandWords {
  readonly text: string;
  /** What no other brand's bundle may hold. */
  readonly words: readonly string[];
}

const brandText = (id: string, words: readonly [string, string, string], more: string): string => `
id: ${id}
version: 9.1.2.3
vendorName: '${words[0]}'
productName: '${words[1]}'
vendorPrefix: ${words[2]}
copyright: 'Copyright (c) ${words[0]}'
${more}`;

const BRANDS: Readonly<Record<string, BrandWords>> = {
  upstream: {
    text: brandText('upstream', ['Alder Project', 'Alderxen', 'XP'], 'objectPrefix: AlderProject\n'),
    words: ['Alder', 'VEN_XP'],
  },
  server: {
    text: brandText('server', ['Birch Software', 'Birchserver', 'XS'], 'vendorDeviceId: C000\n'),
    words: ['Birch', 'VEN_XS', 'DEV_C000', 'XSC000'],
  },
  community: {
    text: brandText('community', ['Cedar Community', 'Cedarng', 'XN'], 'vendorDeviceId: C2F0\nforceActivate: true\n'),
    words: ['Cedar', 'VEN_XN', 'DEV_C2F0', 'XNC2F0'],
  },
  letters: {
    text: brandText(
      'letters',
      ['Dogwood & $1 Söhne', 'Dogwood \\1', 'ABCDE'],
      'vendorDeviceId: C8E7\nforceUnplug: true\n',
    ),
    words: ['Dogwood', 'VEN_ABCDE', 'DEV_C8E7', 'ABCDEC8E7'],
  },
};
const IDS = Object.keys(BRANDS);

const TEMPLATES = { xenbus: '20260225-654e3f7ef3.inf', xenvbd: '20250818-56b9415776.inf' } as const;
const BINARIES = [
  'xen.sys',
  'xenbus.sys',
  'xenfilt.sys',
  'xenbus_monitor.exe',
  'xenvbd.sys',
  'xencrsh.sys',
  'xendisk.sys',
];

const projectFiles = (corpus: Corpus): Readonly<Record<string, string | Uint8Array>> => {
  const x86 = corpus.file('signed/pe/own/x86.sys');
  const sources = Object.entries(TEMPLATES).map(
    ([driver, name]) =>
      `  ${driver}: { template: '${corpus.path(`xen/templates/${driver}/${name}`)}', binaries: bin }\n`,
  );
  return {
    'winpv.yaml': `brands: [${IDS.map((id) => `${id}.yaml`).join(', ')}]\nsources:\n${sources.join('')}drivers: [xenbus, xenvbd]\narchitectures: [x64, x86]\n`,
    ...Object.fromEntries(Object.entries(BRANDS).map(([id, { text }]) => [`${id}.yaml`, text])),
    ...Object.fromEntries(
      BINARIES.flatMap((name, i) => [
        [`bin/x64/${name}`, new Uint8Array(readFileSync(STUBS[i % 2] ?? ''))],
        [`bin/x86/${name}`, x86],
      ]),
    ),
  };
};

/** Files of an isolated driver stay in the driver store (spec infverif 5). */
const RULE_DRIVERS_FOLDER = 1321;

/** An INF as Windows reads it: without its comments. */
const withoutComments = (bytes: Uint8Array): Buffer =>
  Buffer.from(
    decodeInfText(bytes, 'x.inf')
      .text.split('\n')
      .map((line) => line.replace(/^((?:[^";]|"[^"]*")*);.*$/, '$1'))
      .join('\n'),
  );

/** A cabinet and an archive as their content, which is compressed in them; anything else as it is. */
const searched = (name: string, bytes: Uint8Array): readonly (readonly [string, Buffer])[] => {
  if (name.endsWith('.inf')) return [[name, withoutComments(bytes)]];
  if (name.endsWith('.zip')) {
    return parseZip(bytes, name).flatMap((file) => searched(`${name}:${file.name}`, file.bytes()));
  }
  if (!name.endsWith('.cab')) return [[name, Buffer.from(bytes)]];
  const content = extractCab(parseCab(bytes, name)).flatMap((file) => searched(`${name}:${file.name}`, file.bytes));
  return [[name, Buffer.from(bytes)], ...content];
};

const holds = (content: Buffer, word: string): boolean => {
  const lower = (buffer: Buffer): string => buffer.toString('latin1').toLowerCase();
  const text = lower(content);
  return ['latin1', 'utf16le'].some((encoding) => text.includes(lower(Buffer.from(word, encoding as BufferEncoding))));
};

describeCorpus('four brands of one source', (corpus) => {
  if (!hasStubs && !required) {
    test.skip("needs Debian's UEFI programs", () => undefined);
    return;
  }
  let project: TestProject;
  let answer: Awaited<ReturnType<typeof winpvJson>>;
  const made = (out: string) =>
    winpvJson(['release', '-C', project.folder, '--out', project.path(out), '--date', '2026-05-04']);

  beforeAll(async () => {
    project = await makeProject(projectFiles(corpus));
    answer = await made('out');
  }, 60_000);
  afterAll(() => project.dispose());

  test('are released at once, over both architectures', () => {
    expect(answer.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(answer.exit).toBe(0);
    for (const id of IDS) {
      for (const folder of ['xenbus/x64', 'xenbus/x86', 'xenvbd/x64', 'xenvbd/x86']) {
        expect(filesBelow(project.path(`out/${id}/${folder}`)).length).toBeGreaterThan(4);
      }
    }
  });

  test('have their own words in their bundles, and no word of another brand', () => {
    const searchedFiles = IDS.map((id) => {
      const content = [...contentBelow(project.path('out'))].filter(
        ([name]) => name.startsWith(`${id}/`) || name.startsWith(`${id}-`) || name === `${id}.zip`,
      );
      return { id, files: content.flatMap(([name, bytes]) => searched(name, bytes)) };
    });
    for (const { id, files } of searchedFiles) {
      expect(files.length).toBeGreaterThan(40);
      const inInf = files.filter(([name]) => name.endsWith('.inf'));
      for (const word of BRANDS[id]?.words ?? [])
        expect(
          inInf.some(([, content]) => holds(content, word)),
          word,
        ).toBe(true);
      const foreign = IDS.filter((other) => other !== id).flatMap((other) => BRANDS[other]?.words ?? []);
      const crossed = files.flatMap(([name, content]) =>
        foreign.filter((word) => holds(content, word)).map((word) => `${word} in ${name}`),
      );
      expect(crossed).toEqual([]);
    }
  }, 60_000);

  test.each(IDS)('%s passes `verify`', async (id) => {
    const root = project.path(`out/${id}/trust/root.pem`);
    const { exit, result } = await winpvJson(['verify', project.path(`out/${id}`), '--ca', root]);
    expect([exit, (result as { verdict?: string }).verdict]).toEqual([0, 'valid']);
  });

  test.each(IDS)('%s passes `inf verify --mode h`, and not w: its drivers go to the drivers folder', async (id) => {
    for (const driver of ['xenbus', 'xenvbd']) {
      for (const architecture of ['x64', 'x86']) {
        const folder = project.path(`out/${id}/${driver}/${architecture}`);
        const passed = await winpvJson(['inf', 'verify', folder, '--mode', 'h']);
        expect(passed.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
        expect(passed.exit).toBe(0);
        const isolated = await winpvJson(['inf', 'verify', folder, '--mode', 'w']);
        expect(isolated.exit).toBe(4);
        const errors = isolated.diagnostics.filter(({ severity }) => severity === 'error');
        expect(errors.map(({ rule }) => rule)).toContain(RULE_DRIVERS_FOLDER);
      }
    }
  });

  test('the same run makes the same bytes', async () => {
    await made('again');
    const [first, second] = [contentBelow(project.path('out')), contentBelow(project.path('again'))];
    expect([...second.keys()]).toEqual([...first.keys()]);
    for (const [name, bytes] of first) expect(second.get(name)?.equals(bytes), name).toBe(true);
  }, 60_000);
});
