import { describe, expect, test } from 'vitest';
import { utf8 } from '../../core/bytes.ts';
import { DEFAULT_DISTRIBUTION } from '../../emulator/fleet/generate/generate.ts';
import { winpv, winpvJson } from '../support/command-line.ts';
import { memoryFiles } from '../support/memory-files.ts';

const generate = ['fleet', 'generate'];
const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

describe('winpv fleet generate', () => {
  test('writes as many lines as there are machines, and says of how many configurations', async () => {
    const files = memoryFiles({});
    const run = await winpv([...generate, '--machines', '250', '--configurations', '40', '--out', 'fleet.ndjson'], {
      files,
    });
    expect([run.exit, run.stdout]).toEqual([0, 'fleet.ndjson: 250 machines of 40 configurations.\n']);
    const lines = text(files.written.get('fleet.ndjson')).trimEnd().split('\n');
    expect(lines).toHaveLength(250);
    expect(JSON.parse(lines[249] ?? '')).toMatchObject({
      id: 'vm-0000250',
      os: expect.any(String),
      devices: expect.any(Array),
    });
  });

  test('says the same to programs', async () => {
    const answer = await winpvJson([...generate, '--machines', '30', '--seed', 'x', '--out', 'f.ndjson'], {
      files: memoryFiles({}),
    });
    expect([answer.ok, answer.result]).toEqual([
      true,
      { file: 'f.ndjson', machines: 30, configurations: 30, seed: 'x' },
    ]);
  });

  test('takes a distribution from a file, and tells where it has no more configurations', async () => {
    const [first] = DEFAULT_DISTRIBUTION.windows;
    const own = {
      ...DEFAULT_DISTRIBUTION,
      windows: [first],
      stacks: [{ like: null, share: 1 }],
      rings: [{ ring: null, share: 1 }],
    };
    const files = memoryFiles({ 'ours.json': utf8(JSON.stringify(own)) });
    const more = ['--distribution', 'ours.json', '--configurations', '500', '--out', 'f.ndjson'];
    const run = await winpv([...generate, '--machines', '900', ...more], { files });
    // Four platforms, with the policy and without; cards, and who drives C000, make no difference without drivers.
    expect(run.stdout).toBe(
      'f.ndjson: 900 machines of 8 configurations.\nThe distribution has no more than 8 configurations.\n',
    );
  });

  test.each([
    ['no number of machines', ['--out', 'f.ndjson'], 2, 'USAGE'],
    ['none at all', ['--machines', '0', '--out', 'f.ndjson'], 2, 'USAGE'],
    ['more than anything reads', ['--machines', '100000000', '--out', 'f.ndjson'], 2, 'USAGE'],
    ['a number that is none', ['--machines', '1e3', '--out', 'f.ndjson'], 2, 'USAGE'],
    ['no place for the result', ['--machines', '5'], 2, 'USAGE'],
    [
      'a distribution that is not there',
      ['--machines', '5', '--out', 'f', '--distribution', 'none.json'],
      8,
      'FILE_NOT_FOUND',
    ],
    [
      'a distribution that is no JSON',
      ['--machines', '5', '--out', 'f', '--distribution', 'broken.json'],
      3,
      'CONFIG_SYNTAX',
    ],
    [
      'a distribution of another form',
      ['--machines', '5', '--out', 'f', '--distribution', 'other.json'],
      3,
      'CONFIG_INVALID',
    ],
  ])('refuses %s', async (_name, args, exit, code) => {
    const files = memoryFiles({ 'broken.json': utf8('{'), 'other.json': utf8('{"formatVersion":1}') });
    const answer = await winpvJson([...generate, ...args], { files });
    expect([answer.exit, answer.error?.code]).toEqual([exit, code]);
    expect(files.written.size).toBe(0);
  });
});
