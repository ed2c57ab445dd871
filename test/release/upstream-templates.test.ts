import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { parseInf, sectionOf } from '../../packaging/formats/inf/document.ts';
import { infModel } from '../../packaging/formats/inf/model.ts';
import { winpvJson } from '../support/command-line.ts';
import { type Corpus, describeCorpus, oracle } from '../support/outside.ts';
import { makeProject, type TestProject } from '../support/project.ts';

/** PE images that no one here made: Debian's UEFI programs stand for the drivers' binaries. */
const IMAGES = ['linuxx64.efi.stub', 'systemd-bootx64.efi'].map((name) => `/usr/lib/systemd/boot/efi/${name}`);
const hasImages = IMAGES.every((path) => existsSync(path));
const required = process.env.WINPV_REQUIRE_OUTSIDE === '1';

const FIVE_LETTERS = `
id: fiveletters
version: "9.1.2.3"
vendorName: 'Señor & $1 Söhne'
vendorPrefix: ABCDE
productName: "It's \\\\1 PV"
vendorDeviceId: C8E7
copyright: Copyright (c) nobody
`;

const BRANDS = ['xenproject', 'example-xs', 'example-xcpng', 'fiveletters'];
const PREFIXES: Readonly<Record<string, string>> = {
  xenproject: 'XP',
  'example-xs': 'XS',
  'example-xcpng': 'XN',
  fiveletters: 'ABCDE',
};

/** Names in SourceDisksFiles, whatever the template's tokens are. */
const binariesOf = (bytes: Uint8Array, file: string): readonly string[] =>
  (sectionOf(parseInf(bytes, file), 'SourceDisksFiles')?.lines ?? []).flatMap(
    (line) => line.key ?? line.fields[0] ?? [],
  );

const projects: TestProject[] = [];
afterAll(() => {
  for (const project of projects) project.dispose();
});

const releaseTemplate = async (corpus: Corpus, driver: string, name: string) => {
  const template = corpus.path(`xen/templates/${driver}/${name}`);
  const names = binariesOf(corpus.file(`xen/templates/${driver}/${name}`), name);
  const images = names.map(
    (binary, i) => [`bin/x64/${binary}`, new Uint8Array(readFileSync(IMAGES[i % 2] ?? ''))] as const,
  );
  const project = await makeProject({
    'winpv.yaml': `brands: [xenproject, example-xs, example-xcpng, five.yaml]\nsources: { ${driver}: { template: '${template}', binaries: bin } }\ndrivers: [${driver}]\narchitectures: [x64]\n`,
    'five.yaml': FIVE_LETTERS,
    ...Object.fromEntries(images),
  });
  projects.push(project);
  const answer = await winpvJson([
    'release',
    '-C',
    project.folder,
    '--out',
    project.path('out'),
    '--date',
    '2026-05-04',
  ]);
  return { project, answer, names };
};

/** The drivers and how many of their templates are tried: all, or the first, the last and every second between. */
const DRIVERS: readonly { readonly driver: string; readonly least: number; readonly step: number }[] = [
  { driver: 'xenbus', least: 11, step: 1 },
  { driver: 'xenvbd', least: 11, step: 1 },
  { driver: 'xenvif', least: 14, step: 2 },
  { driver: 'xennet', least: 14, step: 2 },
  { driver: 'xeniface', least: 11, step: 2 },
  { driver: 'xenvkbd', least: 2, step: 1 },
  { driver: 'xenhid', least: 3, step: 1 },
  { driver: 'xencons', least: 5, step: 1 },
];

/** The string that its Models lines name is called otherwise; upstream repaired it the day after. */
const MISSPELLED = { driver: 'xenvif', name: '20160809-5defd23e1f.inf' };

describeCorpus("upstream's own templates with images from outside", (corpus) => {
  for (const { driver, least, step } of DRIVERS) {
    const templates = readdirSync(corpus.path(`xen/templates/${driver}`))
      .filter((name) => Buffer.from(corpus.file(`xen/templates/${driver}/${name}`)).includes('@'))
      .filter((name) => name !== MISSPELLED.name)
      .filter((_, index, all) => index % step === 0 || index === all.length - 1);
    describe(driver, () => {
      test('has templates with tokens', () => {
        expect(templates.length).toBeGreaterThanOrEqual(least);
      });

      test.skipIf(!hasImages && !required).each(templates)('%s releases for four brands', async (name) => {
        const hasPrefix = Buffer.from(corpus.file(`xen/templates/${driver}/${name}`)).includes('@VENDOR_PREFIX@');
        const { project, answer, names } = await releaseTemplate(corpus, driver, name);
        expect(answer.diagnostics.filter((d) => d.severity === 'error')).toEqual([]);
        expect(answer.exit).toBe(0);
        for (const brand of BRANDS) {
          const path = project.path(`out/${brand}/${driver}/x64/${driver}.inf`);
          const document = parseInf(new Uint8Array(readFileSync(path)), path);
          const { devices, version } = infModel(document);
          expect(version.driverVer?.date).toEqual({ year: 2026, month: 5, day: 4 });
          const ids = devices.flatMap((device) => device.ids);
          expect(ids.length).toBeGreaterThan(0);
          if (hasPrefix) {
            const bus = /^(XENBUS|XENVIF|XENVKBD)\\VEN_/.exec(ids[0] ?? '')?.[0];
            expect(ids.every((id) => id.startsWith(`${bus}${PREFIXES[brand]}`))).toBe(true);
            expect(ids.length).toBeGreaterThanOrEqual(2);
          }
          const shipped = readdirSync(project.path(`out/${brand}/${driver}/x64`)).sort();
          expect(shipped).toEqual([...names.map(String), `${driver}.inf`, `${driver}.cat`].sort());
        }
      });
    });
  }

  test.skipIf(!hasImages && !required)(
    'one with a misspelled string is refused, in the lines of the template',
    async () => {
      const { answer, project } = await releaseTemplate(corpus, MISSPELLED.driver, MISSPELLED.name);
      const errors = answer.diagnostics.filter((d) => d.severity === 'error');
      expect(errors.map(({ code, at }) => `${code} ${at?.line}`)).toEqual([
        'INF_1235 63',
        'INF_1235 64',
        'INF_1235 62',
      ]);
      expect(answer.exit).toBe(4);
      expect(existsSync(project.path('out'))).toBe(false);
    },
  );

  oracle('osslsigncode', 'accepts every signed file of a release of real images', async (run) => {
    const { project, answer } = await releaseTemplate(corpus, 'xenvbd', '20250818-906c51f53e.inf');
    expect(answer.exit).toBe(0);
    const root = project.path('out/xenproject/trust/root.pem');
    for (const name of ['xenvbd.sys', 'xendisk.sys', 'xencrsh.sys', 'xenvbd.cat']) {
      const { status, stdout } = run(
        'verify',
        '-in',
        project.path(`out/xenproject/xenvbd/x64/${name}`),
        '-CAfile',
        root,
        '-TSA-CAfile',
        root,
      );
      expect(stdout.toString('utf8'), name).toContain('Succeeded');
      expect(status, name).toBe(0);
    }
  });
});
