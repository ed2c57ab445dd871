import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../core/bytes.ts';
import { WinpvError } from '../../../core/errors.ts';
import { type FleetLabel, parseLabels } from '../../../emulator/fleet/label.ts';
import { machineOf } from '../../../emulator/fleet/machines/machine.ts';
import { parseLabelFile } from '../../../publishing/labels/form.ts';

const OWN = 'pci\\ven_5853&dev_c8e0&subsys_c8e05853&rev_01';
/** A label in JSON, whose id is put in as it stands: no JavaScript number holds it. */
const labelText = (id: string, more: object = {}): string =>
  JSON.stringify({
    ...{ id: 'ID', brand: 'acme', driver: 'xenbus', signature: 'whql', destination: 'windowsUpdate' },
    publishingSpecifications: { goLiveDate: null, visibleToAccounts: [], manualAcquisition: true },
    targeting: {
      hardwareIds: [
        { bundleId: 'b', infId: 'xenbus.inf', operatingSystemCode: 'WINDOWS_v100_X64_RS1_FULL', pnpString: OWN },
      ],
      ...more,
    },
  }).replace('"ID"', id);
const LARGE = '1152921504606846977';

const readLabels = (text: string): readonly FleetLabel[] => parseLabels(utf8(text), 'labels.json');
const refusal = (read: () => unknown): string => {
  try {
    read();
  } catch (error) {
    if (error instanceof WinpvError) return error.message;
    throw error;
  }
  return '';
};

describe('labels as the service writes them', () => {
  test.each([LARGE, '9223372036854775807', '18446744073709551615', '17'])('the id %s keeps its digits', (id) => {
    expect(readLabels(`[${labelText(id)}]`)).toMatchObject([{ id }]);
    expect(parseLabelFile(utf8(`[${labelText(id)}]`), 'labels.json').labels).toMatchObject([{ id }]);
  });

  test('two ids that are one and the same double are two labels', () => {
    const [a, b] = readLabels(`[${labelText('9223372036854775806')},${labelText('9223372036854775807')}]`);
    expect([a?.id, b?.id]).toEqual(['9223372036854775806', '9223372036854775807']);
  });

  test.each(['-1', '1.5', '123456789012345678901', 'true'])('%s is no id', (id) => {
    expect(refusal(() => readLabels(`[${labelText(id)}]`))).toContain('id');
  });

  test('fields that are null are fields that are not there', () => {
    const text = labelText('1', {
      ...{ chids: null, restrictedToAudiences: null, coEngDriverPublishInfo: null },
      inServicePublishInfo: { flooring: null, ceiling: null },
    });
    const [first = '', ...rest] = text;
    const more = `"productId":${LARGE},"submissionId":${LARGE},"name":null,"recipientSpecifications":null,"workflowStatus":{"currentStep":"created"},"links":[],"times":null,`;
    const all = `[${first}${more}${rest.join('')}]`;
    expect(readLabels(all)).toMatchObject([{ id: '1', audiences: [], isCoEngineered: false, times: undefined }]);
    expect(parseLabelFile(utf8(all), 'labels.json').labels).toHaveLength(1);
  });

  test('rows and computer ids that wait for their removal are offered no more', () => {
    const chids = [
      { chid: '11111111-2222-3333-4444-555555555555', distributionState: 'PendingRemove' },
      { chid: '66666666-2222-3333-4444-555555555555', distributionState: 'Added' },
    ];
    const [label] = readLabels(`[${labelText('1', { chids })}]`);
    expect([...(label?.chids ?? [])]).toEqual(['66666666-2222-3333-4444-555555555555']);
  });
});

describe('a file of labels that a program wrote', () => {
  const many = Array.from({ length: 600 }, (_, index) => labelText(String(2n ** 60n + BigInt(index))));

  test('may be longer than a person’s', () => {
    const text = `[${many.join(',\n')}]`;
    expect(text.length).toBeGreaterThan(128 * 1024);
    const labels = readLabels(text);
    expect([labels.length, labels.at(-1)?.id]).toEqual([600, String(2n ** 60n + 599n)]);
    expect(parseLabelFile(utf8(text), 'labels.json').labels).toHaveLength(600);
  });

  test('is told where it is wrong by the path', () => {
    const text = `[${[...many, labelText('1').replace('"xenbus.inf"', '5')].join(',')}]`;
    expect(refusal(() => readLabels(text))).toContain('600.targeting.hardwareIds.0.infId');
  });
});

describe('machines as programs write them', () => {
  const driver = { inf: 'oem1.inf', provider: 'Acme' };
  const machine = (own: object, more: object = {}) => ({
    ...{ id: 'a', os: '10.0.19045', arch: 'x64', type: 'workstation', ...more },
    devices: [{ id: 'PCI\\1', hardwareIds: [OWN], compatibleIds: [], driver: { ...driver, ...own } }],
  });

  test('null stands for what may be left out, and for nothing else', () => {
    const nothing = { sMode: null, policy: null, ring: null, chids: null, smbios: null };
    const none = machineOf(machine({ date: null, version: null, rank: null, prefix: null }, nothing));
    expect(none.configuration).toEqual(machineOf(machine({})).configuration);
    expect(() => machineOf(machine({}, { arch: null }))).toThrow('arch');
    expect(() => machineOf(machine({ provider: null }))).toThrow('provider');
  });

  test.each([
    ['00FE2001', 0x00fe2001],
    ['0x00FE2001', 0x00fe2001],
    ['0xFE2001', 0x00fe2001],
    [0x00fe2001, 0x00fe2001],
  ])('the rank %s is one of Windows', (rank, value) => {
    expect(machineOf(machine({ rank })).configuration.devices[0]?.driver?.rank).toBe(value);
  });

  test.each(['FE2001', '0x', '0x100FE2001', 'best', -1])('the rank %s is none', (rank) => {
    expect(() => machineOf(machine({ rank }))).toThrow('rank');
  });
});
