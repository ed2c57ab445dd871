import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../core/bytes.ts';
import { readAutoHck } from '../../../publishing/hlk/autohck.ts';
import { parseErrata } from '../../../publishing/hlk/errata.ts';
import { checkEvidence } from '../../../publishing/hlk/gate.ts';
import { type ResultSet, retryLedger, timeOf } from '../../../publishing/hlk/results.ts';
import { parseToolsHck } from '../../../publishing/hlk/toolshck.ts';
import { BUS, evidence, hlkPackage } from '../../support/hlk-sample.ts';

const json = (value: unknown): Uint8Array => utf8(JSON.stringify(value));
const run = (name: string, status: string, more: object = {}) => ({
  ...{ name, status, target: 'Acme', instanceid: '1', arefiltersapplied: false },
  ...{ completiontime: '2026-11-23T10:00:00', scheduletime: '', starttime: '', tasks: [] },
  ...more,
});
const junit = (cases: string, properties = ''): Uint8Array =>
  utf8(
    `<?xml version="1.0"?><testsuites><testsuite name="acme"><properties>${properties}</properties>${cases}</testsuite></testsuites>`,
  );
const passed = (name: string): string =>
  `<testcase classname="HLKTest" name="${name}"><system-out>{}</system-out></testcase>`;
const END = '<testcase classname="AutoHCK" name="AutoHCK session"/>';
const folder = (cases: string, runs: Readonly<Record<string, object>> = {}): ResultSet =>
  readAutoHck(
    [
      { name: 'junit.xml', bytes: junit(cases) },
      ...Object.entries(runs).map(([name, value]) => ({ name, bytes: json(value) })),
    ],
    'autohck',
  );
const judged = async (results: readonly ResultSet[], errata: readonly object[] = []) =>
  checkEvidence(
    evidence([await hlkPackage({ rollup: { passed: 2, failed: 0, notRun: 0 } })], {
      results,
      errata: [parseErrata(JSON.stringify({ errata }), 'e')],
    }),
  );
const codes = async (...args: Parameters<typeof judged>): Promise<readonly string[]> =>
  (await judged(...args)).filter(({ severity }) => severity !== 'info').map(({ code }) => code);

describe('the results of toolsHCK', () => {
  const project = {
    name: 'acme',
    creationtime: '',
    productinstances: [
      {
        name: 'p',
        osplatform: 'Windows v10.0 Client x64 GE Full',
        targets: [{ name: 'Acme', key: BUS, machine: 'm' }],
      },
    ],
  };
  const listed = {
    name: 'DF - Reboot',
    id: 'aaaa',
    testtype: 'Automated',
    status: 'NotRun',
    executionstate: 'NotRunning',
  };

  test('are read from envelopes: a project, tests, and runs of a test as one result', () => {
    const bytes = json([
      { result: 'Success', content: project, message: null },
      { result: 'Success', content: [listed, { ...listed, name: 'Flush Test', id: 'bbbb', status: 'Passed' }] },
      {
        result: 'Success',
        content: [
          run('Flush Test', 'Passed', { completiontime: '2026-11-23T12:00:00', arefiltersapplied: true }),
          run('Flush Test', 'Failed', { completiontime: '2026-11-23T11:00:00' }),
        ],
      },
    ]);
    const set = parseToolsHck(bytes, 'r.json');
    expect(set).toMatchObject({
      project: 'acme',
      platforms: ['Windows v10.0 Client x64 GE Full'],
      targets: [{ name: 'Acme', key: BUS }],
    });
    expect(set.results.map(({ name, id, status, filtered }) => [name, id, status, filtered])).toEqual([
      ['Flush Test', 'bbbb', 'passed', true],
      ['DF - Reboot', 'aaaa', 'not-run', false],
    ]);
    expect(retryLedger([set])).toEqual([
      { name: 'Flush Test', target: 'Acme', attempts: 2, failures: 1, status: 'passed' },
    ]);
  });
  test.each([
    ['a failure of the tool', { result: 'Failure', message: 'no such project', content: null }],
    ['something else', { hello: 1 }],
    ['a status that the kit does not have', [run('a', 'Perhaps')]],
    ['nothing', []],
  ])('are refused with %s', (_what, value) => {
    expect(() => parseToolsHck(json(value), 'r.json')).toThrow(expect.objectContaining({ code: 'HLK_RESULTS' }));
  });
  test('tell of entries that are not read, and of tests that passed by a filter', async () => {
    const set = parseToolsHck(
      json([project, run('a', 'Passed', { arefiltersapplied: 'True' }), { machine: 'm' }]),
      'r.json',
    );
    expect(set.diagnostics.map(({ code, severity }) => `${severity} ${code}`)).toEqual(['warning HLK_NOT_READ']);
    expect((await judged([set])).map(({ code }) => code)).toContain('HLK_FILTERED');
    const plain = parseToolsHck(json([project, run('a', 'Passed')]), 'r.json');
    expect(plain.diagnostics).toEqual([]);
    expect((await judged([plain])).map(({ code }) => code)).not.toContain('HLK_FILTERED');
  });
  test('that are no JSON are refused', () => {
    expect(() => parseToolsHck(utf8('<html>'), 'r.json')).toThrow(expect.objectContaining({ code: 'HLK_RESULTS' }));
  });
  test('of another project, or of other devices, are told from the package', async () => {
    const other = parseToolsHck(json([{ ...project, name: 'other' }, run('a', 'Passed')]), 'r.json');
    expect(await codes([other])).toEqual(['HLK_OTHER_RUN']);
    const targets = [{ name: 'x', key: 'PCI\\VEN_5853&DEV_C001\\1' }];
    const devices = parseToolsHck(
      json([{ ...project, productinstances: [{ ...project.productinstances[0], targets }] }]),
      'r.json',
    );
    expect(await codes([devices])).toEqual(['HLK_OTHER_RUN']);
  });
  test('that are older than the drivers, or of the future, are refused', async () => {
    const at = (completiontime: string) =>
      parseToolsHck(
        json([project, run('a', 'Passed', { completiontime }), run('b', 'Passed', { completiontime })]),
        'r.json',
      );
    expect(await codes([at('2026-11-01T00:00:00')])).toEqual(['HLK_OLDER_THAN_RELEASE']);
    expect(await codes([at('11/1/2026 3:04:05 PM')])).toEqual(['HLK_OLDER_THAN_RELEASE']);
    expect(await codes([at('2027-11-01T00:00:00')])).toEqual(['HLK_CLOCK']);
    expect(await codes([at('2026-11-23T00:00:00')])).toEqual([]);
  });
});

describe('the output folder of AutoHCK', () => {
  test('hides retries in its report: they are counted from the results of each run', async () => {
    const set = folder(`${passed('Flush Test')}${passed('Reboot')}${END}`, {
      'Result_1_Flush.json': run('Flush Test', 'Failed', { completiontime: '2026-11-23T10:00:00' }),
      'Result_2_Flush.json': run('Flush Test', 'Passed', { completiontime: '2026-11-23T12:00:00' }),
    });
    expect(retryLedger([set])).toMatchObject([{ name: 'Flush Test', attempts: 2, failures: 1, status: 'passed' }]);
    expect(await codes([set])).toEqual(['HLK_RETRIED']);
  });
  test('calls a failure passed when its own notes excuse it; that needs the id of an erratum', async () => {
    const excused =
      '<testcase classname="HLKTest" name="Flush Test"><system-out>{}</system-out><system-out>Passed with errata: known &lt;here&gt;</system-out></testcase>';
    const set = folder(`${excused}${passed('a')}${passed('b')}${END}`);
    expect(set.results[0]).toMatchObject({ status: 'failed', excuse: 'known <here>' });
    expect(await codes([set])).toContain('HLK_ERRATUM_UNNAMED');
    expect(await codes([set], [{ id: '123', test: 'flush test', reason: 'x' }])).not.toContain('HLK_ERRATUM_UNNAMED');
  });
  test('is not excused by an erratum that has ended, or is for another Windows', async () => {
    const set = folder(
      `<testcase classname="HLKTest" name="a"><failure/></testcase>${passed('b')}${passed('c')}${END}`,
    );
    const named = { id: '123', test: 'a', reason: 'x' };
    expect(await codes([set], [named])).not.toContain('HLK_TEST_FAILED');
    expect(await codes([set], [{ ...named, expires: '2026-11-23' }])).toContain('HLK_TEST_FAILED');
    expect(await codes([set], [{ ...named, systems: ['WINDOWS_v100_X64_NI_FULL'] }])).toContain('HLK_TEST_FAILED');
    expect(await codes([set], [{ ...named, systems: ['WINDOWS_v100_X64_GE_FULL'] }])).not.toContain('HLK_TEST_FAILED');
  });
  test('of a run that was stopped has skipped tests, which did not run', async () => {
    const set = folder(
      `${passed('a')}<testcase classname="HLKTest" name="b"><skipped/></testcase><testcase classname="AutoHCK" name="AutoHCK session"><skipped/></testcase>`,
    );
    expect(set.results[1]?.status).toBe('not-run');
    expect((await codes([set])).filter((code) => code === 'HLK_TEST_NOT_RUN')).toHaveLength(2);
  });
  test('tells a failure by an element that is empty', async () => {
    const set = folder(`<testcase classname="HLKTest" name="a"><failure/></testcase>${END}`);
    expect(set.results[0]?.status).toBe('failed');
    expect(await codes([set])).toContain('HLK_TEST_FAILED');
  });
  test('with the result of a test that the report lacks is of two sessions', async () => {
    const set = folder(`${passed('a')}${passed('b')}${END}`, { 'Result_1_c.json': run('c', 'Passed') });
    expect(await codes([set])).toEqual(['HLK_OTHER_RUN']);
  });
  test.each([
    ['no report', [], 'HLK_RESULTS'],
    ['a report that is none', [{ name: 'junit.xml', bytes: utf8('<html/>') }], 'HLK_RESULTS'],
    [
      'a report with a document type',
      [{ name: 'junit.xml', bytes: utf8('<!DOCTYPE a SYSTEM "x"><a/>') }],
      'XML_DOCTYPE',
    ],
    [
      'a run that is no JSON',
      [
        { name: 'junit.xml', bytes: junit(END) },
        { name: 'Result_1_a.json', bytes: utf8('{') },
      ],
      'HLK_RESULTS',
    ],
  ])('is refused with %s', (_what, files, code) => {
    expect(() => readAutoHck(files, 'autohck')).toThrow(expect.objectContaining({ code }));
  });
  test('takes no property of objects for one of the report', () => {
    const properties =
      '<property name="__proto__" value="x"/><property name="constructor" value="y"/><property name="platform" value="Win"/>';
    const set = readAutoHck([{ name: 'junit.xml', bytes: junit(END, properties) }], 'a');
    expect(set.platforms).toEqual(['Win']);
  });
});

test.each([
  ['2026-11-23T10:00:00', Date.UTC(2026, 10, 23, 10)],
  ['2026-11-23 10:00:00', Date.UTC(2026, 10, 23, 10)],
  ['2026-11-23T10:00:00+02:00', Date.UTC(2026, 10, 23, 8)],
  ['11/23/2026 12:00:00 AM', Date.UTC(2026, 10, 23)],
  ['11/23/2026 12:30:00 PM', Date.UTC(2026, 10, 23, 12, 30)],
  ['soon', undefined],
])('the time %s is read as UTC unless it says otherwise', (text, time) => {
  expect(timeOf(text)).toBe(time);
});
