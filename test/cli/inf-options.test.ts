import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { diskFiles } from '../../cli/adapters/files.ts';
import { winpv, winpvJson } from '../support/command-line.ts';
import { filesBelow, makeProject, type TestProject } from '../support/project.ts';

const INF = `[Version]
Signature="$Windows NT$"
Class=System
ClassGuid={4d36e97d-e325-11ce-bfc1-08002be10318}
Provider=%V%
DriverVer=05/04/2026,1.2.3.4
CatalogFile=a.cat
PnpLockdown=1
[Manufacturer]
%V%=M,NTamd64.10.0...17763
[M.NTamd64.10.0...17763]
%D%=I,PCI\\VEN_1234&DEV_5678
[I]
CopyFiles=@a.sys
[I.Services]
AddService=a,2,S
[S]
ServiceType=1
StartType=3
ErrorControl=1
ServiceBinary=%13%\\a.sys
[DestinationDirs]
DefaultDestDir=13
[SourceDisksNames]
1=%D%
[SourceDisksFiles]
a.sys=1
[Strings]
V="Example"
D="Example Device"
`;
const BAD = INF.replace('%D%=I', '%E%=I');

let project: TestProject;
const path = (name: string): string => project.path(name);
beforeAll(async () => {
  project = await makeProject({ 'good.inf': INF, 'bad.inf': BAD });
});
afterAll(() => project.dispose());

describe('winpv inf verify', () => {
  test('tells findings on stdout, once, and nothing on stderr', async () => {
    const run = await winpv(['inf', 'verify', path('bad.inf')]);
    expect(run.stderr).toBe('');
    expect(run.stdout.match(/INF_1235/g)).toHaveLength(1);
    expect(run.stdout).toContain(`${path('bad.inf')}: NOT valid (1 error`);
  });

  test('--quiet says nothing of a valid INF, but prints the form that was asked for', async () => {
    const quiet = (...more: readonly string[]) => winpv(['inf', 'verify', path('good.inf'), '--quiet', ...more]);
    expect(await quiet()).toEqual({ exit: 0, stdout: '', stderr: '' });
    expect(JSON.parse((await quiet('--format', 'sarif')).stdout).runs[0].results).toEqual([]);
    expect((await quiet('--format', 'junit')).stdout).toContain('failures="0"');
  });

  test('--json wins over --format, and --format json says the same', async () => {
    const both = await winpv(['inf', 'verify', path('bad.inf'), '--format', 'html', '--json']);
    const format = await winpv(['inf', 'verify', path('bad.inf'), '--format', 'json']);
    expect(JSON.parse(format.stdout)).toEqual(JSON.parse(both.stdout));
    expect([both.exit, format.exit]).toEqual([4, 4]);
  });

  test.each(['text', 'json', 'sarif', 'junit', 'github', 'html'])(
    '--format %s ends with exit 4 for an error',
    async (format) => {
      expect((await winpv(['inf', 'verify', path('good.inf'), path('bad.inf'), '--format', format])).exit).toBe(4);
      expect((await winpv(['inf', 'verify', path('good.inf'), '--format', format])).exit).toBe(0);
    },
  );

  test('names every file with its verdict, in the order given', async () => {
    const { result } = await winpvJson(['inf', 'verify', path('bad.inf'), path('good.inf')]);
    expect(result).toMatchObject({
      mode: 'none',
      verdict: 'invalid',
      files: [
        { path: path('bad.inf'), verdict: 'invalid', errors: 1 },
        { path: path('good.inf'), verdict: 'valid', errors: 0 },
      ],
    });
  });

  test('--out writes a page an INF', async () => {
    const run = await winpv(['inf', 'verify', path('bad.inf'), '--format', 'html', '--out', path('pages')]);
    expect(run.exit).toBe(4);
    const [page = '', ...more] = filesBelow(path('pages'));
    expect(more).toEqual([]);
    expect(readFileSync(path(`pages/${page}`), 'utf8')).toContain('INF_1235');
    expect(run.stdout).toContain(page);
    expect((await winpvJson(['inf', 'verify', path('bad.inf'), '--out', path('more')])).error?.code).toBe('USAGE');
  });

  test('--provider demands a Provider', async () => {
    expect((await winpvJson(['inf', 'verify', path('good.inf'), '--provider', 'Example'])).exit).toBe(0);
    const other = await winpvJson(['inf', 'verify', path('good.inf'), '--provider', 'Acme']);
    expect(other.error).toMatchObject({ rule: 1210, at: { line: 5 } });
  });

  test('--stampinf accepts $ARCH$, and in a folder finds .inx files', async () => {
    const text = INF.replaceAll('NTamd64', 'NT$ARCH$');
    project.write('inx/a.inx', text);
    expect((await winpvJson(['inf', 'verify', path('inx/a.inx')])).diagnostics).toContainEqual(
      expect.objectContaining({ rule: 1274 }),
    );
    expect((await winpvJson(['inf', 'verify', path('inx/a.inx'), '--stampinf'])).exit).toBe(0);
    const folder = await winpvJson(['inf', 'verify', path('inx'), '--stampinf']);
    expect(folder.result.files).toMatchObject([{ path: path('inx/a.inx') }]);
  });

  test('--library hands in INFs that may be included', async () => {
    const needs = INF.replace('[I]\n', '[I]\nInclude=own.inf\nNeeds=Own.Section\n');
    project.write('needs.inf', needs);
    project.write('library/own.inf', '[Version]\nSignature="$Windows NT$"\n[Own.Section]\nFeatureScore=FE\n');
    const without = await winpvJson(['inf', 'verify', path('needs.inf')]);
    expect(without.diagnostics.map(({ rule }) => rule)).toContain(1202);
    const given = await winpvJson(['inf', 'verify', path('needs.inf'), '--library', path('library')]);
    expect(given.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  test.each([[['--mode', 'x']], [['--format', 'xml']], [['--rule-version', '11']], [['--wbuild', 'now']]])(
    '%j is a usage error',
    async (args) => {
      expect((await winpvJson(['inf', 'verify', path('good.inf'), ...args])).exit).toBe(2);
    },
  );

  test.each(['10.0.22621', 'vnext'])('--rule-version %s is taken', async (build) => {
    expect((await winpvJson(['inf', 'verify', path('good.inf'), '--mode', 'h', '--rule-version', build])).exit).toBe(0);
  });

  test('judges an INF once that is named twice, or beside its folder', async () => {
    project.write('twice/a.inf', BAD);
    for (const paths of [
      [path('bad.inf'), path('bad.inf')],
      [path('twice'), path('twice/a.inf')],
    ]) {
      const { result, diagnostics } = await winpvJson(['inf', 'verify', ...paths]);
      expect(result.files).toHaveLength(1);
      expect(diagnostics.filter(({ code }) => code === 'INF_1235')).toHaveLength(1);
    }
  });

  test('reads standard input for -, whatever its name', async () => {
    const stdin = new Uint8Array(Buffer.from(BAD));
    const run = await winpv(['inf', 'verify', '-'], { stdin });
    expect(run.exit).toBe(4);
    expect(run.stdout).toContain('error INF_1235  -:12:1');
    expect((await winpv(['inf', 'show', '-'], { stdin })).stdout).toContain('System');
    expect((await winpv(['inf', 'stamp', '-'], { stdin })).exit).toBe(2);
  });

  test('--mode all decides by every set of rules and says which find what, in a table for single files too', async () => {
    const unlocked = INF.replace('PnpLockdown=1\n', '').replace(
      '[S]',
      '[I.HW]\nAddReg=R\n[R]\nHKLM,SOFTWARE\\X,a,,b\n[S]',
    );
    project.write('unlocked.inf', unlocked);
    expect((await winpv(['inf', 'verify', path('good.inf'), '--mode', 'all'])).exit).toBe(0);
    expect((await winpv(['inf', 'verify', path('unlocked.inf')])).exit).toBe(0);
    const run = await winpv(['inf', 'verify', path('unlocked.inf'), '--mode', 'all']);
    expect(run.exit).toBe(4);
    expect(run.stdout).toMatch(
      /syntax +\/k +\/u +\/w +\/h\n.*unlocked\.inf +2 warnings +2 warnings +1 error, 1 warning +2 errors +2 errors/,
    );
    expect(run.stdout).toMatch(/PnpLockdown=1.*\(By \/w, \/h\.\)/);
    const { result, diagnostics } = await winpvJson(['inf', 'verify', path('unlocked.inf'), '--mode', 'all']);
    expect(result).toMatchObject({ mode: 'all', verdict: 'invalid' });
    expect(result.files[0].modes.w.errors).toBeGreaterThan(0);
    expect(diagnostics.filter(({ code }) => code === 'INF_1324')).toHaveLength(1);
  });

  test('a file that is not there is exit 8; one that cannot be read is a finding, exit 4', async () => {
    expect((await winpvJson(['inf', 'verify', path('nothing.inf')])).exit).toBe(8);
    project.write('open.inf', '[Version]\nSignature="$Windows NT$"\n[Manufacturer\n');
    const answer = await winpvJson(['inf', 'verify', path('open.inf'), path('good.inf')]);
    expect(answer.exit).toBe(4);
    expect(answer.error).toMatchObject({ code: 'INF_SECTION_LINE', rule: 1002, at: { line: 3 } });
    expect(answer.result.files[1].verdict).toBe('valid');
  });

  test.each(['verify', 'show', 'stamp'])(
    '%s refuses a file of 2 GB by its size, before reading it, with exit 4',
    async (verb) => {
      const files = {
        ...diskFiles,
        stat: async () => ({ name: 'huge.inf', kind: 'file' as const, size: 2 ** 31 }),
        read: async (): Promise<Uint8Array> => {
          throw new Error('it was read');
        },
      };
      const answer = await winpvJson(['inf', verb, 'huge.inf'], { files });
      expect(answer).toMatchObject({ exit: 4, error: { code: 'INF_TOO_LARGE', at: { file: 'huge.inf' } } });
    },
  );
});

describe('winpv inf stamp', () => {
  const stamp = async (args: readonly string[], env: Record<string, string> = {}) => {
    project.write('s.inf', INF);
    return winpvJson(['inf', 'stamp', path('s.inf'), ...args], { env, now: Date.UTC(2026, 5, 15, 12, 30) });
  };
  const driverVer = (): string | undefined => /DriverVer=(.*)/.exec(readFileSync(path('s.inf'), 'utf8'))?.[1];

  test('without options writes the day of the clock, in UTC, and keeps the version', async () => {
    expect((await stamp([])).exit).toBe(0);
    expect(driverVer()).toBe('06/15/2026,1.2.3.4');
  });

  test('takes * from SOURCE_DATE_EPOCH where it is set, so that a build gives the same bytes again', async () => {
    const env = { SOURCE_DATE_EPOCH: String(Date.UTC(2026, 0, 2, 3, 4, 5) / 1000) };
    const { result } = await stamp(['-d', '*', '-v', '*'], env);
    expect(driverVer()).toBe('01/02/2026,3.4.5.0');
    expect(result).toEqual({
      file: path('s.inf'),
      changed: true,
      changes: [{ section: 'Version', name: 'DriverVer', value: '01/02/2026,3.4.5.0' }],
    });
  });

  test('says what StampInf says; -n says the rest too', async () => {
    project.write('n.inx', INF.replaceAll('NTamd64', 'NT$ARCH$'));
    const args = ['-d', '01/29/2024', '-v', '13.44.35.864', '-a', 'x64', '-c', 'b.cat'];
    const told = await winpv(['inf', 'stamp', path('n.inx'), ...args]);
    expect(told.stdout).toBe(
      `Stamping ${path('n.inx')}\nStamping [Version] section with DriverVer=01/29/2024,13.44.35.864\n`,
    );
    project.write('n.inx', INF.replaceAll('NTamd64', 'NT$ARCH$'));
    const all = await winpv(['inf', 'stamp', path('n.inx'), ...args, '-n']);
    expect(all.stdout).toContain('Stamping $ARCH$ with amd64');
    expect(all.stdout).toContain('Stamping [Version] section with CatalogFile=b.cat');
  });

  test('with an option without sense changes nothing and is exit 2', async () => {
    for (const args of [
      ['-d', 'today'],
      ['-v', '1.2'],
      ['-a', 'mips'],
      ['-k', 'x'],
    ])
      expect((await stamp(args)).exit).toBe(2);
    expect(readFileSync(path('s.inf'), 'utf8')).toBe(INF);
  });

  test('of a file that is no INF changes nothing and is exit 4', async () => {
    project.write('no.inf', 'just text');
    expect((await winpvJson(['inf', 'stamp', path('no.inf'), '-v', '1.0.0.0'])).exit).toBe(4);
    expect(readFileSync(path('no.inf'), 'utf8')).toBe('just text');
    expect(existsSync(path('nowhere.inf'))).toBe(false);
    expect((await winpvJson(['inf', 'stamp', path('nowhere.inf')])).exit).toBe(8);
  });
});

describe('winpv inf diff', () => {
  test('tells people what was lost, gained and changed, and warns when DriverVer goes backward', async () => {
    project.write(
      'b.inf',
      INF.replace('DEV_5678', 'DEV_9999').replace('05/04/2026', '05/03/2026').replace('StartType=3', 'StartType=0'),
    );
    const run = await winpv(['inf', 'diff', path('good.inf'), path('b.inf')]);
    expect(run.exit).toBe(5);
    expect(run.stdout.split('\n')).toEqual([
      'DriverVer',
      '  05/04/2026,1.2.3.4 -> 05/03/2026,1.2.3.4 (backward)',
      'Ids',
      '  - PCI\\VEN_1234&DEV_5678',
      '  + PCI\\VEN_1234&DEV_9999',
      'Services',
      '  ~ a: startType 3 -> 0',
      '',
    ]);
    expect(run.stderr).toContain('warning INF_DRIVERVER_BACKWARD');
    expect(run.stderr).toContain('error INF_DIFFERS');
  });

  test('of two folders compares INFs and content', async () => {
    for (const name of ['old', 'new']) project.write(`${name}/x64/a.inf`, INF);
    project.write('old/x64/a.sys', 'one');
    project.write('new/x64/a.sys', 'one');
    expect((await winpvJson(['inf', 'diff', path('old'), path('new')])).exit).toBe(0);
    project.write('new/x64/a.sys', 'two');
    const answer = await winpvJson(['inf', 'diff', path('old'), path('new')]);
    expect(answer.exit).toBe(5);
    expect(answer.result.contents.changed).toEqual(['x64/a.sys']);
    expect(answer.result).toMatchObject({ ids: { gained: [], lost: [] }, driverVer: { direction: 'same' } });
  });

  test('of a file and a folder is a usage error, of what is not there exit 8, of what is no INF exit 4', async () => {
    expect((await winpvJson(['inf', 'diff', path('good.inf'), path('.')])).exit).toBe(2);
    expect((await winpvJson(['inf', 'diff', path('good.inf'), path('nothing.inf')])).exit).toBe(8);
    project.write('no.inf', 'just text');
    expect((await winpvJson(['inf', 'diff', path('good.inf'), path('no.inf')])).exit).toBe(4);
  });
});
