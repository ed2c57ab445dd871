import { describe, expect, test } from 'vitest';
import { concatBytes, utf8 } from '../../core/bytes.ts';
import type { WinpvError } from '../../core/errors.ts';
import { guestVariants, rehearse } from '../../emulator/rehearse.ts';
import { replay } from '../../emulator/replay.ts';
import { recordTranscript, TRANSCRIPT_VERSION } from '../../emulator/transcript.ts';
import { parseTranscript } from '../../emulator/transcript-read.ts';
import { bundleOf, guestNamed, releaseFiles, scenarioNamed } from '../support/rehearsal.ts';

const GUEST = guestNamed('windows-10-22h2-x64');
const SCENARIOS = ['fresh-install', 'uninstall', 'platform-switch'].map(scenarioNamed);

const rehearsal = (() => {
  const { bundle, library } = bundleOf(releaseFiles(), guestVariants([GUEST]));
  return { bundle, library, before: [], guests: [GUEST], scenarios: SCENARIOS };
})();

const { text, results } = (() => {
  const recorder = recordTranscript({ tool: '0.0.0-test', release: 'release', rehearsal, findings: [] });
  const played = [];
  for (const one of rehearse(rehearsal)) {
    recorder.add(one);
    played.push(one.result);
  }
  return { text: new TextDecoder().decode(concatBytes(...recorder.parts())), results: played };
})();

const replayed = (saved: string) => [...replay(parseTranscript(utf8(saved), 'saved.json'), 'saved.json')];

const refusal = (saved: string | Uint8Array): Pick<WinpvError, 'code' | 'exit' | 'at' | 'message'> => {
  try {
    const bytes = typeof saved === 'string' ? utf8(saved) : saved;
    for (const _run of replay(parseTranscript(bytes, 'saved.json'), 'saved.json'));
  } catch (error) {
    return error as WinpvError;
  }
  throw new Error('it was replayed');
};

describe('a transcript', () => {
  test('is one JSON object that says its version', () => {
    expect(JSON.parse(text)).toMatchObject({ version: TRANSCRIPT_VERSION, tool: '0.0.0-test', release: 'release' });
    expect(JSON.parse(text).runs).toHaveLength(results.length);
  });

  test('plays to the same end: nothing differs', () => {
    const again = replayed(text);
    expect(again.flatMap(({ differences }) => differences)).toEqual([]);
    expect(again.map(({ result }) => result)).toEqual(results);
  });

  test('keeps what runs have in common once', () => {
    const one = recordTranscript({ tool: '', release: '', rehearsal, findings: [] });
    const twice = recordTranscript({ tool: '', release: '', rehearsal, findings: [] });
    for (const played of rehearse(rehearsal)) {
      one.add(played);
      twice.add(played);
      twice.add(played);
    }
    const [single, double] = [one, twice].map((recorder) => concatBytes(...recorder.parts()).length);
    expect(double).toBeLessThan((single ?? 0) * 1.02);
  });

  test('tells the step at which a replay goes another way, and the findings that change', () => {
    const document = JSON.parse(text);
    const bound = document.values.findIndex((value: { kind?: string }) => value?.kind === 'device.bound');
    document.values[bound] = { ...document.values[bound], rank: 'FFFFFFFF' };
    document.runs[1].verdict = 'fail';
    const differences = replayed(JSON.stringify(document)).flatMap((run) => run.differences);
    expect(differences[0]).toMatchObject({ what: 'outputs', stage: 'install', event: 'package.install' });
    expect(differences[0]?.saved).toMatchObject({ rank: 'FFFFFFFF' });
    expect(differences).toContainEqual(expect.objectContaining({ what: 'verdict', saved: 'fail', now: 'pass' }));
  });
});

describe('a transcript that cannot be replayed', () => {
  test('of another version is refused where it says so', () => {
    const error = refusal(text.replace('"version":1', '\n  "version":99'));
    expect(error).toMatchObject({ code: 'CHECK_TRANSCRIPT', exit: 4, at: { file: 'saved.json', line: 2, column: 3 } });
    expect(error.message).toContain('version 99');
  });

  test('is refused at the place where it stops to be JSON', () => {
    const half = text.slice(0, Math.floor(text.length / 2));
    const error = refusal(half);
    expect(error).toMatchObject({ code: 'CHECK_TRANSCRIPT', exit: 4 });
    expect(error.at?.line).toBe(half.split('\n').length);
    expect(refusal('{"version": 1, nonsense')).toMatchObject({ at: { line: 1, column: 16 } });
  });

  test.each([
    ['no object', '[]', 'no version'],
    ['an empty object', '{}', 'no version'],
    ['no runs', '{"version":1}', 'tool'],
    ['a reference to nothing', text.replace('"begin":[', '"begin":[99999'), 'names no value'],
    ['a reference to itself', text.replace('"values":[\n', '"values":[\n{"own":[0]},'), 'names no value'],
  ])('%s', (_what, saved, why) => {
    const error = refusal(saved);
    expect(error).toMatchObject({ code: 'CHECK_TRANSCRIPT', exit: 4, at: { file: 'saved.json' } });
    expect(error.message).toContain(why);
  });

  test('of bytes that are no text', () => {
    expect(refusal(Uint8Array.of(0xff, 0xfe, 0x00))).toMatchObject({ code: 'CHECK_TRANSCRIPT', exit: 4 });
  });

  test('that stands for more than memory holds is refused before it is played', () => {
    const bomb = Array.from({ length: 60 }, (_value, index) => (index === 0 ? [1, 2] : [[index - 1], [index - 1]]));
    const document = { ...JSON.parse(text), values: bomb };
    expect(refusal(JSON.stringify(document)).message).toContain('too large');
  });

  test('whose worlds are none is an error of the file, not of winpv', () => {
    const document = JSON.parse(text);
    const registry = document.values.findIndex((value: { keys?: unknown }) => value?.keys !== undefined);
    for (let index = registry; index < document.values.length; index += 1) {
      const value = document.values[index];
      if (value?.keys !== undefined) document.values[index] = { ...value, keys: 7 };
    }
    expect(refusal(JSON.stringify(document))).toMatchObject({ code: 'CHECK_TRANSCRIPT', exit: 4 });
  });
});
