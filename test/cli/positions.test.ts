import { relative } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { winpvJson } from '../support/command-line.ts';
import { describeCorpus } from '../support/outside.ts';
import { filesBelow, makeProject, type TestProject } from '../support/project.ts';

let project: TestProject;
beforeAll(async () => {
  project = await makeProject({});
});
afterAll(() => project.dispose());

const HEADER = '[CatalogHeader]\nName=x.cat\nCatalogVersion=2\nHashAlgorithms=SHA256\n[CatalogFiles]\n';
const INF = [
  ...['[Version]', 'Signature="$Windows NT$"', 'Class=System', 'Provider=X', 'DriverVer=05/04/2026,1.0.0.0'],
  ...['CatalogFile=x.cat', '[Manufacturer]', 'X=M,NTamd64', '[M.NTamd64]', 'D=I,PCI\\X', '[I]', 'CopyFiles=@x.sys'],
  ...['[DestinationDirs]', 'DefaultDestDir=12', '[SourceDisksNames]', '1=d', '[SourceDisksFiles]', 'x.sys=1', ''],
].join('\r\n');

describeCorpus('a finding names the file by a path that can be opened', (corpus) => {
  const viofs = 'signed/inf2cat-v2/virtio-win8-amd64-viofs';
  const image = (): Uint8Array => corpus.file('signed/pe/own/x64.sys');

  beforeAll(() => {
    const cut = image().subarray(0, 3000);
    project.write('pack/x.inf', INF);
    project.write('pack/x.sys', cut);
    project.write('cdf/a.cdf', `${HEADER}<HASH>a=bin\\cut.cab\n`);
    project.write('cdf/b.cdf', `${HEADER}<HASH>a=bin\\cut.sys\n`);
    project.write('cdf/bin/cut.cab', corpus.file('signed/cab/gcab-mszip.cab').subarray(0, 300));
    project.write('cdf/bin/cut.sys', cut);
    project.write('viofs/viofs.cat', corpus.file(`${viofs}/viofs.cat`));
    project.write('viofs/viofs.inf', corpus.file(`${viofs}/viofs.inf`));
    project.write('cut.cat', corpus.file(`${viofs}/viofs.cat`).subarray(0, 4000));
    project.write('pack-bare/x.inf', INF);
    // A folder below one of its own name: a path is not judged by how it begins.
    project.write('viofs/viofs/viofs.cat', corpus.file(`${viofs}/viofs.cat`));
    project.write('viofs/viofs/viofs.inf', corpus.file(`${viofs}/viofs.inf`));
  });

  /** Paths as people type them, from the folder they are in: `@` stands for the test's own. */
  const found = async (...args: readonly string[]): Promise<readonly (readonly [string, string | undefined])[]> => {
    const base = relative('.', project.folder);
    const { diagnostics } = await winpvJson(args.map((arg) => arg.replace(/^@/, `${base}/`)));
    return diagnostics.map(({ code, at }) => [code, at?.file.replace(`${base}/`, '')] as const);
  };

  test.each<[readonly string[], string, string]>([
    [['cat', 'create', '--dir', '@pack', '--os', '10_X64'], 'PE_TRUNCATED', 'pack/x.sys'],
    [['cat', 'create', '--dir', '@pack-bare', '--os', '10_X64'], 'CAT_FILE_MISSING', 'pack-bare/x.inf'],
    [['cat', 'create', '--dir', '@cdf', '--os', '10_X64'], 'CAT_NO_INF', 'cdf'],
    [['cat', 'create', '--cdf', '@cdf/a.cdf'], 'CAB_TRUNCATED', 'cdf/bin/cut.cab'],
    [['cat', 'create', '--cdf', '@cdf/b.cdf'], 'PE_TRUNCATED', 'cdf/bin/cut.sys'],
    [['cat', 'show', '@cut.cat'], 'DER_TRUNCATED', 'cut.cat'],
    [['cat', 'add', '@viofs/viofs.cat', '@pack/x.sys'], 'PE_TRUNCATED', 'pack/x.sys'],
    [['cat', 'add', '@viofs/viofs.cat', '@viofs/viofs.inf'], 'CAT_DUPLICATE', 'viofs/viofs.inf'],
    [['cat', 'remove', '@viofs/viofs.cat', '@other.sys'], 'CAT_MEMBER_MISSING', 'viofs/viofs.cat'],
    [['cab', 'list', '@cdf/bin/cut.cab'], 'CAB_TRUNCATED', 'cdf/bin/cut.cab'],
    [['cab', 'extract', '@cdf/bin/cut.cab', '--out', '@o'], 'CAB_TRUNCATED', 'cdf/bin/cut.cab'],
    [['cab', 'create', '@new.cab', '@nowhere/x'], 'FILE_NOT_FOUND', 'nowhere/x'],
    [['pe', 'show', '@cdf/bin/cut.cab'], 'PE_NOT_AN_IMAGE', 'cdf/bin/cut.cab'],
    [['inf', 'verify', '@pack-bare'], 'BUNDLE_FILE_MISSING', 'pack-bare/x.inf'],
    [['verify', '@viofs'], 'VERIFY_FILE_MISSING', 'viofs/viofs.inf'],
    [['verify', '@viofs'], 'VERIFY_FILE_MISSING', 'viofs/viofs/viofs.inf'],
    [['verify', '@.'], 'VERIFY_FILE_MISSING', 'viofs/viofs/viofs.inf'],
  ])('%j: %s in %s', async (args, code, file) => {
    const all = await found(...args);
    expect(all).toContainEqual([code, file]);
    const bare = all.filter(([, at]) => at === undefined || /^(?:x|viofs|cut)\.(?:inf|sys|cab)$/.test(at));
    expect(bare).toEqual([]);
    expect(filesBelow(project.path('o'))).toEqual([]);
  });
});
