import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CERTIFICATE_FILE_NAMES, KEY_CONTAINER_NAMES } from '../../packaging/signing/hierarchy-files.ts';
import { winpvJson } from '../support/command-line.ts';
import { filesBelow, makeProject, type TestProject } from '../support/project.ts';

let project: TestProject;
beforeAll(async () => {
  project = await makeProject({ 'used/ROOT.pem': 'a root', file: 'no folder', 'empty.txt': '\r\n' });
});
afterAll(() => project.dispose());

describe('winpv cert create refuses before it makes keys', () => {
  const env = { PASSWORD_FOR_TESTS: 'correct horse battery', NO_PASSWORD: '' };
  const refused = async (args: readonly string[], out = project.path('keys')) => {
    const defaults = args.includes('--passout') ? [] : ['--passout', 'env:PASSWORD_FOR_TESTS'];
    const keyMaker = { rsa: () => Promise.reject(new Error('a key was made')) };
    const { exit, error } = await winpvJson(['cert', 'create', '--out', out, ...defaults, ...args], { env, keyMaker });
    return [exit, error?.code];
  };

  test.each([
    ['empty', ''],
    ['blank', ' \t'],
    ['surrounded by blanks', ' Acme '],
    ['longer than a common name', 'a'.repeat(65)],
    ['longer in characters outside the first plane', '\u{1f511}'.repeat(65)],
    ['with a control character', 'Ac\u0007me'],
    ['with a line end', 'Ac\nme'],
    ['with a bidirectional control', 'Ac\u202eme'],
    ['with a character of no width', 'Ac\u200bme'],
  ])('a name that is %s', async (_what, name) => {
    expect(await refused(['--name', name])).toEqual([2, 'USAGE']);
  });

  test('an empty password, from the environment or a file', async () => {
    expect(await refused(['--passout', 'env:NO_PASSWORD'])).toEqual([6, 'SIGN_PASSWORD_SOURCE']);
    expect(await refused(['--passout', `file:${project.path('empty.txt')}`])).toEqual([6, 'SIGN_PASSWORD_SOURCE']);
  });

  test('a folder that has one of its files, whatever the case, and a path that is no folder', async () => {
    expect(await refused([], project.path('used'))).toEqual([8, 'OUTPUT_NOT_EMPTY']);
    expect(await refused([], project.path('file'))).toEqual([8, 'OUTPUT_NOT_EMPTY']);
    expect(filesBelow(project.path('used'))).toEqual(['ROOT.pem']);
    expect(filesBelow(project.path('keys'))).toEqual([]);
  });
});

test('winpv cert create takes a name as long as a common name may be, and writes the files it looked for', async () => {
  const args = ['cert', 'create', '--out', project.path('made'), '--passout', 'env:PASSWORD_FOR_TESTS'];
  const { exit } = await winpvJson([...args, '--name', 'n'.repeat(64)], { env: { PASSWORD_FOR_TESTS: 'x' } });
  expect(exit).toBe(0);
  expect(filesBelow(project.path('made'))).toEqual([...CERTIFICATE_FILE_NAMES, ...KEY_CONTAINER_NAMES].sort());
});
