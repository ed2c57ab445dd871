import { SERVICES } from '../../../emulator/guest/machine.ts';
import type { Scenario } from '../../../emulator/scenarios/contract.ts';
import { PV } from '../../../emulator/scenarios/expectations.ts';
import { imageModel } from '../../../emulator/scenarios/input.ts';
import { isStable, stableWorld } from '../../../emulator/scenarios/stable.ts';
import { XEN_PROJECT } from '../../drivers/render.ts';
import { editedRelease } from '../../support/edited-release.ts';
import { describeProofs } from '../../support/failure-proof.ts';
import { knownRelease } from '../../support/known-release.ts';

/** One number for both, so that they do not refuse each other (F24). */
const VERSION = '9.1.0.77';
const HOST = { vendorDevice: 'C1F0' };
const DRIVERS = 'C:\\Windows\\System32\\drivers';

/** A machine with an earlier release, of whose bus package one file, or all of them, are replaced. */
const replaced = (names: readonly string[]): Scenario => ({
  id: 'upgrade-half-a-package',
  summary: 'replaces files of the bus package',
  applies: ({ before }) => before.length > 0,
  runs: (input) =>
    input.before
      .filter((from) => isStable(input, from, HOST))
      .map((from) => ({
        variant: names.join('-'),
        begin: stableWorld(input, from, HOST),
        play: (run) => {
          for (const name of names) {
            const image = Object.values(input.library.images).find(
              (one) =>
                one.name === name &&
                one.model !== undefined &&
                one.model === imageModel(input, input.bundle, one.model.image),
            );
            if (image === undefined) throw new Error(`no ${name}`);
            run.play({ kind: 'file.write', path: `${DRIVERS}\\${name}`, image: image.key });
          }
          const key = `${SERVICES}\\xenfilt\\Parameters\\Precedence`;
          const preferred = { '0001': 1, C1F0: 0xc1f0 };
          for (const [id, data] of Object.entries(preferred)) {
            run.play({ kind: 'registry.set', key, name: `PCI\\VEN_5853&DEV_${id}`, type: 'REG_DWORD', data });
          }
          run.restart();
          run.expect({ ...PV, settled: false });
        },
      })),
});

/** Only their filter writes the active function before any bus driver runs (791fd2f). */
const XCP_NG = { ...XEN_PROJECT, vendorName: 'XCP-ng', vendorPrefix: 'XN' };
const brand = { ...XCP_NG, version: VERSION, vendorDeviceId: 'C1F0', forced: true };

describeProofs('a new filter meets an old bus', [
  {
    mode: 'F23',
    what: 'the filter prefers a function that the old bus does not drive',
    caught: ['emulated'],
    bad: () => editedRelease({ brand }),
    good: () => editedRelease({ brand }),
    from: [() => knownRelease('xcp-ng v9.0.9108', {}, { brand: XCP_NG, version: VERSION, infDate: '07/07/2025' })],
    scenarios: [replaced(['xen.sys', 'xenfilt.sys'])],
    goodScenarios: ['fresh-install', 'fresh-install-vendor-function', 'platform-switch'],
  },
]);
