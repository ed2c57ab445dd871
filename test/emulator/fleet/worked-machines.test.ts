import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { projectRoot } from '../../support/outside.ts';
import { readWorkedFleet, type WorkedAnswer, withChanges } from '../../support/worked-fleet.ts';

const fleet = readWorkedFleet(join(projectRoot, 'test/emulator/fleet/worked-machines.md'));

/** Offers in the order of the devices; the order of reasons says nothing. */
const sorted = ({ offers, reasons }: WorkedAnswer): WorkedAnswer => ({ offers, reasons: reasons.toSorted() });

test('the document has twenty machines, and changes each', () => {
  expect(fleet.machines.length).toBeGreaterThanOrEqual(20);
  for (const { title, changes } of fleet.machines) expect(changes.length, title).toBeGreaterThan(0);
});

describe.each(fleet.machines)('machine $title', ({ block, changes, offers, reasons }) => {
  test('is offered what was worked out', () => {
    expect(fleet.answerOf(block)).toEqual(sorted({ offers, reasons }));
  });

  test.each(changes)('$because', ({ set, offers: changed, reasons: why }) => {
    expect(fleet.answerOf(withChanges(block, set))).toEqual(sorted({ offers: changed, reasons: why }));
  });
});
