import { describe, expect, test } from 'vitest';
import type { LabelRow } from '../../../publishing/labels/contract.ts';
import {
  APPROVAL,
  BUS,
  busEntry,
  busForm,
  code,
  findings,
  liveLabel,
  refusals,
  resolved,
  row,
  STORAGE,
  sampleRelease,
  storageEntry,
  warnings,
} from '../../support/labels.ts';

const PLATFORM = 'pci\\ven_5853&dev_0001';
const automatic = { isAutoInstallOnApplicableSystems: true };
const INFO = {
  ...{ microsoftContact: 'someone@example.com', validationsPerformed: 'HLK', businessJustification: 'Fixes starts.' },
  isRebootRequired: true,
};
const TEST_RING = '33333333-3333-4333-8333-333333333333';
const OTHER_RING = '44444444-4444-4444-8444-444444444444';
const audiences = [
  { id: TEST_RING, audienceName: 'Test Registry Key' },
  { id: OTHER_RING, audienceName: 'Preview' },
];
const CHID = '55555555-5555-4555-8555-555555555555';
const how = (publishingSpecifications: object): object => busForm({ publishingSpecifications });
const onto = (targeting: object): object => busForm({}, targeting);

describe('labels that nothing speaks against', () => {
  test.each([
    ['by patterns', [busEntry(), storageEntry()]],
    ['row by row', [busForm()]],
    ['automatic, with what Microsoft is to know', [busEntry({ channel: 'automatic', approval: APPROVAL })]],
    ['automatic, row by row', [how({ ...automatic, manualAcquisition: false, additionalInfoForMsApproval: INFO })]],
    ['with a floor of its lowest Windows', [busEntry({ floor: 'RS5' })]],
    ['with a higher floor than all of its rows', [busEntry({ floor: 'NI' })]],
    ['with a ceiling among its rows', [busEntry({ windows: ['RS5', 'VB'], ceiling: 'VB' })]],
    ['for Windows 7 alone', [busEntry({ windows: ['WINDOWS_7_X64'] })]],
    ['to begin later', [busEntry({ goLiveDate: '2027-01-31T00:00:00Z' })]],
    ['for some computers', [busEntry({ chids: [CHID] })]],
    ['the same rows for others', [busEntry(), busEntry({ name: 'ring', audiences: ['Test Registry Key'] })]],
    ['shared with a partner', [busEntry({ destination: 'anotherPartner', recipient: { publisherId: '27' } })]],
  ])('%s', (_what, labels) => {
    expect(refusals(labels)).toEqual([]);
  });

  test('take in what a pattern names and no more, whatever the case, for the Windows that is named', () => {
    const rows = (entry: object): readonly LabelRow[] => resolved([entry]).labels.flatMap((one) => one.rows);
    expect(rows(busEntry()).map(({ pnpString, operatingSystemCode }) => [pnpString, operatingSystemCode])).toEqual([
      [BUS, code('RS5')],
    ]);
    expect(rows(busEntry({ hardwareIds: ['pci\\ven_5853&dev_000?'], windows: [code('VB')] }))).toHaveLength(2);
  });
});

describe('a label is refused', () => {
  test.each([
    ['ids that every guest has', [busForm({}, { hardwareIds: [row({ pnpString: PLATFORM })] })], 'LABEL_FOREIGN_ID'],
    [
      "another vendor's device",
      [onto({ hardwareIds: [row({ pnpString: 'pci\\ven_5853&dev_c000' })] })],
      'LABEL_FOREIGN_ID',
    ],
    ['ids of nobody', [onto({ hardwareIds: [row({ pnpString: 'pci\\ven_0000&dev_0001' })] })], 'LABEL_FOREIGN_ID'],
    ['other hardware', [onto({ hardwareIds: [row({ pnpString: 'pci\\cc_0100' })] })], 'LABEL_FOREIGN_ID'],
    [
      "another brand's children",
      [onto({ hardwareIds: [row({ pnpString: 'xenbus\\ven_xpc8e0&dev_vbd&rev_0900000b' })] })],
      'LABEL_FOREIGN_ID',
    ],
    [
      'children of the old form',
      [onto({ hardwareIds: [row({ pnpString: 'xenbus\\class_vbd&rev_03' })] })],
      'LABEL_FOREIGN_ID',
    ],
    ['rows of another driver', [onto({ hardwareIds: [row({ infId: 'xenvbd.inf' })] })], 'LABEL_FOREIGN_ID'],
    ['capital letters in ids', [onto({ hardwareIds: [row({ pnpString: BUS.toUpperCase() })] })], 'LABEL_PNP_STRING'],
    [
      'letters that only look alike',
      [onto({ hardwareIds: [row({ pnpString: BUS.replace('s', 'ſ') })] })],
      'LABEL_PNP_STRING',
    ],
    ['a bundle that is none', [onto({ hardwareIds: [row({ bundleId: CHID })] })], 'LABEL_ROW_UNKNOWN'],
    [
      'a Windows that has no row',
      [onto({ hardwareIds: [row({ operatingSystemCode: code('GE') })] })],
      'LABEL_ROW_UNKNOWN',
    ],
    ['no rows', [onto({ hardwareIds: [] })], 'LABEL_ROWS_EMPTY'],
    ['a pattern that takes in nothing', [busEntry({ hardwareIds: ['PCI\\VEN_8086*'] })], 'LABEL_ROWS_EMPTY'],
    ['a Windows that takes in nothing', [busEntry({ windows: ['RS5', 'GE'] })], 'LABEL_ROWS_EMPTY'],
    [
      'two flags against each other',
      [how({ ...automatic, manualAcquisition: true, additionalInfoForMsApproval: INFO })],
      'LABEL_SPECIFICATIONS',
    ],
    ['no flag at all', [how({})], 'LABEL_SPECIFICATIONS'],
    ['no settings', [busForm({ publishingSpecifications: null })], 'LABEL_SPECIFICATIONS'],
    ['no destination', [busForm({ destination: 'notSet' })], 'LABEL_SPECIFICATIONS'],
    ['a partner without a name', [busEntry({ destination: 'anotherPartner' })], 'LABEL_SPECIFICATIONS'],
    ['nothing told to Microsoft', [busEntry({ channel: 'automatic' })], 'LABEL_APPROVAL'],
    [
      'a contact that is none',
      [busEntry({ channel: 'automatic', approval: { ...APPROVAL, contact: 'nobody' } })],
      'LABEL_APPROVAL',
    ],
    [
      'no reason',
      [busEntry({ channel: 'automatic', approval: { ...APPROVAL, justification: ' ' } })],
      'LABEL_APPROVAL',
    ],
    [
      'a restart denied',
      [busEntry({ channel: 'automatic', approval: { ...APPROVAL, restart: false } })],
      'LABEL_RESTART',
    ],
    ['a date that is none', [how({ manualAcquisition: true, goLiveDate: 'next week' })], 'LABEL_GO_LIVE'],
    ['a day that no month has', [how({ manualAcquisition: true, goLiveDate: '2027-02-30' })], 'LABEL_GO_LIVE'],
    ['a date that is past', [busEntry({ goLiveDate: '2026-11-23T00:00:00Z' })], 'LABEL_GO_LIVE'],
    ['a floor below its rows', [busEntry({ floor: 'RS1' })], 'LABEL_RANGE'],
    ['a floor of no release', [busEntry({ floor: 'RS9' })], 'LABEL_RANGE'],
    ['a ceiling above its rows', [busEntry({ ceiling: 'CO' })], 'LABEL_RANGE'],
    ['a ceiling that is not given', [busEntry({ ceiling: 'GE' })], 'LABEL_RANGE'],
    ['a floor above the ceiling', [busEntry({ windows: ['RS5', 'VB'], floor: 'NI', ceiling: 'VB' })], 'LABEL_RANGE'],
    [
      'builds and releases',
      [onto({ coEngDriverPublishInfo: { flooringBuildNumber: 1 }, inServicePublishInfo: { flooring: 'RS5' } })],
      'LABEL_RANGE',
    ],
    ['old Windows with new', [busEntry({ windows: ['RS5', 'WINDOWS_7_X64'] })], 'LABEL_SYSTEMS_MIXED'],
    [
      'old Windows with new, row by row',
      [onto({ hardwareIds: [row(), row({ bundleId: 'other', operatingSystemCode: 'WINDOWS_7_X64' })] })],
      'LABEL_SYSTEMS_MIXED',
    ],
    ['CHIDs of old Windows', [busEntry({ windows: ['WINDOWS_7_X64'], chids: [CHID] })], 'LABEL_CHID'],
    ['a child without its bus', [storageEntry()], 'LABEL_BUS_MISSING'],
    ['a child for more than its bus', [busEntry({ audiences: ['Preview'] }), storageEntry()], 'LABEL_BUS_MISSING'],
    ['one label twice', [busEntry(), busEntry({ channel: 'during-upgrade', approval: APPROVAL })], 'LABEL_TWICE'],
    ['one row in two labels', [busEntry(), busEntry({ name: 'again' })], 'LABEL_TWICE'],
    ['a package that is not there', [busEntry({ driver: 'xennet' })], 'LABEL_NOT_SUBMITTED'],
    ['a brand that is not there', [busEntry({ brand: 'other' })], 'LABEL_NOT_SUBMITTED'],
    ['a signature that is not there', [busForm({ signature: 'attestation' })], 'LABEL_SIGNATURE'],
  ])('with %s', (_what, labels, refused) => {
    expect(refusals(labels)).toContain(refused);
  });

  test('when the brand has no device of its own, whatever the row and audience', () => {
    const release = sampleRelease({ ids: { xenbus: [PLATFORM], xenvbd: ['xenbus\\ven_ev0001&dev_vbd&rev_0900000b'] } });
    const entry = storageEntry({ hardwareIds: ['XENBUS\\VEN_EV0001*'], audiences: ['Test Registry Key'] });
    const [first] = findings([entry], { release, busInstalled: true });
    expect(first).toMatchObject({ code: 'LABEL_NO_OWN_DEVICE', severity: 'error' });
    expect(refusals([entry], { release, busInstalled: true })).toEqual(['LABEL_NO_OWN_DEVICE']);
  });

  test('when its device is reserved for another company, by the name in its drivers', () => {
    const ids = { xenbus: ['pci\\ven_5853&dev_c000&subsys_c0005853&rev_01'], xenvbd: [STORAGE] };
    const entry = busEntry({ hardwareIds: ['PCI\\VEN_5853&DEV_C000*'] });
    expect(refusals([entry], { release: sampleRelease({ ids }) })).toEqual(['LABEL_FOREIGN_ID']);
    expect(refusals([entry], { release: sampleRelease({ ids, provider: 'Citrix Systems' }) })).toEqual([]);
  });

  test('when an attested driver is for everybody, or for an audience that takes none', () => {
    const release = sampleRelease({ signature: 'attestation' });
    const about = (entry: object) => refusals([entry], { release, audiences });
    expect(about(busEntry())).toEqual(['LABEL_SIGNATURE']);
    expect(about(busEntry({ audiences: ['Preview'] }))).toEqual(['LABEL_SIGNATURE']);
    expect(about(busEntry({ audiences: ['Test Registry Key'] }))).toEqual([]);
    expect(about(busForm({ signature: 'attestation' }, { restrictedToAudiences: [OTHER_RING] }))).toEqual([
      'LABEL_SIGNATURE',
    ]);
    expect(about(busForm({ signature: 'attestation' }, { restrictedToAudiences: [TEST_RING] }))).toEqual([]);
  });

  test('when the driver is signed for tests', () => {
    const release = sampleRelease({ signature: 'test' });
    expect(refusals([busEntry({ audiences: ['Test Registry Key'] })], { release })).toEqual(['LABEL_SIGNATURE']);
  });

  test('but not before anything is submitted, when its ids are judged nevertheless', () => {
    const release = sampleRelease({ submitted: false });
    expect(refusals([busEntry()], { release })).toEqual([]);
    const entry = busEntry({ hardwareIds: ['PCI\\VEN_5853&DEV_0001'] });
    expect(refusals([entry], { release })).toEqual(['LABEL_FOREIGN_ID']);
  });

  test('when an extension does not install by itself', () => {
    const release = sampleRelease({ extensionId: '{66666666-6666-4666-8666-666666666666}' });
    expect(refusals([busEntry()], { release })).toEqual(['LABEL_SPECIFICATIONS']);
    expect(refusals([busEntry({ channel: 'automatic', approval: APPROVAL })], { release })).toEqual([]);
  });

  test('when a class takes no CHIDs, or nothing else', () => {
    const display = sampleRelease({ classGuid: '{4D36E968-E325-11CE-BFC1-08002BE10318}' });
    expect(refusals([busEntry({ chids: [CHID] })], { release: display })).toEqual(['LABEL_CHID']);
    expect(refusals([busEntry()], { release: display })).toEqual([]);
    const firmware = sampleRelease({ classGuid: '{f2e7dd72-6468-4e36-b6f1-6488f42c1b52}' });
    expect(refusals([busEntry()], { release: firmware })).toEqual(['LABEL_CHID']);
    expect(refusals([busEntry({ chids: [CHID] })], { release: firmware })).toEqual([]);
  });

  test('when the account has no such audience', () => {
    expect(refusals([busEntry({ audiences: ['Nobody'] })], { audiences })).toEqual(['LABEL_AUDIENCE']);
    expect(refusals([busForm({}, { restrictedToAudiences: [CHID] })], { audiences })).toEqual(['LABEL_AUDIENCE']);
    expect(refusals([busEntry({ audiences: ['preview'] })], { audiences })).toEqual([]);
  });
});

describe('a child', () => {
  const rows = [{ bundleId: 'b', infId: 'xenbus.inf', operatingSystemCode: code('TH1'), pnpString: BUS }];

  test('may rest on a bus that is live, or that the machines have', () => {
    expect(refusals([storageEntry()], { live: [liveLabel({ rows })] })).toEqual([]);
    expect(refusals([storageEntry()], { live: [liveLabel({ rows, state: 'failed' })] })).toEqual(['LABEL_BUS_MISSING']);
    expect(refusals([storageEntry()], { live: [liveLabel({ rows, audiences: [CHID] })] })).toEqual([
      'LABEL_BUS_MISSING',
    ]);
    expect(refusals([storageEntry()], { busInstalled: true })).toEqual([]);
  });

  test('binds a revision that a bus makes a device for; a newer one is a warning', () => {
    const withRevision = (revision: string) =>
      sampleRelease({ ids: { xenvbd: [`xenbus\\ven_evc8e0&dev_vbd&rev_${revision}`] } });
    const both = [busEntry(), storageEntry()];
    expect(refusals(both, { release: withRevision('09000001') })).toEqual(['LABEL_BUS_MISSING']);
    expect(refusals(both, { release: withRevision('0900ffff') })).toEqual([]);
    expect(warnings(both, { release: withRevision('0900ffff') })).toContain('LABEL_BUS_MISSING');
  });
});

describe('a label is remarked on', () => {
  test.each([
    [
      'ids without a subsystem',
      [busEntry({ hardwareIds: ['PCI\\VEN_5853&DEV_C8E0'] })],
      sampleRelease({ ids: { xenbus: ['pci\\ven_5853&dev_c8e0'] } }),
      'names no subsystem',
    ],
    ['an owner that has to consent', [busEntry()], sampleRelease(), 'belong to XenSource'],
    ['a product that is Unclassified', [busEntry()], sampleRelease({ unclassified: true }), 'Unclassified'],
    [
      'a Windows that is not known',
      [busEntry({ windows: ['WINDOWS_v100_X64_27H2_FULL'] })],
      sampleRelease({ codes: ['WINDOWS_v100_X64_27H2_FULL'] }),
      'is not known',
    ],
    [
      'a restart that is not told',
      [how({ ...automatic, additionalInfoForMsApproval: { ...INFO, isRebootRequired: null } })],
      sampleRelease(),
      'needs a restart',
    ],
    ['a ceiling', [busEntry({ windows: ['RS5', 'VB'], ceiling: 'VB' })], sampleRelease(), 'ceilings are for accounts'],
    ['a floor that was never released', [busEntry({ floor: 'MN' })], sampleRelease(), 'assumed'],
  ])('for %s, and not refused', (_what, labels, release, words) => {
    const found = findings(labels, { release });
    expect(found.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(
      found
        .filter(({ severity }) => severity === 'warning')
        .map(({ message }) => message)
        .join('\n'),
    ).toContain(words);
  });

  test('for the releases that it goes on to, and rows that change nothing', () => {
    const [told] = findings([busEntry({ windows: ['RS5', 'VB'] })]).filter((one) => one.code === 'LABEL_FORWARD');
    expect(told?.severity).toBe('info');
    expect(told?.message).toBe(
      '"bus-x64": it is offered to RS5 x64 and every later release; its rows for VB x64 change nothing.',
    );
  });

  test('says where in the file, and which row', () => {
    const [found] = findings([busForm({}, { hardwareIds: [row(), row({ pnpString: PLATFORM })] })]).filter(
      ({ severity }) => severity === 'error',
    );
    expect(found?.at).toMatchObject({ file: 'labels.json', line: 1 });
    expect(found?.message).toContain(
      `"bus", xenbus.inf of bundle 11111111-1111-4111-8111-111111111111, ${code('RS5')}, ${PLATFORM}`,
    );
  });
});
