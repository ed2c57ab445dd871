import { describe, expect, test } from 'vitest';
import { GROUPS_BEFORE_ALL, SERVICE_GROUP_ORDER } from '../../../emulator/guest/group-order.ts';
import { describeData } from '../../support/outside.ts';

describeData('the order of service groups', 'service-group-order.json', (data) => {
  test('is that of public registry listings', () => {
    expect(SERVICE_GROUP_ORDER).toEqual((data as { readonly list: readonly string[] }).list);
  });
});

describe('groups that start before all others', () => {
  test('are not in the list', () => {
    expect(GROUPS_BEFORE_ALL.filter((group) => SERVICE_GROUP_ORDER.includes(group))).toEqual([]);
  });
});
