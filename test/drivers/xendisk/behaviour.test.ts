import { describe, expect, test } from 'vitest';
import { behaviourOf } from '../../../drivers/behaviours.ts';
import { xendisk } from '../../../drivers/xendisk/behaviour.ts';
import { childMachine } from '../../support/children.ts';
import { testDriver } from '../../support/machine.ts';

const above = (filter: string, adapter: string) => {
  const { machine, device } = childMachine('xenvbd', 'VBD', { model: { built: adapter } });
  const outcome = xendisk.start?.(testDriver('xendisk', { built: filter }), device, machine);
  return { outcome, notes: machine.notes };
};

describe('the storage filter', () => {
  test.each([
    ['2025-11-01', '2025-11-01'],
    ['2015-12-10', '2014-12-31'],
    ['2018-12-20', '2016-12-13'],
  ])('of %s goes with an adapter of %s', (filter, adapter) => {
    expect(above(filter, adapter)).toEqual({ outcome: { ok: true }, notes: [] });
  });

  test.each([
    ['2025-11-01', '2015-12-10'],
    ['2015-12-10', '2025-11-01'],
  ])('of %s writes another UNMAP than an adapter of %s reads', (filter, adapter) => {
    const { outcome, notes } = above(filter, adapter);
    expect(outcome).toEqual({ ok: true });
    expect(notes).toEqual([expect.objectContaining({ kind: 'xen.warning', module: 'xendisk' })]);
  });
});

describe('what is known of an image', () => {
  test('is found by its name in any case', () => {
    expect(behaviourOf('XENDISK')).toBe(xendisk);
    expect(behaviourOf('xencrsh')?.load?.(testDriver('xencrsh'), childMachine('xenvbd', 'VBD').machine)).toEqual({
      ok: true,
    });
    expect(behaviourOf('disk')).toBeUndefined();
  });
});
