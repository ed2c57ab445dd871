import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { winpvJson } from '../support/command-line.ts';
import { makeProject, type TestProject } from '../support/project.ts';

/** Packages in which every single signature is good and the whole is not what was released. */
let project: TestProject;
const pack = (name: string): string => project.path('pack', name);
const verify = (path: string, ...more: readonly string[]) =>
  winpvJson(['verify', path, '--ca', project.path('out/xenproject/trust/root.pem'), ...more]);

beforeAll(async () => {
  project = await makeProject({
    'winpv.yaml':
      'brands: [xenproject]\nsources: { default: stand-in }\ndrivers: [xenbus, xenvbd]\narchitectures: [x64]\n',
  });
  const made = await winpvJson(['release', '-C', project.folder, '--out', project.path('out'), '--date', '2026-05-04']);
  expect(made.exit).toBe(0);
});
afterAll(() => project.dispose());
beforeEach(() => {
  rmSync(project.path('pack'), { recursive: true, force: true });
  cpSync(project.path('out/xenproject/xenbus/x64'), project.path('pack'), { recursive: true });
});

describe('a package', () => {
  test('of which two files changed places is refused, naming both', async () => {
    const [xen, filter] = [readFileSync(pack('xen.sys')), readFileSync(pack('xenfilt.sys'))];
    writeFileSync(pack('xen.sys'), filter);
    writeFileSync(pack('xenfilt.sys'), xen);
    const answer = await verify(project.path('pack'));
    expect(answer.exit).toBe(5);
    const wrong = answer.result.files.filter((file: { verdict: string }) => file.verdict !== 'valid');
    expect(wrong).toEqual([
      expect.objectContaining({ path: 'xen.sys', reason: 'VERIFY_WRONG_MEMBER' }),
      expect.objectContaining({ path: 'xenfilt.sys', reason: 'VERIFY_WRONG_MEMBER' }),
    ]);
  });

  test('in which one file stands for another is refused', async () => {
    copyFileSync(pack('xen.sys'), pack('xenbus.sys'));
    const answer = await verify(project.path('pack'));
    expect(answer.error).toMatchObject({
      code: 'VERIFY_WRONG_MEMBER',
      at: { file: project.path('pack', 'xenbus.sys') },
    });
  });

  test('with a signed image of another package in it is told of', async () => {
    copyFileSync(project.path('out/xenproject/xenvbd/x64/xenvbd.sys'), pack('xenvbd.sys'));
    const answer = await verify(project.path('pack'));
    expect(answer.diagnostics).toContainEqual(
      expect.objectContaining({
        code: 'VERIFY_STRAY_IMAGE',
        severity: 'warning',
        at: { file: project.path('pack', 'xenvbd.sys') },
      }),
    );
  });

  test('that is an INF alone, with its catalog given apart, lacks its files', async () => {
    mkdirSync(project.path('alone'), { recursive: true });
    copyFileSync(pack('xenbus.inf'), project.path('alone/xenbus.inf'));
    const answer = await verify(project.path('alone'), '--catalog', pack('xenbus.cat'));
    expect(answer.exit).toBe(5);
    expect(answer.error?.code).toBe('VERIFY_FILE_MISSING');
    expect((await verify(pack('xenbus.inf'), '--catalog', pack('xenbus.cat'))).exit).toBe(0);
  });

  test('is not valid on a day before it was stamped', async () => {
    const answer = await verify(project.path('pack'), '--at', '2020-01-01');
    expect(answer.exit).toBe(5);
    expect(answer.error?.code).toBe('VERIFY_TIMESTAMP_UNTRUSTED');
    expect((await verify(project.path('pack'), '--at', '2026-05-04')).exit).toBe(0);
  });
});

describe('a damaged archive', () => {
  test.each(['xenproject-x64-submission.cab', 'xenproject.zip'])(
    '%s is a verdict with exit 5, not an error',
    async (name) => {
      const whole = readFileSync(project.path('out', name));
      for (const offset of [60, 500, 2000, 9000]) {
        const changed = Buffer.from(whole);
        changed[offset] = (changed[offset] ?? 0) ^ 0x20;
        project.write(`damaged-${name}`, changed);
        const answer = await verify(project.path(`damaged-${name}`));
        expect(answer.exit, `byte ${offset}`).toBe(5);
        expect(answer.result.verdict, `byte ${offset}`).toBe('invalid');
      }
      project.write(`damaged-${name}`, whole.subarray(0, whole.length - 100));
      expect(await verify(project.path(`damaged-${name}`))).toMatchObject({ exit: 5, result: { verdict: 'invalid' } });
    },
  );
});
