import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { winpvJson } from '../support/command-line.ts';
import { binariesOf, DATE, driverImage, type SourceFiles } from '../support/import-tree.ts';
import { contentBelow, makeProject, type TestProject } from '../support/project.ts';
import { tarOf } from '../support/tar.ts';

const projects: TestProject[] = [];
afterAll(() => {
  for (const project of projects) project.dispose();
});

const sources = Object.fromEntries(Object.entries(binariesOf()).map(([name, bytes]) => [`bin/x64/${name}`, bytes]));

const YAML = 'brands: [xenproject]\ndrivers: [xenvbd]\narchitectures: [x64]\nsources:\n  xenvbd: { binaries: bin';

const projectOf = async (rest: string, files: SourceFiles = {}): Promise<TestProject> => {
  const project = await makeProject({ 'winpv.yaml': `${YAML}${rest} }\n`, ...sources, ...files });
  projects.push(project);
  return project;
};

const release = (project: TestProject, ...more: readonly string[]) =>
  winpvJson(['release', '-C', project.folder, '--out', project.path('out'), '--date', DATE, ...more]);

const packageOf = (project: TestProject): ReadonlyMap<string, Buffer> =>
  contentBelow(project.path('out/xenproject/xenvbd/x64'));

/** The package as another signer gives it back: a release of the same sources, signed with a hierarchy of its own. */
const elsewhere = (() => {
  let made: Promise<Readonly<Record<string, Uint8Array>>> | undefined;
  const make = async () => {
    const project = await projectOf('');
    const cert = await winpvJson(
      ['cert', 'create', '--out', project.path('other'), '--passout', 'env:P', '--name', 'another signer'],
      { env: { P: 'secret' } },
    );
    if (cert.error !== undefined) throw new Error(JSON.stringify(cert.error));
    const signing = 'signing: { pfx: other/signer.p12, passin: "env:P", testSigning: true, timestamp: none }\n';
    project.write('winpv.yaml', `${YAML} }\n${signing}`);
    const args = ['release', '-C', project.folder, '--out', project.path('out'), '--date', DATE];
    const { error } = await winpvJson(args, { env: { P: 'secret' } });
    if (error !== undefined) throw new Error(JSON.stringify(error));
    return Object.fromEntries([...packageOf(project)].map(([name, bytes]) => [name, new Uint8Array(bytes)]));
  };
  return () => {
    made ??= make();
    return made;
  };
})();

const below = (folder: string, files: SourceFiles): SourceFiles =>
  Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`${folder}/${name}`, bytes]));

const refusal = async (files: SourceFiles) => {
  const project = await projectOf(', prebuilt: signed.tar', { 'signed.tar': tarOf(below('x64', files)) });
  const { error, exit } = await release(project);
  expect(packageOf(project).size).toBe(0);
  return { code: error?.code, exit, message: error?.message ?? '', file: error?.at?.file ?? '' };
};

describe('prebuilt files that are what was built', () => {
  test('ship byte for byte as they were signed, and the record says where they are from', async () => {
    const signed = await elsewhere();
    const layouts = { 'signed/xenvbd/x64': 'signed', 'signed/drivers/xenvbd': 'signed' };
    for (const [folder, prebuilt] of Object.entries(layouts)) {
      const project = await projectOf(`, prebuilt: ${prebuilt}`, below(folder, signed));
      const answer = await release(project);
      expect(answer.error).toBeUndefined();
      for (const [name, bytes] of packageOf(project))
        expect(`${name} ${bytes.equals(signed[name] ?? new Uint8Array())}`).toBe(`${name} true`);
      const record = JSON.parse(readFileSync(project.path('out/release.json'), 'utf8'));
      const from = record.brands[0].packages[0].files.map((file: { prebuilt?: string }) => file.prebuilt);
      const taken = ['xenvbd.cat', 'xenvbd.sys', 'xencrsh.sys', 'xendisk.sys'].map((name) => `${folder}/${name}`);
      expect(from.filter((path: unknown) => path !== undefined).sort()).toEqual(taken.sort());
    }
  });

  test('may be some of them: the others are signed here', async () => {
    const signed = await elsewhere();
    const project = await projectOf(
      ', prebuilt: signed',
      below('signed/x64', { 'xenvbd.sys': signed['xenvbd.sys'] ?? '' }),
    );
    expect((await release(project)).error).toBeUndefined();
    const made = packageOf(project);
    expect(new Uint8Array(made.get('xenvbd.sys') ?? [])).toEqual(signed['xenvbd.sys']);
    expect(new Uint8Array(made.get('xendisk.sys') ?? [])).not.toEqual(signed['xendisk.sys']);
  });

  test('give the same bytes twice', async () => {
    const project = await projectOf(', prebuilt: signed', below('signed/x64', await elsewhere()));
    await release(project);
    const first = contentBelow(project.path('out'));
    expect((await release(project, '--clean')).error).toBeUndefined();
    expect(contentBelow(project.path('out'))).toEqual(first);
  });
});

describe('prebuilt files are refused', () => {
  test('when an image is another build, with both hashes', async () => {
    const signed = await elsewhere();
    const answer = await refusal({ ...signed, 'xendisk.sys': driverImage('xendisk.sys', 'x64', ['another build']) });
    expect([answer.code, answer.exit]).toEqual(['PREBUILT_DIFFERS', 4]);
    expect(answer.message).toMatch(
      /^xendisk\.sys of xenvbd\/x64 has the Authenticode hash [0-9a-f]{64}, and the prebuilt one has [0-9a-f]{64}\.$/,
    );
    expect(answer.file).toBe('signed.tar/x64/xendisk.sys');
  });

  test('when one byte of a signed image is changed', async () => {
    const signed = await elsewhere();
    const changed = Uint8Array.from(signed['xenvbd.sys'] ?? []);
    changed[0x250] = (changed[0x250] ?? 0) ^ 1;
    expect((await refusal({ ...signed, 'xenvbd.sys': changed })).code).toBe('PREBUILT_DIFFERS');
  });

  test('when a byte of the INF differs', async () => {
    const signed = await elsewhere();
    const inf = new Uint8Array([...(signed['xenvbd.inf'] ?? []), 0x0d, 0x0a]);
    const answer = await refusal({ ...signed, 'xenvbd.inf': inf });
    expect(answer.code).toBe('PREBUILT_DIFFERS');
    expect(answer.message).toContain('xenvbd.inf of xenvbd/x64 has the SHA-256');
  });

  test('when there is a file that was not built', async () => {
    const answer = await refusal({ ...(await elsewhere()), 'extra.dll': 'x' });
    expect([answer.code, answer.file]).toEqual(['PREBUILT_DIFFERS', 'signed.tar/x64/extra.dll']);
  });

  test('when the catalog is for other files', async () => {
    const project = await projectOf('');
    project.write('bin/x64/xendisk.sys', driverImage('xendisk.sys', 'x64', ['another build']));
    expect((await release(project)).error).toBeUndefined();
    const catalog = new Uint8Array(packageOf(project).get('xenvbd.cat') ?? []);
    const answer = await refusal({ ...(await elsewhere()), 'xenvbd.cat': catalog });

    expect(answer.code).toBe('PREBUILT_DIFFERS');
    expect(answer.message).toContain('does not list xendisk.sys');
  });

  test('when the signature itself is damaged', async () => {
    const signed = await elsewhere();
    const damaged = Uint8Array.from(signed['xenvbd.sys'] ?? []);
    const at = damaged.length - 64;
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    const answer = await refusal({ ...signed, 'xenvbd.sys': damaged });
    expect(answer.exit).toBeGreaterThan(0);
  });

  test('when an architecture of the release has none', async () => {
    const signed = await elsewhere();
    const project = await projectOf(', prebuilt: signed', below('signed/x86', signed));
    expect((await release(project)).error?.code).toBe('SOURCE_LAYOUT');
    project.write('winpv.yaml', `${YAML}, prebuilt: flat }\n`.replace('[x64]', '[x64, x86]'));
    for (const [name, bytes] of Object.entries(signed)) project.write(`flat/xenvbd/${name}`, bytes);
    for (const [name, bytes] of Object.entries(binariesOf('x86'))) project.write(`bin/x86/${name}`, bytes);
    expect((await release(project)).error?.code).toBe('PREBUILT_MISSING');
  });
});
