import type { Scenario } from './contract.ts';
import { ALL_THERE, EMULATED, PV } from './expectations.ts';
import { asFarAs, hasBus, hasDriver, packageWrites, vendorFunctionOf } from './input.ts';
import { bindsNewFunctions, choosesFunction, forcesOnPurpose } from './platform-choice.ts';
import { fromStable } from './stable.ts';

/** A machine that is moved to a host with another platform function (F22). */
export const platformSwitch: Scenario = {
  id: 'platform-switch',
  summary: 'moves the machine to a host with another platform function, and back',
  applies: (input) =>
    hasBus(input) && (bindsNewFunctions(input) || !(choosesFunction(input) || forcesOnPurpose(input))),
  runs: (input) => {
    const expected = choosesFunction(input) ? asFarAs(input, input.bundle, PV) : ALL_THERE;
    const vendorDevice = vendorFunctionOf(input, input.bundle);
    const changes = [
      { variant: 'to-0002', host: {}, change: { platform: '0002' } as const, back: { platform: '0001' } as const },
      ...(vendorDevice === undefined
        ? []
        : [
            { variant: 'vendor-function-added', host: {}, change: { vendorDevice }, back: { vendorDevice: '' } },
            {
              variant: 'vendor-function-removed',
              host: { vendorDevice },
              change: { vendorDevice: '' },
              back: { vendorDevice },
            },
          ]),
    ];
    return changes.map(({ variant, host, change, back }) =>
      fromStable(input, {
        variant,
        host,
        play: (run) => {
          run.play({ kind: 'power.off' });
          run.play({ kind: 'host', change });
          run.stage = 'after the move';
          run.play({ kind: 'power.on' });
          run.untilStable(expected);
          run.play({ kind: 'power.off' });
          run.play({ kind: 'host', change: back });
          run.stage = 'after the move back';
          run.play({ kind: 'power.on' });
          run.untilStable(expected);
        },
      }),
    );
  },
};

/** An image is generalised and comes up as another machine (F16, F22). */
export const sysprep: Scenario = {
  id: 'sysprep',
  summary: 'generalises the machine and starts the image elsewhere',
  applies: hasBus,
  runs: (input) => [
    fromStable(input, {
      variant: '',
      play: (run) => {
        run.play({ kind: 'sysprep' });
        run.play({ kind: 'power.off' });
        run.stage = 'first boot of the image';
        run.play({ kind: 'power.on' });
        run.untilStable(asFarAs(input, input.bundle, PV));
      },
    }),
  ],
};

/** The image is copied as it is, to a machine with another address. */
export const imageCopy: Scenario = {
  id: 'sysprep-image-copy',
  summary: 'copies the disk as it is to another machine',
  applies: hasBus,
  runs: (input) => [
    fromStable(input, {
      variant: '',
      play: (run) => {
        run.play({ kind: 'power.off' });
        run.play({ kind: 'host', change: { slot: 5, nics: [{ vif: 0, mac: '00:16:3e:00:00:77' }] } });
        run.stage = 'first boot of the copy';
        run.play({ kind: 'power.on' });
        run.untilStable(asFarAs(input, input.bundle, PV));
      },
    }),
  ],
};

/** Safe mode shows emulated devices (F49), and the next start is as before. */
export const safeMode: Scenario = {
  id: 'safe-mode',
  summary: 'starts in safe mode, on emulated devices, and then as usual',
  applies: hasBus,
  runs: (input) => [
    fromStable(input, {
      variant: '',
      play: (run) => {
        run.stage = 'safe mode';
        run.play({ kind: 'restart', mode: 'safe' });
        // Drivers of some years do not start in safe mode.
        run.expect({ disks: EMULATED.disks, nics: 'not-asked', settled: false, broken: true });
        run.stage = 'after safe mode';
        run.restart();
        run.untilStable(asFarAs(input, input.bundle, PV));
      },
    }),
  ],
};

const DRIVERS = 'C:\\Windows\\System32\\drivers';

/**
 * The disk driver breaks on a machine that works: the first start fails, and the second comes up on the emulated disk, because
 * the request to unplug was used up. ForceUnplug takes that away on purpose (F14), so then it is not demanded.
 */
export const failingBoots: Scenario = {
  id: 'fresh-install-failing-boots',
  summary: 'breaks the disk driver of a machine that works, and starts twice: it has to find back to its emulated disk',
  applies: (input) =>
    hasBus(input) &&
    hasDriver(input, input.bundle, 'xenvbd') &&
    packageWrites(input, 'xenbus', /\\XEN\\Unplug\\DISKS$/i) &&
    !forcesOnPurpose(input),
  runs: (input) =>
    ['xenvbd.sys', 'xencrsh.sys'].map((name) =>
      fromStable(input, {
        variant: name,
        play: (run) => {
          run.play({ kind: 'power.off' });
          run.play({ kind: 'file.delete', path: `${DRIVERS}\\${name}` });
          run.stage = 'first start without it';
          run.play({ kind: 'power.on' });
          run.stage = 'second start without it';
          run.play({ kind: 'restart' });
          run.expect({ disks: 'any', nics: 'not-asked', settled: false, broken: true });
        },
      }),
    ),
};
