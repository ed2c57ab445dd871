import { has } from '../../drivers/xenbus/traits.ts';
import { featuresOf } from '../guest/windows.ts';
import { newWorld } from '../new-world.ts';
import type { HostSettings } from '../xen/host.ts';
import type { Scenario, ScenarioInput } from './contract.ts';
import { ALL_THERE, PV } from './expectations.ts';
import { asFarAs, hasBus, imageModel, packagesFor, vendorFunctionOf } from './input.ts';
import type { Expectation } from './run.ts';
import { installedRun } from './shared-runs.ts';

interface Hardware {
  readonly id: string;
  readonly summary: string;
  /** Undefined when the release or the guest has no use for it. */
  readonly host: (input: ScenarioInput) => Partial<HostSettings> | undefined;
  /** What can be expected there; everything on the PV path when not given. */
  readonly expected?: (input: ScenarioInput) => Expectation;
}

const DISKS = [
  { vbd: 768, system: true },
  { vbd: 832, system: false },
  { vbd: 51760, system: false },
  { vbd: 5632, system: false, cdrom: true },
];
const CARDS = [0, 1, 2].map((vif) => ({ vif, mac: `00:16:3e:00:00:0${vif + 1}` }));

/** Of a maker of controllers; QEMU's own ids are others. */
const PHYSICAL_NVME = { vendor: '144D', device: 'A808' };

/** Requests of older builds for disks leave that controller: their machines stay on it (spec xen-pv 1.7, f34c2fc). */
const unplugsNvme = (input: ScenarioInput): boolean => {
  const model = imageModel(input, input.bundle, 'xen');
  return model === undefined || has(model, 'unplugsNvme');
};

const HARDWARE: readonly Hardware[] = [
  {
    id: 'fresh-install',
    summary: 'installs on emulated hardware and restarts until the machine is stable',
    host: () => ({}),
  },
  {
    id: 'fresh-install-several-devices',
    summary: 'the same with three disks and three network cards',
    host: () => ({ disks: DISKS, nics: CARDS, emulatedNics: 'e1000' }),
  },
  {
    id: 'fresh-install-nvme',
    summary: 'the same with the system disk on the emulated NVMe controller',
    host: ({ guest }) => (featuresOf(guest.windows).nvme ? { emulatedDisks: 'nvme' } : undefined),
    expected: (input) => (unplugsNvme(input) ? PV : { ...ALL_THERE, nics: 'pv', settled: false }),
  },
  {
    id: 'fresh-install-pass-through-nvme',
    summary: 'the same with a physical NVMe controller handed to the guest (F18)',
    host: ({ guest }) => (featuresOf(guest.windows).nvme ? { passThroughNvme: PHYSICAL_NVME } : undefined),
  },
  {
    id: 'fresh-install-second-platform',
    summary: 'the same on a host that presents the platform function 0002',
    host: () => ({ platform: '0002' }),
  },
  {
    id: 'fresh-install-vendor-function',
    summary: "the same on a host that presents the vendor's own function as well",
    host: (input) => {
      const vendorDevice = vendorFunctionOf(input, input.bundle);
      return vendorDevice === undefined ? undefined : { vendorDevice };
    },
  },
];

/**
 * Windows Update brings the drivers one at a time, with a restart after each. In between, nothing may be taken away whose driver is
 * not there yet (F13).
 */
export const installOneByOne: Scenario = {
  id: 'fresh-install-windows-update',
  summary: 'installs one driver at a time, the bus first, with a restart after each',
  applies: hasBus,
  runs: (input) => [
    {
      variant: '',
      begin: newWorld(input.guest),
      play: (run) => {
        for (const { key, driver } of packagesFor(input, input.bundle)) {
          run.stage = `after ${driver}`;
          run.play({ kind: 'package.install', package: key });
          run.restart();
          // Drivers whose parts are yet to come may have problems, and take nothing away.
          run.expect({ ...ALL_THERE, settled: false, broken: true });
          if (run.stopped) return;
        }
        run.untilStable(asFarAs(input, input.bundle, PV));
      },
    },
  ],
};

/** A machine on emulated hardware gets the drivers from a setup program, and is restarted until it is stable. */
export const freshInstalls: readonly Scenario[] = HARDWARE.map(({ id, summary, host, expected }) => ({
  id,
  summary,
  applies: (input) => hasBus(input) && host(input) !== undefined,
  runs: (input) => [
    {
      variant: '',
      begin: newWorld(input.guest, host(input) ?? {}),
      play: (run) => {
        const wanted = asFarAs(input, input.bundle, expected?.(input) ?? PV);
        if (expected === undefined) {
          run.goOnFrom(installedRun(input, input.bundle, host(input)).run, wanted);
          return;
        }
        run.stage = 'install';
        run.install(input.bundle);
        run.untilStable(wanted);
      },
    },
  ],
}));
