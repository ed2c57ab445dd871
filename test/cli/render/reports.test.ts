import { describe, expect, test } from 'vitest';
import { parseStringPromise } from 'xml2js';
import { z } from 'zod';
import { renderDiagnostic } from '../../../cli/render/diagnostics.ts';
import { githubAnnotation } from '../../../cli/render/github.ts';
import { htmlPages, infHtmlLines } from '../../../cli/render/inf-html.ts';
import { infReportLines } from '../../../cli/render/inf-report.ts';
import { junitLines } from '../../../cli/render/junit.ts';
import { escapeMarkup, escapeShown } from '../../../cli/render/markup.ts';
import { sarifLog, sarifUri } from '../../../cli/render/sarif.ts';
import { type Diagnostic, problem } from '../../../core/errors.ts';
import type { InfReport, InfVerdict } from '../../../packaging/bundle/inf-report.ts';

const HOSTILE = `<script>alert("1 & 2")</script> %41 a:b,c\u001b[31m\u0000\ud800\r\nend`;

const ERROR = problem('INF_1235', `Bad ${HOSTILE}`, {
  at: { file: 'dir/a b.inf', line: 2, column: 3 },
  hint: 'Define it.',
  rule: 1235,
  excerpt: `x=${HOSTILE}`,
});
const WARNING = problem('PV_FILTER_ABOVE_STORPORT', 'A filter.', {
  severity: 'warning',
  at: { file: 'dir/a b.inf', line: 2 },
  failureMode: 'F21',
});
const WHOLE = problem('INF_UTF16BE', 'Big-endian.', { at: { file: '/abs/b.inf', offset: 0 } });
const NOTE = problem('BUNDLE_IMPORT_UNKNOWN', 'Not known.', { severity: 'info', at: { file: 'dir/x.sys' } });

const report = (path: string, findings: readonly Diagnostic[], lines: readonly string[]): InfReport => {
  const of = (severity: string): number => findings.filter((one) => one.severity === severity).length;
  const verdict = of('error') > 0 ? 'invalid' : 'valid';
  return { path, verdict, errors: of('error'), warnings: of('warning'), findings, lines };
};
const VERDICT: InfVerdict = {
  mode: 'h',
  verdict: 'invalid',
  infs: [
    report('dir/a b.inf', [ERROR, WARNING], ['[Version]', HOSTILE, '']),
    report('/abs/b.inf', [WHOLE], []),
    report('good.inf', [], ['[Version]']),
  ],
  others: [NOTE],
};
const ALL = [ERROR, WARNING, WHOLE, NOTE];

/** The objects of SARIF 2.1.0 that winpv writes, as its schema has them: no other properties, required ones there. */
const uri = z
  .string()
  .regex(/^[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]*$/)
  .refine((text) => !/%(?![0-9A-F]{2})/.test(text));
const properties = z.record(z.string(), z.unknown());
const artifactLocation = z.strictObject({ uri });
const region = z.strictObject({
  startLine: z.int().min(1).optional(),
  startColumn: z.int().min(1).optional(),
  byteOffset: z.int().min(-1).optional(),
  snippet: z.strictObject({ text: z.string() }).optional(),
});
const sarif = z.strictObject({
  $schema: z.url(),
  version: z.literal('2.1.0'),
  runs: z.array(
    z.strictObject({
      tool: z.strictObject({
        driver: z.strictObject({
          name: z.string().min(1),
          version: z.string(),
          rules: z.array(z.strictObject({ id: z.string(), shortDescription: z.strictObject({ text: z.string() }) })),
        }),
      }),
      columnKind: z.enum(['utf16CodeUnits', 'unicodeCodePoints']),
      invocations: z.array(z.strictObject({ executionSuccessful: z.boolean() })),
      artifacts: z.array(z.strictObject({ location: artifactLocation })),
      results: z.array(
        z.strictObject({
          ruleId: z.string(),
          ruleIndex: z.int().min(0),
          level: z.enum(['none', 'note', 'warning', 'error']),
          message: z.strictObject({ text: z.string().min(1) }),
          locations: z.array(
            z.strictObject({
              physicalLocation: z.strictObject({ artifactLocation, region: region.optional() }),
            }),
          ),
          properties: properties.optional(),
        }),
      ),
    }),
  ),
});

describe('SARIF', () => {
  const log = sarifLog({ version: '1.2.3', files: ['dir/a b.inf', 'dir/a b.inf', '/abs/b.inf'], findings: ALL });
  const run = sarif.parse(JSON.parse(JSON.stringify(log))).runs[0];

  test('has the shape of version 2.1.0, and each artifact and rule once', () => {
    expect(run?.artifacts.map(({ location }) => location.uri)).toEqual(['dir/a%20b.inf', 'file:///abs/b.inf']);
    const ids = run?.tool.driver.rules.map(({ id }) => id) ?? [];
    expect(new Set(ids).size).toBe(ids.length);
    for (const { ruleId, ruleIndex } of run?.results ?? []) expect(ids[ruleIndex]).toBe(ruleId);
  });

  test('has level, place, source line and fix of each finding, and where a rule comes from', () => {
    const [first, second, third, fourth] = run?.results ?? [];
    expect(first).toMatchObject({
      level: 'error',
      locations: [{ physicalLocation: { region: { startLine: 2, startColumn: 3, snippet: {} } } }],
      properties: { infVerif: 1235 },
    });
    expect(first?.message.text).toMatch(/Define it\.$/);
    expect(second).toMatchObject({ level: 'warning', properties: { failureMode: 'F21' } });
    expect(third?.locations[0]?.physicalLocation.region).toEqual({ byteOffset: 0 });
    expect(fourth).toMatchObject({ level: 'note' });
    expect(fourth?.locations[0]?.physicalLocation.region).toBeUndefined();
  });

  test('without findings is a run with no results', () => {
    const empty = sarif.parse(sarifLog({ version: '1', files: [], findings: [] })).runs[0];
    expect(empty?.results).toEqual([]);
  });

  test.each([
    ['a/b.inf', 'a/b.inf'],
    ['./a.inf', 'a.inf'],
    ['a\\b c.inf', 'a/b%20c.inf'],
    ['C:\\x\\ä.inf', 'file:///C:/x/%C3%A4.inf'],
    ['\\\\host\\share\\x.inf', 'file://host/share/x.inf'],
    ['/x/50%#.inf', 'file:///x/50%25%23.inf'],
    ['x\ud800.inf', 'x%EF%BF%BD.inf'],
  ])('the path %j is the URI %s', (path, expected) => {
    expect(sarifUri(path)).toBe(expected);
    expect(uri.safeParse(expected).success).toBe(true);
  });
});

describe('JUnit', () => {
  test('is well-formed XML: a suite an INF, a case a finding, a failure an error', async () => {
    const { testsuites } = await parseStringPromise(junitLines(VERDICT).join('\n'));
    expect(testsuites.$).toMatchObject({ tests: '5', failures: '2', errors: '0' });
    const [first, second, good, packages] = testsuites.testsuite;
    expect(first.$).toMatchObject({ name: 'dir/a b.inf', tests: '2', failures: '1' });
    expect(first.testcase[0].failure[0].$).toMatchObject({ type: 'INF_1235' });
    expect(first.testcase[0].failure[0]._).toContain('hint: Define it.');
    expect(first.testcase[1].failure).toBeUndefined();
    expect(first.testcase[1]['system-out'][0]).toContain('F21');
    expect(second.testcase[0].failure[0].$.message).toBe('/abs/b.inf at byte 0 (0x0): Big-endian.');
    expect(good.$).toMatchObject({ tests: '1', failures: '0' });
    expect(packages.$).toMatchObject({ name: 'packages', failures: '0' });
  });
});

describe('text in markup', () => {
  test('cannot become markup, and holds only what XML can carry', () => {
    expect(escapeMarkup(`<a href='x'>&"\u0000\u001b\ud83d\ude00\ud83d\uffff`)).toBe(
      '&lt;a href=&#39;x&#39;&gt;&amp;&quot;\ufffd\ufffd\ud83d\ude00\ufffd\ufffd',
    );
  });

  test('reads as it is written: nothing turns its direction around, and tabs stay', () => {
    expect(escapeShown('a\t\u202eb\u2066\u009b31m\nc')).toBe('a\t\ufffdb\ufffd\ufffd31m\nc');
    const turned = report('\u202efni.exe', [], ['x=\u202ey']);
    expect(infHtmlLines({ ...VERDICT, infs: [turned] }).join('\n')).not.toContain('\u202e');
    expect(junitLines({ ...VERDICT, infs: [turned] }).join('\n')).not.toContain('\u202e');
  });
});

describe('GitHub annotations', () => {
  test('are one line a finding, with file, line, column and code', () => {
    expect(githubAnnotation(WARNING)).toBe(
      '::warning file=dir/a b.inf,line=2,title=PV_FILTER_ABOVE_STORPORT::A filter.',
    );
    expect(githubAnnotation(NOTE)).toMatch(/^::notice file=dir\/x\.sys,title=/);
  });

  test('cannot be ended or split by text of the INF', () => {
    const line = githubAnnotation(ERROR);
    expect(line).not.toMatch(/[\r\n]/);
    expect(line).toContain(`%2541 a:b,c`);
    expect(line).toContain('%0D%0Aend%0ADefine it.');
    const odd = githubAnnotation(problem('USAGE', 'x', { at: { file: 'a,b:c\n::error.inf' } }));
    expect(odd).toBe('::error file=a%2Cb%3Ac%0A%3A%3Aerror.inf,title=USAGE::x');
  });

  test('hold nothing that a log would obey', () => {
    const odd = problem('USAGE', 'a\u001b[31mb\u009bc', { at: { file: '\u001b]0;x\u0007' }, hint: '\u202ed' });
    expect(githubAnnotation(odd)).toBe(
      '::error file=\ufffd]0;x\ufffd,title=USAGE::a\ufffd[31mb\ufffdc%0A\ufffdd'.replace(';x', ';x'),
    );
  });
});

describe('the HTML page', () => {
  const page = infHtmlLines(VERDICT).join('\n');

  test('shows every line with its number, marks the one with a finding, and tells the finding below it', () => {
    expect(page).toContain('<tr id="inf1-L1"><th>1</th><td>[Version]</td></tr>');
    const row = page.indexOf('<tr id="inf1-L2" class="has-error">');
    const note = page.indexOf('<td class="note error">', row);
    expect(row).toBeGreaterThan(0);
    expect(note).toBeGreaterThan(row);
    expect(page.indexOf('id="inf1-L3"')).toBeGreaterThan(note);
    expect(page).toContain('<a href="#inf1-L2">line 2</a>');
    expect(page).toContain('InfVerif 1235');
    expect(page).toContain('failure mode F21');
  });

  test('runs nothing and loads nothing, whatever the INF holds', () => {
    expect(page).not.toContain('<script');
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/\s(src|href)="(?!#)/);
    expect(page).toContain('&lt;script&gt;alert(&quot;1 &amp; 2&quot;)');
  });

  test('tells of INFs that cannot be read and of other files', () => {
    expect(page).toContain('<section id="inf2" data-verdict="invalid">');
    expect(page).toContain('dir/x.sys');
  });

  test('a page an INF has a name that is a plain file name, each another', () => {
    const twice = { ...VERDICT, infs: ['../a/x.inf', 'a/x.inf', 'b/x.inf'].map((path) => report(path, [], [])) };
    const names = htmlPages(twice).map(({ name }) => name);
    expect(names).toEqual(['a_x.inf.html', 'a_x.inf.2.html', 'b_x.inf.html']);
  });
});

describe('the text for people', () => {
  test('ends each INF with its verdict, and all with a total', () => {
    const text = infReportLines(VERDICT, { notes: 'hidden' });
    expect(text).toContain('dir/a b.inf: NOT valid (1 error, 1 warning)');
    expect(text).toContain('good.inf: valid');
    expect(text.at(-1)).toBe('1 of 3 INFs valid by the rules /h; in all invalid.');
    expect(text.join('\n')).not.toContain('BUNDLE_IMPORT_UNKNOWN');
    expect(infReportLines(VERDICT, { notes: 'shown' }).join('\n')).toContain('BUNDLE_IMPORT_UNKNOWN');
  });

  test('shows message and source line without what a terminal would obey', () => {
    expect(infReportLines(VERDICT, { notes: 'shown' }).join('\n')).not.toContain('\u001b');
    const framed = infReportLines(VERDICT, { notes: 'hidden' }).find((line) => line.includes(' | x='));
    expect(framed).toContain('\ufffd[31m');
  });

  test('shows names of files and hints without it too', () => {
    const odd = problem('USAGE', 'x', { at: { file: 'a\u001b[2J.inf', line: 1 }, hint: 'see \u009b31m' });
    expect(renderDiagnostic(odd)).toEqual(['error USAGE  a\ufffd[2J.inf:1', '  x', '  hint: see \ufffd31m']);
    const text = infReportLines({ ...VERDICT, infs: [report('a\u001b[2J.inf', [], [])] }, { notes: 'hidden' });
    expect(text.join('\n')).not.toContain('\u001b');
  });

  test('marks the place in a line of any length, and never half a character', () => {
    const frame = (line: string, column: number): readonly string[] =>
      renderDiagnostic(problem('USAGE', 'x', { at: { file: 'a', line: 7, column }, excerpt: line })).slice(3);
    const [tabbed, caret] = frame('\t\tKey\t=\tx', 9);
    expect(tabbed?.charAt((caret ?? '').indexOf('^'))).toBe('x');
    for (const before of [0, 79, 80, 159, 160, 161, 239, 240, 241, 5000]) {
      const [line = '', mark = ''] = frame(`${'-'.repeat(before)}#${'='.repeat(3000)}`, before + 1);
      expect(line.length).toBeLessThan(180);
      expect(line.charAt(mark.indexOf('^'))).toBe('#');
    }
    const [cut = ''] = frame(`${'x'.repeat(159)}\ud83d\ude00`, 1);
    expect(cut).not.toMatch(/\p{Cs}/u);
  });

  test('cuts a message that would fill the screen', () => {
    const [, message = ''] = renderDiagnostic(problem('USAGE', 'y'.repeat(100_000)));
    expect(message.length).toBeLessThan(700);
  });

  test('of a folder has a table: an INF a row, a set of rules a column', () => {
    const none = { errors: 0, warnings: 0 };
    const modes = { none, k: none, u: { errors: 2, warnings: 1 }, w: { errors: 0, warnings: 3 }, h: none };
    const text = infReportLines(
      { ...VERDICT, others: [], infs: [{ ...report('x.inf', [], []), modes }] },
      { notes: 'hidden' },
    );
    expect(text.slice(-3, -1)).toEqual([
      '       syntax  /k  /u                   /w          /h',
      'x.inf  ok      ok  2 errors, 1 warning  3 warnings  ok',
    ]);
  });
});
