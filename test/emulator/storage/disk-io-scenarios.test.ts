import { describe, expect, test } from 'vitest';
import { SCENARIOS } from '../../../emulator/scenarios/index.ts';
import { judgeRun } from '../../../emulator/scenarios/judge.ts';
import { Run } from '../../../emulator/scenarios/run.ts';
import { bundleOf, guestNamed, releaseFiles } from '../../support/rehearsal.ts';

const OF_DISKS = ['trim', 'trim-without-discard', 'flush-order', 'flush-order-large-sectors'];

const played = (id: string, guestId: string) => {
  const guest = guestNamed(guestId);
  const { bundle, library } = bundleOf(releaseFiles(), [guest]);
  const input = { guest, guests: [guest], library, bundle, before: [] };
  const scenario = SCENARIOS.find((one) => one.id === id);
  const [first] = scenario?.runs(input) ?? [];
  if (first === undefined) throw new Error(`${id} has no run`);
  const run = new Run(input, first.begin);
  first.play(run);
  return { run, result: judgeRun(run, id), outputs: run.steps.flatMap(({ outputs }) => outputs) };
};

describe.each(['windows-7-sp1-sha2-x64', 'windows-10-22h2-x64', 'server-2022-x64'])('on %s', (guest) => {
  test.each(OF_DISKS)('%s passes', (id) => {
    const { result, outputs } = played(id, guest);
    expect(result.findings).toEqual([]);
    expect(result.verdict).toBe('pass');
    expect(outputs.some(({ kind }) => kind === 'io.done')).toBe(true);
    expect(outputs.filter(({ kind }) => kind === 'io.failed')).toEqual([]);
  });
});

describe('a thin volume', () => {
  test('shrinks by what was deleted, and by what was told once more', () => {
    const { outputs } = played('trim', 'windows-10-22h2-x64');
    const pages = outputs.flatMap((output) =>
      output.kind === 'io.trimmed' ? [[output.by, output.pagesBefore, output.pagesAfter]] : [],
    );
    expect(pages).toEqual([
      ['xendisk', 16, 12],
      ['xendisk', 12, 8],
    ]);
  });

  test('shrinks on Windows 7 too, for xendisk asks for it', () => {
    const { outputs } = played('trim', 'windows-7-sp1-sha2-x64');
    const pages = outputs.flatMap((output) =>
      output.kind === 'io.trimmed' ? [[output.by, output.pagesBefore, output.pagesAfter]] : [],
    );
    expect(pages).toEqual([['xendisk', 16, 12]]);
  });

  test('stays as large where the backend has no discard, which is what that scenario is for', () => {
    const { result, outputs } = played('trim-without-discard', 'windows-10-22h2-x64');
    const pages = outputs.flatMap((output) => (output.kind === 'io.trimmed' ? [output.pagesAfter] : []));
    expect(pages).toEqual([16, 16]);
    expect(result.findings).toEqual([]);
  });
});
