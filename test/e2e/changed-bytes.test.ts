import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { winpvJson } from '../support/command-line.ts';
import { makeProject, type TestProject } from '../support/project.ts';

/** The library tests change every byte of a file; this asks the command, on a sample, for the exit code and the name. */
const STEP = 101;

let project: TestProject;
beforeAll(async () => {
  project = await makeProject({
    'winpv.yaml': 'brands: [xenproject]\nsources: { default: stand-in }\ndrivers: [xencrsh]\narchitectures: [x64]\n',
  });
  const made = await winpvJson(['release', '-C', project.folder, '--out', project.path('out'), '--date', '2026-05-04']);
  expect(made.exit).toBe(0);
});
afterAll(() => project.dispose());

const verify = () =>
  winpvJson([
    'verify',
    project.path('out/xenproject/xencrsh/x64'),
    '--ca',
    project.path('out/xenproject/trust/root.pem'),
  ]);

describe('a package with one changed byte', () => {
  test('is valid without it', async () => {
    const answer = await verify();
    expect(answer.exit).toBe(0);
    expect(answer.result.verdict).toBe('valid');
    expect(answer.result.files.map((file: { path: string }) => file.path)).toEqual([
      'xencrsh.cat',
      'xencrsh.inf',
      'xencrsh.sys',
    ]);
  });

  test.each(['xencrsh.sys', 'xencrsh.cat', 'xencrsh.inf'])(
    'in %s is refused with exit 5, naming the file',
    async (name) => {
      const path = project.path('out/xenproject/xencrsh/x64', name);
      const original = readFileSync(path);
      let tried = 0;
      try {
        for (let offset = 0; offset < original.length; offset += STEP) {
          const changed = Buffer.from(original);
          changed[offset] = (changed[offset] ?? 0) ^ (offset % 2 === 0 ? 0x01 : 0x80);
          writeFileSync(path, changed);
          const answer = await verify();
          expect(answer.exit, `byte ${offset}`).toBe(5);
          const wrong = answer.result.files.filter((file: { verdict: string }) => file.verdict !== 'valid');
          expect(
            wrong.map((file: { path: string }) => file.path),
            `byte ${offset}`,
          ).toContain(name);
          tried += 1;
        }
      } finally {
        writeFileSync(path, original);
      }
      expect(tried).toBe(Math.ceil(original.length / STEP));
    },
  );

  test('that is only added at the end is refused too', async () => {
    for (const name of ['xencrsh.sys', 'xencrsh.cat', 'xencrsh.inf']) {
      const path = project.path('out/xenproject/xencrsh/x64', name);
      const original = readFileSync(path);
      writeFileSync(path, Buffer.concat([original, Buffer.from([0])]));
      const answer = await verify();
      writeFileSync(path, original);
      expect(answer.exit, name).toBe(5);
    }
  });
});

describe('a release folder', () => {
  const whole = () => winpvJson(['verify', project.path('out'), '--ca', project.path('out/xenproject/trust/root.pem')]);

  test('with a file that was changed, lost or added is refused by its checksums', async () => {
    expect((await whole()).exit).toBe(0);
    const zip = project.path('out/xenproject.zip');
    const original = readFileSync(zip);
    writeFileSync(zip, original.subarray(1));
    expect((await whole()).error).toMatchObject({ code: 'SUMS_MISMATCH', at: { file: zip } });
    writeFileSync(zip, original);
    project.write('out/xenproject/notes.txt', 'new');
    const added = await whole();
    expect(added.exit).toBe(5);
    expect(added.error).toMatchObject({
      code: 'SUMS_FILE_EXTRA',
      at: { file: project.path('out', 'xenproject', 'notes.txt') },
    });
    const sums = readFileSync(project.path('out/SHA256SUMS'));
    writeFileSync(
      project.path('out/SHA256SUMS'),
      Buffer.concat([Buffer.from(`${'0'.repeat(64)}  release.json\n`), sums]),
    );
    expect((await whole()).exit).toBe(5);
    rmSync(project.path('out/SHA256SUMS'));
    expect((await whole()).error?.code).toBe('SUMS_MISSING');
  });
});
