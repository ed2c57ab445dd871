import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WinpvError } from '../../core/errors.ts';
import { TEST_NOW, winpv, winpvJson } from '../support/command-line.ts';
import { oracle, projectRoot } from '../support/outside.ts';
import { makeOwnRelease, type OwnRelease } from '../support/own-release.ts';
import { contentBelow, makeProject, type TestProject } from '../support/project.ts';

let made: OwnRelease;
beforeAll(async () => {
  made = await makeOwnRelease();
}, 120_000);
afterAll(() => made?.dispose());

const publish = (...args: readonly string[]) => winpvJson(['publish', made.out, '--brand', 'xenproject', ...args]);
const fresh = (name: string): string => {
  rmSync(made.path(name), { recursive: true, force: true });
  return made.path(name);
};
const writtenForOther = (project: TestProject): string => {
  const text = readFileSync(project.path('labels.yaml'), 'utf8').replaceAll('brand: example-vendor', 'brand: another');
  project.write('labels-other.yaml', text);
  return project.path('labels-other.yaml');
};
const codes = (answer: { readonly diagnostics: readonly { readonly code: string }[] }) => [
  ...new Set(answer.diagnostics.map(({ code }) => code)),
];

describe('winpv publish to a folder', () => {
  test('makes a repository that its own check, sha256sum and a second publication agree with', async () => {
    const repo = fresh('repo');
    const { exit, result } = await publish('--to', repo, '--allow-test-signed');
    expect(exit).toBe(0);
    expect(result).toMatchObject({ changed: true, brand: 'xenproject', pruned: [] });
    const index = JSON.parse(readFileSync(`${repo}/index.json`, 'utf8'));
    const bus = index.packages.find(({ driver }: { driver: string }) => driver === 'xenbus');
    expect(bus).toMatchObject({
      path: 'xenproject/xenbus/9.1.0.0/x64',
      signature: { kind: 'test', subject: 'CN=winpv test signing' },
      windows: { from: expect.stringMatching(/^10\.0\.\d+$/) },
      date: '2026-05-04',
    });
    expect((await winpvJson(['publish', '--check', '--to', repo])).result).toMatchObject({ verdict: 'as-indexed' });
    const before = contentBelow(repo);
    expect((await publish('--to', repo, '--allow-test-signed')).result.changed).toBe(false);
    expect(contentBelow(repo)).toEqual(before);
  });

  test('tells by exit 5 what is no longer as it was published', async () => {
    const repo = fresh('repo-changed');
    await publish('--to', repo, '--allow-test-signed');
    writeFileSync(`${repo}/xenproject/xenbus/9.1.0.0/x64/xenbus.sys`, 'other');
    const { exit, error } = await winpvJson(['publish', '--check', '--to', repo]);
    expect([exit, error?.code]).toEqual([5, 'REPOSITORY_FILE_DIFFERS']);
  });

  test('refuses a test-signed release that nobody said is for tests, and writes nothing', async () => {
    const { exit, error } = await publish('--to', fresh('refused'));
    expect([exit, error?.code]).toEqual([5, 'PUBLISH_RELEASE_UNFIT']);
    expect(existsSync(made.path('refused'))).toBe(false);
  });

  test('refuses stand-ins, whatever the record says', async () => {
    const run = (out: string) =>
      winpvJson(['publish', out, '--brand', 'xenproject', '--to', fresh('refused'), '--allow-test-signed']);
    expect((await run(made.standIns)).error?.message).toContain('stand-ins');
    const lying = fresh('lying');
    cpSync(made.standIns, lying, { recursive: true });
    const record = readFileSync(`${lying}/release.json`, 'utf8').replace('"standIns": true', '"standIns": false');
    writeFileSync(`${lying}/release.json`, record);
    const answer = await run(lying);
    expect(answer.exit).toBe(5);
    expect(answer.diagnostics.some(({ message }) => message.includes('is a stand-in'))).toBe(true);
  });

  test('refuses a release that was changed after it was made', async () => {
    const changed = fresh('changed');
    cpSync(made.out, changed, { recursive: true });
    const path = `${changed}/xenproject/xenvbd/x64/xenvbd.sys`;
    const bytes = readFileSync(path);
    bytes[600] = (bytes[600] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    const answer = await winpvJson([
      'publish',
      changed,
      '--brand',
      'xenproject',
      '--to',
      fresh('refused'),
      '--allow-test-signed',
    ]);
    expect(answer.exit).toBe(5);
    expect(codes(answer)).toContain('SUMS_MISMATCH');
    expect(existsSync(made.path('refused'))).toBe(false);
  });

  test.each([
    [['--brand', 'nobody', '--to', 'x'], 3, 'PROJECT_UNKNOWN_NAME'],
    [['--brand', 'xenproject'], 2, 'PUBLISH_NOTHING_ASKED'],
    [['--to', 'x'], 2, 'USAGE'],
    [['--brand', 'xenproject', '--to', 'x', '--allow-test-signed', '--prune', '0'], 2, 'USAGE'],
    [['--check'], 2, 'USAGE'],
  ])('%j ends with exit %i', async (args, exit, code) => {
    const answer = await winpvJson(['publish', made.out, ...args]);
    expect([answer.exit, answer.error?.code]).toEqual([exit, code]);
  });
});

describe('winpv publish onto media', () => {
  test('writes the same bytes each time, and says their hashes', async () => {
    const run = (name: string) =>
      publish('--allow-test-signed', '--zip', made.path(`${name}.zip`), '--cab', made.path(`${name}.cab`));
    const [first, second] = [await run('one'), await run('two')];
    const hashes = ({ result }: typeof first) => result.media.map(({ sha256 }: { sha256: string }) => sha256);
    expect(hashes(first)).toHaveLength(2);
    expect(hashes(first)).toEqual(hashes(second));
    expect(readFileSync(made.path('one.zip')).equals(readFileSync(made.path('two.zip')))).toBe(true);
  });

  test('says how to get xorriso where it is missing, and leaves nothing behind', async () => {
    const exec = {
      run: async () => {
        throw new WinpvError('TOOL_MISSING', 'xorriso is not installed.');
      },
    };
    const args = ['publish', made.out, '--brand', 'xenproject', '--allow-test-signed', '--iso', made.path('none.iso')];
    const { exit, stderr } = await winpv(args, { exec });
    expect(exit).toBe(8);
    expect(stderr).toContain('apt install xorriso');
    expect(readdirSync(made.folder).filter((name) => name.includes('none.iso'))).toEqual([]);
  });

  oracle('xorriso', 'reads the image: volume, both kinds of names, the tree', async (tool) => {
    const iso = made.path('a b é.iso');
    const { exit, result } = await publish('--allow-test-signed', '--iso', iso);
    expect(exit).toBe(0);
    expect(result.media[0]).toMatchObject({ kind: 'iso', path: iso });
    const stdout = (await tool('-indev', iso, '-pvd_info', '-find', '/', '-type', 'f')).stdout.toString('utf8');
    expect(stdout).toContain("'/drivers/x64/xenbus/xenbus.inf'");
    expect(stdout).toContain("'/testsign/install.cmd'");
    expect(stdout).toMatch(/Volume Id\s*: XENPROJECT_9_1_0_0/);
    expect(stdout).toMatch(/Creation Time: 2026050400000000/);
    const again = made.path('again.iso');
    await publish('--allow-test-signed', '--iso', again);
    expect(readFileSync(again).equals(readFileSync(iso))).toBe(true);
  });

  oracle('unzip', 'tests the ZIP', async (tool) => {
    await publish('--allow-test-signed', '--zip', made.path('u.zip'));
    expect((await tool('-t', made.path('u.zip'))).stdout.toString()).toContain('No errors detected');
  });

  oracle('cabextract', 'tests the cabinet', async (tool) => {
    await publish('--allow-test-signed', '--cab', made.path('u.cab'));
    expect((await tool('-t', made.path('u.cab'))).stdout.toString()).toContain('All done, no errors');
  });

  test('has symbols in the layout of a symbol server, and says when there are none', async () => {
    const answer = await publish('--allow-test-signed', '--symbols', made.path('symbols'));
    expect(answer.exit).toBe(0);
    expect(codes(answer)).toContain('DELIVERY_NO_SYMBOLS');
    expect(existsSync(made.path('symbols', 'xenproject-x64-symbols.zip'))).toBe(true);
  });
});

describe('winpv publish to Partner Center', () => {
  test('rehearses in the process, with stand-ins too, and leaves nothing behind', async () => {
    const before = contentBelow(made.standIns);
    const args = ['publish', made.standIns, '--brand', 'xenproject', '--to', 'emulator', '--destination', 'signature'];
    const { exit, result, error } = await winpvJson(args, { now: TEST_NOW });
    expect([exit, error]).toEqual([0, undefined]);
    expect(result.submissions).toMatchObject([{ architecture: 'x64', outcome: 'signed', verdict: 'as-sent' }]);
    expect(contentBelow(made.standIns)).toEqual(before);
  }, 60_000);

  test('makes labels, puts time ahead until they are live, and asks the fleet: as was forecast; nothing is left behind', async () => {
    const project = await makeProject({
      'winpv.yaml':
        'brands: [example-vendor]\nsources: { default: stand-in }\ndrivers: [xenbus, xenvbd]\narchitectures: [x64]\nrehearse: { guests: [windows-11-24h2-x64], scenarios: [fresh-install] }\npublish: { fleet: fleet.ndjson, labels: labels.yaml }\n',
    });
    try {
      for (const name of ['fleet.ndjson', 'labels.yaml']) {
        project.write(name, readFileSync(join(projectRoot, 'examples', 'quickstart', name), 'utf8'));
      }
      const out = project.path('out');
      const at = { now: Date.UTC(2026, 10, 25) };
      const released = await winpvJson(['release', '-C', project.folder, '--out', out, '--date', '2026-11-25'], at);
      expect([released.exit, released.error]).toEqual([0, undefined]);
      const forecast = released.result.publication;
      const ids = ['office-01', 'office-02', 'server-01', 'server-02'];
      expect(forecast.who.map(({ id }: { id: string }) => id)).toEqual(ids);
      const before = contentBelow(out);
      const args = ['publish', out, '--brand', 'example-vendor', '--to', 'emulator'];
      const files = ['--labels', project.path('labels.yaml'), '--fleet', project.path('fleet.ndjson')];
      const { exit, error, result } = await winpvJson([...args, ...files], at);
      expect([exit, error]).toEqual([0, undefined]);
      const { publication } = result;
      // what is for everyone is not for attested drivers: they count as tested, and that is said
      expect(publication).toMatchObject({ asTested: true, leftOut: [], unfinished: [], offered: 4, asked: 8 });
      const days = ({ perLabel }: { perLabel: readonly { approved: string; since: string; offered: number }[] }) =>
        perLabel.map(({ approved, since, offered }) => [approved, since, offered]);
      // Thanksgiving, the day after and a weekend: the ship room is open on the 30th
      expect(days(publication.fleet)).toEqual([
        ['2026-11-30', '2026-11-30', 4],
        ['2026-11-30', '2026-11-30', 4],
      ]);
      expect(days(forecast)).toEqual(days(publication.fleet));
      const offered = publication.machines.filter(({ offers }: { offers: readonly unknown[] }) => offers.length > 0);
      expect(offered.map(({ id }: { id: string }) => id)).toEqual(ids);
      for (const { offers } of offered) for (const { first } of offers) expect(first.slice(0, 10)).toBe('2026-11-30');
      expect(contentBelow(out)).toEqual(before);
      const foreign = await winpvJson(
        ['publish', out, '--brand', 'example-vendor', '--to', 'emulator', '--labels', writtenForOther(project)],
        at,
      );
      expect([foreign.exit, foreign.error?.code]).toEqual([5, 'LABEL_ROWS_EMPTY']);
    } finally {
      project.dispose();
    }
  }, 180_000);

  test('refuses what a real submission would be refused for: a brand without a device of its own', async () => {
    const { exit, error } = await winpvJson(['publish', made.standIns, '--brand', 'xenproject', '--to', 'emulator']);
    expect([exit, error?.code]).toEqual([5, 'REFUSAL_NO_OWN_DEVICE']);
  }, 60_000);

  test('refuses a test-signed release, and asks nobody', async () => {
    const env = { WINPV_TENANT: 'a.example', WINPV_CLIENT_ID: 'b', WINPV_CLIENT_SECRET: 'c' };
    const http = {
      send: async () => {
        throw new Error('nobody is to be asked');
      },
    };
    const run = (...more: readonly string[]) =>
      winpvJson(['publish', made.out, '--brand', 'xenproject', '--to', 'partner-center', ...more], { env, http });
    for (const more of [[], ['--yes']]) {
      const { exit, error } = await run(...more);
      expect([exit, error?.code]).toEqual([5, 'PUBLISH_RELEASE_UNFIT']);
    }
  });
});
