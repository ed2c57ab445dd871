import type { RehearsedBundle, Scenario, ScenarioInput } from './contract.ts';
import { ALL_THERE, PV } from './expectations.ts';
import { asFarAs, packagesFor } from './input.ts';
import { stableWorld } from './stable.ts';
import { upgradableFrom } from './upgrade.ts';

const DRIVERS = 'c:\\windows\\system32\\drivers\\';
/** Files of which others depend, or that the system disk does. */
const FILES = ['xen.sys', 'xenfilt.sys', 'xenbus.sys', 'xenvbd.sys', 'xencrsh.sys', 'xendisk.sys'];

const INSTALL_AGAIN = 'Install the release once more: a file of an older build was left between those of the new one.';

/** Files of an earlier release that are others in this one, by path. */
const olderFiles = (input: ScenarioInput, from: RehearsedBundle): readonly (readonly [string, string])[] => {
  const { files } = stableWorld(input, from).disk;
  return FILES.flatMap((name) => {
    const image = files[`${DRIVERS}${name}`]?.image;
    return image === undefined ? [] : [[name, image] as const];
  });
};

/**
 * One file is not replaced by an upgrade, as something held it (F24, F36, F37). No package can help that; the machine has to find
 * back to its disk, and the installation done again has to mend it.
 */
export const staleFiles: Scenario = {
  id: 'upgrade-stale-files',
  summary: 'upgrades from a release that was given, leaves one file as it was, and installs once more',
  applies: (input) => upgradableFrom(input).some(({ given }) => given === true),
  runs: (input) =>
    upgradableFrom(input)
      .filter(({ given }) => given === true)
      .flatMap((from) =>
        olderFiles(input, from).map(([name, image]) => ({
          variant: `${from.label}:${name}`,
          begin: stableWorld(input, from),
          play: (run) => {
            run.stage = 'upgrade';
            run.install(input.bundle);
            run.play({ kind: 'file.write', path: `C:\\Windows\\System32\\drivers\\${name}`, image });
            run.stage = `with the earlier ${name}`;
            run.restart();
            run.expect({ ...ALL_THERE, settled: false, broken: true, advice: INSTALL_AGAIN });
            if (run.stopped) return;
            for (const { key } of packagesFor(input, input.bundle)) run.play({ kind: 'package.force', package: key });
            run.stage = 'repaired';
            run.untilStable(asFarAs(input, input.bundle, PV));
          },
        })),
      ),
};
