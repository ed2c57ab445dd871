import { describe, expect, test } from 'vitest';
import { guestById } from '../../../emulator/guest/windows.ts';
import type { HistoricVendor } from '../../../emulator/history/historic-model.ts';
import { historicReleases } from '../../../emulator/history/historic-releases.ts';
import type { RunResult, ScenarioInput } from '../../../emulator/scenarios/contract.ts';
import { judgeRun } from '../../../emulator/scenarios/judge.ts';
import { Run } from '../../../emulator/scenarios/run.ts';
import { upgradeInPlace } from '../../../emulator/scenarios/upgrade.ts';
import { CITRIX, TEMPLATES, UPSTREAM } from '../../support/history.ts';

const guest = guestById('windows-10-22h2-x64');
if (guest === undefined) throw new Error('no such guest');

/** Upgrades a machine with one known release to another, as a setup program does. */
const upgrade = (from: string, to: string, vendor: HistoricVendor = UPSTREAM): RunResult => {
  const { bundles, library } = historicReleases({ guests: [guest], vendor, templates: TEMPLATES });
  const named = (label: string) => {
    const found = bundles.find((bundle) => bundle.label === label);
    if (found === undefined) throw new Error(`no release ${label}`);
    return found;
  };
  const input: ScenarioInput = { guest, guests: [guest], library, bundle: named(to), before: [named(from)] };
  const [one] = upgradeInPlace.runs(input);
  if (one === undefined) throw new Error('no run');
  const run = new Run(input, one.begin);
  one.play(run);
  return judgeRun(run, 'upgrade-in-place');
};

const told = ({ findings }: RunResult): readonly string[] =>
  findings.filter(({ severity }) => severity !== 'info').map(({ severity, code }) => `${severity} ${code}`);

describe('an upgrade by a setup program', () => {
  test.each(['master@2013-12-31', 'master@2014-12-31', 'master@2015-07-14', '8.1.0', '8.2.1', 'master@2023-08-31'])(
    'from %s to the newest release comes to rest on PV devices',
    (from) => {
      const result = upgrade(from, 'master@head', CITRIX);
      expect([result.verdict, ...result.findings.filter(({ severity }) => severity === 'error')]).toEqual(['pass']);
    },
  );

  test('is refused by the co-installer of a bus that lists none of the revisions that are installed', () => {
    const result = upgrade('8.2.1', 'master@2021-06-30');
    expect(result.verdict).toBe('pass');
    expect(told(result)).toEqual(['warning EMULATOR_PACKAGE_REFUSED']);
    const [finding] = result.findings.filter(({ code }) => code === 'EMULATOR_PACKAGE_REFUSED');
    expect(finding?.message).toMatch(/^The co-installer of master@2021-06-30: xenbus\.inf does not let PCI\\VEN_5853/);
  });

  test('is not refused where the bus still lists them', () => {
    expect(told(upgrade('8.2.1', 'master@2018-12-31'))).not.toContain('warning EMULATOR_PACKAGE_REFUSED');
  });
});
