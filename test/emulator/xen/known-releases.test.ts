import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { historicTemplates } from '../../../emulator/history/historic-package.ts';
import { historicReleases } from '../../../emulator/history/historic-releases.ts';
import { newWorld } from '../../../emulator/new-world.ts';
import { hasDriver } from '../../../emulator/scenarios/input.ts';
import { Run } from '../../../emulator/scenarios/run.ts';
import type { HostSettings } from '../../../emulator/xen/host.ts';
import { projectRoot } from '../../support/outside.ts';
import { guestNamed } from '../../support/rehearsal.ts';

const DRIVERS = ['xenbus', 'xenvbd', 'xenvif', 'xennet', 'xeniface', 'xenvkbd', 'xenhid', 'xencons'];
const templates = new Map(historicTemplates(DRIVERS).map((path) => [path, readFileSync(join(projectRoot, path))]));
const guests = ['windows-7-sp1-sha2-x64', 'windows-10-22h2-x64'].map(guestNamed);
/** The vendor whose ids all releases before 2015-09 have, too. */
const vendor = { vendorName: 'Vendor', productName: 'Product', vendorPrefix: 'XS', vendorDeviceId: 'C000' };
const { bundles, library } = historicReleases({ guests, vendor, templates });

const HOSTS: readonly (readonly [string, Partial<HostSettings>])[] = [
  ['the platform function 0001', {}],
  ['the platform function 0002', { platform: '0002' }],
  ["the vendor's function as well", { vendorDevice: 'C000' }],
];

describe.each(HOSTS)('on a host that presents %s', (_name, host) => {
  test.each(bundles.map((bundle) => [bundle.label, bundle] as const))('%s unplugs once a boot', (_label, bundle) => {
    for (const guest of guests) {
      const input = { guest, guests: [guest], library, bundle, before: [] };
      // The packages of the 9.1 line are for Windows 10 and later.
      if (!hasDriver(input, bundle, 'xenbus')) continue;
      const run = new Run(input, newWorld(guest, host));
      run.install(bundle);
      for (let boot = 0; boot < 3; boot += 1) {
        const outputs = run.play({ kind: 'restart' });
        const unplugs = outputs.filter((one) => one.kind === 'driver.note' && one.note.kind === 'xen.unplug');
        expect(unplugs).toHaveLength(1);
        expect(run.survey.running).toBe(true);
      }
      expect(run.survey.disks.map(({ path }) => path)).toEqual(['pv']);
      expect(run.survey.restartWanted).toBe(false);
    }
  });
});
