import { describe, expect, test } from 'vitest';
import { chidsOf, computerHardwareId } from '../../../emulator/fleet/machines/chids.ts';

/** What fwupd printed on two computers of Dell (fwupd issue 1156, firmware-dell issue 227), and for a ThinkPad in its documentation. */
const XPS = {
  ...{ manufacturer: 'Dell Inc.', family: 'XPS', productName: 'XPS 13 9360', sku: '75B' },
  ...{ biosVendor: 'Dell Inc.', biosVersion: '2.11.0', biosMajor: 2, biosMinor: 11 },
};
const INSPIRON = {
  ...{ manufacturer: 'Dell Inc.', family: 'Inspiron', productName: 'Inspiron 14 7445 2-in-1', sku: 'CA9' },
  ...{ biosVendor: 'Dell Inc.', biosVersion: '1.13.1', biosMajor: 1, biosMinor: 13 },
};
const levels = (smbios: Parameters<typeof chidsOf>[0]): ReadonlyMap<number, string> =>
  new Map([...chidsOf(smbios)].map(([id, level]) => [level, id]));

describe('computer hardware ids', () => {
  test('are those that fwupd prints', () => {
    const xps = levels(XPS);
    expect(xps.get(0)).toBe('925d0c50-8b85-55f3-ada4-569068be39fd');
    expect(xps.get(1)).toBe('37cf97bb-a085-54b9-b2ad-5f52754a40a6');
    expect(xps.get(2)).toBe('394fd645-6208-592c-adc7-1520fda1bb66');
    expect(xps.get(4)).toBe('94e8fe4a-d368-520f-bb81-7e73f1513933');
    expect(xps.get(5)).toBe('5bd169c3-df04-560d-b1e0-4e32e62ed68a');
    expect(xps.get(7)).toBe('31fe1e66-a857-51d9-8531-4d85ea705b66');
    const inspiron = levels(INSPIRON);
    expect(inspiron.get(0)).toBe('b15b1f00-f1d6-5bca-8651-d58eb2155dc0');
    expect(inspiron.get(1)).toBe('57cba2c2-e69b-523a-beaa-12e39600cdc5');
    expect(computerHardwareId('LENOVO')).toBe('6de5d951-d755-576b-bd09-c5cf66b27234');
  });

  test('need every field that they are made of', () => {
    expect([...levels({ manufacturer: 'Xen', productName: 'HVM domU' }).keys()]).toEqual([9, 14]);
    expect([...levels({ productName: 'HVM domU' }).keys()]).toEqual([]);
    expect([...levels({ manufacturer: 'Xen', productName: '   ' }).keys()]).toEqual([14]);
  });

  test('of texts: blanks around them and zeros before them do not count, case does', () => {
    const id = levels({ manufacturer: 'Xen', sku: '42' }).get(7);
    expect(levels({ manufacturer: ' Xen  ', sku: '0042 ' }).get(7)).toBe(id);
    expect(levels({ manufacturer: 'XEN', sku: '42' }).get(7)).not.toBe(id);
  });

  test('write the kind of enclosure without zeros, and releases with two digits', () => {
    expect(levels({ manufacturer: 'Xen', enclosureType: 10 }).get(12)).toBe(computerHardwareId('Xen&a'));
    const bios = { manufacturer: 'Xen', productName: 'HVM domU', biosVendor: 'Xen', biosVersion: '4.17' };
    expect(levels({ ...bios, biosMajor: 4, biosMinor: 17 }).get(2)).toBe(
      computerHardwareId('Xen&HVM domU&Xen&4.17&04&11'),
    );
    expect(levels({ ...bios, biosMajor: '04', biosMinor: '11' }).get(2)).toBe(
      levels({ ...bios, biosMajor: 4, biosMinor: 17 }).get(2),
    );
  });
});
