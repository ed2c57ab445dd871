import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { STAND_IN_MARK } from '../../packaging/formats/pe/mark.ts';
import {
  checkHistory,
  checkLedger,
  extendedLedger,
  type Ledger,
  ledgerPackage,
  type NewEntry,
  parseLedger,
  supersededNotes,
} from '../../release/ledger/ledger.ts';
import { winpvJson } from '../support/command-line.ts';
import { driverImage, driverVersion } from '../support/demo-image.ts';
import { filesBelow, makeProject, type TestProject } from '../support/project.ts';

const entry = (version: string, date: string, content: string, more: Partial<NewEntry> = {}): NewEntry => ({
  ...{ time: `${date}T10:00:00.000Z`, brand: 'acme', tool: '1.0.0', standIns: false, ...more },
  packages: [{ driver: 'xenvbd', architecture: 'x64', version, date, content: content.repeat(64) }],
});

const ledgerOf = (...entries: readonly NewEntry[]): Ledger =>
  parseLedger(extendedLedger(parseLedger(undefined, 'l'), entries), 'l');

const codes = (ledger: Ledger, added: NewEntry) => checkLedger(ledger, [added]).map(({ code }) => code);

describe('versions and dates', () => {
  const made = ledgerOf(entry('9.1.0.5', '2026-05-04', 'a'), entry('9.1.0.7', '2026-06-01', 'b'));

  test.each([
    ['a higher version on a later day', '9.1.0.8', '2026-06-02', []],
    ['a higher version on the same day', '9.1.0.8', '2026-06-01', []],
    ['a higher version that a text would sort lower', '9.1.0.10', '2026-06-01', []],
    ['a lower version on a later day', '9.1.0.6', '2026-07-01', ['LEDGER_BACKWARD']],
    ['a lower version than another one, in a higher part', '8.9.9.9', '2026-07-01', ['LEDGER_BACKWARD']],
    ['a higher version on an earlier day', '9.1.0.8', '2026-05-31', ['LEDGER_BACKWARD']],
    ['the same version with other content', '9.1.0.7', '2026-06-01', ['LEDGER_SAME_VERSION']],
    ['the same version with other content later', '9.1.0.7', '2026-06-02', ['LEDGER_SAME_VERSION']],
    ['an old version with other content', '9.1.0.5', '2026-06-02', ['LEDGER_BACKWARD']],
  ])('%s: %s of %s gives %j', (_what, version, date, expected) => {
    expect(codes(made, entry(version, date, 'c'))).toEqual(expected);
  });

  test('of what was made before may be made again', () => {
    expect(codes(made, entry('9.1.0.5', '2026-05-04', 'a'))).toEqual([]);
  });

  test('count for each brand, driver and architecture alone', () => {
    const other = entry('1.0.0.0', '2026-01-01', 'c');
    const [pack] = other.packages;
    expect(codes(made, { ...other, brand: 'other' })).toEqual([]);
    expect(codes(made, { ...other, packages: [{ ...pack, driver: 'xenbus' }] as never })).toEqual([]);
    expect(codes(made, { ...other, packages: [{ ...pack, architecture: 'x86' }] as never })).toEqual([]);
  });

  test('of stand-ins may be made anew from the same input on another day, and go by the rules otherwise', () => {
    const given = '5'.repeat(64);
    const standIns = { standIns: true, given };
    const tried = ledgerOf(entry('9.1.0.7', '2026-06-01', 'b', standIns));
    expect(codes(tried, entry('9.1.0.7', '2026-06-02', 'c', standIns))).toEqual([]);
    expect(codes(tried, entry('9.1.0.7', '2026-06-02', 'c', { ...standIns, given: '6'.repeat(64) }))).toEqual([
      'LEDGER_SAME_VERSION',
    ]);
    expect(codes(tried, entry('9.1.0.7', '2026-06-02', 'c'))).toEqual(['LEDGER_SAME_VERSION']);
    expect(codes(tried, entry('9.1.0.7', '2026-05-31', 'c', standIns))).toEqual(['LEDGER_BACKWARD']);
    expect(codes(tried, entry('9.1.0.6', '2026-06-02', 'c', standIns))).toEqual(['LEDGER_BACKWARD']);
    expect(codes(made, entry('9.1.0.7', '2026-06-02', 'c', standIns))).toEqual(['LEDGER_SAME_VERSION']);
  });

  test('F55: a driver of an earlier release does not come back in a newer one', () => {
    const pack = (driver: string, version: string, content: string) => ({
      ...{ driver, architecture: 'x64', version, date: '2026-06-01', content: content.repeat(64) },
    });
    const of = (...packages: NewEntry['packages']): NewEntry => ({ ...entry('1.0.0.0', '2026-06-01', 'a'), packages });
    const ledger = ledgerOf(
      of(pack('xenbus', '9.1.0.1', 'a'), pack('xenvbd', '9.1.0.1', 'b')),
      of(pack('xenbus', '9.1.0.2', 'c'), pack('xenvbd', '9.1.0.2', 'd')),
    );
    const mixed = of(pack('xenbus', '9.1.0.3', 'e'), pack('xenvbd', '9.1.0.1', 'b'));
    expect(checkLedger(ledger, [mixed])).toEqual([
      expect.objectContaining({ code: 'LEDGER_BACKWARD', failureMode: 'F55' }),
    ]);
    expect(codes(ledger, of(pack('xenbus', '9.1.0.3', 'e'), pack('xenvbd', '9.1.0.2', 'd')))).toEqual([]);
    expect(codes(ledger, of(pack('xenbus', '9.1.0.2', 'c'), pack('xenvbd', '9.1.0.1', 'b')))).toEqual([
      'LEDGER_BACKWARD',
    ]);
  });

  test('of a release that is made again although there is a newer one are told', () => {
    const notes = (added: NewEntry) => supersededNotes(made, [added]).map(({ code, severity }) => [code, severity]);
    expect(notes(entry('9.1.0.5', '2026-05-04', 'a'))).toEqual([['LEDGER_SUPERSEDED', 'warning']]);
    expect(notes(entry('9.1.0.7', '2026-06-01', 'b'))).toEqual([]);
    expect(notes(entry('9.1.0.8', '2026-06-01', 'c'))).toEqual([]);
  });

  test('that went back are found in a ledger, with the failure mode', () => {
    const bad = ledgerOf(entry('9.1.0.5', '2026-05-04', 'a'), entry('9.1.0.4', '2026-05-05', 'b'));
    expect(checkHistory(bad)).toEqual([expect.objectContaining({ code: 'LEDGER_BACKWARD', failureMode: 'F55' })]);
    expect(checkHistory(made)).toEqual([]);
  });
});

describe('the content of a package', () => {
  const of = (...files: readonly [string, string][]) =>
    ledgerPackage(
      { driver: 'a', architecture: 'x64', version: [1, 0, 0, 0] },
      { year: 2026, month: 1, day: 2 },
      files.map(([name, hash]) => ({ name, hash })),
    );

  test('is its files, whatever their order and case of name', () => {
    expect(of(['a.inf', '1'], ['b.sys', '2'])).toEqual(of(['B.sys', '2'], ['a.inf', '1']));
    expect(of(['a.inf', '1']).content).not.toBe(of(['a.inf', '2']).content);
    expect(of(['a.inf', '1']).content).not.toBe(of(['a.inf', '1'], ['b.sys', '2']).content);
    expect(of(['a.inf', '1'])).toMatchObject({ version: '1.0.0.0', date: '2026-01-02' });
  });
});

describe('a ledger', () => {
  const bytes = extendedLedger(parseLedger(undefined, 'l'), [
    entry('9.1.0.5', '2026-05-04', 'a'),
    entry('9.1.0.6', '2026-05-05', 'b'),
    entry('9.1.0.7', '2026-05-06', 'c'),
  ]);
  const lines = Buffer.from(bytes).toString().trimEnd().split('\n');
  const read = (text: string) => parseLedger(Buffer.from(text), 'l');
  const brokenAt = (text: string): number | undefined => {
    try {
      read(text);
    } catch (error) {
      expect(error).toMatchObject({ code: 'LEDGER_BROKEN' });
      return (error as { at?: { line?: number } }).at?.line;
    }
    return expect.fail('it was accepted');
  };

  test('grows by lines, and what stands in it stays as it is', () => {
    const more = extendedLedger(parseLedger(bytes, 'l'), [entry('9.1.0.8', '2026-05-07', 'd')]);
    expect(Buffer.from(more).toString().startsWith(Buffer.from(bytes).toString())).toBe(true);
    expect(read(Buffer.from(more).toString()).entries).toHaveLength(4);
  });

  test('tells of a line that was taken out, changed, moved or cut, at the line', () => {
    const [a = '', b = '', c = ''] = lines;
    expect(brokenAt(`${b}\n${c}\n`)).toBe(1);
    expect(brokenAt(`${a}\n${c}\n`)).toBe(2);
    expect(brokenAt(`${a}\n${b.replace('9.1.0.6', '9.1.0.9')}\n${c}\n`)).toBe(3);
    expect(brokenAt(`${b}\n${a}\n${c}\n`)).toBe(1);
    expect(brokenAt(`${a}\n${b.slice(0, 40)}`)).toBe(2);
    expect(brokenAt(`${a}\n${b.slice(0, 40)}\n`)).toBe(2);
    expect(brokenAt(`${a}\n${b.replace('"tool"', '"tols"')}\n`)).toBe(2);
  });
});

let project: TestProject | undefined;
afterEach(() => project?.dispose());

/** An image that does not say that it is a stand-in. */
const image = (name: string, stamp = 0): Uint8Array => {
  const made = driverImage(name, { timeDateStamp: stamp, version: driverVersion([9, 1, 0, 0], 'Acme') });
  const text = Buffer.from(made).toString('latin1').replaceAll(STAND_IN_MARK, 'x'.repeat(STAND_IN_MARK.length));
  return Buffer.from(text, 'latin1');
};

const brand = (version: string) =>
  `id: acme\nversion: ${version}\nvendorName: Acme\nvendorPrefix: AC\nproductName: Acme\nrewriteVersions: true\n`;

describe('a release', () => {
  const start = async (): Promise<TestProject> => {
    project = await makeProject({
      'winpv.yaml':
        'brands: [acme.yaml]\nsources: { xenvbd: { binaries: bin } }\ndrivers: [xenvbd]\narchitectures: [x64]\n',
      'acme.yaml': brand('9.1.0.7'),
      ...Object.fromEntries(
        ['xenvbd.sys', 'xendisk.sys', 'xencrsh.sys'].map((name) => [`bin/x64/${name}`, image(name)]),
      ),
    });
    return project;
  };
  const release = (out: string, date: string) =>
    winpvJson(['release', '-C', project?.folder ?? '', '--out', project?.path(out) ?? '', '--date', date]);
  const ledger = () => readFileSync(project?.path('.winpv/ledger.jsonl') ?? '', 'utf8');

  test('is noted once, goes forward, and what would go back is refused with nothing written', async () => {
    const at = await start();
    expect((await release('one', '2026-05-04')).error).toBeUndefined();
    const first = ledger();
    expect((await release('two', '2026-05-04')).error).toBeUndefined();
    expect(ledger()).toBe(first);

    at.write('bin/x64/xenvbd.sys', image('xenvbd.sys', 1));
    const same = await release('three', '2026-05-04');
    expect(same).toMatchObject({ exit: 3, error: { code: 'LEDGER_SAME_VERSION' } });
    at.write('acme.yaml', brand('9.1.0.6'));
    expect(await release('three', '2026-05-05')).toMatchObject({
      exit: 3,
      error: { code: 'LEDGER_BACKWARD', failureMode: 'F55' },
    });
    at.write('acme.yaml', brand('9.1.0.8'));
    expect(await release('three', '2026-05-03')).toMatchObject({ error: { code: 'LEDGER_BACKWARD' } });
    expect(filesBelow(at.path('three'))).toEqual([]);
    expect(ledger()).toBe(first);

    expect((await release('three', '2026-05-04')).error).toBeUndefined();
    expect(ledger().startsWith(first)).toBe(true);
    const { result } = await winpvJson(['ledger', 'show', '-C', at.folder]);
    expect(result.entries.map((one: NewEntry) => one.packages[0]?.version)).toEqual(['9.1.0.7', '9.1.0.8']);
    expect((await winpvJson(['ledger', 'verify', '-C', at.folder])).result).toMatchObject({ entries: 2, intact: true });
  });

  test('of stand-ins is held to the ledger as well: another brand file is other content', async () => {
    const at = await start();
    at.write(
      'winpv.yaml',
      'brands: [acme.yaml]\nsources: { default: stand-in }\ndrivers: [xencrsh]\narchitectures: [x64]\n',
    );
    expect((await release('one', '2026-05-04')).error).toBeUndefined();
    expect((await release('two', '2026-05-05')).error).toBeUndefined();
    expect((await release('three', '2026-05-04')).error).toBeUndefined();
    expect(await release('four', '2026-05-03')).toMatchObject({ error: { code: 'LEDGER_BACKWARD' } });
    at.write('acme.yaml', brand('9.1.0.7').replace('productName: Acme', 'productName: Other'));
    const other = await release('four', '2026-05-05');
    expect(other).toMatchObject({ exit: 3, error: { code: 'LEDGER_SAME_VERSION' } });
    expect(filesBelow(at.path('four'))).toEqual([]);
    at.write('acme.yaml', brand('9.1.0.8'));
    expect((await release('four', '2026-05-05')).error).toBeUndefined();
    at.write('acme.yaml', brand('9.1.0.7'));
    const again = await release('five', '2026-05-05');
    expect(again.error).toBeUndefined();
    expect(again.diagnostics.map(({ code }) => code)).toContain('LEDGER_SUPERSEDED');
  });

  test('is not made against a ledger that somebody changed', async () => {
    const at = await start();
    expect((await release('one', '2026-05-04')).error).toBeUndefined();
    writeFileSync(at.path('.winpv/ledger.jsonl'), ledger().replace('9.1.0.7', '9.1.0.1').concat(ledger()));
    expect(await release('two', '2026-05-05')).toMatchObject({
      exit: 5,
      error: { code: 'LEDGER_BROKEN', at: { line: 2 } },
    });
    expect(filesBelow(at.path('two'))).toEqual([]);
    const verdict = await winpvJson(['ledger', 'verify', '-C', at.folder]);
    expect(verdict).toMatchObject({ exit: 5, error: { code: 'LEDGER_BROKEN' }, result: { intact: false, line: 2 } });
  });
});
