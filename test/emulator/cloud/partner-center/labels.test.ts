import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { shippingLabel } from '../../../../publishing/partner-center/label-contract.ts';
import {
  advance,
  type Caller,
  caller,
  control,
  openTestCenter,
  type Sample,
  sampleUpload,
  send,
  submit,
  type TestCenter,
  textOf,
  wireOf,
} from '../../../support/partner-center.ts';

const HOUR = 3_600_000;

let sample: Sample;
beforeAll(async () => {
  sample = await sampleUpload();
});

let center: TestCenter;
let call: Caller;
/** The submission's path. */
let path: string;
let bundleId: string;
let audience: string;

beforeEach(async () => {
  center = await openTestCenter();
  // a new token each time: hours go by
  call = async (...request) => (await caller(center))(...request);
  path = await submit(center, call, sample.cab);
  await call('POST', `${path}/commit`);
  advance(center, HOUR / 2);
  const { downloads } = wireOf(await call('GET', path));
  const url = downloads.items.find(({ type }: { type: string }) => type === 'driverMetadata').url;
  [bundleId = ''] = Object.keys(wireOf(await send(center.http, 'GET', url)).BundleInfoMap);
  const audiences = wireOf(await call('GET', '/audiences')).value;
  audience = audiences.find(({ audienceName }: { audienceName: string }) => audienceName === 'Test Registry Key').id;
});

const row = (changes = {}) => ({
  bundleId,
  infId: 'demo.inf',
  operatingSystemCode: 'WINDOWS_v100_X64_GE_FULL',
  pnpString: 'pci\\ven_5853&dev_c8de',
  ...changes,
});

const label = (changes = {}, publishing = {}) => ({
  name: 'demo',
  destination: 'windowsUpdate',
  publishingSpecifications: {
    goLiveDate: null,
    visibleToAccounts: [],
    isAutoInstallDuringOSUpgrade: false,
    isAutoInstallOnApplicableSystems: false,
    manualAcquisition: true,
    isDisclosureRestricted: false,
    publishToWindows10s: false,
    ...publishing,
  },
  targeting: { hardwareIds: [row()], restrictedToAudiences: [audience] },
  ...changes,
});

const add = (changes = {}, publishing = {}) => call('POST', `${path}/shippingLabels`, label(changes, publishing));

describe('a shipping label of the emulated Partner Center', () => {
  test('begins with its targeting unchecked and unshown, and shows it when it is asked for', async () => {
    const made = await add();
    expect(made.status).toBe(201);
    expect(wireOf(made).workflowStatus).toMatchObject({ currentStep: 'preProcessShippingLabel', state: 'notStarted' });
    expect(wireOf(made).targeting).toBeUndefined();
    const own = `${path}/shippingLabels/${wireOf(made).id}`;
    expect(wireOf(await call('GET', own)).targeting).toBeUndefined();
    const whole = wireOf(await call('GET', `${own}?includeTargetingInfo=true`));
    expect(whole.targeting.hardwareIds).toEqual([{ ...row(), distributionState: 'pendingAdd' }]);
    expect(shippingLabel.parse(whole).id).toBe(String(wireOf(made).id));
    expect(wireOf(await call('GET', `${path}/shippingLabels`)).value[0].targeting).toBeUndefined();
  });

  test('waits for approval, goes live, and then has its rows added', async () => {
    const own = `${path}/shippingLabels/${wireOf(await add()).id}?includeTargetingInfo=true`;
    advance(center, 10 * 60_000);
    expect(wireOf(await call('GET', own)).workflowStatus.currentStep).toBe('microsoftApproval');
    advance(center, 2 * HOUR);
    const live = wireOf(await call('GET', own));
    expect(live.workflowStatus).toMatchObject({ currentStep: 'finalizePublishing', state: 'completed' });
    expect(live.targeting.hardwareIds[0].distributionState).toBe('added');
  });

  test('does not go live before its date', async () => {
    const goLiveDate = new Date(center.time.nowMs + 48 * HOUR).toISOString();
    const own = `${path}/shippingLabels/${wireOf(await add({}, { goLiveDate })).id}`;
    advance(center, 24 * HOUR);
    expect(wireOf(await call('GET', own)).workflowStatus).toMatchObject({
      currentStep: 'publishing',
      state: 'started',
    });
    advance(center, 25 * HOUR);
    expect(wireOf(await call('GET', own)).workflowStatus.currentStep).toBe('finalizePublishing');
  });

  test('of an attested driver fails without a test audience, and says why', async () => {
    const made = wireOf(await add({ targeting: { hardwareIds: [row()] } }));
    advance(center, 10 * 60_000);
    const { workflowStatus } = wireOf(await call('GET', `${path}/shippingLabels/${made.id}`));
    expect(workflowStatus).toMatchObject({ currentStep: 'preProcessShippingLabel', state: 'failed' });
    expect(textOf(await send(center.http, 'GET', workflowStatus.errorReport))).toContain('test audience');
  });

  test.each([
    ['no publishing specifications', { publishingSpecifications: null }, {}, 'publishingSpecifications'],
    ['no recipient', { destination: 'anotherPartner' }, {}, 'recipientSpecifications'],
    ['neither automatic nor by hand', {}, { manualAcquisition: false }, 'publishingSpecifications.manualAcquisition'],
    [
      'automatic and by hand',
      {},
      { isAutoInstallDuringOSUpgrade: true, additionalInfoForMsApproval: {} },
      'publishingSpecifications.manualAcquisition',
    ],
    [
      'automatic without a reason',
      {},
      { isAutoInstallDuringOSUpgrade: true, manualAcquisition: false },
      'publishingSpecifications.additionalInfoForMsApproval',
    ],
  ])('%s is refused', async (_what, changes, publishing, target) => {
    const refused = await add(changes, publishing);
    expect([refused.status, wireOf(refused).error.code]).toEqual([400, 'invalidInput']);
    expect(wireOf(refused).error.validationErrors.map((one: { target: string }) => one.target)).toContain(target);
  });

  test.each([
    ['an id in upper case', { pnpString: 'PCI\\VEN_5853&DEV_C8DE' }],
    ['another system', { operatingSystemCode: 'WINDOWS_v100_X64_NI_FULL' }],
    ['another INF', { infId: 'other.inf' }],
  ])('a row that the metadata has not is refused: %s', async (_what, changes) => {
    const refused = await add({ targeting: { hardwareIds: [row(changes)], restrictedToAudiences: [audience] } });
    expect(wireOf(refused).error.validationErrors[0].target).toBe('targeting.hardwareIds[0]');
  });

  test('a field that the service does not have is refused, as the wrong root of a change is', async () => {
    expect((await add({ colour: 'red' })).status).toBe(400);
    const own = `${path}/shippingLabels/${wireOf(await add()).id}`;
    expect((await call('PATCH', own, { targetingInfo: {} })).status).toBe(400);
  });

  test('is changed only when no workflow runs, row by row with an action', async () => {
    const own = `${path}/shippingLabels/${wireOf(await add()).id}`;
    const other = row({ operatingSystemCode: 'WINDOWS_v100_X64_RS5_FULL' });
    const change = {
      targeting: {
        hardwareIds: [
          { ...other, action: 'add' },
          { ...row(), action: 'remove' },
        ],
      },
    };
    expect(wireOf(await call('PATCH', own, change)).error.code).toBe('invalidInput');
    advance(center, 3 * HOUR);
    const bare = { targeting: { hardwareIds: [other] } };
    expect((await call('PATCH', own, bare)).status).toBe(400);
    expect((await call('PATCH', own, change)).status).toBe(204);
    const states = async () => {
      const { targeting } = wireOf(await call('GET', `${own}?includeTargetingInfo=true`));
      return targeting.hardwareIds.map((one: { distributionState: string }) => one.distributionState).sort();
    };
    expect(await states()).toEqual(['pendingAdd', 'pendingRemove']);
    advance(center, 3 * HOUR);
    expect(await states()).toEqual(['added']);
  });

  test('is cancelled only during approval or when live; the effect takes more than a day', async () => {
    const own = `${path}/shippingLabels/${wireOf(await add()).id}`;
    expect((await call('PUT', `${own}/cancel`)).status).toBe(400);
    await control(center, 'faults', { name: 'approval-held' });
    advance(center, 10 * 60_000);
    expect((await call('PUT', `${own}/cancel`)).status).toBe(204);
    advance(center, 24 * HOUR);
    expect(wireOf(await call('GET', own)).workflowStatus.state).toBe('started');
    advance(center, 2 * HOUR);
    expect(wireOf(await call('GET', own)).workflowStatus.state).toBe('failed');
  });

  test('is not to be had before the submission is prepared', async () => {
    const early = await submit(center, call, sample.cab);
    const refused = await call('POST', `${early}/shippingLabels`, label());
    expect(wireOf(refused).error.code).toBe('requestInvalidForCurrentState');
  });
});
