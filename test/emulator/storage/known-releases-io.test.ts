import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { historicTemplates } from '../../../emulator/history/historic-package.ts';
import { historicReleases } from '../../../emulator/history/historic-releases.ts';
import { diskIoScenarios } from '../../../emulator/scenarios/disk-io.ts';
import { judgeRun } from '../../../emulator/scenarios/judge.ts';
import { Run } from '../../../emulator/scenarios/run.ts';
import { projectRoot } from '../../support/outside.ts';
import { guestNamed } from '../../support/rehearsal.ts';

const DRIVERS = ['xenbus', 'xenvbd', 'xenvif', 'xennet', 'xeniface', 'xenvkbd', 'xenhid', 'xencons'];
const templates = new Map(historicTemplates(DRIVERS).map((path) => [path, readFileSync(join(projectRoot, path))]));
const guests = ['windows-7-sp1-sha2-x64', 'windows-10-22h2-x64'].map(guestNamed);
const vendor = { vendorName: 'Vendor', productName: 'Product', vendorPrefix: 'XS', vendorDeviceId: 'C000' };
const { bundles, library } = historicReleases({ guests, vendor, templates });

describe('releases that winpv knows', () => {
  test.each(bundles.map((bundle) => [bundle.label, bundle] as const))(
    '%s keeps what disks are given',
    (_label, bundle) => {
      let runs = 0;
      for (const guest of guests) {
        const input = { guest, guests: [guest], library, bundle, before: [] };
        for (const scenario of diskIoScenarios) {
          if (!scenario.applies(input)) continue;
          for (const { begin, play } of scenario.runs(input)) {
            const run = new Run(input, begin);
            play(run);
            const { findings } = judgeRun(run, scenario.id);
            expect([
              guest.id,
              scenario.id,
              findings.filter(({ code }) => code === 'EMULATOR_DISK_IO').filter(({ severity }) => severity !== 'info'),
            ]).toEqual([guest.id, scenario.id, []]);
            runs += 1;
          }
        }
      }
      expect(runs).toBeGreaterThan(0);
    },
  );
});
