import { describe, expect, test } from 'vitest';
import type { GuestEvent } from '../../../emulator/guest/events.ts';
import { inputOn, judged, machineOn, modesOf, said } from '../../support/crash.ts';

const WINDOWS = 'windows-10-22h2-x64';
const CRASH: readonly GuestEvent[] = [{ kind: 'crash', pages: 42 }, { kind: 'restart' }];
const GIVEN_BACK: GuestEvent = { kind: 'memory.balloon', first: 12, pages: 5 };
/** Of before 01a1170; on a backend with one queue, as that is another matter. */
const OLD = { xencrsh: { built: '2015-06-30' } };

describe('F53: the dump stops at pages that were given back to the host', () => {
  test('when the library is of before 01a1170, which is told and fails no release', () => {
    const run = machineOn(inputOn(WINDOWS, OLD), { backends: 'linux-3.16' });
    said(run, GIVEN_BACK, ...CRASH);
    const result = judged(run);
    expect(modesOf(result)).toEqual(['warning F53']);
    expect(result.findings.find(({ failureMode }) => failureMode === 'F53')?.message).toContain(
      'Page 12 was given back',
    );
  });

  test('and not when it is newer, or no page was given back, or all came back', () => {
    const host = { backends: 'linux-3.16' } as const;
    const runs = [
      [machineOn(inputOn(WINDOWS), host), GIVEN_BACK],
      [machineOn(inputOn(WINDOWS, OLD), host), { kind: 'memory.balloon', first: 100, pages: 5 }],
    ] as const;
    for (const [run, before] of runs) {
      said(run, before, ...CRASH);
      expect(modesOf(judged(run))).toEqual([]);
    }
    const back = machineOn(inputOn(WINDOWS, OLD), host);
    said(back, GIVEN_BACK, { kind: 'memory.balloon', first: 0, pages: 0 }, ...CRASH);
    expect(modesOf(judged(back))).toEqual([]);
  });

  test('zeros are what the dump has in their place', () => {
    const run = machineOn(inputOn(WINDOWS));
    const outputs = said(run, GIVEN_BACK, ...CRASH);
    const [written, found] = ['dump.written', 'dump.found'].map((kind) => outputs.find((one) => one.kind === kind));
    const plain = said(machineOn(inputOn(WINDOWS)), ...CRASH).find(({ kind }) => kind === 'dump.written');
    const hashOf = (one: typeof written) => (one !== undefined && 'sha256' in one ? one.sha256 : undefined);
    expect(hashOf(found)).toBe(hashOf(written));
    expect(hashOf(plain)).not.toBe(hashOf(written));
  });

  test('what cannot be told of a build is said: its day is not known, or more pages are gone than it can replace', () => {
    const undecided = (builds: Parameters<typeof inputOn>[1], pages: number) => {
      const run = machineOn(inputOn(WINDOWS, builds), { backends: 'linux-3.16' });
      said(run, { kind: 'memory.balloon', first: 3, pages }, ...CRASH);
      return judged(run).findings.filter(({ code }) => code === 'EMULATOR_UNDECIDED').length;
    };
    expect(undecided({ xencrsh: { built: '2019-01-01' } }, 5)).toBe(1);
    expect(undecided({}, 9)).toBe(1);
    expect(undecided({}, 5)).toBe(0);
  });
});
