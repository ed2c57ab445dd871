import { cpSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signPe } from '../../packaging/signing/sign.ts';
import { winpv, winpvJson } from '../support/command-line.ts';
import { makeProject, type TestProject } from '../support/project.ts';
import { sharedHierarchy, signingParts } from '../support/test-keys.ts';

const settings = (brands: string, drivers: string, more = '') =>
  `brands: [${brands}]\nsources: { default: stand-in }\ndrivers: [${drivers}]\narchitectures: [x64]\n${more}`;

let project: TestProject;
const release = async (out: string, yaml: string, date = '2026-05-04') => {
  project.write('winpv.yaml', `${yaml}rehearse: false\n`);
  const { exit, stderr } = await winpv(['release', '-C', project.folder, '--out', project.path(out), '--date', date]);
  if (exit !== 0) throw new Error(stderr);
};
const diff = (from: string, to: string, ...more: readonly string[]) =>
  winpvJson(['diff', project.path(from), project.path(to), ...more]);

beforeAll(async () => {
  project = await makeProject({ 'winpv.yaml': settings('xenproject', 'xenbus') });
  await release('one', settings('xenproject, example-vendor', 'xenbus, xenvbd'));
});
afterAll(() => project.dispose());

describe('winpv diff', () => {
  test('finds nothing between a release and its copy, folder or ZIP', async () => {
    cpSync(project.path('one'), project.path('copy'), { recursive: true });
    const same = await diff('one', 'copy', '--signatures');
    expect([same.exit, same.result]).toMatchObject([0, { same: true, resigned: false, changed: [] }]);
    expect((await diff('one/xenproject', 'one/xenproject.zip')).exit).toBe(0);
  });

  test('tells brands, drivers and packages that came or went', async () => {
    await release('less', settings('xenproject', 'xenbus'));
    const { exit, result, error } = await diff('one', 'less');
    expect([exit, error?.code]).toEqual([5, 'RELEASE_DIFFERS']);
    expect(result.brands).toEqual({ gained: [], lost: ['example-vendor'] });
    expect(result.drivers).toEqual({ gained: [], lost: ['xenvbd'] });
    expect(result.packages.lost).toEqual(
      expect.arrayContaining(['example-vendor/xenbus/x64', 'example-vendor/xenvbd/x64', 'xenproject/xenvbd/x64']),
    );
    expect(result.changed).toEqual([]);
  });

  test('goes down to registry values and ids, and to the systems and ids of catalogs', async () => {
    cpSync(project.path('one'), project.path('edited'), { recursive: true });
    const inf = 'edited/xenproject/xenbus/x64/xenbus.inf';
    const text = readFileSync(project.path(inf), 'utf8');
    const edited = text
      .replace(/DEV_0002/g, 'DEV_0009')
      .replace('"MSISupported",0x00010001,1', '"MSISupported",0x00010001,0');
    expect(edited).not.toBe(text);
    project.write(inf, edited);
    const { exit, result } = await diff('one', 'edited');
    expect(exit).toBe(5);
    const [changed] = result.changed;
    expect(changed.folder).toBe('xenproject/xenbus/x64');
    expect(changed.does.ids.lost).toContain('PCI\\VEN_5853&DEV_0002');
    expect(changed.does.ids.gained).toContain('PCI\\VEN_5853&DEV_0009');
    expect(changed.does.registry.changed).toEqual([
      expect.objectContaining({ name: expect.stringContaining('MSISupported'), from: [1], to: [0] }),
    ]);
    expect(changed.files).toEqual([{ name: 'xenbus.inf', change: 'content' }]);
  });

  test('tells other content from another signature, and by whom', async () => {
    cpSync(project.path('one'), project.path('resigned'), { recursive: true });
    const image = 'xenproject/xenbus/x64/xenbus.sys';
    const { signer } = signingParts(await sharedHierarchy());
    const bytes = new Uint8Array(readFileSync(project.path('one', image)));
    project.write(`resigned/${image}`, await signPe(bytes, image, { signer, existing: 'replace' }));
    const { exit, result } = await diff('one', 'resigned');
    expect([exit, result.same, result.resigned]).toEqual([0, true, true]);
    expect(result.changed[0].files).toEqual([
      {
        name: 'xenbus.sys',
        change: 're-signed',
        signers: { from: ['CN=winpv test signing'], to: ['CN=Example test signing'] },
      },
    ]);
    expect((await diff('one', 'resigned', '--signatures')).exit).toBe(5);
    const spoilt = bytes.slice();
    spoilt[1500] = (spoilt[1500] ?? 0) ^ 1;
    project.write(`resigned/${image}`, spoilt);
    const other = await diff('one', 'resigned');
    expect([other.exit, other.result.changed[0].files[0]]).toMatchObject([
      5,
      { name: 'xenbus.sys', change: 'content' },
    ]);
  });

  test('warns of a DriverVer that goes backward, and tells people in words', async () => {
    await release('later', settings('xenproject', 'xenbus'), '2026-05-05');
    const { diagnostics } = await diff('later', 'one');
    expect(diagnostics.map(({ code }: { code: string }) => code)).toContain('INF_DRIVERVER_BACKWARD');
    const { stdout } = await winpv(['diff', project.path('one'), project.path('later')]);
    expect(stdout).toContain('The releases differ.');
    expect(stdout).toContain('- example-vendor');
    expect(stdout).toMatch(/DriverVer\n\s+05\/04\/2026.* -> 05\/05\/2026/);
  });

  test('refuses what is no release', async () => {
    expect((await diff('one', 'winpv.yaml')).error?.code).toBe('USAGE');
    expect((await diff('one', 'one/xenproject/trust')).error?.code).toBe('USAGE');
    expect((await diff('one', 'nowhere')).error?.code).toBe('FILE_NOT_FOUND');
  });
});
