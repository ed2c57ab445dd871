import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { winpv, winpvJson } from '../support/command-line.ts';
import { makeProject, type TestProject } from '../support/project.ts';

/** A sound INF of a device, with CRLF; `$ARCH$` where it is to be stamped. */
const lines = (arch: string): readonly string[] => [
  '; Example',
  '[Version]',
  'Signature = "$Windows NT$"',
  'Class = System',
  'ClassGuid = {4d36e97d-e325-11ce-bfc1-08002be10318}',
  'Provider = %Vendor%',
  'DriverVer = 05/04/2026,1.2.3.4',
  'CatalogFile = example.cat',
  'PnpLockdown = 1',
  '[Manufacturer]',
  `%Vendor% = Models,NT${arch}.10.0...17763`,
  `[Models.NT${arch}.10.0...17763]`,
  '%Device% = Install,PCI\\VEN_1234&DEV_5678',
  '[Install]',
  'CopyFiles = Files',
  '[Files]',
  'example.sys',
  '[Install.Services]',
  'AddService = example,2,Service',
  '[Service]',
  'ServiceType = 1',
  'StartType = 3',
  'ErrorControl = 1',
  'ServiceBinary = %13%\\example.sys',
  '[DestinationDirs]',
  'Files = 13',
  '[SourceDisksNames]',
  '1 = %Device%',
  '[SourceDisksFiles]',
  'example.sys = 1',
  '[Strings]',
  'Vendor = "Example"',
  'Device = "Example Device"',
];
const inf = (change: (text: string) => string = (text) => text): string => change(lines('amd64').join('\r\n'));

let project: TestProject;
const path = (name: string): string => project.path(name);
beforeAll(async () => {
  project = await makeProject({
    'good.inf': inf(),
    'bad.inf': inf((text) => text.replace('%Device% = Install', '%Devise% = Install')),
    'winpv.yaml': 'brands: [xenproject, example-vendor]\nsources: { default: stand-in }\narchitectures: [x64]\n',
  });
  const made = await winpvJson(['release', '-C', project.folder, '--out', path('out'), '--date', '2026-05-04']);
  expect(made.exit).toBe(0);
}, 60_000);
afterAll(() => project.dispose());

describe('winpv inf verify', () => {
  test.each(['h', 'u', 'w', 'k'])('finds nothing in a sound INF in mode %s', async (mode) => {
    const answer = await winpvJson(['inf', 'verify', path('good.inf'), '--mode', mode]);
    expect(answer.diagnostics).toEqual([]);
    expect(answer).toMatchObject({ exit: 0, result: { files: [{ path: path('good.inf'), verdict: 'valid' }] } });
  });

  test('names rule, line, column and fix of a fault, with exit 4', async () => {
    const answer = await winpvJson(['inf', 'verify', path('bad.inf'), '--mode', 'h']);
    expect(answer.exit).toBe(4);
    expect(answer.result.files).toEqual([expect.objectContaining({ path: path('bad.inf'), verdict: 'invalid' })]);
    expect(answer.error).toMatchObject({
      code: 'INF_1235',
      rule: 1235,
      severity: 'error',
      at: { file: path('bad.inf'), line: 13, column: 1 },
    });
    expect(answer.error?.hint).not.toBe('');
  });

  test('shows people the line with the place in it', async () => {
    const run = await winpv(['inf', 'verify', path('bad.inf')]);
    expect(run.exit).toBe(4);
    expect(run.stdout + run.stderr).toContain('bad.inf:13:1');
    expect(run.stdout + run.stderr).toMatch(/13 \| %Devise% = Install/);
  });

  test('speaks SARIF 2.1.0, JUnit, GitHub annotations and HTML on stdout', async () => {
    const as = async (format: string) => (await winpv(['inf', 'verify', path('bad.inf'), '--format', format])).stdout;
    const sarif = JSON.parse(await as('sarif'));
    expect(sarif).toMatchObject({ version: '2.1.0', runs: [{ tool: { driver: { name: 'winpv' } } }] });
    const [result] = sarif.runs[0].results;
    expect(result).toMatchObject({ ruleId: 'INF_1235', level: 'error' });
    expect(result.locations[0].physicalLocation.region).toMatchObject({ startLine: 13, startColumn: 1 });
    expect(sarif.runs[0].tool.driver.rules.map((rule: { id: string }) => rule.id)).toContain('INF_1235');
    const junit = await as('junit');
    expect(junit).toMatch(/<testsuites?[ >]/);
    expect(junit).toContain('<failure');
    expect(junit).toContain('INF_1235');
    expect(await as('github')).toMatch(/^::error file=.*bad\.inf,line=13,col=1/m);
    const html = await as('html');
    expect(html).toMatch(/^<!doctype html>/i);
    expect(html).toContain('%Devise% = Install');
    expect(html).not.toMatch(/(src|href)="https?:/);
    expect(JSON.parse(await as('json')).result.files[0].verdict).toBe('invalid');
  });

  test('judges a release folder brand by brand, and its packages are valid in mode h', async () => {
    const answer = await winpvJson(['inf', 'verify', path('out'), '--mode', 'h']);
    expect(answer.diagnostics.filter((finding) => finding.severity === 'error')).toEqual([]);
    expect(answer.exit).toBe(0);
    expect(answer.result.files).toHaveLength(2 * 10);
  });

  test('finds two brands mixed in one bundle, with F01', async () => {
    const read = (name: string) => new Uint8Array(readFileSync(path(`out/${name}`)));
    project.write('mixed/xenbus/x64/xenbus.inf', read('xenproject/xenbus/x64/xenbus.inf'));
    for (const name of ['xenvbd.inf', 'xenvbd.sys', 'xencrsh.sys', 'xendisk.sys', 'xenvbd.cat']) {
      project.write(`mixed/a/x64/${name}`, read(`xenproject/xenvbd/x64/${name}`));
      project.write(`mixed/b/x64/${name}`, read(`example-vendor/xenvbd/x64/${name}`));
    }
    const answer = await winpvJson(['inf', 'verify', path('mixed'), '--mode', 'h']);
    expect(answer.exit).toBe(4);
    expect(answer.diagnostics.map((finding) => finding.failureMode)).toContain('F01');
  });

  test('of a folder finds a file that the INF installs and the folder lacks', async () => {
    project.write('lacking/good.inf', inf());
    const answer = await winpvJson(['inf', 'verify', path('lacking')]);
    expect(answer.exit).toBe(4);
    expect(answer.error?.code).toBe('BUNDLE_FILE_MISSING');
  });
});

describe('winpv inf stamp', () => {
  test('puts date, version, architecture and catalog in, and leaves every other byte', async () => {
    const before = lines('$ARCH$').join('\r\n');
    writeFileSync(path('stamp.inf'), before);
    const args = ['-d', '06/01/2026', '-v', '9.8.7.6', '-a', 'amd64', '-c', 'other.cat'];
    expect((await winpvJson(['inf', 'stamp', path('stamp.inf'), ...args])).exit).toBe(0);
    const after = readFileSync(path('stamp.inf'), 'latin1').split('\r\n');
    const expected = lines('amd64').map((line) =>
      line.replace(/^(DriverVer\s*=\s*).*/, '$106/01/2026,9.8.7.6').replace('example.cat', 'other.cat'),
    );
    expect(after.map((line) => line.replace(/\s*=\s*/, '='))).toEqual(
      expected.map((line) => line.replace(/\s*=\s*/, '=')),
    );
    expect(after.filter((line, i) => line !== lines('$ARCH$')[i])).toHaveLength(4);
  });
});

describe('winpv inf diff', () => {
  test('of the same INF is exit 0, and of a changed one exit 5 with what was gained and lost', async () => {
    expect((await winpvJson(['inf', 'diff', path('good.inf'), path('good.inf')])).exit).toBe(0);
    const changed = inf((text) =>
      text.replace('DEV_5678', 'DEV_9999').replace('1.2.3.4', '1.2.3.3').replace('StartType = 3', 'StartType = 0'),
    );
    project.write('changed.inf', changed);
    const answer = await winpvJson(['inf', 'diff', path('good.inf'), path('changed.inf')]);
    expect(answer.exit).toBe(5);
    expect(answer.result.ids).toMatchObject({ gained: ['PCI\\VEN_1234&DEV_9999'], lost: ['PCI\\VEN_1234&DEV_5678'] });
    expect(answer.result.files).toMatchObject({ gained: [], lost: [] });
    expect(answer.result.driverVer).toMatchObject({ direction: 'backward' });
  });
});
