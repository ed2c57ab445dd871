import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { ReleaseRecord } from '../../release/record.ts';
import { winpvJson } from '../support/command-line.ts';
import { driverImage } from '../support/demo-image.ts';
import { projectRoot } from '../support/outside.ts';
import { filesBelow, makeProject, type TestProject } from '../support/project.ts';
import { type Change, changed } from '../support/pv-infs.ts';

let project: TestProject | undefined;
afterEach(() => project?.dispose());

/** A template of someone else's: winpv's own, changed. */
const template = (name: string, changes: readonly Change[] = []): string =>
  changed(readFileSync(join(projectRoot, 'drivers/xenvbd', name), 'utf8'), changes);

const FILES = {
  'bin/x64/xenvbd.sys': driverImage('xenvbd.sys'),
  'bin/x64/xendisk.sys': driverImage('xendisk.sys'),
  'bin/x64/xencrsh.sys': driverImage('xencrsh.sys'),
};

const settings = (more = '', brands = '[xenproject, example-vendor]'): string => `
brands: ${brands}
sources:
  xenvbd: { template: t.inf, binaries: bin }
drivers: [xenvbd]
architectures: [x64]
${more}`;

const released = async (files: Readonly<Record<string, string | Uint8Array>>) => {
  project = await makeProject(files);
  const out = project.path('out');
  const answer = await winpvJson(['release', '-C', project.folder, '--out', out, '--date', '2026-05-04']);
  return { ...answer, out: filesBelow(out), record: answer.result as ReleaseRecord | undefined };
};

const recorded = (): ReleaseRecord => JSON.parse(readFileSync(project?.path('out/release.json') ?? '', 'utf8'));

/** The section that clears the unplug requests is there, and nothing names it. */
const FORGOTTEN_RESET: Change = ['AdapterParameters,UnplugReset,StoragePolicies', 'AdapterParameters,StoragePolicies'];
const NAMED_NOWHERE: Change = ['AddReg = FilterParameters', 'AddReg = FilterParameters,FilterPower'];

describe('a release', () => {
  test('records the INF rules that each package passes, h among them', async () => {
    const answer = await released({ 'winpv.yaml': settings(), 't.inf': template('9.1.inf'), ...FILES });
    expect(answer.error).toBeUndefined();
    const modes = recorded().brands.flatMap(({ packages }) => packages.map(({ infModes }) => infModes));
    expect(modes).toEqual([
      ['none', 'k', 'h'],
      ['none', 'k', 'h'],
    ]);
  });

  test('tells a finding of several packages once, naming them, at the line of the template', async () => {
    const text = template('9.1.inf');
    const answer = await released({ 'winpv.yaml': settings(), 't.inf': text, ...FILES });
    const found = answer.diagnostics.filter(({ code }) => code === 'PV_FILTER_ABOVE_STORPORT');
    expect(found.map(({ message }) => message)).toEqual([
      'The filter xendisk stands above the storage port driver. (In xenproject/xenvbd/x64, example-vendor/xenvbd/x64.)',
    ]);
    const [{ at } = {}] = found;
    expect(at?.file).toMatch(/t\.inf$/);
    // XenProject has no device id of its own, so that a line above fell away when its INF was rendered.
    expect(text.split('\n')[(at?.line ?? 0) - 1]).toContain('"UpperFilters"');
  });

  test('stops for what is wrong in every set of rules, before anything is written', async () => {
    const answer = await released({
      'winpv.yaml': settings(),
      't.inf': template('9.1.inf', [NAMED_NOWHERE]),
      ...FILES,
    });
    expect(answer.exit).toBe(4);
    expect(answer.error).toMatchObject({ code: 'INF_1203', rule: 1203 });
    expect(answer.error?.message).toContain('example-vendor/xenvbd/x64');
    expect(answer.out).toEqual([]);
  });

  test('tells the errors of all brands at once', async () => {
    const brands = '[xenproject, other.yaml]';
    const other =
      'id: other\nversion: "9.1.0.1"\nvendorName: Other\nvendorPrefix: OT\nproductName: Other\ncopyright: none\n';
    const bad = template('9.1.inf', [NAMED_NOWHERE, ['FilterName = "', 'FilterNam = "']]);
    const answer = await released({ 'winpv.yaml': settings('', brands), 'other.yaml': other, 't.inf': bad, ...FILES });
    const errors = answer.diagnostics.filter(({ severity }) => severity === 'error');
    expect(new Set([answer.error, ...errors].map((one) => one?.code))).toEqual(new Set(['INF_1203', 'INF_1235']));
    for (const { message } of errors) expect(message).toMatch(/xenproject\/xenvbd\/x64, other\/xenvbd\/x64/);
  });

  test('passes on what is wrong with another template as warnings, and the forms of its time', async () => {
    const old = template('8.2.inf');
    const answer = await released({
      ...{ 'winpv.yaml': settings(), 't.inf': old, ...FILES },
      'bin/x64/xenvbd_coinst.dll': driverImage('xenvbd_coinst.dll', { kind: 'library' }),
    });
    expect(answer.error).toBeUndefined();
    expect(answer.exit).toBe(0);
    const told = answer.diagnostics.filter(({ code }) => code === 'INF_1303' || code === 'PV_OLD_PROGRAMME');
    expect(new Set(told.map(({ code, severity }) => `${severity} ${code}`))).toEqual(
      new Set(['warning INF_1303', 'warning PV_OLD_PROGRAMME']),
    );
    expect(recorded().brands[0]?.packages[0]?.infModes).toEqual([]);
  });

  test('tells a fault that keeps guests from starting with its failure mode', async () => {
    const answer = await released({
      'winpv.yaml': settings(),
      't.inf': template('9.1.inf', [FORGOTTEN_RESET]),
      ...FILES,
    });
    expect(answer.exit).toBe(0);
    expect(answer.diagnostics).toContainEqual(
      expect.objectContaining({ severity: 'warning', code: 'PV_UNPLUG_RESET', failureMode: 'F13' }),
    );
  });
});

describe('a project with infMode', () => {
  test('is held to winpv’s own rules for PV drivers', async () => {
    const answer = await released({
      ...{ 'winpv.yaml': settings('infMode: h\n'), 't.inf': template('9.1.inf', [FORGOTTEN_RESET]), ...FILES },
    });
    expect(answer.exit).toBe(4);
    expect(answer.error).toMatchObject({ code: 'PV_UNPLUG_RESET', failureMode: 'F13' });
    expect(answer.out).toEqual([]);
  });

  test.each([
    ['h', undefined],
    ['none', undefined],
    ['w', 'INF_1322'],
    ['u', 'INF_1305'],
  ])('%s is held to the rules of that mode', async (mode, code) => {
    const brands = '[example-vendor]';
    const text = template('9.1.inf', [['HKR,,"UpperFilters",0x00010000,', 'HKR,,"UpperFilters",0x00010008,']]);
    const answer = await released({ 'winpv.yaml': settings(`infMode: ${mode}\n`, brands), 't.inf': text, ...FILES });
    if (code === undefined) expect(answer.error).toBeUndefined();
    else expect([answer.error, ...answer.diagnostics].map((one) => one?.code)).toContain(code);
    expect(answer.exit).toBe(code === undefined ? 0 : 4);
  });

  test('that is no mode is refused at its place', async () => {
    const answer = await released({
      'winpv.yaml': settings('infMode: whql\n'),
      't.inf': template('9.1.inf'),
      ...FILES,
    });
    expect(answer.exit).toBe(3);
    expect(answer.error?.at?.line).toBe(7);
  });
});

describe('the packages of a release', () => {
  const own = settings().replace('template: t.inf, ', '');

  test('whose binaries do not find each other are refused', async () => {
    const files = {
      ...FILES,
      'bin/x64/xenvbd.sys': driverImage('xenvbd.sys', { imports: [{ module: 'xencrsh.sys', names: ['Gone'] }] }),
    };
    const answer = await released({ 'winpv.yaml': own, ...files });
    expect(answer.exit).toBe(4);
    expect(answer.error).toMatchObject({ code: 'BUNDLE_IMPORT_MISSING', failureMode: 'F37' });
    expect(answer.error?.message).toContain('xenproject/xenvbd/x64, example-vendor/xenvbd/x64');
    expect(answer.out).toEqual([]);
  });

  test('of binaries from two builds are refused', async () => {
    const fixed = { fileVersion: [9, 0, 0, 1], productVersion: [9, 0, 0, 1] } as const;
    const older = { fixed: { ...fixed, fileType: 3, fileSubtype: 7, fileFlags: 0, fileOs: 0x40004 }, strings: [] };
    const files = { ...FILES, 'bin/x64/xencrsh.sys': driverImage('xencrsh.sys', { version: older }) };
    const answer = await released({ 'winpv.yaml': own, ...files });
    expect(answer.exit).toBe(4);
    expect(answer.error).toMatchObject({ code: 'PV_BUILD_MIX', failureMode: 'F37' });
  });

  test('whose ids have another prefix than the brand are refused, or told where the project does not say', async () => {
    const text = template('9.1.inf', [[/VEN_@VENDOR_PREFIX@/g, 'VEN_QQ']]);
    const files = { 't.inf': text, ...FILES };
    const answer = await released({ 'winpv.yaml': settings('infMode: h\n', '[xenproject]'), ...files });
    expect(answer.exit).toBe(4);
    expect(answer.error).toMatchObject({ code: 'PV_ID_PREFIX', failureMode: 'F01' });
    expect(answer.error?.message).toContain('"QQ", and the brand has "XP"');
    project?.dispose();
    // Templates before 2015 have the prefix of one vendor in them.
    const told = await released({ 'winpv.yaml': settings('', '[xenproject]'), ...files });
    expect(told.exit).toBe(0);
    expect(told.diagnostics).toContainEqual(
      expect.objectContaining({ severity: 'warning', code: 'PV_ID_PREFIX', failureMode: 'F01' }),
    );
  });
});
