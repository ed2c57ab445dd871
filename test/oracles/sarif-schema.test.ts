import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import draft04 from 'ajv-draft-04';
import { describe, expect, test } from 'vitest';
import { sarifLog } from '../../cli/render/sarif.ts';
import { problem } from '../../core/errors.ts';
import { judgeInfs } from '../../packaging/bundle/inf-report.ts';
import { changed, GOOD_INF, infBytes } from '../support/inf-rules.ts';
import { describeCorpus } from '../support/outside.ts';

const load = createRequire(import.meta.url);
const readJson = (module: string): object => JSON.parse(readFileSync(load.resolve(module), 'utf8'));

/** What the published schema of SARIF 2.1.0 has against a log; it is a schema of draft 04. */
const schemaErrors = (() => {
  // One of its patterns has a bracket too many, which only lenient expressions take.
  const ajv = new draft04.default({ strict: false, allErrors: true, validateFormats: false, unicodeRegExp: false });
  const validate = ajv.compile(readJson('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json'));
  return (log: unknown): readonly unknown[] => {
    validate(JSON.parse(JSON.stringify(log)));
    return validate.errors ?? [];
  };
})();

describe('the published schema of SARIF', () => {
  test('has nothing against logs with and without findings, places and odd texts', () => {
    const odd = 'x\u0000<\ud800>%41';
    const findings = [
      problem('INF_1235', `Bad ${odd}`, {
        at: { file: `a b/${odd}.inf`, line: 1, column: 1 },
        excerpt: odd,
        rule: 1235,
      }),
      problem('INF_UTF16BE', 'Big-endian.', { at: { file: 'C:\\x\\ä.inf', offset: 0 }, severity: 'warning' }),
      problem('BUNDLE_IMPORT_UNKNOWN', 'Not known.', { severity: 'info', failureMode: 'F1' }),
    ];
    expect(schemaErrors(sarifLog({ version: '1.2.3', files: ['./a.inf', '//host/b c.inf'], findings }))).toEqual([]);
    expect(schemaErrors(sarifLog({ version: '1.2.3', files: [], findings: [] }))).toEqual([]);
  });

  test('would have something against a log that is wrong', () => {
    const log = sarifLog({ version: '1.2.3', files: [], findings: [] });
    expect(schemaErrors({ ...log, version: '2.0.0' })).not.toEqual([]);
    expect(schemaErrors({ ...log, runs: [{ results: [] }] })).not.toEqual([]);
    const placed = [problem('INF_1235', 'Bad.', { at: { file: 'a.inf', line: 0 } })];
    expect(schemaErrors(sarifLog({ version: '1', files: [], findings: placed }))).not.toEqual([]);
  });

  test('has nothing against what is found in an INF, known to break many rules', () => {
    const bad = changed(
      GOOD_INF,
      ['Provider = %Vendor%', 'Provider = Microsoft'],
      ['[Strings]', '[Lonely]\n[Strings]'],
    );
    const files = [{ name: 'a.inf', path: 'a.inf', bytes: infBytes(bad) }];
    const { infs } = judgeInfs([{ path: 'a.inf', kind: 'file', files }], { mode: 'h', library: new Map(), nowMs: 0 });
    const findings = infs.flatMap((inf) => inf.findings);
    expect(findings.length).toBeGreaterThan(1);
    expect(schemaErrors(sarifLog({ version: '1', files: ['a.inf'], findings }))).toEqual([]);
  });
});

describeCorpus('the published schema of SARIF, and real INFs', (corpus) => {
  test.each(['inf/reactos__machine.inf', 'inf/libwdi__libusbk.inf.in', 'inf/tap-windows6__OemVista.inf.in'])(
    'has nothing against what is found in %s',
    (path) => {
      const files = [{ name: path, path, bytes: corpus.file(path) }];
      const { infs, others } = judgeInfs([{ path, kind: 'file', files }], { mode: 'w', library: new Map(), nowMs: 0 });
      const findings = [...infs.flatMap((inf) => inf.findings), ...others];
      expect(findings.length).toBeGreaterThan(3);
      expect(schemaErrors(sarifLog({ version: '1', files: [path], findings }))).toEqual([]);
    },
  );
});
