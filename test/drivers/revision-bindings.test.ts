import { describe, expect, test } from 'vitest';
import { BINDINGS, boundBetween } from '../../drivers/revision-bindings.ts';
import { describeData } from '../support/outside.ts';

describe('the days between which master bound a revision', () => {
  test.each([
    ['xenvbd', '08000009', '2015-07-20', '2016-12-13'],
    ['xenvbd', '0900000B', '2024-07-09', undefined],
    // On a branch only: nothing on master came after it there.
    ['xeniface', '0900000D', '2025-11-09', undefined],
    ['xennet', '08000004', '2015-11-24', '2015-12-04'],
  ])('%s %s: from %s, before %s', (driver, revision, since, until) => {
    expect(boundBetween(driver, revision)).toEqual({ since, until });
  });

  test('are not known of a revision that was never bound', () => {
    expect(boundBetween('xenvbd', '0900000C')).toBeUndefined();
  });
});

describeData('the bindings that the children had', 'xen-revisions.json', (data) => {
  interface History {
    readonly [driver: string]: readonly {
      readonly revision: string;
      readonly author_date: string;
      readonly on_master: boolean;
    }[];
  }
  const { child_binding_history: history } = data as { readonly child_binding_history: History };

  test.each(Object.keys(history))('of %s are all there, on their days', (driver) => {
    const own = BINDINGS.filter((one) => one.driver === driver);
    const text = (revision: string, day: string, onMaster: boolean) => `${revision} ${day} ${onMaster}`;
    expect(own.map(({ revision, since, onMaster }) => text(revision, since, onMaster)).sort()).toEqual(
      (history[driver] ?? []).map((one) => text(one.revision, one.author_date, one.on_master)).sort(),
    );
  });
});
