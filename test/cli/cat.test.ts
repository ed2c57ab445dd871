import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodePem } from '../../packaging/formats/x509/pem.ts';
import { winpv, winpvJson } from '../support/command-line.ts';
import { describeCorpus, oracle } from '../support/outside.ts';
import { filesBelow, makeProject, type TestProject } from '../support/project.ts';
import { sharedHierarchy } from '../support/test-keys.ts';

let project: TestProject;
let key: readonly string[] = [];
beforeAll(async () => {
  const { root, signer } = await sharedHierarchy();
  project = await makeProject({
    'key.pem': encodePem('PRIVATE KEY', signer.privateKey),
    'leaf.pem': encodePem('CERTIFICATE', signer.certificate),
    'root.pem': encodePem('CERTIFICATE', root.certificate),
  });
  key = ['--key', project.path('key.pem'), '--cert', project.path('leaf.pem'), '--no-timestamp'];
});
afterAll(() => project.dispose());

const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

describeCorpus('winpv cat create --cdf', (corpus) => {
  const image = (name: string): Uint8Array => corpus.file(`signed/pe/own/${name}`);
  const header = (more = '') => `[CatalogHeader]\nName=made.cat\nCatalogVersion=2\nHashAlgorithms=SHA256\n${more}`;

  test('reads files from the folder of the definition, whatever the slashes, and writes beside it or where it says', async () => {
    project.write('cdf/bin/x64.sys', image('x64.sys'));
    project.write('cdf/read me.txt', 'text');
    const files = '[CatalogFiles]\n<HASH>a=bin\\x64.sys\n<HASH>b=read me.txt\n<HASH>bATTR1=0x10010001:File:readme\n';
    project.write('cdf/a.cdf', header('PageHashes=true\n') + files);
    project.write('cdf/b.cdf', header('ResultDir=out\\deep\n') + files);
    const cdf = project.path('cdf/a.cdf');
    const made = await winpvJson(['cat', 'create', '--cdf', cdf, '--date', '2026-05-04']);
    expect(made.result).toEqual({ catalogs: [{ path: project.path('cdf/made.cat'), version: 2, members: 4 }] });
    expect(made.diagnostics).toEqual([]);
    const { result } = await winpvJson(['cat', 'show', project.path('cdf/made.cat')]);
    const mains = result.members.filter((member: { algorithm: string }) => member.algorithm === 'sha256');
    expect(
      new Set(mains.map(({ kind, pageHashes, attributes }: Record<string, unknown>) => [kind, pageHashes, attributes])),
    ).toEqual(
      new Set([
        ['pe', true, {}],
        ['flat', false, { File: 'readme' }],
      ]),
    );
    expect((await winpvJson(['cat', 'create', '--cdf', project.path('cdf/b.cdf')])).exit).toBe(0);
    expect((await winpvJson(['cat', 'create', '--cdf', cdf, '--out', project.path('cdf/there')])).exit).toBe(0);
    expect(filesBelow(project.path('cdf')).filter((name) => name.endsWith('.cat'))).toEqual([
      'made.cat',
      'out/deep/made.cat',
      'there/made.cat',
    ]);
  });

  test('names every file that is not there with its line, and writes nothing', async () => {
    project.write('gone/a.cdf', `${header()}[CatalogFiles]\n<HASH>a=a.sys\n<HASH>b=a.cdf\n<HASH>c=C:\\c.sys\n`);
    const answer = await winpvJson(['cat', 'create', '--cdf', project.path('gone/a.cdf')]);
    expect(answer.exit).toBe(4);
    expect(answer.diagnostics.map(({ code, at }) => [code, at?.line])).toEqual([
      ['CAT_CDF_FILE_MISSING', 6],
      ['CAT_CDF_FILE_MISSING', 8],
    ]);
    project.write('gone/b.cdf', `${header('ResultDir=C:\\out\n')}[CatalogFiles]\n<HASH>b=a.cdf\n`);
    const foreign = await winpvJson(['cat', 'create', '--cdf', project.path('gone/b.cdf')]);
    expect([foreign.exit, foreign.error?.code]).toEqual([4, 'CAT_CDF_INVALID']);
    expect(filesBelow(project.path('gone'))).toEqual(['a.cdf', 'b.cdf']);
  });

  test.each([
    [['--os', '10_X64']],
    [['--dir', '.', '--cdf', 'a.cdf', '--os', '10_X64']],
    [['--dir', '.']],
    [['--cdf', 'a.cdf', '--page-hashes']],
    [['--cdf', 'a.cdf', '--catalog-version', '2']],
  ])('%j is not a sensible call', async (options) => {
    const { exit, error } = await winpvJson(['cat', 'create', ...options]);
    expect([exit, error?.code]).toEqual([2, 'USAGE']);
  });

  oracle(
    'osslsigncode',
    'finds the images of a definition file, and one that was added, in the signed catalog',
    async (run) => {
      for (const name of ['x64.sys', 'x86.sys', 'arm64.sys']) project.write(`oracle/${name}`, image(name));
      project.write('oracle/a.cdf', `${header('PageHashes=true\n')}[CatalogFiles]\n<HASH>a=x64.sys\n<HASH>b=x86.sys\n`);
      const catalog = project.path('oracle/made.cat');
      const exits = async (...calls: readonly (readonly string[])[]) => {
        for (const call of calls) expect((await winpvJson(call)).exit, call.join(' ')).toBe(0);
      };
      const found = (name: string): boolean => {
        const args = ['-CAfile', project.path('root.pem'), '-catalog', catalog, '-in', project.path('oracle', name)];
        return run('verify', ...args).status === 0;
      };
      await exits(['cat', 'create', '--cdf', project.path('oracle/a.cdf')], ['sign', catalog, ...key]);
      expect([found('x64.sys'), found('x86.sys'), found('arm64.sys')]).toEqual([true, true, false]);
      await exits(['cat', 'add', catalog, project.path('oracle/arm64.sys')]);
      await exits(['cat', 'remove', catalog, project.path('oracle/x86.sys')], ['sign', catalog, ...key]);
      expect([found('x64.sys'), found('x86.sys'), found('arm64.sys')]).toEqual([true, false, true]);
    },
  );
});

describeCorpus('winpv cat add and remove', (corpus) => {
  const viofs = 'signed/inf2cat-v2/virtio-win8-amd64-viofs';
  const catalog = (): string => project.path('edit/viofs.cat');
  const reset = (): void => {
    project.write('edit/viofs.cat', corpus.file(`${viofs}/viofs.cat`));
    project.write('edit/viofs.inf', corpus.file(`${viofs}/viofs.inf`));
    project.write('edit/extra.sys', corpus.file('signed/pe/own/x64.sys'));
  };
  const show = async (path: string) => (await winpvJson(['cat', 'show', path])).result;

  test('by content and back gives the same list without its signature, and says that it is gone', async () => {
    reset();
    const before = await show(catalog());
    const removed = await winpvJson(['cat', 'remove', catalog(), project.path('edit/viofs.inf')]);
    expect(removed.exit).toBe(0);
    expect(removed.result).toMatchObject({ path: catalog(), members: 4, signatureDropped: true });
    expect(removed.result.removed.map(({ kind, file }: Record<string, unknown>) => [kind, file])).toEqual([
      ['flat', 'viofs.inf'],
      ['flat', 'viofs.inf'],
    ]);
    expect(removed.diagnostics.map(({ code, severity }) => [code, severity])).toEqual([
      ['CAT_SIGNATURE_DROPPED', 'warning'],
    ]);
    const added = await winpvJson(['cat', 'add', catalog(), project.path('edit/viofs.inf')]);
    expect(added.result).toMatchObject({ members: 6, signatureDropped: false });
    expect(added.diagnostics).toEqual([]);
    expect(await show(catalog())).toEqual({ ...before, signatures: [] });
  });

  test('write to --out and leave the catalog, and say what they did to people too', async () => {
    reset();
    const out = project.path('edit/other.cat');
    const { stdout, stderr } = await winpv([
      'cat',
      'add',
      catalog(),
      project.path('edit/extra.sys'),
      '--page-hashes',
      '--out',
      out,
    ]);
    expect(stdout).toMatch(/^added [0-9a-f]{64} {2}pe {4}extra\.sys$/m);
    expect(stdout).toContain(`${out}: 8 members, unsigned now`);
    expect(stderr).toContain('dropped');
    expect(sha256(catalog())).toBe(sha256(corpus.path(`${viofs}/viofs.cat`)));
    const { members } = await show(out);
    const mine = members.filter(
      ({ attributes }: { attributes: Record<string, string> }) => attributes.File === 'extra.sys',
    );
    expect(mine.map(({ pageHashes, algorithm }: Record<string, unknown>) => [algorithm, pageHashes]).sort()).toEqual([
      ['sha1', false],
      ['sha256', true],
    ]);
    expect(mine[0].attributes.OSAttr).toBe('2:6.2');
  });

  test('add says more of a file with --attribute, in the form of a definition file', async () => {
    reset();
    const call = ['cat', 'add', catalog(), project.path('edit/extra.sys'), '--attribute'];
    expect(
      (await winpvJson([...call, '0x10010001:PETrusted:1', '--attribute', '0x10010001:File:Other.sys'])).exit,
    ).toBe(0);
    const { members } = await show(catalog());
    expect(members.map(({ attributes }: { attributes: object }) => attributes)).toContainEqual({
      File: 'Other.sys',
      OSAttr: '2:6.2',
      PETrusted: '1',
    });
    const wrong = await winpvJson([...call, 'PETrusted=1']);
    expect([wrong.exit, wrong.error?.code]).toEqual([2, 'USAGE']);
  });

  test('leave a catalog byte for byte when nothing changes or anything is wrong', async () => {
    reset();
    const same = await winpvJson(['cat', 'add', catalog(), project.path('edit/viofs.inf')]);
    expect([same.exit, same.result.signatureDropped, same.diagnostics.map(({ code }) => code)]).toEqual([
      0,
      false,
      ['CAT_DUPLICATE'],
    ]);
    const wrong = await winpvJson(['cat', 'remove', catalog(), 'viofs.inf', 'nothing.sys', '00'.repeat(32)]);
    expect([wrong.exit, wrong.diagnostics.map(({ code }) => code)]).toEqual([
      4,
      ['CAT_MEMBER_MISSING', 'CAT_MEMBER_MISSING'],
    ]);
    expect((await winpvJson(['cat', 'add', catalog(), project.path('edit/extra.sys'), 'nothing.sys'])).exit).toBe(8);
    expect((await winpvJson(['cat', 'add', project.path('edit/viofs.inf'), 'README.md'])).exit).toBe(4);
    expect(sha256(catalog())).toBe(sha256(corpus.path(`${viofs}/viofs.cat`)));
  });
});

describeCorpus('winpv cat create --page-hashes', (corpus) => {
  const listing = async (...options: readonly string[]): Promise<readonly string[]> => {
    const out = project.path('pages/out');
    const call = [
      'cat',
      'create',
      '--dir',
      project.path('pages/in'),
      '--os',
      '10_X64',
      '--date',
      '2026-05-04',
      '--out',
      out,
    ];
    expect((await winpvJson([...call, ...options])).exit).toBe(0);
    const { result } = await winpvJson(['cat', 'show', `${out}/x.cat`]);
    const withPages = result.members.filter(({ pageHashes }: { pageHashes: boolean }) => pageHashes);
    return withPages.map(({ attributes }: { attributes: Record<string, string> }) => attributes.File).sort();
  };

  test('lists those of all images, or of the named ones; a name that is not listed is refused', async () => {
    project.write('pages/in/one.sys', corpus.file('signed/pe/own/x64.sys'));
    project.write('pages/in/two.dll', corpus.file('signed/pe/own/msvc64.sys'));
    project.write(
      'pages/in/x.inf',
      '[Version]\r\nSignature="$Windows NT$"\r\nClass=System\r\nProvider=X\r\nDriverVer=05/04/2026,1.0.0.0\r\nCatalogFile=x.cat\r\n[Manufacturer]\r\nX=M,NTamd64\r\n[M.NTamd64]\r\nD=I,PCI\\X\r\n[I]\r\nCopyFiles=@one.sys,@two.dll\r\n[DestinationDirs]\r\nDefaultDestDir=12\r\n[SourceDisksNames]\r\n1=d\r\n[SourceDisksFiles]\r\none.sys=1\r\ntwo.dll=1\r\n',
    );
    expect(await listing()).toEqual([]);
    expect(await listing('--page-hashes')).toEqual(['one.sys', 'two.dll']);
    expect(await listing('--page-hashes', 'all')).toEqual(['one.sys', 'two.dll']);
    expect(await listing('--page-hashes', 'Two.dll')).toEqual(['two.dll']);
    expect(await listing('--page-hashes', 'one.sys,two.dll', '--catalog-version', '1')).toEqual(['one.sys', 'two.dll']);
    const call = [
      'cat',
      'create',
      '--dir',
      project.path('pages/in'),
      '--os',
      '10_X64',
      '--out',
      project.path('pages/none'),
    ];
    const refused = await winpvJson([...call, '--page-hashes', 'one.sys,thre.sys,x.inf']);
    expect([refused.exit, refused.diagnostics.map(({ code }) => code)]).toEqual([
      4,
      ['CAT_PAGE_HASH_NAME', 'CAT_PAGE_HASH_NAME'],
    ]);
    expect(existsSync(project.path('pages/none'))).toBe(false);
  });
});
