import { describe, expect, test } from 'vitest';
import { load, refusal } from '../support/brand-file.ts';

describe('the vendor device id', () => {
  test.each([
    ['C300', 'C300'],
    ['c8e0', 'C8E0'],
    ['FFFF', 'FFFF'],
  ])('%s is %s', (text, id) => {
    const loaded = load({ vendorDeviceId: text });
    expect(loaded.brand.vendorDeviceId).toBe(id);
    expect(loaded.notes).toEqual([]);
  });

  test.each([
    ['0001', 'C000 or above'],
    ['0002', 'C000 or above'],
    ['BFFF', 'C000 or above'],
    ['C147', 'graphics function of XenClient'],
    ['c147', 'graphics function of XenClient'],
    ['C00', 'four hex digits'],
    ['C0000', 'four hex digits'],
    ['0xC800', 'four hex digits'],
    ['C80G', 'four hex digits'],
    ['C800\n', 'four hex digits'],
    ['', 'four hex digits'],
  ])('%j is refused: %s', (vendorDeviceId, words) => {
    const found = refusal('vendorDeviceId', vendorDeviceId);
    expect(found.code).toBe('BRAND_DEVICE_ID_REFUSED');
    expect(found.message).toContain(words);
  });

  test.each([
    ['C000', 'XenServer'],
    ['C0FF', 'XenServer'],
    ['C100', 'XenClient and OpenXT'],
    ['C1FF', 'XenClient and OpenXT'],
    ['C200', 'XCP-ng'],
    ['C2FF', 'XCP-ng'],
  ])('%s is reserved for %s, which is a warning that names the owner', (vendorDeviceId, owner) => {
    const [note, ...others] = load({ vendorDeviceId }).notes;
    expect(others).toEqual([]);
    expect(note).toMatchObject({ code: 'BRAND_DEVICE_ID_RESERVED', severity: 'warning', failureMode: 'F25' });
    expect(note?.message).toContain(`reserved for ${owner}:`);
    expect(note?.at).toEqual({ file: 'acme.json', line: 7, column: 20 });
  });

  test('of the owner is the owner’s', () => {
    expect(load({ vendorDeviceId: 'C000', vendorName: 'Cloud Software Group, Inc.' }).notes).toEqual([]);
  });
});
