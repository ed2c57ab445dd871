import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { FourPartVersion } from '../../../../core/version.ts';
import type { StoredPackage, StoredPackages } from '../../../../emulator/cloud/windows-update/packages.ts';
import { rehearsePublication } from '../../../../emulator/cloud/windows-update/rehearse.ts';
import { openScan } from '../../../../emulator/cloud/windows-update/scan.ts';
import { type Machine, machineOf } from '../../../../emulator/fleet/machines/machine.ts';
import {
  type Caller,
  caller,
  control,
  ORIGIN,
  openTestCenter,
  type Sample,
  sampleUpload,
  send,
  submit,
  type TestCenter,
  tested,
  textOf,
  wireOf,
} from '../../../support/partner-center.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;

let sample: Sample;
beforeAll(async () => {
  sample = await sampleUpload();
});

let center: TestCenter;
let call: Caller;
let path: string;
let bundleId: string;
let audience: string;

/** A product that is not `Unclassified`: nobody has to review it. */
const classified = { ...tested, selectedProductTypes: { windows_v100_RS5: 'Storage', Windows_v100_GE: 'Storage' } };

const publish = async (asked: typeof tested = classified): Promise<void> => {
  path = await submit(center, call, sample.hlkx, asked);
  await call('POST', `${path}/commit`);
  center.time.nowMs += HOUR / 2;
  const { downloads } = wireOf(await call('GET', path));
  const { url } = downloads.items.find(({ type }: { type: string }) => type === 'driverMetadata');
  [bundleId = ''] = Object.keys(wireOf(await send(center.http, 'GET', url)).BundleInfoMap);
};

beforeEach(async () => {
  center = await openTestCenter();
  // a new token each time: weeks go by
  call = async (...request) => (await caller(center))(...request);
  await publish();
  const audiences = wireOf(await call('GET', '/audiences')).value;
  audience = audiences.find(({ audienceName }: { audienceName: string }) => audienceName === 'Test Registry Key').id;
});
const row = (changes = {}) => ({
  bundleId,
  infId: 'demo.inf',
  operatingSystemCode: 'WINDOWS_v100_X64_RS5_FULL',
  pnpString: 'pci\\ven_5853&dev_c8de',
  ...changes,
});

const optional = {
  goLiveDate: null,
  isAutoInstallDuringOSUpgrade: false,
  isAutoInstallOnApplicableSystems: false,
  manualAcquisition: true,
};
const texts = { microsoftContact: 'a@microsoft.com', validationsPerformed: 'HLK', businessJustification: 'a fix' };
const automatic = {
  ...optional,
  isAutoInstallOnApplicableSystems: true,
  manualAcquisition: false,
  additionalInfoForMsApproval: texts,
};

const addLabel = async (publishing: unknown = automatic, targeting = {}, name = 'demo'): Promise<string> => {
  const made = await call('POST', `${path}/shippingLabels`, {
    ...{ name, destination: 'windowsUpdate', publishingSpecifications: publishing },
    targeting: { hardwareIds: [row()], ...targeting },
  });
  expect(made.status).toBe(201);
  return String(wireOf(made).id);
};

const machine = (id: string, changes = {}) => ({
  ...{ id, os: '10.0.19045', arch: 'x64', type: 'workstation' },
  devices: [
    {
      id: 'PCI\\1',
      hardwareIds: ['PCI\\VEN_5853&DEV_C8DE&SUBSYS_C8DE5853&REV_01', 'PCI\\VEN_5853&DEV_C8DE'],
      compatibleIds: [],
      problem: 28,
      driver: null,
    },
  ],
  ...changes,
});

const scan = async (one: unknown, more = {}) => {
  const answered = await control(center, 'windows-update/scan', { machine: one, ...more });
  expect(answered.status).toBe(200);
  return wireOf(answered);
};
const rollout = async (id: string) => {
  const { labels } = wireOf(await send(center.http, 'GET', `${ORIGIN}/emulator/windows-update/rollout`));
  return labels.find((one: { id: string }) => one.id === id);
};
const goTo = (to: string) => control(center, 'clock', { to });
const codes = ({ reasons }: { reasons: { label: string; code: string }[] }) => reasons.map(({ code }) => code);

/** START is Tuesday, 24 November 2026, noon; half an hour goes by before there is a label. */
describe('an automatic label', () => {
  test('goes from submission to approval by the calendar, then out over weeks', async () => {
    const id = await addLabel();
    await goTo('2026-11-25');
    expect(await rollout(id)).toMatchObject({ step: 'microsoftApproval', state: 'in-approval', share: 0, rows: 0 });
    // in approval since 24 November; 14 days later is the second Tuesday, 8 December: the day after it is closed as well
    expect((await rollout(id)).nextEventAt).toBe('2026-12-10T00:00:00.000Z');
    expect(codes(await scan(machine('vm-1')))).toContain('in-approval');
    await goTo('2026-12-10T00:10:00Z');
    expect(await rollout(id)).toMatchObject({ step: 'finalizePublishing', state: 'rolling-out', share: 0.01, rows: 1 });
    const machines = Array.from({ length: 300 }, (_, index) => machineOf(machine(`vm-${index}`)));
    const offered = async (): Promise<ReadonlySet<string>> => {
      const answers = await center.service.scan(machines.map((one) => ({ machine: one, channel: 'any' as const })));
      return new Set(answers.flatMap(({ id: name, offers }) => (offers.length > 0 ? [name] : [])));
    };
    let before: ReadonlySet<string> = new Set();
    for (const day of [10, 13, 17, 20, 24, 30]) {
      await goTo(`2026-12-${day}T12:00:00Z`);
      const now = await offered();
      for (const one of before) expect(now).toContain(one);
      expect(Math.abs(now.size / 300 - (await rollout(id)).share)).toBeLessThan(0.09);
      before = now;
    }
    expect(before.size).toBe(300);
    expect((await rollout(id)).finalized).toBe(false);
    await goTo('2027-01-10');
    expect(await rollout(id)).toMatchObject({ state: 'live', finalized: true, nextEventAt: null });
  });

  test('is flighted among Insiders while it waits, and offered to nobody else', async () => {
    await addLabel();
    await goTo('2026-11-25');
    const { offers } = await scan(machine('insider', { os: '10.0.26100', ring: 'Beta' }));
    expect(offers).toMatchObject([{ driver: 'demo', version: '1.0.0.1', channel: 'automatic', flight: true }]);
    expect((await scan(machine('other', { os: '10.0.26100' }))).offers).toEqual([]);
  });

  test('is locked while it is rolled out, but for cancelling, which stops it a day later', async () => {
    const id = await addLabel();
    await goTo('2026-12-14');
    const own = `${path}/shippingLabels/${id}`;
    const change = { targeting: { hardwareIds: [{ ...row(), action: 'remove' }] } };
    expect(wireOf(await call('PATCH', own, change)).error.message).toContain('locked');
    expect((await call('PUT', `${own}/cancel`)).status).toBe(204);
    await goTo('2026-12-15T02:00:00Z');
    expect(await rollout(id)).toMatchObject({ state: 'stopped', share: 0 });
    expect(codes(await scan(machine('vm-1')))).toEqual(['stopped']);
  });

  test('cannot be cancelled when its roll-out is over, and can be changed then', async () => {
    const id = await addLabel();
    await goTo('2027-01-10');
    const own = `${path}/shippingLabels/${id}`;
    expect(wireOf(await call('PUT', `${own}/cancel`)).error.code).toBe('requestInvalidForCurrentState');
    const change = { targeting: { hardwareIds: [{ ...row(), action: 'remove' }] } };
    expect((await call('PATCH', own, change)).status).toBe(204);
    await goTo('2027-01-10T01:00:00Z');
    expect((await scan(machine('vm-1'))).offers).toHaveLength(1);
    await goTo('2027-01-11');
    expect(await rollout(id)).toMatchObject({ state: 'expired', rows: 0 });
    expect(codes(await scan(machine('vm-1')))).toEqual(['expired']);
  });

  test.each([
    ['a business justification', { ...texts, businessJustification: ' ' }, 'business justification'],
    ['validations', { ...texts, validationsPerformed: null }, 'validations'],
    ['a contact', { ...texts, microsoftContact: '' }, 'contact'],
  ])('is rejected without %s, with a report', async (_what, additionalInfoForMsApproval, told) => {
    const id = await addLabel({ ...automatic, additionalInfoForMsApproval });
    await goTo('2026-12-20');
    const { workflowStatus } = wireOf(await call('GET', `${path}/shippingLabels/${id}`));
    expect(workflowStatus).toMatchObject({ currentStep: 'microsoftApproval', state: 'failed' });
    expect(textOf(await send(center.http, 'GET', workflowStatus.errorReport))).toContain(told);
    expect(await rollout(id)).toMatchObject({ state: 'rejected', share: 0, rows: 0, nextEventAt: null });
    expect((await scan(machine('vm-1'))).offers).toEqual([]);
  });
});

describe('an optional label', () => {
  test('is live when it was reviewed, for whoever takes it', async () => {
    const id = await addLabel(optional, { hardwareIds: [row({ pnpString: 'pci\\ven_5853&dev_c8de' })] });
    await goTo('2026-11-30T02:00:00Z');
    expect(await rollout(id)).toMatchObject({ state: 'live', share: 1, curve: 'at-once', finalized: false });
    const { offers } = await scan(machine('vm-1'));
    expect(offers).toMatchObject([{ channel: 'optional', provider: 'Demo', inf: 'demo.inf', flight: false }]);
    expect(codes(await scan(machine('vm-1'), { channel: 'scan' }))).toEqual(['wrong-channel']);
    expect((await scan(machine('vm-1'), { upgradeTo: '10.0.26100' })).offers).toEqual([]);
  });

  test('of two-part ids waits for a review, by the calendar', async () => {
    const id = await addLabel(optional);
    await goTo('2026-11-25');
    // two days later is Thanksgiving
    expect(await rollout(id)).toMatchObject({ step: 'microsoftApproval', nextEventAt: '2026-11-30T00:00:00.000Z' });
  });

  test('does not go live before its date, unless a fault lets it', async () => {
    const id = await addLabel({ ...optional, goLiveDate: '2027-01-05T00:00:00Z' });
    await goTo('2027-01-04T23:00:00Z');
    expect(await rollout(id)).toMatchObject({ step: 'publishing', state: 'before-go-live', share: 0 });
    expect(codes(await scan(machine('vm-1')))).toEqual(['before-go-live']);
    await goTo('2027-01-05T01:00:00Z');
    expect((await rollout(id)).state).toBe('live');
    await control(center, 'faults', { name: 'go-live-ignored' });
    const early = await addLabel({ ...optional, goLiveDate: '2028-01-04T00:00:00Z' }, {}, 'early');
    await goTo('2027-02-01');
    expect((await rollout(early)).state).toBe('live');
  });

  test('for a test audience is there at once, for machines that asked for it', async () => {
    const id = await addLabel(automatic, { restrictedToAudiences: [audience] });
    await goTo('2026-11-24T15:00:00Z');
    expect(await rollout(id)).toMatchObject({ state: 'live', finalized: true, audiences: ['Test Registry Key'] });
    expect((await scan(machine('tester', { ring: 'Drivers' }))).offers).toHaveLength(1);
    expect(codes(await scan(machine('vm-1')))).toEqual(['other-audience']);
  });

  test('that is changed goes on from where it was, with the new row when its workflow has run', async () => {
    const id = await addLabel(optional, { restrictedToAudiences: [audience] });
    await goTo('2026-11-24T18:00:00Z');
    const { since } = await rollout(id);
    const other = row({ operatingSystemCode: 'WINDOWS_v100_X64_GE_FULL' });
    const change = { targeting: { hardwareIds: [{ ...other, action: 'add' }] } };
    expect((await call('PATCH', `${path}/shippingLabels/${id}`, change)).status).toBe(204);
    await goTo('2026-11-24T18:30:00Z');
    expect(await rollout(id)).toMatchObject({ rows: 1, since, share: 1 });
    await goTo('2026-11-25');
    expect(await rollout(id)).toMatchObject({ rows: 2, since, share: 1 });
  });

  test('that loses its audience begins anew, as a retail one', async () => {
    const id = await addLabel(optional, { restrictedToAudiences: [audience] });
    await goTo('2026-11-24T18:00:00Z');
    const own = `${path}/shippingLabels/${id}`;
    expect((await call('PATCH', own, { targeting: { restrictedToAudiences: [] } })).status).toBe(204);
    await goTo('2026-11-25T18:00:00Z');
    expect((await scan(machine('vm-1'))).offers).toEqual([]);
    expect((await scan(machine('tester', { ring: 'Drivers' }))).offers).toHaveLength(1);
    await goTo('2026-12-01');
    expect((await scan(machine('vm-1'))).offers).toHaveLength(1);
    expect((await rollout(id)).since.slice(0, 10)).toBe('2026-11-30');
  });
});

describe('what machines report', () => {
  const reports = (label: string, result: string, count: number, from = 0) => ({
    reports: Array.from({ length: count }, (_, index) => ({
      ...{ machine: `vm-${from + index}`, label, result, os: '10.0.19045' },
    })),
  });
  const tell = async (body: unknown) => wireOf(await control(center, 'windows-update/report', body));

  test('pauses the roll-out when too many devices have problems', async () => {
    const id = await addLabel();
    await goTo('2026-12-14');
    expect((await tell(reports(id, 'installed', 94))).labels[0].state).toBe('rolling-out');
    // 5 of 99 are not enough machines; one more, and 6 % fail
    expect((await tell(reports(id, 'pnp-error', 5, 94))).labels[0].state).toBe('rolling-out');
    const { labels } = await tell(reports(id, 'pnp-error', 1, 99));
    expect(labels[0]).toMatchObject({ state: 'paused', share: 0, reports: 100 });
    expect(labels[0].why).toContain('26387262');
    expect(codes(await scan(machine('vm-1')))).toEqual(['paused']);
    await goTo('2027-03-01');
    expect((await rollout(id)).state).toBe('paused');
    await control(center, 'windows-update/label', { label: id, decision: 'resume' });
    expect((await rollout(id)).state).toBe('rolling-out');
  });

  test('counts a machine once, whatever it tells', async () => {
    const id = await addLabel(optional);
    await goTo('2026-12-04');
    for (let times = 0; times < 3; times += 1) await tell(reports(id, 'installed', 10));
    const { labels } = await tell(reports(id, 'crash', 2));
    expect(labels[0].reports).toBe(10);
    const crashes = labels[0].measures.find(({ measure }: { measure: string }) => measure === 'kernel-crash');
    expect(crashes).toMatchObject({ machines: 10, failed: 2, result: 'insufficient-data' });
  });

  test('rejects a label that fails in its flight', async () => {
    const id = await addLabel();
    await goTo('2026-11-30');
    await tell(reports(id, 'failed', 12));
    await goTo('2026-12-20');
    expect(await rollout(id)).toMatchObject({ state: 'rejected', step: 'microsoftApproval' });
    expect((await rollout(id)).messages[0]).toContain('26387215');
  });

  test.each([
    ['an unknown label', { machine: 'a', label: '7', result: 'installed' }],
    ['an unknown result', { machine: 'a', label: '7', result: 'fine' }],
    ['no machine', { reports: [] }],
  ])('is refused: %s', async (_what, body) => {
    expect((await control(center, 'windows-update/report', body)).status).toBe(400);
  });

  test('is refused from the future', async () => {
    const id = await addLabel(optional);
    const body = { machine: 'a', label: id, result: 'installed', at: '2030-01-01' };
    expect((await control(center, 'windows-update/report', body)).status).toBe(400);
  });
});

describe('faults', () => {
  const fault = (name: string, on = true) => control(center, 'faults', { name, on });

  test('approval-rejected strikes once', async () => {
    await fault('approval-rejected');
    const [first, second] = [await addLabel(optional), await addLabel(optional, {}, 'second')];
    await goTo('2026-12-04');
    expect([(await rollout(first)).state, (await rollout(second)).state]).toEqual(['rejected', 'live']);
  });

  test('rollout-paused and measure-failing hold what is live back', async () => {
    const id = await addLabel(optional);
    await goTo('2026-12-04');
    for (const name of ['rollout-paused', 'measure-failing']) {
      await fault(name);
      expect(codes(await scan(machine('vm-1')))).toEqual(['paused']);
      await fault(name, false);
      expect((await rollout(id)).state).toBe('live');
    }
  });

  test('consent-missing lets Microsoft reject what it reviews, and test audiences go on', async () => {
    await fault('consent-missing');
    const [retail, forTests] = [
      await addLabel(optional),
      await addLabel(optional, { restrictedToAudiences: [audience] }, 'tests'),
    ];
    await goTo('2026-12-04');
    expect((await rollout(retail)).messages[0]).toContain('another company');
    expect((await rollout(forTests)).state).toBe('live');
  });

  test('rows-lost publishes one row less than the label says', async () => {
    await fault('rows-lost');
    const id = await addLabel(optional);
    await goTo('2026-12-04');
    const { targeting } = wireOf(await call('GET', `${path}/shippingLabels/${id}?includeTargetingInfo=true`));
    expect(targeting.hardwareIds[0].distributionState).toBe('added');
    expect((await scan(machine('vm-1'))).offers).toEqual([]);
  });

  test('metadata-rows-lost keeps labels from naming an id', async () => {
    await fault('metadata-rows-lost');
    await publish();
    const made = await call('POST', `${path}/shippingLabels`, {
      ...{ name: 'lost', destination: 'windowsUpdate', publishingSpecifications: optional },
      targeting: { hardwareIds: [row()] },
    });
    expect(wireOf(made).error.validationErrors[0].target).toBe('targeting.hardwareIds[0]');
  });

  test('expired-offered offers removed rows for another day', async () => {
    const id = await addLabel(optional, { restrictedToAudiences: [audience] });
    await goTo('2026-11-24T18:00:00Z');
    await fault('expired-offered');
    const change = { targeting: { hardwareIds: [{ ...row(), action: 'remove' }] } };
    expect((await call('PATCH', `${path}/shippingLabels/${id}`, change)).status).toBe(204);
    await goTo('2026-11-25T12:00:00Z');
    expect((await scan(machine('tester', { ring: 'Drivers' }))).offers).toHaveLength(1);
    await goTo('2026-11-26T00:00:00Z');
    expect(codes(await scan(machine('tester', { ring: 'Drivers' })))).toEqual(['expired']);
  });

  test('wrong-offer hands out the package of another submission', async () => {
    const id = await addLabel(optional);
    await goTo('2026-12-04');
    await fault('wrong-offer');
    const state = center.service.state();
    const pack = (version: FourPartVersion): StoredPackage => ({
      bundleId,
      package: {
        ...{ key: version.join('.'), brand: 'demo', driver: 'demo', infName: 'demo.inf', provider: 'Demo' },
        ...{ version, date: undefined, bus: undefined },
        entriesFor: () => [{ ids: [row().pnpString], featureScore: undefined, date: undefined, version }],
      },
    });
    const own = state.labels.get(id)?.submissionId ?? '';
    const versions = (stored: StoredPackages) =>
      openScan({ state, now: center.service.now(), stored })({
        machine: machineOf(machine('vm-1')),
        channel: 'any',
      }).offers.map(({ version }) => version);
    expect(versions(new Map([[own, [pack([1, 0, 0, 1])]]]))).toEqual(['1.0.0.1']);
    expect(
      versions(
        new Map([
          [own, [pack([1, 0, 0, 1])]],
          ['7', [pack([0, 9, 0, 0])]],
        ]),
      ),
    ).toEqual(['0.9.0.0']);
  });

  test('label-list-late hides labels for ten minutes', async () => {
    await fault('label-list-late');
    const id = await addLabel(optional);
    const listed = async () =>
      wireOf(await call('GET', `${path}/shippingLabels`)).value.map(({ id: one }: { id: bigint }) => String(one));
    expect(await listed()).toEqual([]);
    center.time.nowMs += 11 * 60_000;
    expect(await listed()).toEqual([id]);
  });
});

describe('what Microsoft decides', () => {
  const decide = (body: unknown) => control(center, 'windows-update/label', body);

  test('approves, pauses, stops and ends roll-outs in its place', async () => {
    const id = await addLabel();
    await goTo('2026-11-25');
    expect((await decide({ label: id, decision: 'approve' })).status).toBe(200);
    await goTo('2026-11-25T01:00:00Z');
    expect((await rollout(id)).share).toBe(0.01);
    await decide({ label: id, curve: 'clusters-first' });
    expect((await rollout(id)).share).toBe(0.002);
    await decide({ label: id, decision: 'finalize' });
    expect(await rollout(id)).toMatchObject({ state: 'live', share: 1, finalized: true });
    await decide({ label: id, decision: 'pause', because: 'A person looks.' });
    expect((await rollout(id)).why).toContain('A person looks.');
    await decide({ label: id, decision: 'stop' });
    expect((await rollout(id)).state).toBe('stopped');
    expect((await decide({ label: id, decision: 'resume' })).status).toBe(400);
  });

  test.each([
    ['an unknown label', { label: '7', decision: 'stop' }],
    ['an unknown decision', { label: '7', decision: 'love' }],
  ])('is refused for %s', async (_what, body) => {
    expect((await decide(body)).status).toBe(400);
  });
});

describe('a machine that asks', () => {
  test.each([
    ['no record', { machine: {} }],
    ['an impossible build', { machine: machine('a', { os: '10.0.12345' }) }],
    [
      'two devices of one id',
      { machine: machine('a', { devices: [...machine('a').devices, ...machine('a').devices] }) },
    ],
    ['an unknown channel', { machine: machine('a'), channel: 'post' }],
    ['an upgrade to nowhere', { machine: machine('a'), channel: 'upgrade' }],
  ])('is refused: %s', async (_what, body) => {
    const refused = await control(center, 'windows-update/scan', body);
    expect([refused.status, wireOf(refused).error.code]).toEqual([400, 'invalidInput']);
  });

  test('the clock does not go back', async () => {
    expect((await goTo('2026-01-01')).status).toBe(400);
  });
});

describe('a publication rehearsed in this process', () => {
  test('goes on until everyone is offered it, and says when each machine was first', async () => {
    await addLabel();
    const machines: readonly Machine[] = Array.from({ length: 40 }, (_, index) => machineOf(machine(`vm-${index}`)));
    const old = machineOf(machine('old', { os: '10.0.17134' }));
    const rehearsed = await rehearsePublication(center.service, { machines: [...machines, old] });
    expect(rehearsed.unfinished).toEqual([]);
    expect(rehearsed.at.slice(0, 10)).toBe('2027-01-09');
    const [label] = rehearsed.labels;
    expect(label).toMatchObject({ state: 'live', finalized: true });
    expect(rehearsed.offered).toBe(40);
    const firsts = rehearsed.machines.flatMap(({ offers }) => offers.map(({ first }) => first.slice(0, 10)));
    // approved on 10 December; stages on days 0, 3, 7, 10, 14 and 20
    const stages = ['2026-12-10', '2026-12-13', '2026-12-17', '2026-12-20', '2026-12-24', '2026-12-30'];
    expect(firsts.every((first) => stages.includes(first))).toBe(true);
    expect(rehearsed.events.map(({ share }) => share)).toEqual(
      expect.arrayContaining([0, 0.01, 0.05, 0.1, 0.25, 0.5, 1]),
    );
    expect(rehearsed.machines.at(-1)?.reasons.map(({ code }) => code)).toEqual(['later-windows']);
  });

  test('is given up when Microsoft never approves', async () => {
    await control(center, 'faults', { name: 'approval-held' });
    const id = await addLabel();
    const rehearsed = await rehearsePublication(center.service, { machines: [], withinDays: 16 });
    expect(rehearsed).toMatchObject({ unfinished: [id], offered: 0 });
  });
});

describe('time', () => {
  test('goes to the stages of a roll-out as to every event', async () => {
    const id = await addLabel();
    await goTo('2026-12-10T12:00:00Z');
    await control(center, 'clock', { toNextEvent: true });
    expect(await rollout(id)).toMatchObject({ share: 0.05 });
    expect(new Date(center.service.now()).toISOString().slice(0, 10)).toBe('2026-12-13');
    expect(center.service.now()).toBeLessThan(Date.parse('2026-12-10T12:00:00Z') + 4 * DAY);
  });
});
