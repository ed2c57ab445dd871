import { existsSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileExecutable, startWinpv } from '../support/executable.ts';
import { contentBelow, makeProject, type TestProject } from '../support/project.ts';

/** Twenty take some minutes; what they show more than these is in the moments alone. */
const MOMENTS = Number(process.env.WINPV_KILLS ?? '4');

const IDS = ['alder', 'birch', 'cedar', 'dogwood', 'elder', 'fir'];
const brand = (id: string, index: number): string =>
  `id: ${id}\nversion: 9.1.0.1\nvendorName: ${id}\nvendorPrefix: A${'BCDEFG'[index]}\nproductName: ${id}\n`;

let project: TestProject;
const released = (out: string, ...more: readonly string[]) =>
  startWinpv(['release', '-C', project.folder, '--out', project.path(out), '--date', '2026-05-04', '--json', ...more]);
const hex = (folder: string) =>
  new Map([...contentBelow(project.path(folder))].map(([path, bytes]) => [path, bytes.toString('base64')]));

let elapsedMs = 0;
beforeAll(async () => {
  compileExecutable();
  project = await makeProject({
    'winpv.yaml': `brands: [${IDS.map((id) => `${id}.yaml`).join(', ')}]\nsources: { default: stand-in }\ndrivers: [xenbus, xencrsh]\narchitectures: [x64]\nrehearse: false\n`,
    ...Object.fromEntries(IDS.map((id, index) => [`${id}.yaml`, brand(id, index)])),
  });
  const start = performance.now();
  expect((await released('whole').ended).exit).toBe(0);
  elapsedMs = performance.now() - start;
}, 60_000);
afterAll(() => project.dispose());

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('a release that was killed', () => {
  test.each(Array.from({ length: MOMENTS }, (_, index) => index))(
    'at a random moment (%i) and resumed is the same to the byte, and nothing is left beside it',
    async (index) => {
      const out = `killed-${index}`;
      const run = released(out);
      await sleep(elapsedMs * Math.random());
      run.child.kill('SIGKILL');
      await run.ended;
      // It may have been done by then: what is whole is not made over.
      const done = existsSync(project.path(out));
      const again = await released(out, '--resume', ...(done ? ['--clean'] : [])).ended;
      expect(again.exit, again.stdout).toBe(0);
      expect(hex(out)).toEqual(hex('whole'));
      expect(readdirSync(project.folder).filter((name) => name.startsWith(`.${out}.`))).toEqual([]);
    },
    60_000,
  );

  test('keeps the brands that it had made', async () => {
    const run = released('half');
    await run.until(() => existsSync(project.path('.half.winpv-partial', '.winpv', 'brands', 'alder.json')));
    run.child.kill('SIGKILL');
    await run.ended;
    const again = await released('half', '--resume', '--events').ended;
    expect(again.exit, again.stdout).toBe(0);
    expect(again.stderr).not.toContain('"alder: sign"');
    expect(hex('half')).toEqual(hex('whole'));
  }, 60_000);

  test('is begun anew without --resume', async () => {
    const run = released('anew');
    await run.until(() => existsSync(project.path('.anew.winpv-partial', '.winpv', 'brands', 'alder.json')));
    run.child.kill('SIGKILL');
    await run.ended;
    const again = await released('anew', '--events').ended;
    expect(again.stderr).toContain('"alder: sign"');
    expect(hex('anew')).toEqual(hex('whole'));
  }, 60_000);
});
