import { readdirSync } from 'node:fs';
import { posix } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Diagnostic, WinpvError } from '../../core/errors.ts';
import { type InfDocument, parseInf } from '../../packaging/formats/inf/document.ts';
import { lineCount, lineTable } from '../../packaging/formats/inf/lines.ts';
import { infModel } from '../../packaging/formats/inf/model.ts';
import { INF_MODES } from '../../packaging/formats/inf/rules/modes.ts';
import { verifyInf } from '../../packaging/formats/inf/rules/verify.ts';
import { infLines, showInf } from '../../packaging/formats/inf/show.ts';
import { decodeInfText } from '../../packaging/formats/inf/text.ts';
import { infMutation } from '../support/inf-mutations.ts';
import { type Corpus, describeCorpus } from '../support/outside.ts';

const FILE = 'mutated.inf';
const MUTATIONS = 20_000;
/** Longer than any of the corpus takes, all modes together, on a machine that is busy with other tests. */
const MOST_MS = 5_000;

/** INFs of the corpus, small ones first. */
const corpusInfs = (corpus: Corpus): readonly Buffer[] =>
  ['inf', 'xen', 'signed']
    .flatMap((folder) =>
      readdirSync(corpus.path(folder), { recursive: true }).map((name) =>
        posix.join(folder, String(name).replaceAll('\\', '/')),
      ),
    )
    .filter((name) => /\.(inf|inx|inf\.in)$/i.test(name))
    .map((name) => Buffer.from(corpus.file(name)))
    .sort((a, b) => a.length - b.length);

const either = <T>(make: () => T): T | WinpvError => {
  try {
    return make();
  } catch (error) {
    if (error instanceof WinpvError) return error;
    throw error;
  }
};

/** Positions that are not in the file. */
const misplaced = (bytes: Uint8Array, findings: readonly Diagnostic[]): readonly Diagnostic[] => {
  const text = either(() => decodeInfText(bytes, FILE).text);
  const lines = typeof text === 'string' ? text.split(lineTable(text).newline) : [];
  return findings.filter(({ at }) => {
    if (at === undefined || at.file !== FILE) return true;
    const { line, column = 1, offset = 0 } = at;
    if (offset < 0 || offset > bytes.length || column < 1) return true;
    if (line === undefined) return false;
    return line < 1 || line > lines.length || column > (lines[line - 1]?.length ?? 0) + 1;
  });
};

/** Reads, shows and judges an INF in all modes, and looks at what is said of it. */
const tryInf = (bytes: Uint8Array): void => {
  const document = either((): InfDocument => parseInf(bytes, FILE));
  if (document instanceof WinpvError) {
    const { findings, verdict } = verifyInf(bytes, { file: FILE });
    expect([verdict, misplaced(bytes, findings)]).toEqual(['invalid', []]);
    return;
  }
  expect(lineCount(document.table)).toBeGreaterThan(0);
  const shown = either(() => infLines(showInf(document, infModel(document))));
  if (shown instanceof WinpvError) expect(misplaced(bytes, shown.diagnostics)).toEqual([]);
  for (const mode of INF_MODES) {
    const { findings, verdict } = verifyInf(document, { mode });
    expect(verdict).toBe(findings.some(({ severity }) => severity === 'error') ? 'invalid' : 'valid');
    expect(misplaced(bytes, findings)).toEqual([]);
  }
};

describeCorpus('whatever happens to a real INF', (corpus) => {
  const infs = corpusInfs(corpus);
  /** Small ones more often. */
  const file = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }).map((where) => {
    return infs[Math.floor(where ** 3 * infs.length)] ?? Buffer.alloc(0);
  });

  test(`${MUTATIONS} changed ones are read, shown and judged in every mode, with positions inside them`, () => {
    fc.assert(
      fc.property(file, file, infMutation(), (own, other, mutate) => {
        const before = performance.now();
        tryInf(new Uint8Array(mutate(own, other)));
        expect(performance.now() - before).toBeLessThan(MOST_MS);
      }),
      { numRuns: MUTATIONS, seed: 20261124 },
    );
  }, 240_000);
});
