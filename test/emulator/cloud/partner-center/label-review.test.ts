import { beforeAll, describe, expect, test } from 'vitest';
import {
  approvalEndsAt,
  isReviewed,
  rejectionMessages,
} from '../../../../emulator/cloud/partner-center/label-review.ts';
import {
  type CloudState,
  type LabelRow,
  type LabelTargeting,
  type SubmissionRow,
  withRow,
} from '../../../../emulator/cloud/partner-center/state.ts';
import { openTestCenter } from '../../../support/partner-center.ts';

const at = (text: string): number => Date.parse(text);
/** A Thursday on which the ship room is open. */
const NOW = at('2026-11-12T09:00:00Z');
const CHID = '0b1c2d3e-0000-4000-8000-000000000001';

let state: CloudState;
beforeAll(async () => {
  state = (await openTestCenter()).service.state();
});

const hardware = (pnpString: string, operatingSystemCode = 'WINDOWS_v100_X64_GE_FULL') => ({
  ...{ bundleId: 'b', infId: 'one.inf', operatingSystemCode, pnpString },
  distributionState: 'pendingAdd' as const,
});
const FOUR_PARTS = 'pci\\ven_5853&dev_c200&subsys_c2005853&rev_01';

const texts = { microsoftContact: 'a@microsoft.com', validationsPerformed: 'HLK', businessJustification: 'a fix' };

const label = (targeting: LabelTargeting, automatic = false, changes: Partial<LabelRow> = {}): LabelRow => ({
  ...{ id: '1', productId: '2', submissionId: '3', createdAt: NOW, targeting },
  settings: {
    ...{ name: 'one', destination: 'windowsUpdate' },
    publishingSpecifications: {
      ...{ isAutoInstallOnApplicableSystems: automatic, manualAcquisition: !automatic },
      ...(automatic ? { additionalInfoForMsApproval: texts } : {}),
    },
  },
  run: { step: 'microsoftApproval', state: 'started', messages: [] },
  ...changes,
});

const withClass = (InfClass: string): CloudState => {
  const inf = {
    ...{ DriverPackageFamilyId: CHID, InfClass, DriverVersion: '1.0.0.0', DriverDate: null, ExtensionId: null },
    ...{ Provider: 'p', ClassGuid: null, InstallationComputerHardwareIds: [], OSPnPInfoMap: {} },
  };
  const described = { BundleInfoMap: { B: { Locales: [], InfInfoMap: { 'ONE.inf': inf } } } };
  const row: SubmissionRow = {
    ...{ id: '3', productId: '2', name: 's', type: 'initial' as const, createdAt: NOW },
    ...{ commitStatus: 'commitComplete' as const, described },
  };
  return withRow(state, 'submissions', '3', row);
};

describe('approval', () => {
  test.each([
    ['an optional label of a four-part id', FOUR_PARTS, false, '2026-11-12T10:00:00.000Z'],
    ['a child of the bus', 'xenbus\\ven_xnc200&dev_vbd&rev_09000006', false, '2026-11-12T10:00:00.000Z'],
    // two days later is a Saturday; Monday is open
    ['an optional label of a two-part id', 'pci\\ven_5853&dev_0002', false, '2026-11-16T00:00:00.000Z'],
    ['an id of a class', 'pci\\cc_ff80', false, '2026-11-16T00:00:00.000Z'],
    // 14 days later is Thanksgiving
    ['an automatic label', FOUR_PARTS, true, '2026-11-30T00:00:00.000Z'],
  ])('of %s ends when the calendar lets it', (_what, id, automatic, end) => {
    const row = label({ hardwareIds: [hardware(id)] }, automatic);
    expect(new Date(approvalEndsAt(state, row, NOW)).toISOString()).toBe(end);
  });

  test('of a change that takes rows away only is nobody’s business', () => {
    const published = { targeting: {}, approvedAt: NOW, at: NOW, curve: 'at-once' as const };
    const removed = { hardwareIds: [{ ...hardware(FOUR_PARTS), distributionState: 'pendingRemove' as const }] };
    expect(isReviewed(state, label(removed, true, { published }))).toBe(false);
    expect(isReviewed(state, label({ hardwareIds: [hardware(FOUR_PARTS)] }, true, { published }))).toBe(true);
  });
});

describe('Microsoft rejects', () => {
  const said = (row: LabelRow, of: CloudState = state): string => rejectionMessages(of, row, NOW).join(' ');

  test('nothing that is right', () => {
    expect(said(label({ hardwareIds: [hardware(FOUR_PARTS)] }))).toBe('');
    expect(said(label({ hardwareIds: [hardware(FOUR_PARTS)] }, true))).toBe('');
    expect(said(label({ hardwareIds: [hardware(FOUR_PARTS, 'WINDOWS_7_X64')] }))).toBe('');
  });

  test('Windows 7 and Windows 10 in one label', () => {
    const mixed = { hardwareIds: [hardware(FOUR_PARTS), hardware(FOUR_PARTS, 'WINDOWS_7_X64')] };
    expect(said(label(mixed))).toContain('Windows 10 or later and earlier');
    const removed = { ...hardware(FOUR_PARTS, 'WINDOWS_7_X64'), distributionState: 'pendingRemove' as const };
    expect(said(label({ hardwareIds: [hardware(FOUR_PARTS), removed] }))).toBe('');
  });

  test('firmware without CHIDs and displays with them', () => {
    const bare = { hardwareIds: [hardware(FOUR_PARTS)] };
    const aimed = { ...bare, chids: [{ chid: CHID }] };
    expect(said(label(bare), withClass('Firmware'))).toContain('need CHIDs');
    expect(said(label(aimed), withClass('Firmware'))).toBe('');
    expect(said(label(aimed), withClass('Display'))).toContain('have no CHIDs');
    expect(said(label(aimed), withClass('System'))).toBe('');
  });

  test('ids of another company, where somebody looks', () => {
    const foreign = { hardwareIds: [hardware('pci\\ven_8086&dev_100e&subsys_11008086')] };
    expect(said(label(foreign, true))).toContain('another company');
    const other = { hardwareIds: [hardware('pci\\ven_8086&dev_100e')] };
    expect(said(label(other))).toContain('pci\\ven_8086&dev_100e');
    expect(said(label({ ...other, restrictedToAudiences: [CHID] }))).toBe('');
  });
});
