import { describe, expect, test } from 'vitest';
import {
  type LabelInTime,
  labelsInTime,
  type PlannedLabel,
} from '../../../../emulator/cloud/windows-update/in-time.ts';

const NOV_25 = Date.UTC(2026, 10, 25);

const planned = (
  id: string,
  how: { readonly automatic?: boolean; readonly goLiveDate?: string; readonly pnp?: string } = {},
  audienceNames: readonly string[] = [],
): PlannedLabel => ({
  label: {
    ...{ id, name: id, brand: 'acme', driver: 'xenbus', signature: audienceNames.length > 0 ? 'attestation' : 'whql' },
    destination: 'windowsUpdate',
    publishingSpecifications: {
      goLiveDate: how.goLiveDate ?? null,
      isAutoInstallOnApplicableSystems: how.automatic === true,
      isAutoInstallDuringOSUpgrade: false,
      manualAcquisition: how.automatic !== true,
      ...(how.automatic === true
        ? {
            additionalInfoForMsApproval: {
              ...{ microsoftContact: 'a@microsoft.com', validationsPerformed: 'HLK', businessJustification: 'a fix' },
            },
          }
        : {}),
    },
    targeting: {
      hardwareIds: [
        {
          ...{ bundleId: '', infId: 'xenbus.inf', operatingSystemCode: 'WINDOWS_v100_X64_TH1_FULL' },
          pnpString: how.pnp ?? 'pci\\ven_5853&dev_c8e0&subsys_c8e05853&rev_01',
        },
      ],
    },
  },
  audienceNames,
});

const lives = (labels: readonly LabelInTime[]) =>
  labels.map(({ label, rollout: { id, state, since, curve } }) => ({
    ...{ id, state, curve, since: since?.slice(0, 10) ?? null },
    approved: label.times?.approved === undefined ? null : new Date(label.times.approved).toISOString().slice(0, 10),
  }));

describe('labels in time', () => {
  test('come through approval and roll-out: a test audience at once, an optional one after a review, an automatic one after a flight', () => {
    const { labels, now } = labelsInTime(
      [planned('test', {}, ['Test Registry Key']), planned('optional'), planned('automatic', { automatic: true })],
      NOV_25,
    );
    expect(lives(labels)).toEqual([
      { id: 'test', state: 'live', curve: 'at-once', since: '2026-11-25', approved: '2026-11-25' },
      // 26 and 27 November are Thanksgiving and the day after; then comes a weekend
      { id: 'optional', state: 'live', curve: 'at-once', since: '2026-11-30', approved: '2026-11-30' },
      // 14 days of flight end on the day after the second Tuesday
      { id: 'automatic', state: 'live', curve: 'one-percent', since: '2026-12-10', approved: '2026-12-10' },
    ]);
    // 30 days in which a roll-out is watched
    expect(new Date(now).toISOString().slice(0, 10)).toBe('2027-01-09');
  });

  test('keep their go-live date, and are given up when it is too far away', () => {
    const { labels } = labelsInTime(
      [planned('later', { goLiveDate: '2026-12-20' }), planned('far', { goLiveDate: '2030-01-01' })],
      NOV_25,
    );
    expect(lives(labels)).toMatchObject([
      { id: 'later', state: 'live', since: '2026-12-20', approved: '2026-11-30' },
      { id: 'far', state: 'before-go-live' },
    ]);
  });

  test('are rejected as by Microsoft, with the reason: ids of another company', () => {
    const { labels } = labelsInTime([planned('foreign', { pnp: 'pci\\ven_8086&dev_100e&subsys_00000000' })], NOV_25);
    const [foreign] = labels;
    expect(foreign?.rollout.state).toBe('rejected');
    expect(foreign?.rollout.messages.join(' ')).toContain('belongs to another company');
  });

  test('are none without labels, at once', () => {
    expect(labelsInTime([], NOV_25)).toEqual({ now: NOV_25, labels: [] });
  });
});
