import { describe, expect, test } from 'vitest';
import { rehearseFiles } from '../../../emulator/rehearse-files.ts';
import { knownRelease } from '../../support/known-release.ts';
import { guestNamed, REHEARSAL_TIME, scenarioNamed } from '../../support/rehearsal.ts';

describe('a move to a host with another platform function', () => {
  // Before version 2 of UNPLUG a card that waits for a restart only fails (spec xen-pv 1.7), and the emulated one works.
  test.each(['8.1.0', 'master@2015-12-31'])('a card of %s that waits for the next start is no fault', (label) => {
    const { runs } = rehearseFiles({
      bundle: { label, files: knownRelease(label), trust: [] },
      before: [],
      guests: ['windows-7-sp1-sha2-x64', 'windows-10-22h2-x64'].map(guestNamed),
      scenarios: [scenarioNamed('platform-switch')],
      nowMs: REHEARSAL_TIME,
      shown: (path) => path,
      asked: true,
    });
    expect(runs.length).toBeGreaterThan(0);
    expect(runs.flatMap(({ findings }) => findings).filter(({ severity }) => severity !== 'info')).toEqual([]);
  });
});
