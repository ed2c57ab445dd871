import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { inChromium, type OpenedPage } from '../support/browser.ts';
import { winpv, winpvJson } from '../support/command-line.ts';
import { makeProject, type TestProject } from '../support/project.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const HOSTILE = '</style><script>alert(1)</script><img src=x onerror=alert(2)>\u202e';

interface AxeResults {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
}

const violations = async ({ page }: OpenedPage): Promise<readonly string[]> => {
  await page.evaluate(AXE);
  const found = await page.evaluate<AxeResults>('axe.run({ resultTypes: ["violations"] })');
  return found.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
};

let project: TestProject;
const pages = { release: '', fleet: '', hostile: '' };
beforeAll(async () => {
  project = await makeProject({
    'winpv.yaml':
      'brands: [xenproject, example-vendor]\nsources: { default: stand-in }\ndrivers: [xenbus, xenvbd, xenvif, xennet]\narchitectures: [x64, x86]\nrehearse: { guests: [windows-10-22h2-x64], scenarios: [fresh-install] }\n',
  });
  const out = project.path('out');
  const made = await winpv(['release', '-C', project.folder, '--out', out, '--date', '2026-05-04']);
  expect(made.stderr).not.toContain('error');
  pages.release = readFileSync(project.path('out', 'report.html'), 'utf8');
  const row = (pnpString: string) => ({
    bundleId: 'b',
    infId: 'xenbus.inf',
    operatingSystemCode: 'WINDOWS_v100_X64_RS1_FULL',
    pnpString,
  });
  project.write(
    'labels.json',
    JSON.stringify([
      {
        ...{ id: HOSTILE, brand: 'example-vendor', driver: 'xenbus', signature: 'whql', destination: 'windowsUpdate' },
        publishingSpecifications: { isAutoInstallOnApplicableSystems: true },
        targeting: { hardwareIds: [row('pci\\ven_5853&dev_0001'), row('pci\\ven_5853&dev_0002')] },
      },
    ]),
  );
  await winpv([
    'fleet',
    'generate',
    '--machines',
    '300',
    '--configurations',
    '60',
    '--out',
    project.path('fleet.ndjson'),
  ]);
  const simulate = ['fleet', 'simulate', '--fleet', project.path('fleet.ndjson'), '--release', out];
  const html = project.path('fleet.html');
  const { error } = await winpvJson([
    ...simulate,
    '--labels',
    project.path('labels.json'),
    '--at',
    '2026-06-01',
    '--html',
    html,
  ]);
  expect(error).toBeUndefined();
  pages.fleet = readFileSync(html, 'utf8');
  // A folder that somebody else wrote.
  const record = JSON.parse(readFileSync(project.path('out', 'release.json'), 'utf8'));
  record.brands[0].id = HOSTILE;
  record.brands[0].packages[0].version = HOSTILE;
  record.signing.subject = HOSTILE;
  writeFileSync(project.path('out', 'release.json'), JSON.stringify(record));
  const hostile = project.path('hostile.html');
  expect((await winpvJson(['report', out, '--out', hostile])).error).toBeUndefined();
  pages.hostile = readFileSync(hostile, 'utf8');
});
afterAll(() => project.dispose());

const NAMES = ['release', 'fleet', 'hostile'] as const;

describe('the pages of a release and of a fleet', () => {
  inChromium('open without a word on the console, ask for nothing, and run no script of anybody', async (open) => {
    for (const name of NAMES) {
      const { complaints, requests } = await open(pages[name]);
      expect([name, complaints, requests]).toEqual([name, [], []]);
      expect(pages[name]).not.toContain('<script>alert');
    }
  });

  inChromium('have no violation that axe-core finds, in light and dark, on a screen and on a phone', async (open) => {
    for (const name of NAMES) {
      for (const [colorScheme, width] of [
        ['light', 1280],
        ['dark', 390],
      ] as const) {
        const opened = await open(pages[name], { colorScheme, viewport: { width, height: 800 }, bypassCSP: true });
        expect([name, await violations(opened)]).toEqual([name, []]);
      }
    }
  });

  inChromium('are no wider than a phone: what is wider scrolls by itself', async (open) => {
    for (const name of NAMES) {
      const { page } = await open(pages[name], { viewport: { width: 360, height: 700 } });
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    }
  });

  inChromium('lead from the table of packages to what each was made from, which opens', async (open) => {
    const { page } = await open(pages.release);
    await page.locator('#packages tbody a').first().click();
    await page.locator('#sources details[open] .hash').first().waitFor();
  });

  inChromium('are used with the keyboard: the first stop skips to the content', async (open) => {
    for (const name of ['release', 'fleet'] as const) {
      const { page } = await open(pages[name]);
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      expect(await page.evaluate('document.activeElement.id')).toBe('main');
    }
  });

  test('the page of a release tells every package, hash, Windows and scenario', () => {
    const record = JSON.parse(readFileSync(project.path('out', 'release.json'), 'utf8'));
    for (const { packages } of record.brands.slice(1)) {
      for (const { files } of packages) for (const { sha256 } of files) expect(pages.release).toContain(sha256);
    }
    for (const words of ['11-24h2 x64', 'server-2019 x64', 'fresh-install', 'windows-10-22h2-x64', 'XENVIF\\VEN_']) {
      expect(pages.release).toContain(words);
    }
  });

  test('the page of a fleet tells the label, the roll-out and who is in trouble', () => {
    expect(pages.fleet).toContain('data-label="&lt;/style&gt;');
    expect(pages.fleet).toMatch(/The ship room stops it on day \d+|Nothing stops the roll-out/);
    expect(pages.fleet).toContain('EMULATOR_BRAND_FLIP');
  });

  test('a folder without a release is refused, and so is a record that is none', async () => {
    const { error } = await winpvJson(['report', project.folder, '--out', project.path('x.html')]);
    expect(error?.code).toBe('FILE_NOT_FOUND');
    project.write('bad/release.json', '{"brands": 3}');
    const bad = await winpvJson(['report', project.path('bad'), '--out', project.path('x.html')]);
    expect(bad.error?.code).toBe('CONFIG_INVALID');
  });
});
