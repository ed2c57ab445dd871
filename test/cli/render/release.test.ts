import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { releaseLines } from '../../../cli/render/release.ts';
import { winpv, winpvJson } from '../../support/command-line.ts';
import { makeProject, type TestProject } from '../../support/project.ts';

let place: TestProject;

beforeAll(async () => {
  place = await makeProject({
    'winpv.yaml':
      'brands: [xenproject]\nsources:\n  default: stand-in\ndrivers: [xencrsh]\narchitectures: [x64]\nsigning:\n  test: true\n',
  });
});
afterAll(() => place.dispose());

const nextOf = (stdout: string): readonly string[] =>
  stdout
    .slice(stdout.indexOf('\nNext:\n') + 7)
    .trimEnd()
    .split('\n')
    .map((line) => line.trim());

/** Takes a line apart as a POSIX shell does, as far as these lines go. */
const words = (line: string): readonly string[] =>
  [...line.matchAll(/(?:"([^"]*)"|'([^']*)'|[^\s"']+)+/g)].map(([word]) =>
    word.replace(/"([^"]*)"|'([^']*)'/g, '$1$2'),
  );

describe('the last lines of a release', () => {
  test.each(['out', 'with a blank/out', 'with $dollar/out', 'ends/'])(
    'can be typed as they stand: --out %s',
    async (out) => {
      const folder = place.path(out);
      const run = await winpv(['release', '-C', place.folder, '--out', folder, '--date', '2026-05-29'], {
        invocation: 'node cli/winpv.js',
      });
      expect(run).toMatchObject({ exit: 0, stderr: '' });
      const next = nextOf(run.stdout);
      expect(next.map((line) => words(line).slice(0, 3))).toEqual([
        ['node', 'cli/winpv.js', 'verify'],
        ['node', 'cli/winpv.js', 'inf'],
        ['node', 'cli/winpv.js', 'init'],
      ]);
      expect(words(next[0] ?? '')[3]).toBe(folder);
      for (const line of next.slice(0, 2)) {
        const again = await winpv(words(line).slice(2));
        expect(again.exit, `${line}\n${again.stderr}`).toBe(0);
      }
      expect(words(next[2] ?? '').slice(2)).toEqual(['init', 'my-drivers']);
      expect(run.stdout).toContain('report.html');
    },
  );

  test('name no test root when the key was another', async () => {
    const { result } = await winpvJson(['release', '-C', place.folder, '--out', place.path('other')]);
    const record = { ...result, standIns: false, signing: { ...result.signing, kind: 'pfx', timestamps: 'rfc3161' } };
    const lines = releaseLines(record, { out: 'my out', elapsedMs: 0, invocation: 'winpv', ownWarnings: 0 });
    expect(lines.find((line) => line.startsWith('Signed: '))).toMatch(/, with time stamps\.$/);
    expect(lines.slice(-3)).toEqual([
      'Next, where ROOT.pem is the root certificate of your key:',
      '  winpv verify "my out" --ca ROOT.pem',
      '  winpv inf show "my out/xenproject/xencrsh/x64/xencrsh.inf"',
    ]);
  });

  test('count the warnings about our own templates, and say nothing where there is none', async () => {
    const { result: record } = await winpvJson(['release', '-C', place.folder, '--out', place.path('counted')]);
    const lines = (ownWarnings: number) =>
      releaseLines(record, { out: 'o', elapsedMs: 0, invocation: 'winpv', ownWarnings });
    expect(lines(4).join('\n')).toContain("Warnings about winpv's own INF templates: 4; --verbose shows them.");
    expect(lines(0).join('\n')).not.toContain('Warnings');
  });
});
