import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compileExecutable, startWinpv } from '../support/executable.ts';
import { contentBelow, makeProject, type TestProject } from '../support/project.ts';

const brand = (id: string, prefix: string, version = '9.1.0.1'): string =>
  `id: ${id}\nversion: ${version}\nvendorName: ${id}\nvendorPrefix: ${prefix}\nproductName: ${id}\n`;

let project: TestProject;
const release = (...more: readonly string[]) =>
  startWinpv([
    ...['release', '-C', project.folder, '--out', project.path('out'), '--date', '2026-05-04', '--json', '--events'],
    ...more,
  ]).ended;
const content = () =>
  new Map([...contentBelow(project.path('out'))].map(([path, bytes]) => [path, bytes.toString('hex')]));
/** The stages that a run went through, which are none when it found all as it was. */
const looked = async (...more: readonly string[]) => {
  const { exit, stdout, stderr } = await release('--clean', ...more);
  expect(exit, stdout).toBe(0);
  return { loaded: stderr.includes('"load"'), result: JSON.parse(stdout).result, stderr };
};

beforeAll(async () => {
  compileExecutable();
  project = await makeProject({
    'winpv.yaml':
      'brands: [alder.yaml, birch.yaml]\nsources: { default: stand-in }\ndrivers: [xencrsh, xenbus]\narchitectures: [x64]\n',
    'alder.yaml': brand('alder', 'AB'),
    'birch.yaml': brand('birch', 'AC'),
  });
  const { exit, stdout } = await release();
  expect(exit, stdout).toBe(0);
}, 120_000);
afterAll(() => project.dispose());

test('with nothing changed nothing is loaded, and the same is said', async () => {
  const before = content();
  const slow = await looked('--fresh');
  const fast = await looked();
  expect([slow.loaded, fast.loaded]).toEqual([true, false]);
  expect(fast.result).toEqual(slow.result);
  expect(content()).toEqual(before);
}, 120_000);

test('a touched file that holds the same is no change; a change in it is, and so is another option', async () => {
  const path = project.path('birch.yaml');
  utimesSync(path, new Date(), new Date());
  expect((await looked()).loaded).toBe(false);
  expect((await looked('--brand', 'alder', '--brand', 'birch')).loaded).toBe(true);
  project.write('birch.yaml', brand('birch', 'AC', '9.1.0.2'));
  const changed = await looked();
  expect(changed.loaded).toBe(true);
  expect(changed.stderr).toContain('"birch: sign"');
  expect(changed.stderr).not.toContain('"alder: sign"');
  expect((await looked()).loaded).toBe(false);
}, 240_000);

test('a damaged, a missing and a strange file of the output are found', async () => {
  const made = content();
  const path = project.path('out', 'alder', 'xenbus', 'x64', 'xenbus.inf');
  const bytes = readFileSync(path);
  const { atime, mtime } = statSync(path);
  // The same size and time of change: the time of the entry tells.
  const damaged = Buffer.from(bytes);
  damaged.writeUInt8(0x20, 0);
  writeFileSync(path, damaged);
  utimesSync(path, atime, mtime);
  const { loaded, stderr } = await looked();
  expect(loaded).toBe(true);
  expect(stderr).toContain('KEPT_DAMAGED');
  expect(content()).toEqual(made);

  writeFileSync(project.path('out', 'mine.txt'), 'mine');
  const strange = await release('--clean');
  expect(strange.exit).not.toBe(0);
  expect(strange.stdout).toContain('OUTPUT_NOT_EMPTY');
}, 240_000);
