import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { winpv, winpvJson } from '../support/command-line.ts';
import { makeProject, type TestProject } from '../support/project.ts';

/** A release of two drivers, and machines on Xen that may get them. */
let project: TestProject;
let release = '';
const now = Date.UTC(2026, 10, 25);

beforeAll(async () => {
  project = await makeProject({
    'winpv.yaml':
      'brands: [example-vendor]\nsources: { default: stand-in }\ndrivers: [xenbus, xenvbd]\narchitectures: [x64]\n',
  });
  release = project.path('out');
  const made = await winpvJson(['release', '-C', project.folder, '--out', release, '--date', '2026-11-20'], { now });
  expect(made.exit, JSON.stringify(made.error)).toBe(0);
}, 60_000);
afterAll(() => project.dispose());

const OWN = 'PCI\\VEN_5853&DEV_C8E0&SUBSYS_C8E05853&REV_01';
const ownDevice = { id: `${OWN}\\3&18`, hardwareIds: [OWN], compatibleIds: [], problem: 28, driver: null };
const platformDevice = {
  ...{ id: 'PCI\\VEN_5853&DEV_0001\\3&10', hardwareIds: ['PCI\\VEN_5853&DEV_0001&SUBSYS_00015853&REV_01'] },
  ...{ compatibleIds: ['PCI\\VEN_5853&DEV_0001'], problem: 28, driver: null },
};
const machine = (id: string, more: object = {}) => ({
  ...{ id, os: '10.0.19045', arch: 'x64', type: 'workstation', devices: [platformDevice, ownDevice], ...more },
});
const label = (more: object = {}, targeting: object = {}) => ({
  ...{ id: 'bus', brand: 'example-vendor', driver: 'xenbus', signature: 'whql', destination: 'windowsUpdate' },
  publishingSpecifications: { isAutoInstallDuringOSUpgrade: true, isAutoInstallOnApplicableSystems: true },
  targeting: {
    hardwareIds: [
      {
        bundleId: 'b',
        infId: 'xenbus.inf',
        operatingSystemCode: 'WINDOWS_v100_X64_RS1_FULL',
        pnpString: OWN.toLowerCase(),
      },
    ],
    ...targeting,
  },
  ...more,
});

interface Given {
  readonly machines?: readonly (object | string)[];
  readonly labels?: readonly object[];
}

/** The options for a fleet and labels that are written for them. */
const given = ({ machines = [machine('a')], labels = [label()] }: Given = {}): readonly string[] => {
  project.write(
    'fleet.ndjson',
    `${machines.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))).join('\n')}\n`,
  );
  project.write('labels.json', JSON.stringify(labels, undefined, 1));
  const [fleet, file] = [project.path('fleet.ndjson'), project.path('labels.json')];
  return ['fleet', 'simulate', '--fleet', fleet, '--release', release, '--labels', file, '--at', '2026-11-25'];
};
const run = (fleet: Given, ...more: readonly string[]) => winpvJson([...given(fleet), ...more], { now });
const lines = (): readonly Record<string, unknown>[] =>
  readFileSync(project.path('offers.ndjson'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line): Record<string, unknown> => JSON.parse(line));

describe('winpv fleet simulate', () => {
  test('writes a line for each machine, and counts them', async () => {
    const machines = [machine('a'), machine('b', { policy: { excludeDrivers: true } })];
    const answer = await run({ machines }, '--out', project.path('offers.ndjson'));
    expect(answer, JSON.stringify(answer.error)).toMatchObject({
      exit: 0,
      result: {
        machines: 2,
        configurations: 2,
        offered: 1,
        badLines: 0,
        labels: [{ id: 'bus', offered: 1, automatic: 1 }],
      },
    });
    expect(lines()).toMatchObject([
      {
        id: 'a',
        offers: [
          ...[
            {
              device: ownDevice.id,
              label: 'bus',
              driver: 'xenbus',
              channel: 'automatic',
              when: '2026-11-25T00:00:00.000Z',
            },
          ],
        ],
        reasons: [],
      },
      {
        id: 'b',
        offers: [],
        reasons: [{ device: ownDevice.id, label: 'bus', code: 'drivers-excluded' }],
        outcome: 'boots',
      },
    ]);
  });

  test('a machine is offered a label from the instant on that its line tells, and not before', async () => {
    const ids = Array.from({ length: 400 }, (_, index) => `vm-${index}`);
    const machines = [...ids.map((id) => machine(id)), machine('old', { os: '10.0.14393' })];
    const times = { submitted: '2026-11-25', approved: '2026-11-25', curve: 'one-percent' };
    const labels = [label({ times })];
    const whenAt = async (at: number): Promise<ReadonlyMap<string, number>> => {
      const out = project.path('offers.ndjson');
      const { exit, error } = await run({ machines, labels }, '--at', new Date(at).toISOString(), '--out', out);
      expect([exit, error]).toEqual([0, undefined]);
      const all = lines().map(
        ({ id, offers }) => [id as string, offers as readonly { readonly when: string }[]] as const,
      );
      return new Map(all.flatMap(([id, [offer]]) => (offer === undefined ? [] : [[id, Date.parse(offer.when)]])));
    };
    const told = await whenAt(Date.UTC(2027, 1, 1));
    const days = [...new Set(told.values())].sort((a, b) => a - b);
    // One machine in a hundred first, then stages up to day 20; Windows before 1709 after 30 days.
    expect(days.map((day) => (day - now) / 86_400_000)).toEqual([0, 3, 7, 10, 14, 20, 30]);
    expect([told.size, told.get('old')]).toEqual([401, Date.UTC(2026, 11, 25)]);
    for (const day of days) {
      const until = [...told].filter(([, when]) => when <= day);
      expect(await whenAt(day)).toEqual(new Map(until));
      expect(await whenAt(day - 1)).toEqual(new Map(until.filter(([, when]) => when < day)));
    }
  });

  test('Device Manager takes a label before the turn of its machine has come: since it went out', async () => {
    const times = { submitted: '2026-11-25', approved: '2026-11-25', curve: 'one-percent' };
    const machines = [machine('late', { os: '10.0.17763' })];
    const out = ['--channel', 'device-manager', '--out', project.path('offers.ndjson')];
    const answer = await run({ machines, labels: [label({ times })] }, '--at', '2026-11-26', ...out);
    expect([answer.exit, answer.error]).toEqual([0, undefined]);
    expect(lines()).toMatchObject([{ id: 'late', offers: [{ label: 'bus', when: '2026-11-25T00:00:00.000Z' }] }]);
    const early = await run({ machines, labels: [label({ times })] }, '--at', '2026-11-26', '--out', out[3] ?? '');
    expect(early.exit).toBe(0);
    expect(lines()).toMatchObject([{ id: 'late', offers: [], reasons: [{ code: 'throttled' }] }]);
  });

  test('tells lines that are no machines, goes on, and ends with 4', async () => {
    const machines = [machine('a'), 'no json', machine('b', { os: '10.0.1' }), machine('a'), machine('c')];
    const answer = await run({ machines }, '--out', project.path('offers.ndjson'));
    expect(answer).toMatchObject({ exit: 4, error: { code: 'FLEET_LINE' }, result: { machines: 2, badLines: 3 } });
    const [, ...told] = answer.diagnostics;
    expect(told).toMatchObject([2, 3, 4].map((line) => ({ code: 'FLEET_LINE', at: { line } })));
    expect(lines().map(({ id }) => id)).toEqual(['a', 'c']);
  });

  test('names a hundred bad lines, and counts all', async () => {
    const answer = await run({ machines: [machine('a'), ...Array.from({ length: 150 }, () => '{}')] });
    expect(answer.result).toMatchObject({ machines: 1, badLines: 150 });
    expect(answer.diagnostics.filter(({ at }) => at?.line !== undefined)).toHaveLength(100);
    expect(answer.diagnostics.at(-1)?.message).toContain('50 more lines');
  });

  test('refuses a label for what no release has, a row of another INF, and a label that is there twice', async () => {
    const other = await run({ labels: [label({ driver: 'xenvif' })] });
    expect(other).toMatchObject({ exit: 5, error: { code: 'FLEET_LABEL_REFUSED' } });
    expect(other.error?.message).toContain('example-vendor xenvif');
    const inf = await run({ labels: [label({ driver: 'xenvbd' })] });
    expect(inf).toMatchObject({ exit: 5, error: { code: 'FLEET_LABEL_REFUSED' } });
    expect(inf.error?.message).toContain('WINDOWS_v100_X64_RS1_FULL');
    expect(await run({ labels: [label(), label()] })).toMatchObject({
      exit: 5,
      error: { code: 'FLEET_LABEL_REFUSED' },
    });
  });

  test('refuses a key of a label that is none, with its place', async () => {
    const answer = await run({ labels: [label({}, { restrictedToAudience: [] })] });
    expect(answer).toMatchObject({ exit: 3, error: { code: 'CONFIG_UNKNOWN_KEY' } });
    expect(answer.error?.at?.line).toBeGreaterThan(1);
  });

  test('warns of a Windows that it does not know, and offers nothing by it', async () => {
    const answer = await run({ labels: [label({}, { inServicePublishInfo: { flooring: '31H1' } })] });
    expect(answer).toMatchObject({ exit: 0, result: { offered: 0, labels: [{ reasons: { 'unknown-release': 1 } }] } });
    expect(answer.diagnostics).toMatchObject([{ code: 'FLEET_LABEL_CODE', severity: 'warning' }]);
  });

  test('asks for an upgrade as for the Windows that it goes to', async () => {
    const floor = label({}, { inServicePublishInfo: { flooring: 'CO' } });
    expect((await run({ labels: [floor] })).result).toMatchObject({
      offered: 0,
      labels: [{ reasons: { 'below-floor': 1 } }],
    });
    expect((await run({ labels: [floor] }, '--upgrade-to', '25H2')).result).toMatchObject({ labels: [{ upgrade: 1 }] });
    for (const wrong of [
      ['--upgrade-to', '11'],
      ['--upgrade-to', '25H2', '--channel', 'scan'],
      ['--channel', 'upgrade'],
    ])
      expect((await run({}, ...wrong)).exit, wrong.join(' ')).toBe(2);
  });

  test('refuses a day that is none', async () => {
    expect(await run({}, '--at', '2026-02-31')).toMatchObject({ error: { code: 'DATE_INVALID' } });
  });

  test('ends with 5 when a machine ends as nobody wants', async () => {
    const rows = {
      infId: 'xenbus.inf',
      operatingSystemCode: 'WINDOWS_v100_X64_RS1_FULL',
      pnpString: 'pci\\ven_5853&dev_0001',
    };
    const wide = label({}, { hardwareIds: [{ bundleId: 'b', ...rows }] });
    const driver = { inf: 'oem1.inf', provider: 'XCP-ng', date: '2024-01-01', version: '9.0.9000.0', prefix: 'XN' };
    const child = {
      ...{
        id: 'XENBUS\\VEN_XN&DEV_VBD\\_',
        hardwareIds: ['XENBUS\\VEN_XN0001&DEV_VBD&REV_0900000B'],
        compatibleIds: [],
      },
      driver: { ...driver, rank: '00FF0000' },
    };
    const foreign = machine('f', {
      devices: [{ ...platformDevice, problem: 0, driver: { ...driver, rank: '00FF2001' } }, child],
    });
    const answer = await run(
      { machines: [foreign], labels: [wide] },
      '--fail-on',
      'brand-flip',
      '--out',
      project.path('offers.ndjson'),
    );
    expect(answer).toMatchObject({
      exit: 5,
      error: { code: 'FLEET_OUTCOME' },
      result: { outcomes: { 'brand-flip': 1 } },
    });
    expect(lines()).toMatchObject([
      { outcome: 'brand-flip', reasons: [{ device: child.id, label: 'bus', code: 'orphaned' }] },
    ]);
  });

  test('ranks what is taken to come with Windows against what is offered', async () => {
    const answer = await run({}, '--inbox', release, '--out', project.path('offers.ndjson'));
    expect(answer, JSON.stringify(answer.error)).toMatchObject({ exit: 0, result: { offered: 0 } });
    const [line] = lines();
    expect(line?.inbox).toContainEqual({
      device: ownDevice.id,
      driver: 'xenbus',
      version: expect.any(String),
      rank: '00FE0000',
    });
    expect(line?.reasons).toContainEqual(
      expect.objectContaining({ device: ownDevice.id, label: 'bus', code: 'same-driver' }),
    );
  });

  test('lists what a bundle lacks to be shipped with Windows, and what that rests on', async () => {
    const answer = await run({}, '--inbox-readiness');
    const { bundles, assumed } = answer.result.inboxReadiness as {
      bundles: { ready: boolean; lacks: { requirement: string; of: string }[] }[];
      assumed: string[];
    };
    expect(answer.exit).toBe(0);
    expect(bundles).toHaveLength(1);
    const kinds = new Set(bundles[0]?.lacks.map(({ requirement }) => requirement));
    for (const kind of ['windows-driver', 'whql-signature', 'built-drivers', 'architectures', 'own-ids'])
      expect(kinds).toContain(kind);
    expect(assumed.join(' ')).toContain('not public');
    const shown = await winpv([...given(), '--inbox-readiness'], { now });
    expect(shown.stdout).toContain('To be shipped with Windows these lack:');
    expect(shown.stdout).toContain('xenbus.inf: It has nothing for arm64.');
  });

  test('tells an empty fleet', async () => {
    expect(await run({ machines: [''] })).toMatchObject({ exit: 4, error: { code: 'FLEET_EMPTY' } });
  });

  test('says the same of a fleet in any order', async () => {
    const machines = ['a', 'b', 'c', 'd'].map((id, index) => machine(id, { sMode: index % 2 === 0 }));
    const [there, back] = [await run({ machines }), await run({ machines: machines.toReversed() })];
    expect(back.result).toEqual(there.result);
  });
});
