import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodePem } from '../../packaging/formats/x509/pem.ts';
import { isSigned } from '../../packaging/signing/add-timestamp.ts';
import { demoImage } from '../support/demo-image.ts';
import { compileExecutable, type Started, startWinpv } from '../support/executable.ts';
import { lacks } from '../support/outside.ts';
import { filesBelow, makeProject, type TestProject } from '../support/project.ts';
import { sharedHierarchy } from '../support/test-keys.ts';
import { withTsaServer } from '../support/tsa-server.ts';

const PROJECT = `brands: [xenproject]
sources:
  default: stand-in
drivers: [xencrsh]
architectures: [x64]
signing:
  test: true
`;

let place: TestProject;
let key: readonly string[] = [];

beforeAll(async () => {
  compileExecutable();
  const { signer } = await sharedHierarchy();
  place = await makeProject({
    'winpv.yaml': PROJECT,
    'key.pem': encodePem('PRIVATE KEY', signer.privateKey),
    'leaf.pem': encodePem('CERTIFICATE', signer.certificate),
  });
  key = ['--key', place.path('key.pem'), '--cert', place.path('leaf.pem')];
});
afterAll(() => place.dispose());

/** Names in a folder that only a run which is not over yet has there. */
const leftovers = (folder: string): readonly string[] =>
  (readdirSync(folder, { recursive: true }) as string[]).filter((name) =>
    /\.tmp$|winpv-(partial|old|lock)|keys\.partial|winpv-sign/.test(name),
  );

const fingerprint = (folder: string): string =>
  filesBelow(folder)
    .map(
      (name) =>
        `${name} ${createHash('sha256')
          .update(readFileSync(`${folder}/${name}`))
          .digest('hex')}`,
    )
    .join('\n');

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

const image = (name: string): string => {
  const path = place.path('images', name);
  mkdirSync(place.path('images'), { recursive: true });
  writeFileSync(path, demoImage());
  return path;
};

const hanging = async (use: (url: string, asked: () => boolean) => Promise<void>): Promise<void> => {
  const { tsa } = await (await import('../../packaging/signing/test-hierarchy.ts')).testSigners(
    await sharedHierarchy(),
  );
  await withTsaServer({ tsa, genTimeMs: Date.now(), faults: () => ['hangs'] }, (server) =>
    use(server.url, () => server.seen.length > 0),
  );
};

describe('a signal while winpv waits for a server that does not answer', () => {
  test('ends it with 130 and one line on stderr, and the file is as it was', async () => {
    await hanging(async (url, asked) => {
      const file = image('hangs.sys');
      const run = startWinpv(['sign', file, ...key, '--timestamp', url]);
      await run.until(asked);
      run.child.kill('SIGINT');
      const { exit, stdout, stderr } = await run.ended;
      expect({ exit, stdout }).toEqual({ exit: 130, stdout: '' });
      expect(stderr).toMatch(/^error INTERRUPTED {2}[^\n]*SIGINT[^\n]*\n$/);
      expect(Buffer.compare(readFileSync(file), demoImage())).toBe(0);
      expect(leftovers(place.folder)).toEqual([]);
    });
  });

  test('SIGTERM ends it the same way; with --json there is one object on stdout, and stderr is silent', async () => {
    await hanging(async (url, asked) => {
      const run = startWinpv(['sign', image('hangs.sys'), ...key, '--timestamp', url, '--json']);
      await run.until(asked);
      run.child.kill('SIGTERM');
      const { exit, stdout, stderr } = await run.ended;
      expect({ exit, stderr }).toEqual({ exit: 130, stderr: '' });
      const answer = JSON.parse(stdout);
      expect(stdout.trimEnd()).not.toContain('\n');
      expect(answer).toMatchObject({ ok: false, command: 'sign', error: { code: 'INTERRUPTED', severity: 'error' } });
      expect(answer.diagnostics).toEqual([answer.error]);
    });
  });

  test('with --events the last line tells it as an event', async () => {
    await hanging(async (url, asked) => {
      const run = startWinpv(['sign', image('hangs.sys'), ...key, '--timestamp', url, '--events']);
      await run.until(asked);
      run.child.kill('SIGINT');
      const lines = (await run.ended).stderr.trimEnd().split('\n');
      expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ type: 'diagnostic', code: 'INTERRUPTED' });
    });
  });
});

describe.skipIf(process.platform === 'win32' || lacks('sleep', 'mv'))(
  'a signal while winpv waits for a program',
  () => {
    /** A program that starts another, writes both numbers, and ignores that it is asked to end. */
    const script = (name: string): { readonly path: string; readonly pids: () => readonly number[] } => {
      const path = place.path(name);
      const note = place.path(`${name}.pids`);
      writeFileSync(
        path,
        `#!/bin/sh\ntrap '' TERM\nsleep 600 &\necho $$ $! > '${note}.new'\nmv '${note}.new' '${note}'\nwait\nwait\nsleep 600\n`,
      );
      chmodSync(path, 0o755);
      rmSync(note, { force: true });
      return { path, pids: () => (existsSync(note) ? readFileSync(note, 'utf8').trim().split(' ').map(Number) : []) };
    };

    test.each(['--exec', '--file-command'])('ends the program of %s and what that started', async (option) => {
      const tool = script('slow.sh');
      const file = image('slow.sys');
      const by =
        option === '--exec'
          ? ['--exec', tool.path, '--cert', place.path('leaf.pem')]
          : ['--file-command', `${tool.path} {file}`];
      const run = startWinpv(['sign', file, ...by, '--no-timestamp', '--json']);
      await run.until(() => tool.pids().length === 2);
      run.child.kill('SIGTERM');
      const { exit, stdout } = await run.ended;
      expect(exit).toBe(130);
      expect(JSON.parse(stdout).error.code).toBe('INTERRUPTED');
      expect(tool.pids().filter(isRunning)).toEqual([]);
      expect(filesBelow(place.path('images')).filter((name) => !/^[a-z]+\.sys$/.test(name))).toEqual([]);
      expect(Buffer.compare(readFileSync(file), demoImage())).toBe(0);
    });
  },
);

/** Starts, interrupts as soon as the moment has come, and tells how it ended; a run may be over before the signal. */
const interruptWhen = async (run: Started, moment: () => boolean) => {
  await run.until(moment).catch(() => undefined);
  run.child.kill('SIGINT');
  const ended = await run.ended;
  expect([0, 130], ended.stderr).toContain(ended.exit);
  return ended;
};

describe('a signal during a release', () => {
  const partial = (): string => place.path('.out.winpv-partial');
  const release = (...more: readonly string[]): Started =>
    startWinpv(['release', '-C', place.folder, '--out', place.path('out'), '--date', '2026-05-29', ...more]);

  test('leaves nothing: no lock, no part of the output', async () => {
    const ended = await interruptWhen(release(), () => existsSync(place.path('.out.winpv-lock')));
    expect(leftovers(place.folder)).toEqual([]);
    expect(existsSync(place.path('out'))).toBe(ended.exit === 0);
    rmSync(place.path('out'), { recursive: true, force: true });
  });

  test('in place of an earlier one leaves the old or the new, whole, whenever it comes', async () => {
    expect((await release().ended).exit).toBe(0);
    const old = fingerprint(place.path('out'));
    expect((await release('--clean', '--date', '2026-05-30').ended).exit).toBe(0);
    const renewed = fingerprint(place.path('out'));
    const moments: readonly (() => boolean)[] = [
      () => existsSync(partial()),
      () => existsSync(`${partial()}/release.json`),
      () => existsSync(`${partial()}/SHA256SUMS`),
      () => existsSync(place.path('.out.winpv-old')),
      () => existsSync(place.path('.out.winpv-lock')) && !existsSync(partial()),
    ];
    for (const moment of moments) {
      const next = fingerprint(place.path('out')) === old ? '2026-05-30' : '2026-05-29';
      await interruptWhen(release('--clean', '--date', next), moment);
      expect([old, renewed]).toContain(fingerprint(place.path('out')));
      expect(leftovers(place.folder)).toEqual([]);
    }
  }, 240_000);

  test('that makes the first test keys leaves no half set of them, and the next release makes a whole one', async () => {
    const fresh = place.path('fresh');
    mkdirSync(fresh);
    writeFileSync(`${fresh}/winpv.yaml`, PROJECT);
    const run = startWinpv(['release', '-C', fresh, '--out', `${fresh}/out`]);
    const ended = await interruptWhen(run, () => existsSync(`${fresh}/.winpv/.keys.winpv-lock`));
    expect(leftovers(fresh)).toEqual([]);
    if (ended.exit === 130) expect(existsSync(`${fresh}/out`)).toBe(false);
    expect((await startWinpv(['release', '-C', fresh, '--out', `${fresh}/out2`]).ended).exit).toBe(0);
  }, 240_000);
});

test('a signal while many files are signed in place leaves each as it was or signed, never half', async () => {
  const folder = place.path('many');
  mkdirSync(folder);
  const names = Array.from({ length: 100 }, (_, i) => `${folder}/${i}.sys`);
  for (const name of names) writeFileSync(name, demoImage());
  const changed = (): boolean =>
    readdirSync(folder).length > names.length || isSigned(readFileSync(`${folder}/0.sys`), '');
  const { exit } = await interruptWhen(startWinpv(['sign', folder, ...key, '--no-timestamp']), changed);
  expect(readdirSync(folder).length).toBe(names.length);
  const original = demoImage();
  const signed = names.filter((name) => isSigned(readFileSync(name), name));
  for (const name of names.filter((one) => !signed.includes(one)))
    expect(Buffer.compare(readFileSync(name), original), name).toBe(0);
  if (exit === 0) expect(signed.length).toBe(names.length);
});

test('a second signal ends winpv at once', async () => {
  await hanging(async (url, asked) => {
    const run = startWinpv(['sign', image('hangs.sys'), ...key, '--timestamp', url]);
    await run.until(asked);
    run.child.kill('SIGTERM');
    run.child.kill('SIGINT');
    expect((await run.ended).exit).toBe(130);
  });
});
